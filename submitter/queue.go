package submitter

import (
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// ticket is the place of an incident in the queue for a lane's nonces.
type ticket struct {
	incident incident.ID
	urgency  int
	since    time.Time // of its authority
}

// ticketOf ranks an incident by the most severe of its alerts: anybody may raise
// the severity, nobody lowers it. A drill comes after everything that is none.
func ticketOf(st incident.State) ticket {
	t := ticket{incident: st.ID, since: st.Run().AuthorisedAt}
	for _, a := range st.Alerts {
		if i := slices.Index(incident.Severities(), a.Severity); i >= 0 {
			t.urgency = max(t.urgency, len(incident.Severities())-i)
		}
	}
	if st.Exercise {
		t.urgency = -1
	}
	return t
}

// before tells whose turn it is: the more urgent, then the longer authorised.
func (t ticket) before(other ticket) bool {
	if t.urgency != other.urgency {
		return t.urgency > other.urgency
	}
	return t.since.Before(other.since)
}

// join enters an incident into the queue, until what it returns is called. It
// may be in it more than once.
func (l *lane) join(t ticket) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := &t
	l.queue = append(l.queue, mine)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.queue = slices.DeleteFunc(l.queue, func(other *ticket) bool { return other == mine })
		l.change.wake()
	}
}

// overtakenLocked tells whether somebody who waits comes before the incident.
func (l *lane) overtakenLocked(id incident.ID) bool {
	var own *ticket
	for _, t := range l.queue {
		if t.incident == id {
			own = t
		}
	}
	return own != nil && slices.ContainsFunc(l.queue, func(t *ticket) bool { return t.incident != id && t.before(*own) })
}
