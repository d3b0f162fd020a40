package alerts

import (
	"cmp"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// lateID ends the id of a message that came outside the window of its
// delivery. Its sender may sign and send it anew, and that one must count.
const lateID = ";late"

// stale says what a message is whose time is outside the source's window; ""
// inside it.
func stale(d delivery, at time.Time) string {
	switch age := d.now.Sub(at); {
	case age > d.source.Window:
		return incident.InertLate
	case age < -d.source.Window:
		return incident.InertEarly
	}
	return ""
}

// happened marks messages by the signed time of the event. It stays the same
// in every repeat: once late, always late.
func happened(d delivery, at time.Time, messages ...message) []message {
	for i := range messages {
		messages[i].inert = cmp.Or(messages[i].inert, stale(d, at))
	}
	return messages
}

// sent marks messages by the signed time of their delivery. A later repeat is
// signed anew, so one that came late does not take the id of one in time.
func sent(d delivery, at time.Time, messages ...message) []message {
	for i := range messages {
		messages[i].alert.Sent = at
		if why := stale(d, at); why != "" && messages[i].inert == "" {
			messages[i].inert = why
			messages[i].alert.ID += lateID
		}
	}
	return messages
}
