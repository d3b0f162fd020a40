package incident

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
)

// guards run on every plan before it is written, in production and in tests.
var guards = []func(Planned) error{
	digestIsThePlans,
	planHasCalls,
	everyStepHasItsOwnName,
	noCallCarriesValue,
	everyCallIsComplete,
	everyGoalCanBeRead,
	afterNamesEarlierSteps,
	feeStaysInBudget,
	quorumCanBeMet,
	verificationsNameSteps,
	sparesDoubleAStep,
	preAuthorityIsNarrow,
}

// CheckPlan returns everything that is wrong with a plan.
func CheckPlan(p Planned) error {
	var found []error
	for _, guard := range guards {
		if err := guard(p); err != nil {
			found = append(found, err)
		}
	}
	return errors.Join(found...)
}

// digestIsThePlans refuses a digest of something else.
// Rationale: people approve the digest; it must be of what will be sent.
func digestIsThePlans(p Planned) error {
	if !p.Digest.Equal(p.Plan.Digest()) {
		return errors.New("the digest is not the plan's")
	}
	return nil
}

// planHasCalls refuses an empty plan.
// Rationale: approving nothing looks like approving something.
func planHasCalls(p Planned) error {
	if len(p.Plan.Calls) == 0 {
		return errors.New("the plan has no calls")
	}
	return nil
}

// everyStepHasItsOwnName refuses missing and double names.
// Rationale: facts find their step by name.
func everyStepHasItsOwnName(p Planned) error {
	seen := map[string]bool{}
	for _, c := range p.Plan.Calls {
		if c.Step == "" || seen[c.Step] {
			return fmt.Errorf("step name %q is missing or used twice", c.Step)
		}
		seen[c.Step] = true
	}
	return nil
}

// noCallCarriesValue refuses a call that would move ether.
// Rationale: containment never pays anybody; a value is a mistake or an attack.
func noCallCarriesValue(p Planned) error {
	for _, c := range p.Plan.Calls {
		if !c.Value.IsZero() {
			return fmt.Errorf("step %s carries a value of %s wei", c.Step, c.Value)
		}
	}
	return nil
}

// everyCallIsComplete refuses a call without contract, selector, chain or gas.
// Rationale: a zero address or chain is what a forgotten field looks like.
func everyCallIsComplete(p Planned) error {
	for _, c := range p.Plan.Calls {
		switch {
		case c.ChainID == 0:
			return fmt.Errorf("step %s names no chain", c.Step)
		case c.To == [20]byte{}:
			return fmt.Errorf("step %s has no contract", c.Step)
		case len(c.Data) < 4:
			return fmt.Errorf("step %s calls no function", c.Step)
		case c.Gas < LeastGas(c.Data):
			return fmt.Errorf("step %s has a gas limit of %d, below the %d that its %d bytes of calldata take before anything is done", c.Step, c.Gas, LeastGas(c.Data), len(c.Data))
		case c.Gas > maxTxGas:
			return fmt.Errorf("step %s has a gas limit of %d, above the %d that a transaction may have (EIP-7825)", c.Step, c.Gas, maxTxGas)
		}
	}
	return nil
}

// maxTxGas is 2^24, the cap of one transaction (EIP-7825).
const maxTxGas = 1 << 24

// everyGoalCanBeRead refuses a call whose success nobody could see.
// Rationale: success is the postcondition, not a receipt.
func everyGoalCanBeRead(p Planned) error {
	for _, c := range p.Plan.Calls {
		for check := &c.Goal; check != nil; check = check.And {
			if check.ChainID == 0 || check.To == [20]byte{} || len(check.Data) < 4 || check.Op == "" || check.Type == "" {
				return fmt.Errorf("step %s has no goal that can be read", c.Step)
			}
		}
	}
	return nil
}

// afterNamesEarlierSteps refuses forward references.
// Rationale: so a cycle is impossible.
func afterNamesEarlierSteps(p Planned) error {
	seen := map[string]bool{}
	for _, c := range p.Plan.Calls {
		for _, before := range c.After {
			if !seen[before] {
				return fmt.Errorf("step %s waits for %q, which is not an earlier step", c.Step, before)
			}
		}
		seen[c.Step] = true
	}
	return nil
}

// feeStaysInBudget refuses calls that may together cost more than approved.
// Rationale: the budget is what people saw.
func feeStaysInBudget(p Planned) error {
	var sum Wei
	for _, c := range p.Plan.Calls {
		if c.MaxCost.IsZero() {
			return fmt.Errorf("step %s may cost nothing, so it could never be sent", c.Step)
		}
		sum = sum.Add(c.MaxCost)
	}
	if sum.Cmp(p.Plan.MaxFee) > 0 {
		return fmt.Errorf("the calls may cost %s wei, the plan says %s", sum, p.Plan.MaxFee)
	}
	return nil
}

// quorumCanBeMet refuses a quorum of nobody or of no assurance.
// Rationale: an empty rule must refuse, not release.
func quorumCanBeMet(p Planned) error {
	q := p.Plan.Quorum
	switch {
	case q.Need < 1:
		return errors.New("the quorum needs nobody")
	case len(q.Teams) == 0:
		return errors.New("the quorum names no team")
	case q.Assurance.Rank() == 0:
		return fmt.Errorf("the quorum has no assurance (%q)", q.Assurance)
	case q.Within <= 0:
		return errors.New("the vote has no time to happen in")
	}
	return nil
}

// sparesDoubleAStep refuses a spare that is not the same call by another key.
// Rationale: either of the two counts for both, so both must do the same.
func sparesDoubleAStep(p Planned) error {
	seen := map[string]Call{}
	for _, c := range p.Plan.Calls {
		if c.SpareOf != "" {
			first, ok := seen[c.SpareOf]
			same := ok && first.SpareOf == "" && first.ChainID == c.ChainID && first.To == c.To &&
				bytes.Equal(first.Data, c.Data) && reflect.DeepEqual(first.Goal, c.Goal)
			if !same || p.Plan.KeyOf(first) == p.Plan.KeyOf(c) {
				return fmt.Errorf("step %s is no second try of an earlier step by another key", c.Step)
			}
		}
		seen[c.Step] = c
	}
	return nil
}

// verificationsNameSteps refuses a check of nothing.
// Rationale: a misspelt name would leave a step unverified in silence.
func verificationsNameSteps(p Planned) error {
	for _, v := range p.Plan.Verify {
		if _, ok := p.Plan.Call(v.Of); !ok {
			return fmt.Errorf("a verification names step %q, which the plan does not have", v.Of)
		}
	}
	return nil
}
