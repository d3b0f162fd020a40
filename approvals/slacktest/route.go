package slacktest

import "net/url"

// route is one of the three ways into an app. Each has its own URL in the
// app's settings, its own body over HTTP and its own kind of envelope over
// Socket Mode.
type route struct {
	what        string // in messages
	setting     string // whose URL it is
	setter      string // what sets its URL
	envelope    string
	contentType string
	body        func(payload map[string]any, raw []byte) []byte
	url         func(*Server) string
}

// Interactions carry their JSON in a form field.
func interactions() route {
	return route{
		what: "interaction", setting: "interactivity", setter: "SetInteractivityURL", envelope: "interactive", contentType: formType,
		body: func(_ map[string]any, raw []byte) []byte {
			return []byte(url.Values{"payload": {string(raw)}}.Encode())
		},
		url: func(s *Server) string { return s.target },
	}
}

// Commands are a plain form, each field of the payload one of its own.
func commands() route {
	return route{
		what: "slash command", setting: "command", setter: "SetCommandURL", envelope: "slash_commands", contentType: formType,
		body: func(payload map[string]any, _ []byte) []byte {
			form := url.Values{}
			for name, v := range payload {
				text, _ := v.(string) // a command's payload holds texts alone
				form.Set(name, text)
			}
			return []byte(form.Encode())
		},
		url: func(s *Server) string { return s.commandURL },
	}
}

// Events are JSON as it is.
func events() route {
	return route{
		what: "event", setting: "events", setter: "SetEventsURL", envelope: "events_api", contentType: "application/json",
		body: func(_ map[string]any, raw []byte) []byte { return raw },
		url:  func(s *Server) string { return s.eventsURL },
	}
}

const formType = "application/x-www-form-urlencoded"
