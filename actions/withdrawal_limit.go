package actions

import (
	"fmt"
	"math/big"
	"time"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

// withdrawalLimit caps what may leave a contract within a window. In this
// family 0 lets nothing leave and 2^256-1 means no limit; the function refuses
// to loosen, and setting the same cap again refills nothing.
type withdrawalLimit struct{}

func (withdrawalLimit) Info() Info {
	takes := []Parameter{
		{Name: "limit", Type: TypeAmount, Words: "the most that may leave within one window; 0 lets nothing leave"},
		{Name: "window", Type: TypeDuration, Words: "the length of the window"},
	}
	return Info{
		Verb:     "withdrawal-limit",
		Families: []string{openZeppelin},
		Does:     "cap what may leave a contract within a window, never above the present cap",
		Stops:    "withdrawals above the limit within one window",
		Spares:   "withdrawals below the limit, the next window, functions that do not count against it, and other contracts",
		Never:    "loosen a limit, remove it, or set it to unlimited",
		Function: "setWithdrawalLimit(uint256,uint256)",
		Undo:     "loosenWithdrawalLimit(uint256,uint256)",
		Gas:      150_000,
		Takes:    takes,
		Restores: takes,
		Views: []string{"withdrawalLimit() returns (uint256)", "withdrawalWindow() returns (uint256)",
			"withdrawnInWindow() returns (uint256)", "withdrawable() returns (uint256)"},
		Recover: true,
		Verify:  true,
	}
}

func (w withdrawalLimit) Prepare(target Target, args Args) (Prepared, error) {
	info := w.Info()
	limit, window, err := w.cap(target, args)
	if err != nil {
		return Prepared{}, err
	}
	if limit.Cmp(contracts.UnlimitedWithdrawal()) == 0 {
		return Prepared{}, Refusal{Verb: info.Verb, Why: "2^256-1 means no limit at all", Mend: "name a limit"}
	}
	data, err := contracts.SetWithdrawalLimit(limit, window)
	if err != nil {
		return Prepared{}, fmt.Errorf("prepare %s: %w", info.Verb, err)
	}
	words, err := decoded(info.Verb, info.Function, data)
	if err != nil {
		return Prepared{}, err
	}
	amount := args["limit"].amount
	stops := fmt.Sprintf("Stops withdrawals from %s on %s above %s within %s.", target.Name, target.Chain, amount, window)
	if limit.Sign() == 0 {
		stops = fmt.Sprintf("Stops every withdrawal from %s on %s that counts against the limit: a limit of 0 lets nothing leave.",
			target.Name, target.Chain)
	}
	p := Prepared{
		Data: data, Function: info.Function, Args: words,
		Goal:   goal(target, amount, window, incident.AtMost, incident.AtLeast),
		AsGood: []incident.Check{limitCheck(target, incident.AtMost, incident.Amount{Token: target.Token, Decimals: target.Decimals})},
		Effect: stops + " Does not stop: " + info.Spares + ".",
		Undo:   fmt.Sprintf("%s by the recovery key, with the recovery quorum. The responder's key cannot.", info.Undo),
	}
	if limit.Sign() > 0 {
		none, err := unlimited(target)
		if err != nil {
			return Prepared{}, err
		}
		p.Tightens = []incident.Check{none, goal(target, amount, window, incident.AtLeast, incident.AtMost)}
	}
	return p, nil
}

func (w withdrawalLimit) Loosen(target Target, args Args) (Loosening, error) {
	info := w.Info()
	limit, window, err := w.cap(target, args)
	if err != nil {
		return Loosening{}, err
	}
	data, err := contracts.LoosenWithdrawalLimit(limit, window)
	if err != nil {
		return Loosening{}, fmt.Errorf("prepare %s: %w", info.Undo, err)
	}
	words, err := decoded(info.Verb, info.Undo, data)
	if err != nil {
		return Loosening{}, err
	}
	amount := args["limit"].amount
	return Loosening{
		Data: data, Function: info.Undo, Args: words,
		Goal:   goal(target, amount, window, incident.Equals, incident.Equals),
		Effect: fmt.Sprintf("Lets %s leave %s on %s within %s.", amount, target.Name, target.Chain, window),
	}, nil
}

// cap reads the arguments in the units of the chain.
func (w withdrawalLimit) cap(target Target, args Args) (*big.Int, time.Duration, error) {
	info := w.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Takes)); err != nil {
		return nil, 0, err
	}
	limit, err := units(info.Verb, "limit", target, args["limit"])
	if err != nil {
		return nil, 0, err
	}
	window, err := wholeSeconds(info.Verb, "window", args["window"])
	return limit, window, err
}

// goal states both words of a cap: neither alone says how much may leave.
func goal(target Target, amount incident.Amount, window time.Duration, onLimit, onWindow incident.Comparison) incident.Check {
	c := limitCheck(target, onLimit, amount)
	c.And = new(bound{"withdrawalWindow()", contracts.WithdrawalWindowQuery(), onWindow,
		incident.NewQuantity(uint64(window / time.Second))}.on(target, window.String()))
	return c
}

func limitCheck(target Target, op incident.Comparison, amount incident.Amount) incident.Check {
	return bound{"withdrawalLimit()", contracts.WithdrawalLimitQuery(), op, amount.Units}.on(target, amount.String())
}

// unlimited states that there is no limit now: any limit is tighter then,
// whatever its window.
func unlimited(target Target) (incident.Check, error) {
	most, err := incident.QuantityFromBig(contracts.UnlimitedWithdrawal())
	if err != nil {
		return incident.Check{}, fmt.Errorf("state that there is no limit: %w", err)
	}
	return bound{"withdrawalLimit()", contracts.WithdrawalLimitQuery(), incident.AtLeast, most}.on(target, "unlimited"), nil
}
