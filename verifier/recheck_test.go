package verifier_test

import (
	"testing"
	"testing/synctest"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/verifier"
)

var _ actions.Reader = (*verifier.Reader)(nil)

// reverted is a step whose transaction failed in the head block.
func (w *world) reverted() incident.State {
	s := w.included()
	step := &s.Runs[0].Steps[0]
	step.Revert = &incident.Reverted{Step: "pause", Hash: txHash, Block: step.In.Block}
	step.In, step.State = nil, incident.StepReverted
	return s
}

func TestAGoalThatSomebodyElseReachedIsAlreadySo(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		body, err := w.verifier().Recheck(t.Context(), w.reverted(), "pause")
		require.NoError(t, err)
		require.NotNil(t, body)
		assert.Len(t, body.(incident.AlreadySo).Seen, 2, "on every endpoint")
	})
}

func TestAGoalThatDoesNotHoldIsNothing(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.reverted()
		w.chain.set(int(s.Run().Steps[0].Revert.Block), false)
		body, err := w.verifier().Recheck(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Nil(t, body)
	})
}

func TestOneEndpointThatLiesMakesNothingAlreadySo(t *testing.T) {
	for name, script := range map[string]func(honest *endpoint){
		"the other denies it":  func(*endpoint) {},
		"the other is away":    func(e *endpoint) { e.down = true },
		"the other is no code": func(e *endpoint) { e.word = []byte{} },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, 2, func(t *testing.T, w *world) {
				s := w.reverted()
				w.chain.set(int(s.Run().Steps[0].Revert.Block), false)
				w.endpoints[0].says = new(true)
				script(w.endpoints[1])
				body, err := w.verifier().Recheck(t.Context(), s, "pause")
				require.NoError(t, err)
				assert.Nil(t, body, "sending again is harmless, stopping on a lie is not")
			})
		})
	}
}

func TestWhenNobodyCanBeReadItIsAnError(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.reverted()
		for _, e := range w.endpoints {
			e.down = true
		}
		_, err := w.verifier().Recheck(t.Context(), s, "pause")
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cr3t")
	})
}

func TestAViewThatRevertsEverywhereIsNotTheGoal(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		for _, e := range w.endpoints {
			e.reverts = true
		}
		body, err := w.verifier().Recheck(t.Context(), w.reverted(), "pause")
		require.NoError(t, err)
		assert.Nil(t, body, "the step is tried again rather than left")
	})
}

func TestEndpointsBehindTheFailedTransactionAreWaitedFor(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.chain.run(t)
		for _, e := range w.endpoints {
			e.lag = 1
		}
		body, err := w.verifier().Recheck(t.Context(), w.reverted(), "pause")
		require.NoError(t, err)
		require.NotNil(t, body)
		assert.Equal(t, incident.KindAlreadySo, body.Kind())
	})
}

func TestAViewIsReadAtExactlyTheBlockItIsSaidToBeOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.endpoints[0].down = true
		w.endpoints[2].lag = 2
		answers, err := w.verifier().Reader().CallAll(t.Context(), chainID, contract, common.FromHex("0x5c975abb"))
		require.NoError(t, err)
		require.Len(t, answers, 2)
		for i, a := range answers {
			assert.Equal(t, []string{"rpc2", "rpc3"}[i], a.Endpoint)
			assert.Equal(t, w.chain.blocks[a.Block], a.BlockHash)
		}
		assert.EqualValues(t, 7, answers[1].Block)
		head, err := w.verifier().Reader().Head(t.Context(), chainID)
		require.NoError(t, err)
		assert.EqualValues(t, 7, head, "what two endpoints have reached")
	})
}

func TestAChainThatIsNotConfiguredIsAnError(t *testing.T) {
	play(t, 1, func(t *testing.T, w *world) {
		r := w.verifier().Reader()
		_, err := r.CallAll(t.Context(), 5, contract, nil)
		require.Error(t, err)
		_, _, err = r.Estimate(t.Context(), 5, actions.Simulation{})
		require.Error(t, err)
		_, err = r.Head(t.Context(), 5)
		require.Error(t, err)
	})
}

func TestAnEstimateTellsGasAndRevertAndSilenceApart(t *testing.T) {
	for name, row := range map[string]struct {
		value  any
		err    error
		gas    uint64
		revert []byte
		fails  bool
	}{
		"gas":                 {value: hexutil.Uint64(52_000), gas: 52_000},
		"a revert with data":  {err: &answerError{"execution reverted: paused", "0x08c379a0"}, revert: common.FromHex("0x08c379a0")},
		"a revert without":    {err: &answerError{"execution reverted", nil}, revert: []byte{}},
		"an error is neither": {err: &answerError{"insufficient funds for transfer", nil}, fails: true},
		"a lost reply":        {err: errLost, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, 2, func(t *testing.T, w *world) {
				w.endpoints[0].down = true
				w.endpoints[1].gas = func() (any, error) { return row.value, row.err }
				gas, revert, err := w.verifier().Reader().Estimate(t.Context(), chainID, actions.Simulation{To: contract})
				assert.Equal(t, row.fails, err != nil)
				assert.Equal(t, row.gas, gas)
				assert.Equal(t, row.revert, revert)
			})
		})
	}
}

func TestAConfigurationAtFaultIsRefused(t *testing.T) {
	good := verifier.Chain{ID: 1, BlockTime: blockTime, Endpoints: []verifier.Endpoint{{Name: "a", Client: &endpoint{}}}}
	for name, change := range map[string]func(c *verifier.Chain){
		"no id":         func(c *verifier.Chain) { c.ID = 0 },
		"no endpoints":  func(c *verifier.Chain) { c.Endpoints = nil },
		"no block time": func(c *verifier.Chain) { c.BlockTime = 0 },
		"a URL as name": func(c *verifier.Chain) { c.Endpoints = []verifier.Endpoint{{Name: "https://x", Client: &endpoint{}}} },
		"no client":     func(c *verifier.Chain) { c.Endpoints = []verifier.Endpoint{{Name: "a"}} },
		"an odd tag":    func(c *verifier.Chain) { c.Levels = []string{"pending"} },
		"latest as tag": func(c *verifier.Chain) { c.Levels = []string{"latest", "safe"} },
		"levels down":   func(c *verifier.Chain) { c.Levels = []string{"finalized", "safe"} },
		"a tag twice":   func(c *verifier.Chain) { c.Levels = []string{"safe", "safe"} },
	} {
		c := good
		change(&c)
		_, err := verifier.New(verifier.Options{Chains: []verifier.Chain{c}})
		assert.Error(t, err, name)
	}
	_, err := verifier.New(verifier.Options{Chains: []verifier.Chain{good, good}})
	assert.ErrorContains(t, err, "twice")
	_, err = verifier.New(verifier.Options{})
	assert.Error(t, err)
}
