package approvals

import (
	"slices"

	"github.com/firebreak-project/firebreak/incident"
)

// Standing returns what each person's votes on the run's digest come to, in
// the order in which they first voted. A denial stands whatever the person
// said afterwards. Votes on another digest are nobody's.
//
// It knows no roster: it is what cards show. What counts is for Rules to say.
func Standing(r incident.Run) []incident.Vote {
	var standing []incident.Vote
	for _, v := range r.Votes {
		if !v.Digest.Equal(r.Digest) {
			continue
		}
		i := slices.IndexFunc(standing, func(s incident.Vote) bool { return s.Person == v.Person })
		switch {
		case i < 0:
			standing = append(standing, v)
		case standing[i].Decision != incident.Deny:
			standing[i] = v
		}
	}
	return standing
}

func decided(votes []incident.Vote, as incident.Decision) []incident.Vote {
	return slices.DeleteFunc(slices.Clone(votes), func(v incident.Vote) bool { return v.Decision != as })
}

// Approvals returns the standing approvals of a run.
func Approvals(r incident.Run) []incident.Vote { return decided(Standing(r), incident.Approve) }

// Objections returns the standing denials of a run.
func Objections(r incident.Run) []incident.Vote { return decided(Standing(r), incident.Deny) }
