package approvals

import (
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// The ways a quorum may count. A quorum that names none counts people.
const (
	DistinctPerson = "person"
	DistinctTeam   = "team" // every approval fills another team; one person fills one
)

// defaultDenyThreshold is how many people stop a protective plan. One must not
// be enough: a single stolen account would be a kill switch for the defence.
const defaultDenyThreshold = 2

// Rules decide on votes. They are a value and safe for concurrent use. The
// zero value has an empty roster and refuses everybody.
type Rules struct {
	// Roster is who may vote now. It may be newer than the one the plan was
	// made under: somebody who has left it no longer counts, and a vote that an
	// older roster admitted counts only while its person is still there.
	Roster Roster
	// DenyThreshold is how many people's denials end a containment; zero means
	// two. A recovery, which loosens, ends with the first.
	DenyThreshold int
}

// ballot is one vote in the state that it came into.
type ballot struct {
	rules  Rules
	run    incident.Run
	vote   incident.Vote
	person Person
}

// admissions run in this order, so the first error is the most telling. Each
// error is a sentence for the voter.
var admissions = []func(ballot) error{
	aVoteIsOpen,
	decisionIsKnown,
	personIsOnTheRoster,
	rosterIsTheCurrentOne,
	digestIsTheOneAsked,
	personIsInAnAskedTeam,
	requesterNeverCounts,
	assuranceIsStrongEnough,
	onePersonOneDecision,
}

// Admit tells whether a vote counts, and if not, why, in a sentence for the
// voter. It does not look at the deadline, for which it has no clock.
func (r Rules) Admit(s incident.State, v incident.Vote) error {
	person, _ := r.Roster.Person(v.Person)
	b := ballot{rules: r, run: s.Run(), vote: v, person: person}
	for _, check := range admissions {
		if err := check(b); err != nil {
			return err
		}
	}
	return nil
}

// aVoteIsOpen refuses a vote on what nobody asked.
// Rationale: authority is given in answer to a question, never in advance.
func aVoteIsOpen(b ballot) error {
	if b.run.Plan == nil || b.run.Phase != incident.PhaseAsking {
		return sentence("No vote is open on this incident.")
	}
	return nil
}

// decisionIsKnown refuses anything but approve and deny.
// Rationale: the zero value must decide nothing.
func decisionIsKnown(b ballot) error {
	if b.vote.Decision != incident.Approve && b.vote.Decision != incident.Deny {
		return sentence("%.20q is no decision; approve or deny.", b.vote.Decision)
	}
	return nil
}

// personIsOnTheRoster refuses whoever is not listed now.
// Rationale: an empty roster, an unknown name and somebody who has left all
// have to mean nobody.
func personIsOnTheRoster(b ballot) error {
	if b.person.Name == "" || b.person.Name != b.vote.Person {
		return sentence("You are not on the approvers' roster, so your vote cannot count.")
	}
	return nil
}

// rosterIsTheCurrentOne refuses a vote that another roster admitted.
// Rationale: whoever mapped the click to a person must have read the list that
// counts it; otherwise a name could change its owner in between.
func rosterIsTheCurrentOne(b ballot) error {
	if !b.vote.Roster.Equal(b.rules.Roster.Digest()) {
		return sentence("The approvers' roster changed just now. Please vote again.")
	}
	return nil
}

// digestIsTheOneAsked refuses a vote on any other plan.
// Rationale: people approve exactly what they were shown.
func digestIsTheOneAsked(b ballot) error {
	if !b.vote.Digest.Equal(b.run.Digest) {
		return sentence("This request was replaced by another revision. Look at the new card.")
	}
	return nil
}

// personIsInAnAskedTeam refuses people whom the plan does not ask, and a vote
// for a team that the person is not in.
// Rationale: being on the roster is no authority over every playbook.
func personIsInAnAskedTeam(b ballot) error {
	asked := b.run.Plan.Quorum.Teams
	if !slices.ContainsFunc(asked, b.person.In) {
		return sentence("This request is for %s, and you are in %s, so your vote cannot count.",
			strings.Join(asked, ", "), strings.Join(b.person.Teams, ", "))
	}
	if !slices.Contains(asked, b.vote.Team) || !b.person.In(b.vote.Team) {
		return sentence("You cannot vote for team %.64q on this request.", b.vote.Team)
	}
	return nil
}

// requesterNeverCounts refuses whoever asked.
// Rationale: the second pair of eyes has to belong to somebody else.
func requesterNeverCounts(b ballot) error {
	if strings.EqualFold(b.run.Plan.Requester, b.person.Name) {
		return sentence("You asked for this request, so you cannot approve it.")
	}
	return nil
}

// assuranceIsStrongEnough refuses a vote weaker than the plan asks for.
// Rationale: a click must not stand where a key was required.
func assuranceIsStrongEnough(b ballot) error {
	need := b.run.Plan.Quorum.Assurance
	if need.Rank() == 0 || b.vote.Assurance.Rank() < need.Rank() {
		return sentence("This request needs a vote by %s; a vote by %s is too weak for it.",
			orNone(need), orNone(b.vote.Assurance))
	}
	return nil
}

// onePersonOneDecision lets an approval become a denial and nothing else.
// Rationale: changing one's mind towards safety must be easy, and pressure on
// somebody who said no must be pointless.
func onePersonOneDecision(b ballot) error {
	for _, earlier := range Standing(b.run) {
		switch {
		case earlier.Person != b.vote.Person:
		case earlier.Decision == b.vote.Decision:
			return sentence("Your vote is already recorded: %s.", past(earlier.Decision))
		case earlier.Decision == incident.Deny:
			return sentence("You denied this request, and a denial cannot be taken back.")
		}
	}
	return nil
}

// VoterError says, in a whole sentence for the voter, why a vote does not
// count.
type VoterError struct{ Sentence string }

// Error implements error.
func (e *VoterError) Error() string { return e.Sentence }

func sentence(format string, args ...any) error { return &VoterError{fmt.Sprintf(format, args...)} }

func orNone(a incident.Assurance) string {
	if a.Rank() == 0 {
		return "nothing known"
	}
	return string(a)
}

func past(d incident.Decision) string {
	if d == incident.Deny {
		return "denied"
	}
	return "approved"
}
