package incident

import "fmt"

// Phase is where a run is. The zero value is a run that does not exist.
type Phase string

// The phases of a run, in the order of the story, then the other ends.
const (
	PhaseNone       Phase = ""
	PhaseOpened     Phase = "opened"
	PhaseConfirming Phase = "confirming"
	PhasePlanned    Phase = "planned"
	PhaseAsking     Phase = "asking"
	PhaseExecuting  Phase = "executing"
	PhaseVerifying  Phase = "verifying"
	PhaseContained  Phase = "contained"
	PhaseMoot       Phase = "moot"
	PhaseDeclined   Phase = "declined"
	PhaseLapsed     Phase = "lapsed"
	PhaseEscalated  Phase = "escalated"
)

// Ended tells whether the phase is an end. An end is never left.
func (p Phase) Ended() bool {
	switch p {
	case PhaseContained, PhaseMoot, PhaseDeclined, PhaseLapsed, PhaseEscalated:
		return true
	}
	return false
}

// moves tells whether steps may move in the phase. They do after a run has
// ended well or not: bytes that are out when their goal holds already are
// followed until a block settles them, because what is above them waits.
func (p Phase) moves() bool {
	switch p {
	case PhaseExecuting, PhaseVerifying, PhaseContained, PhaseEscalated:
		return true
	}
	return false
}

// StepState is where one transaction of a plan is.
type StepState string

// The states of a step. Failed is the end where a person owns the step:
// refused by the signer, given up, or checked and found not to hold.
const (
	StepReady     StepState = "ready"
	StepPriced    StepState = "priced"
	StepSigned    StepState = "signed"
	StepBroadcast StepState = "broadcast"
	StepIncluded  StepState = "included"
	StepFinal     StepState = "final"
	StepReverted  StepState = "reverted"
	StepPreempted StepState = "preempted"
	StepAlreadySo StepState = "already-so"
	StepFailed    StepState = "failed"
)

// Ended tells whether nothing moves the step any more.
func (s StepState) Ended() bool {
	return s == StepFinal || s == StepAlreadySo || s == StepFailed
}

// RunTransition is one row of the run machine.
type RunTransition struct {
	From Phase
	On   Kind
	To   Phase
	When string // what decides between rows of the same From and On, or what the fact rests on
}

// RunTransitions is the run machine. A fact that finds no row is refused.
var RunTransitions = []RunTransition{
	{PhaseNone, KindOpened, PhaseOpened, "one source suffices"},
	{PhaseNone, KindOpened, PhaseConfirming, "the playbook asks for more sources"},
	{PhaseConfirming, KindConfirmed, PhaseOpened, "enough sources agree"},
	{PhaseConfirming, KindLapsed, PhaseLapsed, "they did not agree in time"},
	{PhaseOpened, KindPlanned, PhasePlanned, "the plan is frozen"},
	{PhaseOpened, KindMoot, PhaseMoot, "already so"},
	{PhaseOpened, KindEscalated, PhaseEscalated, "no plan could be made"},
	{PhasePlanned, KindAsked, PhaseAsking, "the vote is open"},
	{PhasePlanned, KindPreAuthorised, PhaseExecuting, "the playbook allows it before anybody is asked"},
	{PhaseAsking, KindVoted, PhaseAsking, "for the plan's digest"},
	{PhaseAsking, KindAuthorised, PhaseExecuting, "quorum on that digest"},
	{PhaseAsking, KindMoot, PhaseMoot, "quorum on a dry run"},
	{PhaseAsking, KindDeclined, PhaseDeclined, "the people asked said no"},
	{PhaseAsking, KindLapsed, PhaseLapsed, "silence rejects"},
	{PhaseExecuting, KindExecuted, PhaseVerifying, "every step is settled"},
	{PhaseExecuting, KindEscalated, PhaseEscalated, "no step succeeded"},
	{PhaseVerifying, KindContained, PhaseContained, "every goal held at depth"},
	{PhaseVerifying, KindEscalated, PhaseEscalated, "a step failed"},
}

// StepTransition is one row of the step machine.
type StepTransition struct {
	From StepState
	On   Kind
	To   StepState
	When string
}

