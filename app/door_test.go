package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

// written collects what a door writes; while broken it fails.
type written struct {
	facts  []incident.TurnedAway
	broken bool
	failed int
}

func (w *written) door() *door {
	return newDoor(func(_ context.Context, t incident.TurnedAway) error {
		if w.broken {
			return errors.New("the disk is full")
		}
		w.facts = append(w.facts, t)
		return nil
	}, func(error) { w.failed++ })
}

func TestAFloodAtTheDoorIsCountedAndDoesNotFillTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &written{}
		d := w.door()
		ctx, cancel := context.WithCancel(t.Context())
		go d.run(ctx)
		for range 100_000 {
			d.refuse(incident.TurnedAway{By: "slack-http", Reason: "forged"})
		}
		synctest.Wait()
		assert.LessOrEqual(t, len(w.facts), doorBurst)
		assert.GreaterOrEqual(t, len(w.facts), doorBurst/2)
		time.Sleep(time.Minute)
		d.refuse(incident.TurnedAway{By: "slack-http", Reason: "forged"})
		synctest.Wait()
		cancel()
		synctest.Wait()
		total := uint64(len(w.facts))
		for _, f := range w.facts {
			total += f.Unwritten
		}
		assert.Equal(t, uint64(100_001), total, "every refusal is written or counted")
	})
}

func TestARefusalThatCouldNotBeWrittenIsCountedWithTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &written{broken: true}
		d := w.door()
		ctx, cancel := context.WithCancel(t.Context())
		go d.run(ctx)
		d.refuse(incident.TurnedAway{Reason: "forged"})
		synctest.Wait()
		assert.Equal(t, 1, w.failed)
		w.broken = false
		d.refuse(incident.TurnedAway{Reason: "stale"})
		synctest.Wait()
		assert.Equal(t, []incident.TurnedAway{{Reason: "stale", Unwritten: 1}}, w.facts)
		cancel()
		synctest.Wait()
	})
}

func TestWhatWasRefusedJustBeforeTheEndIsStillWritten(t *testing.T) {
	w := &written{}
	d := w.door()
	d.refuse(incident.TurnedAway{Reason: "rules"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.run(ctx)
	assert.Len(t, w.facts, 1)
}
