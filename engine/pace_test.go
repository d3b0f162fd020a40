package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAStormHasOneCommitOfDecisionsInTenMillisecondsAndNobodyElseWaits(t *testing.T) {
	for name, c := range map[string]struct {
		every   time.Duration
		alerts  int
		commits int // at most
		atOnce  bool
	}{
		"a storm": {time.Millisecond, 1000, 32 + 100 + 2, false},
		"a few":   {20 * time.Millisecond, 100, 100, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				e := w.start()
				defer e.Stop()
				for i := range c.alerts {
					_, _, err := e.Receive(t.Context(), received("", fmt.Sprint(i)))
					require.NoError(t, err)
					if synctest.Wait(); c.atOnce {
						require.Len(t, w.decided(), i+1, "it waits for nothing")
					}
					time.Sleep(c.every)
				}
				time.Sleep(time.Second)
				assert.Len(t, w.decided(), c.alerts)
				assert.LessOrEqual(t, len(w.routed()), c.commits)
			})
		})
	}
}

// TestManyAtTheDoorAreDecidedEachOnceAndInOrder: they reach the router in any
// order.
func TestManyAtTheDoorAreDecidedEachOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		var wg sync.WaitGroup
		for g := range 50 {
			wg.Go(func() {
				for i := range 20 {
					_, _, err := e.Receive(t.Context(), received([]string{"", "r"}[i%2], fmt.Sprint(g, "-", i)))
					assert.NoError(t, err)
					time.Sleep(time.Duration(g%7) * time.Millisecond)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Second)
		all := w.decided()
		require.Len(t, all, 1000)
		for i, d := range all {
			require.Equal(t, uint64(i+1), d.Receipt)
		}
		assert.Len(t, w.incidents(), 1)
	})
}

// TestWhatHasEndedAndHoldsNothingIsForgotten: keys come from alerts, and a
// daemon runs for months.
func TestWhatHasEndedAndHoldsNothingIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		for i := range 400 {
			_, _, err := e.Receive(t.Context(), received(fmt.Sprint("key ", i), fmt.Sprint(i)))
			require.NoError(t, err)
			if i%100 == 99 {
				time.Sleep(20 * time.Minute) // nobody answers
			}
		}
		time.Sleep(2 * time.Hour)
		for _, id := range []string{"x", "y"} { // the last that ends cleans up
			_, _, err := e.Receive(t.Context(), received(id, id))
			require.NoError(t, err)
			time.Sleep(20 * time.Minute)
		}
		assert.LessOrEqual(t, e.Remembered(), 258)
	})
}
