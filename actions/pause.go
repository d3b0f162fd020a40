package actions

import (
	"fmt"

	"github.com/firebreak-project/firebreak/contracts"
)

// pause stops a contract with OpenZeppelin's Pausable. A second pause reverts
// with EnforcedPause, so it is read first; the conformance test holds it to
// that.
type pause struct{}

func (pause) Info() Info {
	return Info{
		Verb:     "pause",
		Families: []string{openZeppelin},
		Does:     "stop a contract until people let it go on",
		Stops:    "every function of the contract that honours its pause flag",
		Spares: "functions that do not honour the flag, other contracts of the protocol, other chains, " +
			"and tokens that have already left",
		Never:    "unpause; pause anything that the inventory does not name",
		Function: "pause()",
		Undo:     "unpause()",
		Gas:      100_000,
		Pause:    true,
		Views:    []string{"paused() returns (bool)"},
		Recover:  true,
		Verify:   true,
	}
}

func (p pause) Prepare(target Target, args Args) (Prepared, error) {
	info := p.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Takes)); err != nil {
		return Prepared{}, err
	}
	data := contracts.Pause()
	words, err := decoded(info.Verb, info.Function, data)
	if err != nil {
		return Prepared{}, err
	}
	return Prepared{
		Data: data, Function: info.Function, Args: words,
		Goal: boolCheck(target, "paused()", contracts.PausedQuery(), true),
		Effect: fmt.Sprintf("Stops %s of %s on %s. Does not stop: %s.",
			info.Stops, target.Name, target.Chain, info.Spares),
		Undo: fmt.Sprintf("%s by the recovery key, with the recovery quorum. The responder's key cannot.", info.Undo),
	}, nil
}

func (p pause) Loosen(target Target, args Args) (Loosening, error) {
	info := p.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Restores)); err != nil {
		return Loosening{}, err
	}
	data := contracts.Unpause()
	words, err := decoded(info.Verb, info.Undo, data)
	if err != nil {
		return Loosening{}, err
	}
	return Loosening{
		Data: data, Function: info.Undo, Args: words,
		Goal:   boolCheck(target, "paused()", contracts.PausedQuery(), false),
		Effect: fmt.Sprintf("Lets %s on %s go on: everything that the pause stopped works again, for everybody.", target.Name, target.Chain),
	}, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
