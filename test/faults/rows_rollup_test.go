package faults_test

import (
	"fmt"
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

func TestRow26AChainThatHaltsIsSentToUntilItGoesOn(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.Bump = false
		w.chain.Mine()
		halted := func(s *script) {
			s.Reject = func() error { return said("sequencer temporarily not available") }
		}
		p := w.boot()
		defer p.halt()
		time.Sleep(blockTime)
		w.script(halted)
		p.alarm()
		time.Sleep(10 * time.Minute)
		assert.Equal(t, "ambiguous", outcome(w.step().Attempts[0], "rpc1").Class)
		assert.Equal(t, 1, w.step().Issue)
		assert.Greater(t, len(w.endpoints[0].Sent()), 100)
		assert.Equal(t, 1, w.tellings("run0/late"), "people are told that it is late")
		w.script(func(s *script) { s.Reject = nil })
		w.chain.Run(t, blockTime)
		w.once(w.contained())
		assert.Len(t, w.chain.Arrived(), 1)
	})
}

func TestRow35PendingIsNeverAskedFor(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		var asked []any
		w.endpoints[0].Set(func(s *script) {
			s.Answer = func(method string, args []any) (any, error, bool) {
				if method == "eth_getTransactionCount" {
					w.mu.Lock()
					defer w.mu.Unlock()
					asked = append(asked, args[1])
				}
				return nil, nil, false
			}
		})
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		w.mu.Lock()
		defer w.mu.Unlock()
		require.NotEmpty(t, asked)
		for _, at := range asked {
			assert.NotEqual(t, "pending", at)
		}
	})
}

func TestRow36WithoutAMempoolNothingIsOutbidAndASlowReplyIsAmbiguous(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.Bump = false // Arbitrum
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		// The reply comes when it has been sequenced, after twelve seconds.
		w.gate.after = func(*types.Transaction) error {
			time.Sleep(12 * time.Second)
			return fmt.Errorf("read: %w", submittertest.ErrLost)
		}
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(5 * time.Minute)
		step := w.step()
		assert.Len(t, step.Attempts, 1, "no bump")
		assert.Equal(t, "ambiguous", outcome(step.Attempts[0], "rpc1").Class)
		assert.Len(t, w.chain.Arrived(), 1, "the same bytes again")
		w.chain.Unjam()
		w.once(w.contained())
	})
}

func TestRow37ARefusalBySimulationIsAQuestionAboutTheGoal(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.Bump = false // zkSync
		w.script(func(s *script) {
			s.Reject = func() error { return said("failed to validate the transaction. reason: Pausable: paused") }
		})
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(30 * time.Second)
		assert.Equal(t, string(submitter.KindSimulation), outcome(w.step().Attempts[0], "rpc1").Kind)
		assert.Equal(t, 1, w.step().Issue, "a refusal by simulation frees no nonce")
		w.stranger()
		s := w.contained()
		step, _ := s.Run().Step("pause")
		assert.Equal(t, 1, step.Issue)
	})
}

func TestRow37AnotherInsertionAtTheNonceIsAmbiguous(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.Bump = false
		var tried atomic.Int32
		w.endpoints[0].Set(func(s *script) {
			s.Reject = func() error {
				tried.Add(1)
				return said("insertion of another transaction with the same nonce is in progress")
			}
		})
		w.endpoints[1].Set(func(s *script) { s.Hang = true })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.until("tried", func(incident.State) bool { return tried.Load() >= 3 })
		assert.Equal(t, "ambiguous", outcome(w.step().Attempts[0], "rpc1").Class)
		w.script(func(s *script) { s.Reject, s.Hang = nil, false })
		w.once(w.contained())
		assert.Len(t, w.chain.Arrived(), 1)
	})
}
