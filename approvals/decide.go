package approvals

import (
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// Decide returns what the votes have come to: Authorised when the quorum
// stands on the run's digest, Moot when it stands on a dry run, Declined when
// enough people denied, and nil while it is open. Time plays no part in it.
//
// Denials are looked at first: where both thresholds are met, nothing is sent.
func (r Rules) Decide(s incident.State) incident.Body {
	run := s.Run()
	if run.Plan == nil || run.Phase != incident.PhaseAsking || run.Digest.IsZero() {
		return nil
	}
	votes := r.counted(run)
	if no := decided(votes, incident.Deny); len(no) >= r.denials(run) {
		return incident.Declined{By: names(no), Why: "denied by " + reasons(no)}
	}
	yes, met := r.quorum(run.Plan.Quorum, decided(votes, incident.Approve))
	if !met {
		return nil
	}
	switch run.Plan.Mode {
	case incident.ModeLive:
		return incident.Authorised{Digest: run.Digest, By: names(yes), Assurance: weakest(yes)}
	case incident.ModeDryRun:
		return incident.Moot{Why: "dry run: approved by " + strings.Join(names(yes), ", ") + "; nothing is sent"}
	}
	return nil
}

// counted are the standing votes that Admit would let in today, had their
// people not voted yet. Who left the roster or the team since does not count.
func (r Rules) counted(run incident.Run) []incident.Vote {
	return slices.DeleteFunc(Standing(run), func(v incident.Vote) bool {
		person, _ := r.Roster.Person(v.Person)
		// The roster's digest is compared when the vote is cast; here it is
		// enough that the person is still listed.
		v.Roster = r.Roster.Digest()
		b := ballot{rules: r, run: run, vote: v, person: person}
		for _, check := range []func(ballot) error{
			decisionIsKnown, personIsOnTheRoster, digestIsTheOneAsked,
			personIsInAnAskedTeam, requesterNeverCounts, assuranceIsStrongEnough,
		} {
			if check(b) != nil {
				return true
			}
		}
		return false
	})
}

// denials is how many people's no ends the run. A recovery loosens, and there
// one objection is enough; a containment needs more, so that one stolen
// account cannot keep the door open.
func (r Rules) denials(run incident.Run) int {
	if run.Number > 0 {
		return 1
	}
	if r.DenyThreshold > 0 {
		return r.DenyThreshold
	}
	return defaultDenyThreshold
}

// quorum returns the approvals that are counted and whether they suffice. A
// quorum of nobody, or one that counts in a way unknown here, is never met.
func (r Rules) quorum(q incident.Quorum, yes []incident.Vote) ([]incident.Vote, bool) {
	if q.Need < 1 {
		return nil, false
	}
	switch q.Distinct {
	case "", DistinctPerson:
		return yes, len(yes) >= q.Need
	case DistinctTeam:
		seated := r.seat(q, yes)
		filled := slices.DeleteFunc(slices.Clone(yes), func(v incident.Vote) bool {
			for _, name := range seated {
				if name == v.Person {
					return false
				}
			}
			return true
		})
		return filled, len(seated) >= q.Need
	}
	return nil, false
}

func (r Rules) seat(q incident.Quorum, yes []incident.Vote) map[string]string {
	var people []Person
	for _, v := range yes {
		if p, ok := r.Roster.Person(v.Person); ok {
			people = append(people, p)
		}
	}
	return fill(q.Teams, people)
}

// TeamFor is the team that a person would vote for: one of theirs that the
// plan asks and that nobody has filled yet, else the first they share with it.
// ok is false when the plan does not ask the person.
func (r Rules) TeamFor(s incident.State, person string) (team string, ok bool) {
	run := s.Run()
	p, known := r.Roster.Person(person)
	if !known || run.Plan == nil {
		return "", false
	}
	seated := r.seat(run.Plan.Quorum, decided(r.counted(run), incident.Approve))
	for _, asked := range run.Plan.Quorum.Teams {
		if !p.In(asked) {
			continue
		}
		if _, taken := seated[asked]; !taken {
			return asked, true
		}
		if !ok {
			team, ok = asked, true
		}
	}
	return team, ok
}

func names(votes []incident.Vote) []string {
	list := make([]string, len(votes))
	for i, v := range votes {
		list[i] = v.Person
	}
	return list
}

func reasons(votes []incident.Vote) string {
	parts := make([]string, len(votes))
	for i, v := range votes {
		parts[i] = v.Person
		if v.Reason != "" {
			parts[i] = fmt.Sprintf("%s (%s)", v.Person, v.Reason)
		}
	}
	return strings.Join(parts, ", ")
}

// weakest is the lowest assurance among the counted votes: what a signer may
// rely on.
func weakest(votes []incident.Vote) incident.Assurance {
	low := incident.AssuranceNone
	for i, v := range votes {
		if i == 0 || v.Assurance.Rank() < low.Rank() {
			low = v.Assurance
		}
	}
	return low
}

// Stands tells whether what was approved would be approved by the rules of now:
// whether the standing approvals of people who may still vote make the quorum. It
// is asked before the first signature, because people can leave between their
// vote and what follows from it. The error is a sentence.
func (r Rules) Stands(s incident.State) error {
	run := s.Run()
	if run.Plan == nil || run.Authorised == nil {
		return sentence("Nothing is approved.")
	}
	if run.PreAuthorised() {
		return nil // nobody's vote released it
	}
	if _, met := r.quorum(run.Plan.Quorum, decided(r.counted(run), incident.Approve)); !met {
		return sentence("The approval by %s no longer stands: of those people not enough may vote any more.", strings.Join(run.Authorised.By, ", "))
	}
	return nil
}
