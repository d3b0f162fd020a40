package faults_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

func TestRow16NothingIsEstimatedOrSimulatedBeforeASend(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		// Every simulation reverts, because of old state or an attacker, until
		// the transaction is out.
		w.script(func(s *script) {
			s.Answer = func(method string, _ []any) (any, error, bool) {
				return nil, said("execution reverted"), (method == "eth_call" || method == "eth_estimateGas") && len(w.chain.Arrived()) == 0
			}
		})
		p := w.boot()
		defer p.halt()
		time.Sleep(blockTime)
		p.alarm()
		began := time.Now()
		w.until("sent", func(incident.State) bool { return len(w.chain.Arrived()) == 1 })
		assert.LessOrEqual(t, time.Since(began), time.Second)
		for _, e := range w.endpoints {
			assert.NotContains(t, e.Calls(), "eth_estimateGas")
		}
		w.chain.Run(t, blockTime)
		w.once(w.contained())
	})
}

func TestRow14TooLittleGasIsAnErrorOfTheConfigurationAndNoLadder(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		// A chain whose calldata is dearer than Ethereum's.
		w.script(func(s *script) {
			s.Reject = func() error { return said("intrinsic gas too low: gas 100000, minimum needed 150000") }
		})
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(5 * time.Minute)
		step := w.step()
		assert.Equal(t, string(submitter.KindGas), outcome(step.Attempts[0], "rpc1").Kind)
		assert.Equal(t, 1, step.Issue)
		assert.Len(t, step.Attempts, 1, "a higher fee does not help")
		assert.Positive(t, w.tellings("run0/"), "somebody is told")
	})
}

func TestRow14APlanWhoseGasDoesNotPayForItsCalldataIsNeverAskedFor(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.gas = 21_050
		p := w.boot()
		defer p.halt()
		_, _, err := p.Receive(t.Context(), received())
		require.NoError(t, err)
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseOpened, w.the().Phase(), "EIP-7623: every node would refuse it, so it cannot be written")
		assert.Empty(t, w.key.Asked())
		assert.Empty(t, w.chain.Arrived())
	})
}

func TestRow13APlanWithMoreGasThanATransactionMayHaveIsNeverAskedFor(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.gas, w.cost = 1<<24+1, wei(9e17)
		p := w.boot()
		defer p.halt()
		_, _, err := p.Receive(t.Context(), received())
		require.NoError(t, err)
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseOpened, w.the().Phase(), "EIP-7825: such a plan cannot be written")
		assert.Empty(t, w.key.Asked())
		assert.Empty(t, w.chain.Arrived())
	})
}

func TestRow13MoreGasThanABlockHasIsNoLadderEither(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.gas, w.cost = 12_000_000, wei(9e17)
		w.chain.Set(func(r *rules) { r.GasLimit = 9_000_000 })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(3 * time.Minute)
		step := w.step()
		assert.Equal(t, string(submitter.KindGas), outcome(step.Attempts[0], "rpc1").Kind)
		assert.Equal(t, 1, step.Issue, "the nonce stays open: limits change")
		assert.Len(t, step.Attempts, 1, "a higher fee does not help")
		assert.Positive(t, w.tellings("run0/"), "somebody is told")
		w.chain.Set(func(r *rules) { r.GasLimit = 30_000_000 })
		w.once(w.contained())
	})
}
