package faults_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/submitter"
)

var elsewhere = common.HexToAddress("0x9999999999999999999999999999999999999999")

func TestRow04NonceTooLowForWhatWasMinedIsSuccess(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		// The first send is carried out and its reply lost; a block takes it
		// before it is offered again, so that from there on all answer "too low".
		w.script(func(s *script) { s.DropReply = true })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.until("sent", func(incident.State) bool { return len(w.chain.Arrived()) > 0 })
		w.chain.Mine()
		w.script(func(s *script) { s.DropReply = false })
		w.endpoints[1].Set(func(s *script) { s.Blind = true })
		w.until("answered", func(incident.State) bool { return w.answers("rpc1", submitter.KindNonceLow) > 0 })
		assert.Equal(t, incident.StepBroadcast, w.step().State, "a nonce that is too low proves nothing about our own transaction")
		w.endpoints[1].Set(func(s *script) { s.Blind = false })
		w.chain.Run(t, blockTime)
		w.once(w.contained())
		assert.Zero(t, w.happened(submitter.Taken))
	})
}

func TestRow04NonceTooLowForAnotherOwnBidIsSuccess(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.until("raised and sent", func(incident.State) bool {
			s := w.step()
			return len(s.Attempts) == 2 && s.State == incident.StepBroadcast
		})
		w.builds(w.step().Attempts[0])
		w.chain.Run(t, blockTime)
		w.once(w.contained())
		assert.Equal(t, w.step().Attempts[0].Signed.Hash, w.step().In.Hash, "the first bid was mined, and is found")
	})
}

func TestRow04NonceTooLowForAForeignTransactionOpensTheNextNonceAtOnce(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		w.foreign(0, elsewhere, 500*gwei)
		w.chain.Unjam()
		w.chain.Run(t, blockTime)
		s := w.contained()
		step, _ := s.Run().Step("pause")
		assert.Equal(t, 2, step.Issue)
		last, _ := step.Last()
		assert.EqualValues(t, 1, last.Nonce, "the next nonce, without a gap")
		assert.Equal(t, 1, w.chain.Effects(vault("pause")))
		assert.Len(t, w.chain.Mined(w.key.Address()), 2, "the stranger's and ours")
		assert.Equal(t, 1, w.happened(submitter.Taken), "somebody is told")
	})
}

func TestRow05NonceTooHighGetsTheSameBytesAgain(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Run(t, blockTime)
		w.submit.BumpAfter = time.Hour
		var answers atomic.Int32
		w.endpoints[0].Set(func(s *script) {
			s.Reject = func() error { answers.Add(1); return said("nonce too high: address 0x1, tx: 0 state: 0") }
		})
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.until("offered again", func(incident.State) bool { return answers.Load() >= 4 })
		assert.Equal(t, 1, w.step().Issue, "the nonce stays open")
		w.endpoints[0].Set(func(s *script) { s.Reject = nil })
		w.once(w.contained())
		assert.Len(t, w.chain.Arrived(), 1, "no other bytes ever left")
	})
}

func TestRow05OneEndpointThatCountsTooMuchOpensNoGap(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.chain.Run(t, blockTime)
		w.endpoints[0].Set(func(s *script) { s.Count = func() *uint64 { return new(uint64(7)) } })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		assert.EqualValues(t, 0, w.step().Attempts[0].Nonce)
		assert.Positive(t, w.happened(submitter.Split))
	})
}

func TestRow06ANonceUsedOutsideIsAQuestionAboutTheGoalFirst(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		w.foreign(0, vault("pause"), 500*gwei) // the operator paused by hand, with this key
		w.chain.Unjam()
		w.chain.Run(t, blockTime)
		w.contained() // by the goal, whether the nonce is known to be gone by now or not
		s := w.until("over", func(s incident.State) bool { return !s.Open() })
		step, _ := s.Run().Step("pause")
		assert.Equal(t, 1, step.Issue, "nothing new was signed")
		assert.Equal(t, incident.StepAlreadySo, step.State)
		assert.Equal(t, 1, w.happened(submitter.Taken), "somebody is told")
		assert.Equal(t, 1, w.chain.Effects(vault("pause")))
	})
}

func TestRow07TwoProcessesOnOneJournalAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "firebreak.db")
	first, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	_, err = sqlite.Open(t.Context(), path)
	assert.ErrorContains(t, err, "another")
	require.NoError(t, first.Close())
	second, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, second.Close())
}

func TestRow07TwoRespondersWithKeysOfTheirOwnBothPauseAndNeitherWaits(t *testing.T) {
	virtual(t, func(t *testing.T) {
		a, b := newWorld(t, 2), newWorld(t, 2)
		b.chain, b.endpoints = a.chain, a.endpoints
		b.submit, b.verify = a.submit, a.verify
		for _, e := range a.endpoints { // each holds its own bytes against its own journal
			e.Set(func(s *script) { s.OnSend = nil })
		}
		a.chain.Run(t, blockTime)
		p, q := a.boot(), b.boot()
		defer p.halt()
		defer q.halt()
		p.alarm()
		q.alarm()
		a.contained()
		b.contained()
		for _, w := range []*world{a, b} {
			assert.LessOrEqual(t, len(w.chain.Mined(w.key.Address())), 1)
			assert.EqualValues(t, 0, w.step().Attempts[0].Nonce, "no lane knows of the other")
		}
	})
}

func TestRow28ACounterThatDriftedIsFollowedBackWithoutARestart(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		drifted := new(uint64(633))
		w.script(func(s *script) { s.Count = func() *uint64 { return drifted } })
		p := w.boot()
		defer p.halt()
		time.Sleep(5 * blockTime) // everybody believes it
		w.script(func(s *script) { s.Count = nil })
		time.Sleep(10 * blockTime)
		p.alarm()
		w.once(w.contained())
		assert.EqualValues(t, 0, w.step().Attempts[0].Nonce, "what the chain counts, and not what was remembered")
	})
}

func TestRow28WhenAllCountTooMuchTheKeyKnowsBetterAndIsAskedAgain(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.script(func(s *script) { s.Count = func() *uint64 { return new(uint64(7)) } })
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(15 * time.Second)
		assert.Positive(t, w.tally(incident.KindReleased), "a nonce that the key does not sign is given back")
		assert.Empty(t, w.chain.Arrived())
		w.script(func(s *script) { s.Count = nil })
		s := w.contained()
		step, _ := s.Run().Step("pause")
		last, _ := step.Last()
		assert.EqualValues(t, 0, last.Nonce)
		assert.Len(t, w.chain.Mined(w.key.Address()), 1)
		assert.Equal(t, 1, w.chain.Effects(vault("pause")))
	})
}

func TestRow28ARestartDerivesTheNonceFromTheChainAndTheJournal(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2, "pause", "block", "limit")
		p := w.boot()
		p.alarm()
		w.until("sent", func(incident.State) bool { return len(w.chain.Arrived()) == 3 })
		p.halt()
		w.chain.Evict() // the nodes have forgotten all of it
		q := w.boot()
		defer q.halt()
		w.chain.Run(t, blockTime)
		w.once(w.contained())
		assert.Len(t, w.chain.Arrived(), 3, "the same bytes, at 0, 1 and 2")
	})
}

func TestRow40ARaiseThatRacesWithABlockIsSentAndFindsTheFirst(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		// As the bytes of the raise come to the first node, a block takes the
		// first bid.
		var first *types.Transaction
		var once sync.Once
		w.gate.before = func(tx *types.Transaction) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if first == nil {
				first = tx
			}
			if tx.Hash() != first.Hash() {
				once.Do(func() { w.chain.Unjam(); w.chain.Mine() })
			}
			return nil
		}
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.chain.Run(t, blockTime)
		w.once(w.contained())
		assert.Equal(t, w.step().Attempts[0].Signed.Hash, w.step().In.Hash)
		assert.Positive(t, w.answers("rpc1", submitter.KindNonceLow), "the raise went out all the same")
	})
}
