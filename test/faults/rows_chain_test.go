package faults_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

func TestRow20WhatPoolsForgetIsOfferedAgain(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.BumpAfter = time.Hour
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		for range 5 {
			w.untilStep(incident.StepBroadcast)
			time.Sleep(10 * time.Second)
			w.chain.Evict()
		}
		w.chain.Unjam()
		w.once(w.contained())
		assert.Len(t, w.chain.Arrived(), 1, "the same bytes every time")
	})
}

func TestRow21AReorganisationGetsTheSameBytesAndTheGoalIsReadAgain(t *testing.T) {
	for _, depth := range []int{1, 2, 4} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 3)
			w.verify.Depth = 6
			w.submit.BumpAfter = time.Hour
			w.chain.Run(t, blockTime)
			p := w.boot()
			defer p.halt()
			p.alarm()
			w.until("held", func(incident.State) bool { return w.step().Held })
			for w.chain.Height() < int(w.step().In.Block)+depth-1 {
				time.Sleep(blockTime)
			}
			w.chain.Reorganise(depth)
			w.until("displaced", func(incident.State) bool { return w.tally(incident.KindDisplaced) > 0 })
			w.once(w.contained())
			assert.Len(t, w.chain.Arrived(), 1, "no other bytes, %d blocks deep", depth)
		})
	}
}

func TestRow21TheGoalIsReadAtLatestSafeAndFinalizedEachFromAnotherEndpoint(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.verify.Levels, w.verify.Depth = []string{incident.LevelSafe, incident.LevelFinalized}, 0
		for range 10 {
			w.chain.Mine() // a chain without a safe block has no safe
		}
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		levels, readers := []string{}, []string{w.step().In.Endpoint}
		for _, f := range w.facts(w.the().ID.Stream(), 0) {
			body, err := f.Body()
			require.NoError(t, err)
			switch b := body.(type) {
			case incident.Held:
				levels, readers = append(levels, b.Level), append(readers, b.Seen[0].Endpoint)
			case incident.Final:
				levels, readers = append(levels, b.Level), append(readers, b.Seen[0].Endpoint)
			}
		}
		assert.Equal(t, []string{"", incident.LevelSafe, incident.LevelFinalized}, levels)
		for i := range readers[1:] {
			assert.NotEqual(t, readers[i], readers[i+1], "nobody vouches for himself")
		}
	})
}

func TestRow22AFailedTransactionIsAQuestionAboutTheGoalAndThenANewNonce(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Set(func(r *rules) { r.Fails = func(tx *types.Transaction) bool { return tx.Nonce() == 0 } })
		w.chain.Run(t, blockTime)
		w.script(func(s *script) { s.Revert = "0x" })
		p := w.boot()
		defer p.halt()
		p.alarm()
		s := w.contained()
		step, _ := s.Run().Step("pause")
		assert.Equal(t, 2, step.Issue)
		last, _ := step.Last()
		assert.EqualValues(t, 1, last.Nonce, "the next nonce, at once")
		assert.Equal(t, 1, w.tally(incident.KindReverted))
		assert.Equal(t, 1, w.chain.Effects(vault("pause")))
	})
}

func TestRow22AFailedTransactionWhoseGoalHoldsIsSuccess(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		w.pausesOnce()
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		w.stranger() // somebody else pauses first, in the same block
		s := w.contained()
		step, _ := s.Run().Step("pause")
		assert.Equal(t, 1, step.Issue, "nothing new was signed")
		assert.Equal(t, 1, w.chain.Effects(vault("pause")))
	})
}

func TestRow22OutOfGasIsSaid(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Set(func(r *rules) {
			r.Contracts[vault("pause")] = submittertest.Contract{Act: pause, View: paused, Gas: 200_000}
		})
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		s := w.until("escalated", func(s incident.State) bool { return s.Phase() == incident.PhaseEscalated })
		step, _ := s.Run().Step("pause")
		require.NotNil(t, step.Revert)
		assert.Contains(t, step.Revert.Why, "all of it")
		assert.LessOrEqual(t, step.Issue, 3, "a person owns it after three")
		assert.NotEmpty(t, s.Run().Mend)
	})
}

func TestRow23ANullReceiptIsNoEvidence(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.chain.Run(t, blockTime)
		for _, e := range w.endpoints[:2] {
			e.Set(func(s *script) { s.Blind = true }) // a load balancer over nodes that lag
		}
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(time.Minute)
		assert.Equal(t, 1, w.step().Issue)
		for _, e := range w.endpoints[:2] {
			e.Set(func(s *script) { s.Blind = false })
		}
		w.once(w.contained())
	})
}

func TestRow23NullsOfEveryoneAreNoEvidenceWhileTheNonceStands(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.submit.Bump = false
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(5 * time.Minute)
		assert.Equal(t, 1, w.step().Issue)
		assert.Zero(t, w.happened(submitter.Taken))
		w.chain.Unjam()
		w.once(w.contained())
	})
}

func TestRow23OneLookInWhichAllCountPastOurNonceClosesNothing(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.Bump = false
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		closing := make([]atomic.Int32, len(w.endpoints))
		for i, e := range w.endpoints {
			e.Set(func(s *script) {
				s.Answer = func(method string, args []any) (any, error, bool) {
					if method != "eth_getTransactionCount" {
						return nil, nil, false
					}
					if _, latest := args[1].(string); latest {
						return "0x1", nil, true
					}
					// At a block by its hash: what closes a nonce.
					return "0x1", nil, closing[i].Add(1) == 1
				}
			})
		}
		time.Sleep(time.Minute)
		w.script(func(s *script) { s.Answer = nil })
		assert.Greater(t, closing[0].Load(), int32(2), "it was looked at, and again")
		assert.Zero(t, w.happened(submitter.Taken))
		w.chain.Unjam()
		w.once(w.contained())
	})
}

func TestRow24EndpointsWithDifferentHeadsHaveAViewEach(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 4)
		w.chain.Run(t, blockTime)
		time.Sleep(20 * blockTime)
		fork := w.chain.Fork(5)
		fork.Run(t, blockTime)
		w.endpoints[0].Set(func(s *script) { s.Lag = 3 })
		w.endpoints[1].Set(func(s *script) { s.Other = fork })
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(time.Minute) // to be final, a fork has to be denied by two
		w.endpoints[1].Set(func(s *script) { s.Other = nil })
		w.once(w.contained())
		assert.Zero(t, w.happened(submitter.Taken))
	})
}
