package approvals

import (
	"slices"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// Loud tells whether a message, by the key under which incident.Next owes it,
// asks for people at once: because it failed, because it waits for somebody, or
// because it went out before anybody was asked.
func Loud(s incident.State, key string) bool {
	if strings.HasPrefix(key, "alarm/") {
		return true
	}
	what, _ := cut(key)
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

// cut splits a key of incident.Next, "run0/escalate/1", into what it is about
// and which of those.
func cut(key string) (what, which string) {
	_, what, _ = strings.Cut(key, "/")
	what, which, _ = strings.Cut(what, "/")
	return what, which
}

// Called lists the teams and people that a message calls, by the key under
// which incident.Next owes it: whoever has not voted yet for a reminder, whom
// the playbook names for an escalation, whom Summoned names for a loud one, and
// nobody for any other. It says who is told; who may vote is for Rules.
func (r Rules) Called(s incident.State, key string) []string {
	run := s.Run()
	switch what, which := cut(key); {
	case Loud(s, key):
		return []string{Summoned(s)}
	case what == "remind" && run.Plan != nil:
		return r.silent(run)
	case what == "escalate" && run.Plan != nil:
		i, err := strconv.Atoi(which)
		if list := run.Plan.Quorum.Escalation(); err == nil && i >= 0 && i < len(list) {
			return []string{list[i]}
		}
	}
	return nil
}

// silent lists the people of the asked teams who have not voted, by name.
func (r Rules) silent(run incident.Run) []string {
	voted := Standing(run)
	var names []string
	for _, p := range r.Roster.people {
		asked := slices.ContainsFunc(run.Plan.Quorum.Teams, p.In)
		if asked && !slices.ContainsFunc(voted, func(v incident.Vote) bool { return v.Person == p.Name }) {
			names = append(names, p.Name)
		}
	}
	return names
}