// StepTransitions is the step machine. Live means that bytes of an earlier
// attempt at this nonce may still be mined, whatever is done with a later one.
var StepTransitions = []StepTransition{
	{StepReady, KindPriced, StepPriced, "nonce and fees are fixed"},
	{StepReady, KindAlreadySo, StepAlreadySo, ""},
	{StepPriced, KindSigned, StepSigned, "the bytes are on disk"},
	{StepPriced, KindReleased, StepReady, "unsigned, the nonce is given back"},
	{StepPriced, KindReleased, StepFailed, "it was called off meanwhile"},
	{StepPriced, KindRefused, StepFailed, "nothing is live"},
	{StepPriced, KindRefused, StepBroadcast, "an earlier attempt is live"},
	{StepSigned, KindBroadcast, StepBroadcast, ""},
	{StepBroadcast, KindPriced, StepPriced, "fee bump, same nonce"},
	{StepBroadcast, KindBroadcast, StepBroadcast, "sent again"},
	{StepBroadcast, KindStalled, StepBroadcast, "no higher bid is possible: people are told"},
	{StepBroadcast, KindHurried, StepBroadcast, "a person asks for a higher bid"},
	{StepBroadcast, KindAlreadySo, StepBroadcast, "the goal holds, its bytes are still out"},

	{StepPriced, KindIncluded, StepIncluded, "live"},
	{StepSigned, KindIncluded, StepIncluded, "live"},
	{StepBroadcast, KindIncluded, StepIncluded, ""},
	{StepPriced, KindReverted, StepReverted, "live"},
	{StepSigned, KindReverted, StepReverted, "live"},
	{StepBroadcast, KindReverted, StepReverted, ""},
	{StepPriced, KindPreempted, StepPreempted, ""},
	{StepSigned, KindPreempted, StepPreempted, ""},
	{StepBroadcast, KindPreempted, StepPreempted, ""},

	{StepIncluded, KindHeld, StepIncluded, "goal read at latest, then at safe"},
	{StepIncluded, KindFinal, StepFinal, "goal read at finalized, or at depth"},
	{StepIncluded, KindUnheld, StepFailed, "goal did not hold in time"},
	{StepIncluded, KindDisplaced, StepBroadcast, "reorganised away"},

	{StepReverted, KindAlreadySo, StepAlreadySo, "the goal holds all the same"},
	{StepReverted, KindPriced, StepPriced, "a new nonce"},
	{StepReverted, KindGaveUp, StepFailed, ""},
	{StepPreempted, KindAlreadySo, StepAlreadySo, "the goal holds all the same"},
	{StepPreempted, KindPriced, StepPriced, "a new nonce"},
	{StepPreempted, KindGaveUp, StepFailed, ""},

	{StepReady, KindCancelled, StepFailed, "it has no nonce"},
	{StepReverted, KindCancelled, StepFailed, "it gets no other nonce"},
	{StepPreempted, KindCancelled, StepFailed, "it gets no other nonce"},
	{StepPriced, KindCancelled, StepPriced, "the key may have signed: no higher bid"},
	{StepSigned, KindCancelled, StepSigned, "the bytes may be live: no higher bid"},
	{StepBroadcast, KindCancelled, StepBroadcast, "the bytes may be live: no higher bid"},
}

// moveRun finds the row, or says why there is none.
func moveRun(from Phase, on Kind, to Phase) error {
	for _, t := range RunTransitions {
		if t.From == from && t.On == on && t.To == to {
			return nil
		}
	}
	return fmt.Errorf("%q cannot follow in phase %q", on, from)
}

func moveStep(from StepState, on Kind, to StepState) error {
	for _, t := range StepTransitions {
		if t.From == from && t.On == on && t.To == to {
			return nil
		}
	}
	return fmt.Errorf("%q cannot follow in state %q", on, from)
}

// after returns the only state that a kind leads to. It is for kinds whose
// rows do not branch.
func (s StepState) after(on Kind) (StepState, error) {
	for _, t := range StepTransitions {
		if t.From == s && t.On == on {
			return t.To, nil
		}
	}
	return s, fmt.Errorf("%q cannot follow in state %q", on, s)
}
