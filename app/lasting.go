package app

import (
	"context"
	"errors"
	"slices"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

// codeWithdrawn is why a request does not go to the key at all: who approved it
// may not vote any more.
const codeWithdrawn = "APPROVAL_WITHDRAWN"

// lasting is the signer as the submitter gets it: before the first signature of
// a run it asks whether the approval stands by the roster of now. Between a
// quorum and a signature lie milliseconds, or a crash and the hours until
// somebody starts the daemon again.
//
// Once something of the run is signed it asks no more: half a containment with
// its fees out of reach is worse than the whole.
type lasting struct {
	signer.Signer
	state func(ctx context.Context, id incident.ID) (incident.State, error)
	rules func() approvals.Rules
}

// Sign implements signer.Signer.
func (s lasting) Sign(ctx context.Context, r signer.Request) (signer.Signed, error) {
	state, err := s.state(ctx, incident.ID(r.Incident))
	if err != nil {
		return signer.Signed{}, err // not known, so not now; it is asked again
	}
	begun := slices.ContainsFunc(state.Run().Steps, func(step incident.Step) bool { return len(step.Hashes()) > 0 })
	if begun {
		return s.Signer.Sign(ctx, r)
	}
	if err := s.rules().Stands(state); err != nil {
		if voter, ok := errors.AsType[*approvals.VoterError](err); ok {
			return signer.Signed{}, signer.Refuse(codeWithdrawn, "%s", voter.Sentence)
		}
		return signer.Signed{}, err
	}
	return s.Signer.Sign(ctx, r)
}

// lasting is the key behind the question whether the approval still stands.
func (a *App) lasting() signer.Signer {
	return lasting{Signer: a.signer, state: ballotBox{a}.State,
		rules: func() approvals.Rules { return approvals.Rules{Roster: a.current.Load().people} }}
}
