package approvals

import (
	"slices"

	"github.com/firebreak-project/firebreak/incident"
)

// Reachable tells whether the quorum would stand if all of these people of the
// roster approved, by the rule that counts votes. Names that are not on the
// roster, or in no asked team, and repeated names add nothing.
func (r Rules) Reachable(q incident.Quorum, names []string) bool {
	var yes []incident.Vote
	seen := map[string]bool{}
	for _, name := range names {
		p, known := r.Roster.Person(name)
		if !known || seen[name] || !slices.ContainsFunc(q.Teams, p.In) {
			continue
		}
		seen[name] = true
		yes = append(yes, incident.Vote{Person: name, Decision: incident.Approve})
	}
	_, met := r.quorum(q, yes)
	return met
}
