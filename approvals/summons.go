package approvals

import (
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// Loud tells whether a message, by the key under which incident.Next owes it,
// asks for people at once: because it failed, because it waits for somebody, or
// because it went out before anybody was asked.
func Loud(s incident.State, key string) bool {
	_, what, _ := strings.Cut(key, "/")
	what, _, _ = strings.Cut(what, "/")
	switch what {
	case "late", "stalled", "unproved", "undone", "pre-authorised":
		return true
	case "end":
		return s.Phase() == incident.PhaseEscalated || s.Phase() == incident.PhaseLapsed
	}
	return false
}

// Summoned is the team or person that a loud message calls: whom the playbook
// names for when nobody answered, else its owner.
func Summoned(s incident.State) string {
	if run := s.Run(); run.Phase == incident.PhaseLapsed && run.Plan != nil && run.Plan.Quorum.OnTimeout != "" {
		return run.Plan.Quorum.OnTimeout
	}
	return s.Opened.Owner
}
