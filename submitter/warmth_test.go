package submitter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

func TestWhatALaneKnowsCanBeLookedAtWithoutAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		cold := w.cold()
		require.Len(t, cold.Warmth(), 1)
		assert.Negative(t, cold.Warmth()[0].Age)
		w.chain.Run(t, blockTime)
		sub := w.start()
		w.chain.Jam()
		s := authorised(t, "A", "pause", "block")
		s.send(sub, "pause", "block")
		time.Sleep(20 * time.Second)
		calls := len(w.endpoints[0].Calls())
		got := sub.Warmth()[0]
		assert.Len(t, w.endpoints[0].Calls(), calls)
		assert.Equal(t, "responder-1", got.Key)
		assert.Equal(t, 2, got.InFlight)
		assert.EqualValues(t, 2, got.Nonce)
		assert.Zero(t, got.Mined)
		assert.GreaterOrEqual(t, got.Oldest, 20*time.Second)
		assert.Less(t, got.Age, blockTime)
		require.NotNil(t, got.Balance)
		assert.Equal(t, "10", got.Balance.Decimal(18))
		assert.False(t, got.Coded)

		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Down = true })
		}
		before := got.BaseFee
		time.Sleep(time.Minute)
		got = sub.Warmth()[0]
		assert.Greater(t, got.Age, 50*time.Second, "its age says how much of it is a guess")
		assert.Positive(t, got.BaseFee.Cmp(before), "the base fee is extrapolated meanwhile")
	})
}

func TestGuardsAreReadPerBlockAndGrowOldWhenTheyCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		g := &goals{}
		check := call("pause").Goal
		sub := w.startWith(func(o *submitter.Options) {
			o.Goals, o.Guards = g, []submitter.Guard{{Name: "pause vault", Check: check}}
		})
		time.Sleep(3 * blockTime)
		got := sub.Guards()[0]
		assert.False(t, got.Holds)
		assert.LessOrEqual(t, got.Age, blockTime)
		g.holds.Store(true)
		time.Sleep(2 * blockTime)
		assert.True(t, sub.Guards()[0].Holds)
		g.fails.Store(true)
		time.Sleep(time.Minute)
		got = sub.Guards()[0]
		assert.True(t, got.Holds, "as it was read last")
		assert.Greater(t, got.Age, 50*time.Second)
	})
}

func TestGuardsThatAreReplacedKeepWhatIsKnownOfThoseThatStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		g := &goals{}
		g.holds.Store(true)
		stays := submitter.Guard{Name: "pause vault", Check: call("pause").Goal}
		sub := w.startWith(func(o *submitter.Options) { o.Goals = g })
		assert.Empty(t, sub.Guards())
		sub.SetGuards([]submitter.Guard{stays})
		assert.Negative(t, sub.Guards()[0].Age, "not read yet")
		time.Sleep(3 * blockTime)
		assert.True(t, sub.Guards()[0].Holds)
		g.fails.Store(true)
		sub.SetGuards([]submitter.Guard{{Name: "block registry", Check: call("block").Goal}, stays})
		require.Len(t, sub.Guards(), 2)
		assert.Negative(t, sub.Guards()[0].Age)
		assert.True(t, sub.Guards()[1].Holds)
	})
}

func TestAnAccountThatBecomesADelegatedOneIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		sub := w.start()
		coded := func(method string, _ []any) (any, error, bool) { return "0xef0100", nil, method == "eth_getCode" }
		w.endpoints[0].Set(func(e *script) { e.Answer = coded })
		time.Sleep(3 * time.Minute)
		assert.Zero(t, w.happened(submitter.Delegated), "one endpoint alone is not believed")
		w.endpoints[1].Set(func(e *script) { e.Answer = coded })
		time.Sleep(3 * time.Minute)
		assert.Equal(t, 1, w.happened(submitter.Delegated))
		assert.True(t, sub.Warmth()[0].Coded)
		s := authorised(t, "A", "pause", "block")
		bodies, err := sub.Price(t.Context(), s.state, []string{"pause", "block"})
		require.NoError(t, err)
		require.Len(t, bodies, 1, "nodes keep one transaction of such an account")
		assert.Equal(t, "pause", bodies[0].(incident.Priced).Step)
	})
}
