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

func TestRow14APlanWithLessGasThanItsCalldataCostsIsNeverAskedFor(t *testing.T) {
	for _, gas := range []uint64{21_000, 21_063, 21_159} { // EIP-7623: four bytes take 21,160
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			w.gas = gas
			p := w.boot()
			defer p.halt()
			_, _, err := p.Receive(t.Context(), received())
			require.NoError(t, err)
			time.Sleep(time.Minute)
			assert.Equal(t, incident.PhaseOpened, w.the().Phase(), "%d gas: such a plan cannot be written", gas)
			assert.Empty(t, w.key.Asked())
			assert.Empty(t, w.chain.Arrived())
		})
	}
}

func TestRow14TooLittleGasIsAnErrorOfTheConfigurationAndNoLadder(t *testing.T) {
	for _, text := range []string{"intrinsic gas too low: gas 100000, minimum needed 200000",
		"insufficient gas for floor data gas cost: gas 100000, minimum needed 200000"} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			w.script(func(s *script) { s.Reject = func() error { return said("%s", text) } })
			w.chain.Run(t, blockTime)
			p := w.boot()
			defer p.halt()
			p.alarm()
			time.Sleep(5 * time.Minute)
			step := w.step()
			assert.Equal(t, string(submitter.KindGas), outcome(step.Attempts[0], "rpc1").Kind)
			assert.Equal(t, 1, step.Issue)
			assert.Len(t, step.Attempts, 1, "a higher fee does not help")
			assert.Equal(t, 1, w.tellings("run0/stalled/"), "somebody is told, once")
		})
	}
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
		assert.Equal(t, 1, w.tellings("run0/stalled/"), "somebody is told, once")
		w.chain.Set(func(r *rules) { r.GasLimit = 30_000_000 })
		w.once(w.contained())
	})
}
