package submitter_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// announcer is an endpoint that tells of blocks when a test says so.
type announcer struct {
	*submittertest.Endpoint
	blocks  chan struct{}
	refuses bool
	closed  atomic.Bool
}

func (a *announcer) Heads(ctx context.Context) (<-chan struct{}, error) {
	if a.refuses {
		return nil, errors.ErrUnsupported
	}
	heads := make(chan struct{}, 1)
	go func() {
		defer a.closed.Store(true)
		defer close(heads)
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-a.blocks:
				if !open {
					return
				}
				select {
				case heads <- struct{}{}:
				default:
				}
			}
		}
	}()
	return heads, nil
}

func (a *announcer) looks() int {
	n := 0
	for _, method := range a.Calls() {
		if method == "eth_feeHistory" {
			n++
		}
	}
	return n
}

// announcing makes every endpoint of the world one, on blocks of 12 seconds.
func announcing(w *world) []*announcer {
	w.config.BlockTime = 12 * time.Second
	var all []*announcer
	for i, e := range w.endpoints {
		a := &announcer{Endpoint: e, blocks: make(chan struct{})}
		w.config.Endpoints[i].Client = a
		all = append(all, a)
	}
	return all
}

func TestAnAnnouncedBlockIsLookedAtWithoutWaitingForATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		all := announcing(w)
		w.start()
		time.Sleep(time.Second)
		before := all[0].looks()
		all[0].blocks <- struct{}{}
		synctest.Wait()
		assert.Equal(t, before+1, all[0].looks())
		time.Sleep(5 * time.Second)
		assert.Equal(t, before+1, all[0].looks(), "the next tick is a whole interval after it")
		time.Sleep(2 * time.Second)
		assert.Equal(t, before+2, all[0].looks(), "silence is not taken for a chain that stands still")
	})
}

func TestAnEndpointThatNeverStopsAnnouncingIsLookedAtNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		all := announcing(w)
		w.start()
		before := all[0].looks()
		for range 1000 {
			all[0].blocks <- struct{}{}
			time.Sleep(time.Millisecond)
		}
		assert.LessOrEqual(t, all[0].looks()-before, 21, "in one second")
		assert.Greater(t, all[0].looks()-before, 10)
	})
}

func TestAnEndpointThatCannotAnnounceOrStopsIsAskedAtIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		all := announcing(w)
		all[0].refuses = true
		w.start()
		close(all[1].blocks)
		before := []int{all[0].looks(), all[1].looks()}
		time.Sleep(time.Minute)
		for i := range all {
			assert.GreaterOrEqual(t, all[i].looks()-before[i], 9)
		}
	})
}

func TestStopWaitsForTheEndOfAnnouncements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		all := announcing(w)
		sub := w.cold()
		sub.Start(t.Context())
		synctest.Wait()
		sub.Stop()
		assert.True(t, all[0].closed.Load(), "nobody uses the line any more")
	})
}

func TestABlockWakesWhoWatchesForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		all := announcing(w)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		settled := make(chan incident.Body, 1)
		go func() {
			body, _ := sub.Watch(t.Context(), s.state, "pause")
			settled <- body
		}()
		time.Sleep(2100 * time.Millisecond) // just after a tick of two seconds
		w.chain.Mine()
		mined := time.Now()
		for _, a := range all {
			a.blocks <- struct{}{}
		}
		body := <-settled
		assert.Equal(t, incident.KindIncluded, body.Kind())
		assert.Zero(t, time.Since(mined), "in virtual time: nobody waited")
	})
}

func TestLooksThatABlockWakesAreNoSecondObservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		all := announcing(w)
		w.config.Bump, w.config.BumpAfter = false, time.Hour
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		w.endpoints[0].Set(func(e *script) { e.Blind = true })
		w.chain.Mine()
		settled := make(chan incident.Body, 1)
		go func() {
			body, _ := sub.Watch(t.Context(), s.state, "pause")
			settled <- body
		}()
		for range 40 { // more than the patience with a receipt of one endpoint, were each to count
			time.Sleep(100 * time.Millisecond)
			w.chain.Mine()
			for _, a := range all {
				a.blocks <- struct{}{}
			}
		}
		require.Empty(t, settled, "after four seconds, which are two ticks")
		assert.Equal(t, incident.KindIncluded, (<-settled).Kind(), "one that has none may lag for ever")
	})
}

func TestTheGasLimitOfABlockIsKnownAndNobodyCanLowerIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Set(func(r *rules) { r.GasLimit = 30_000_000 })
		sub := w.start()
		assert.EqualValues(t, 30_000_000, sub.BlockGas(chainID))
		w.endpoints[0].Set(func(e *script) {
			e.Answer = func(method string, _ []any) (any, error, bool) {
				return map[string]any{"number": "0x100", "hash": common.Hash{1}, "gasLimit": "0x1"}, nil, method == "eth_getBlockByNumber"
			}
		})
		time.Sleep(10 * time.Second)
		assert.EqualValues(t, 30_000_000, sub.BlockGas(chainID), "one that lies keeps nothing from being planned")
		assert.Zero(t, sub.BlockGas(5), "a chain that is not configured")
		assert.Zero(t, w.cold().BlockGas(chainID), "nobody has been asked")
	})
}

var _ submitter.Announcer = (*announcer)(nil)
