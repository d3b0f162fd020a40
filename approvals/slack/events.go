package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Event is something that Slack says has happened to the app or its channels.
type Event struct {
	Type    string // "channel_shared", "tokens_revoked", ...
	Channel string // where it names one
}

// event takes one of Slack's Events API. It is a hint and no order: what it says
// is looked at again, and one that never comes is found by looking as well.
func (h *Handler) event(payload []byte, p proof) reply {
	var e struct {
		AppID  string `json:"api_app_id"`
		TeamID string `json:"team_id"`
		Event  struct {
			Type    string          `json:"type"`
			Channel json.RawMessage `json:"channel"` // an id, or an object with one
		} `json:"event"`
	}
	in := interaction{proof: p, Type: "event"}
	if err := json.Unmarshal(payload, &e); err != nil {
		return h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "decode event: %w", err), in)
	}
	in.AppID, in.Team.ID = e.AppID, e.TeamID
	if e.AppID != h.c.AppID || e.TeamID != h.c.TeamID {
		return h.turnAway(turnedAway(http.StatusForbidden, ReasonElsewhere, "an event for app %.40q in %.40q", e.AppID, e.TeamID), in)
	}
	channel := ""
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(e.Event.Channel, &channel) != nil && json.Unmarshal(e.Event.Channel, &object) == nil {
		channel = object.ID
	}
	if h.o.Event != nil {
		h.o.Event(Event{Type: plain(e.Event.Type, 60), Channel: plain(channel, 40)})
	}
	return reply{status: http.StatusOK}
}

// Events is the door for Slack's Events API over HTTP: signed as clicks are.
func (h *Handler) Events() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, p, no := h.admitAs(w, r, "application/json")
		if no != nil {
			h.note(no, interaction{proof: p})
			http.Error(w, http.StatusText(no.status), no.status)
			return
		}
		var hello struct {
			Type      string `json:"type"`
			Challenge string `json:"challenge"`
		}
		// Slack asks once whether the address is ours; the request is signed, so
		// only Slack gets its own word back.
		if json.Unmarshal(body, &hello) == nil && hello.Type == "url_verification" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			fmt.Fprint(w, clip(hello.Challenge, 500))
			return
		}
		h.write(w, h.event(body, p))
	})
}
