package main

import (
	"cmp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/journal/journaltest"
	"github.com/firebreak-project/firebreak/submitter"
)

// play runs a load in virtual time, over endpoints without sockets.
func play(t *testing.T, l load) (outcome, field) {
	f := newField(l, 2)
	f.journal = &journaltest.Memory{}
	for _, e := range f.scripted {
		f.endpoints = append(f.endpoints, submitter.Endpoint{Name: e.Name, Client: e})
	}
	f.chain.Run(t, l.blockTime)
	o, err := l.let(t.Context(), f)
	require.NoError(t, err)
	return o, f
}

// landed demands one transaction per intent, and no gap on any lane.
func landed(t *testing.T, l load, o outcome, f field) {
	t.Helper()
	assert.Len(t, o.journeys, l.intents)
	mined := 0
	for _, k := range f.ring.keys {
		mined += len(f.chain.Mined(k.Address()))
	}
	assert.Equal(t, l.intents, mined, "one transaction per intent")
	for _, a := range l.alerts() {
		_, steps := asked(a.Alert.ID)
		for _, step := range stepNames(steps) {
			assert.Equal(t, 1, f.chain.Effects(target(a.Alert.ID, step)), "%s %s took effect once", a.Alert.ID, step)
		}
	}
	assert.Len(t, f.chain.Arrived(), mined, "nothing was sent that was not needed")
	for _, j := range o.journeys {
		assert.False(t, j.included.IsZero(), "every step is in a block")
	}
}

func TestAThousandIntentsOverEightLanesAllLand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := load{intents: 1000, keys: 8, blockTime: 2 * time.Second}
		o, f := play(t, l)
		landed(t, l, o, f)
		assert.Equal(t, uint64(defaultRoom), o.deepest, "a lane is filled, and never above what it may have in flight")
		blocks := o.blocks()
		assert.LessOrEqual(t, blocks[len(blocks)-1], 2*l.least(), "blocks that a lane could have filled went by")
		t.Logf("at least %d blocks; %d incidents; blocks from decision to inclusion: p50 %d, p90 %d, p99 %d, max %d", l.least(), o.incidents,
			blocks[len(blocks)/2], blocks[len(blocks)*9/10], blocks[len(blocks)*99/100], blocks[len(blocks)-1])
	})
}

func TestAPlanOf22CallsGoesOutInOneBlockWhereTheLaneHasRoom(t *testing.T) {
	for name, c := range map[string]struct{ room, blocks int }{
		"room for 32":                    {32, 1},
		"room for 22":                    {22, 1},
		"room as it comes":               {0, 1},
		"room for 16, as geth keeps one": {16, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := load{intents: wideSteps, keys: 1, blockTime: 12 * time.Second, maxInFlight: c.room}
				o, f := play(t, l)
				landed(t, l, o, f)
				assert.Equal(t, 1, o.incidents)
				in := map[int]int{}
				for _, j := range o.journeys {
					in[j.to]++
				}
				assert.Len(t, in, c.blocks, "blocks and how many calls each has: %v", in)
				assert.Equal(t, uint64(min(cmp.Or(c.room, defaultRoom), wideSteps)), o.deepest)
			})
		})
	}
}
