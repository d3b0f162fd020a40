package app

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/verifier"
)

// Online gives a planner what it asks of the outside, for people who plan at
// their desk: the configured chains, read and never written to. No key is asked
// for: calls are tried from the inventory's addresses. The caller closes what
// was opened, also after an error.
func Online(c Config, set *playbooks.Set) (o playbooks.PlannerOptions, closing func() error, err error) {
	a := &App{c: c, o: Options{Log: slog.New(slog.DiscardHandler)}, first: set}
	if err := errors.Join(CheckTogether(c, set), a.dialChains()); err != nil {
		return o, a.life.stop, err
	}
	var reads []verifier.Chain
	for _, one := range a.chains {
		_, read := one.parts()
		reads = append(reads, read)
	}
	reader, err := verifier.NewReader(reads)
	if err != nil {
		return o, a.life.stop, fmt.Errorf("open reader: %w", err)
	}
	return playbooks.PlannerOptions{Reader: reader, Evidence: reader, Simulator: reader, Endpoints: reader.Endpoints,
		TxGas: func(chainID uint64) uint64 {
			if one := a.chains[chainID]; one != nil {
				return one.maxTxGas
			}
			return 0
		}}, a.life.stop, nil
}
