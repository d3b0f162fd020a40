package submitter_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// relay takes transactions by its own method and answers nothing else.
type relay struct {
	behind *submittertest.Endpoint
	method string

	mu    sync.Mutex
	calls []string
}

func (r *relay) CallContext(ctx context.Context, result any, method string, args ...any) error {
	r.mu.Lock()
	r.calls = append(r.calls, method)
	r.mu.Unlock()
	if method != r.method {
		return said("the method %s does not exist", method)
	}
	if object, ok := args[0].(map[string]any); ok {
		args = []any{object["tx"]}
	}
	return r.behind.CallContext(ctx, result, "eth_sendRawTransaction", args...)
}

func TestARelayGetsTheSameBytesByItsOwnMethodAndIsNeverAsked(t *testing.T) {
	for _, method := range []string{"eth_sendRawTransaction", "eth_sendPrivateRawTransaction", "eth_sendPrivateTransaction"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 2)
				w.chain.Run(t, blockTime)
				r := &relay{behind: submittertest.NewEndpoint("relay", w.chain), method: method}
				w.config.Endpoints = append(w.config.Endpoints, submitter.Endpoint{Name: "relay", Client: r, SendOnly: true, Method: method})
				sub := w.start()
				s := authorised(t, "A", "pause")
				s.send(sub, "pause")
				assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
				assert.Equal(t, []byte(s.last("pause").Signed.Raw), r.behind.Sent()[0])
				assert.Equal(t, strings.Repeat(method, len(r.calls)), strings.Join(r.calls, ""), "it is read for nothing")
			})
		})
	}
}

func TestAPrivateRelayAloneGetsItMinedWhenEveryNodeIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		r := &relay{behind: submittertest.NewEndpoint("relay", w.chain), method: "eth_sendRawTransaction"}
		w.config.Endpoints = append(w.config.Endpoints, submitter.Endpoint{Name: "relay", Client: r, SendOnly: true})
		sub := w.start()
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Down = true })
		}
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Equal(t, []string{"ambiguous", "ambiguous", "accepted"}, classes(s.last("pause").Outcomes))
		assert.Nil(t, s.within(sub, "pause", 5*time.Second))
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Down = false })
		}
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
	})
}

func TestWhatARelayAcceptsAloneIsNotTakenForGossip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.BumpAfter = time.Hour
		r := &relay{behind: submittertest.NewEndpoint("relay", w.chain), method: "eth_sendRawTransaction"}
		r.behind.Set(func(e *script) { e.Deaf = true })
		w.config.Endpoints = append(w.config.Endpoints, submitter.Endpoint{Name: "relay", Client: r, SendOnly: true})
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Reject = func() error { return said("initial sync is still in progress") } })
		}
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Nil(t, s.within(sub, "pause", time.Minute), "nobody who could show it has taken it")
		assert.Zero(t, w.happened(submitter.Unseen))
	})
}

func TestBidsThatPublicNodesRefuseGoToTheOwnNodeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.NodeFeeCap = incident.NewQuantity(10_000_000_000_000_000) // 0.01 ether; approved are 0.02
		w.config.Endpoints[1].NoFeeCap = true
		w.chain.Run(t, blockTime)
		sub := w.start()
		w.chain.Jam()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		for {
			body := s.within(sub, "pause", 30*time.Second)
			if body == nil {
				break
			}
			s.add(body)
			s.do(sub.Sign, "pause")
			s.do(sub.Broadcast, "pause")
		}
		top := s.last("pause")
		cap := w.config.NodeFeeCap
		require.Positive(t, top.FeeCap.Times(top.Gas).Cmp(cap), "it went above what public nodes take")
		assert.Equal(t, []string{"rejected", "accepted"}, classes(top.Outcomes))
		assert.Contains(t, top.Outcomes[0].Text, "not offered here")
		require.Len(t, s.stalls, 1)
		assert.Contains(t, s.stalls[0].Why, "of the approved", "the budget is what ends it, not the nodes")

		dearest := incident.Wei{}
		public := map[string]bool{}
		for _, raw := range w.endpoints[0].Sent() {
			public[string(raw)] = true
		}
		for _, a := range s.step("pause").Attempts {
			if public[string(a.Signed.Raw)] {
				dearest = a.FeeCap.Times(a.Gas)
				assert.Negative(t, dearest.Cmp(cap))
			}
		}
		assert.Positive(t, dearest.Times(111).Div(100).Cmp(cap), "the rung before was as high as they take, but for a tenth")
		before := len(w.endpoints[0].Sent())
		assert.Nil(t, s.within(sub, "pause", 30*time.Second))
		assert.Greater(t, len(w.endpoints[0].Sent()), before, "and they are offered that one again and again")
	})
}

func TestAChainThatCannotBeReadIsRefused(t *testing.T) {
	w := newWorld(t, 1)
	w.config.Endpoints[0].SendOnly = true
	_, err := submitter.New(w.options())
	require.ErrorContains(t, err, "all are for sending only")
	w = newWorld(t, 1)
	w.config.Endpoints[0].Method = "eth_sendBundle"
	_, err = submitter.New(w.options())
	require.ErrorContains(t, err, `endpoint "rpc1" cannot send by "eth_sendBundle"; there are eth_sendRawTransaction`)
}
