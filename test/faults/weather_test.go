package faults_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// texts are answers of every class, and one that nobody knows.
var texts = []string{"replacement transaction underpriced", "transaction underpriced", "txpool is full", "nonce too low: next nonce 9, tx nonce 0",
	"nonce too high: address 0x1, tx: 0 state: 0", "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1",
	"exceeds block gas limit", "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)", "in-flight transaction limit reached for delegated accounts",
	"address already reserved", "sequencer temporarily not available", "already known", "invalid chain id for signer: have 1 want 1337",
	"the moon is in the wrong house"}

// mood gives an endpoint another script.
func mood(r *rand.Rand, w *world, e *submittertest.Endpoint) {
	n := uint64(r.IntN(9))
	next := script{OnSend: w.arriving, AfterSend: w.arrived, Lag: r.IntN(3)}
	switch r.IntN(10) {
	case 0:
		next.Down = true
	case 1:
		next.Hang = true
	case 2:
		next.Deaf = true
	case 3:
		next.Mute = true
	case 4:
		next.DropReply = true
	case 5:
		next.Blind = true
	case 6:
		next.Lose = 1 + r.IntN(3)
	case 7:
		if e == w.endpoints[0] { // two that count too much outvote whoever is honest
			next.Count = func() *uint64 { return new(n) }
		}
	case 8, 9:
		text := texts[r.IntN(len(texts))]
		next.Reject = func() error { return said("%s", text) }
	}
	e.Set(func(s *script) { *s = next })
}

// weather changes something about the chain, or nothing.
func weather(r *rand.Rand, w *world) {
	switch r.IntN(12) {
	case 0:
		w.chain.Jam()
	case 1:
		w.chain.Evict()
	case 2:
		w.chain.SetBase(int64(5+r.IntN(90)) * gwei)
	case 3:
		w.chain.Reorganise(1 + r.IntN(2))
	case 4:
		for _, a := range w.live() { // a builder has kept an old bid
			if r.IntN(2) == 0 {
				w.chain.Insert(submittertest.Decode(a.Signed.Raw))
			}
		}
	default:
		w.chain.Unjam()
	}
}

// live are all bids of the incident that may be mined.
func (w *world) live() (all []incident.Attempt) {
	for _, s := range w.incidents() {
		for _, step := range s.Run().Steps {
			all = append(all, step.Live()...)
		}
	}
	return all
}

// watched notes which hashes' receipts an endpoint was asked for.
type watched struct {
	mu     sync.Mutex
	hashes map[common.Hash]bool
}

func (o *watched) at(e *submittertest.Endpoint) {
	e.Set(func(s *script) {
		s.Answer = func(method string, args []any) (any, error, bool) {
			if method == "eth_getTransactionReceipt" {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.hashes[args[0].(common.Hash)] = true
			}
			return nil, nil, false
		}
	})
}

func (o *watched) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hashes = map[common.Hash]bool{}
}

func (o *watched) has(h common.Hash) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hashes[h]
}

// TestInAnyWeatherOneNonceIsOpenEveryHashIsWatchedAndOneHonestEndpointSuffices
// walks through random interleavings of what endpoints answer, what the chain
// does, and where the process stops.
func TestInAnyWeatherOneNonceIsOpenEveryHashIsWatchedAndOneHonestEndpointSuffices(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { walk(t, rand.New(rand.NewPCG(seed, 11))) })
		})
	}
}

func walk(t *testing.T, r *rand.Rand) {
	w := newWorld(t, 4, "pause", "block")
	w.chain.Run(t, blockTime)
	o := &watched{hashes: map[common.Hash]bool{}}
	o.at(w.endpoints[3]) // the honest one
	power := &power{}
	power.supply(w)
	p := w.boot()
	for range 30 {
		for _, e := range w.endpoints[:3] {
			mood(r, w, e)
		}
		weather(r, w)
		if r.IntN(3) == 0 {
			power.failAfter(r)
		}
		before, long := w.live(), time.Duration(1+r.IntN(12))*time.Second
		o.forget()
		p.turn(long)
		if power.gone(errPower) != nil {
			p.halt()
			power.restore()
			p = w.boot()
			continue
		}
		if long >= 10*time.Second {
			w.demandWatched(before, o)
		}
	}
	for _, e := range w.endpoints {
		e.Set(func(s *script) { *s = script{OnSend: w.arriving, AfterSend: w.arrived} })
	}
	w.chain.Unjam()
	w.chain.SetBase(10 * gwei)
	power.restore()
	p.halt()
	p = w.boot()
	p.live(func() bool { return false })
	p.halt()
	w.once(w.contained())
}

// failAfter lets the power fail at one of the next writes.
func (p *power) failAfter(r *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = point{send: r.IntN(2) == 0, landed: r.IntN(2) == 0}
	p.at.n = p.appends + 1 + r.IntN(4)
	if p.at.send {
		p.at.n = p.sends + 1 + r.IntN(6)
	}
}

// turn lets time pass, and people do what they would.
func (p *process) turn(d time.Duration) {
	states := p.w.incidents()
	switch {
	case len(states) == 0:
		p.Receive(p.w.t.Context(), received())
	case states[0].Phase() == incident.PhaseAsking:
		p.Vote(p.w.t.Context(), states[0].ID, vote(states[0]))
	}
	time.Sleep(d)
}

// demandWatched demands that each bid which was live all the time was looked
// for at the honest endpoint.
func (w *world) demandWatched(before []incident.Attempt, o *watched) {
	w.t.Helper()
	still := map[common.Hash]bool{}
	for _, s := range w.incidents() {
		for _, step := range s.Run().Steps {
			if step.State == incident.StepBroadcast {
				for _, a := range step.Live() {
					still[a.Signed.Hash] = a.Sent
				}
			}
		}
	}
	for _, a := range before {
		if a.Sent && still[a.Signed.Hash] {
			assert.True(w.t, o.has(a.Signed.Hash), "bid %d of step %s at nonce %d is not watched: %s", a.Attempt, a.Step, a.Nonce, w.story())
		}
	}
}
