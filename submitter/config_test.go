package submitter_test

import (
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

func TestAConfigurationAtFaultIsRefused(t *testing.T) {
	for want, change := range map[string]func(o *submitter.Options){
		"are required":            func(o *submitter.Options) { o.Signer = nil },
		"no chain id":             func(o *submitter.Options) { o.Chains[0].ID = 0 },
		"nothing could be sent":   func(o *submitter.Options) { o.Chains[0].Endpoints = nil },
		"no block time":           func(o *submitter.Options) { o.Chains[0].BlockTime = 0 },
		"has no client":           func(o *submitter.Options) { o.Chains[0].Endpoints[0].Client = nil },
		"a name that is no URL":   func(o *submitter.Options) { o.Chains[0].Endpoints[0].Name = "https://rpc.example/key" },
		"two endpoints named":     func(o *submitter.Options) { o.Chains[0].Endpoints[1].Name = "rpc1" },
		"is configured twice":     func(o *submitter.Options) { o.Chains = append(o.Chains, o.Chains[0]) },
		"which is not configured": func(o *submitter.Options) { o.Keys[0].ChainID = 5 },
		"has no address":          func(o *submitter.Options) { o.Keys[0].Address = common.Address{} },
		"shares its account": func(o *submitter.Options) {
			o.Keys = append(o.Keys, submitter.Key{Name: "other", ChainID: chainID, Address: o.Keys[0].Address})
		},
	} {
		o := newWorld(t, 2).options()
		change(&o)
		_, err := submitter.New(o)
		require.Error(t, err, want)
		assert.Contains(t, err.Error(), want)
		assert.NotContains(t, err.Error(), "://")
	}
}

func TestAStepThatNobodyCanSendIsAnErrorAndHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		s := authorised(t, "A", "far", "pause", "free")
		s.state.Runs[0].Plan.Calls[0].ChainID = 5
		s.state.Runs[0].Plan.Calls[2].MaxCost = incident.NewQuantity(99_999)
		bodies, err := sub.Price(t.Context(), s.state, []string{"far", "pause", "free"})
		assert.ErrorContains(t, err, "not configured on chain 5")
		assert.ErrorContains(t, err, "does not pay one wei per gas")
		require.Len(t, bodies, 1)
		assert.Equal(t, "pause", bodies[0].(incident.Priced).Step)
		_, err = sub.Watch(t.Context(), s.state, "nothing")
		assert.Error(t, err)
	})
}

func TestAnAccountWithoutMoneyIsPricedAllTheSameAndGoesThroughOnceFunded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Set(func(r *rules) { r.Balances[w.key.Address()] = common.Big1 })
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Contains(t, s.last("pause").Why, "fund it")
		assert.Equal(t, string(submitter.KindFunds), s.last("pause").Outcomes[0].Kind)
		go func() {
			time.Sleep(time.Minute)
			w.chain.Set(func(r *rules) { delete(r.Balances, w.key.Address()) })
		}()
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
	})
}

func TestCallsOfAPlanShareWhatTheAccountCanPutUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		balance := new(big.Int).SetUint64(3 * 20 * gwei * 100_000)
		w.chain.Set(func(r *rules) { r.Balances[w.key.Address()] = balance })
		sub := w.start()
		s := authorised(t, "A", "a", "b", "c")
		s.send(sub, "a", "b", "c")
		var sum incident.Wei
		for _, step := range []string{"a", "b", "c"} {
			a := s.last(step)
			assert.GreaterOrEqual(t, a.FeeCap.Big().Cmp(big.NewInt(20*gwei)), 0, "each can still be mined")
			sum = sum.Add(a.FeeCap.Times(a.Gas))
		}
		assert.LessOrEqual(t, sum.Big().Cmp(balance), 0)
	})
}

func TestWhatTheSignerIsToldIsPrintable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.state.Runs[0].Plan.Reason = "a\nb\u202e\xff" + strings.Repeat("é", 2000)
		s.send(sub, "pause") // the key refuses what is not printable or too long
		r := w.key.Request(0)
		assert.NoError(t, r.Validate())
		assert.Equal(t, "01JEQ7V5M2K3000A/0/pause/1", r.RequestID)
	})
}

// BenchmarkDecisionToBroadcast measures what the submitter itself adds between
// a decision and the moment at which every endpoint has the bytes.
func BenchmarkDecisionToBroadcast(b *testing.B) {
	t := &testing.T{}
	w := newWorld(t, 3)
	w.config.MaxInFlight = 1 << 20
	for _, e := range w.endpoints {
		e.Set(func(e *script) { e.Deaf = true })
	}
	sub, err := submitter.New(w.options())
	if err != nil {
		b.Fatal(err)
	}
	sub.Start(b.Context())
	defer sub.Stop()
	for sub.Warm() != nil {
		time.Sleep(time.Millisecond)
	}
	for i := 0; b.Loop(); i++ {
		s := authorised(t, "A", "pause")
		s.state.ID = incident.NewID(time.UnixMilli(int64(i)))
		for _, effect := range []func() ([]incident.Body, error){
			func() ([]incident.Body, error) { return sub.Price(b.Context(), s.state, []string{"pause"}) },
			func() ([]incident.Body, error) { return sub.Sign(b.Context(), s.state, []string{"pause"}) },
			func() ([]incident.Body, error) { return sub.Broadcast(b.Context(), s.state, []string{"pause"}) },
		} {
			bodies, err := effect()
			if err != nil {
				b.Fatal(err)
			}
			s.add(bodies...)
		}
	}
}
