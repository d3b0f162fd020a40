package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

// nightWatch is an outage's watch with everything around it.
type nightWatch struct {
	*outage
	down     error // what the probe says
	states   []incident.State
	pages    []string
	rang     []string
	notes    map[incident.ID][]string
	slackOut bool
}

// on makes a watch.
func on() *nightWatch {
	n := &nightWatch{notes: map[incident.ID][]string{}}
	n.outage = &outage{
		probe:  func(context.Context) error { return n.down },
		active: func() []incident.State { return n.states },
		page: func(_ context.Context, lines []string, names ...string) error {
			if n.slackOut {
				return errors.New("slack is down")
			}
			n.pages, n.rang = append(n.pages, strings.Join(lines, "\n")), append(n.rang, names...)
			return nil
		},
		note: func(_ context.Context, id incident.ID, note incident.Noted) error {
			n.notes[id] = append(n.notes[id], note.By+": "+note.Text)
			return nil
		},
		log: slog.New(slog.DiscardHandler), count: prometheus.NewCounter(prometheus.CounterOpts{Name: "c"}),
		away: prometheus.NewGauge(prometheus.GaugeOpts{Name: "g"}), told: map[incident.ID]bool{},
	}
	return n
}

// pass watches for so long.
func (n *nightWatch) pass(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	_ = n.run(ctx) // it ends with ctx and returns nothing
}

var errSealed = fmt.Errorf("%w: vault is sealed", signer.ErrUnavailable)

// waits is an incident that was approved and is not signed.
func waits(id, owner string) incident.State {
	return incident.State{ID: incident.ID(id), Opened: incident.Opened{Owner: owner, Playbook: incident.PlaybookRef{Name: "vault-drain"}},
		Runs: []incident.Run{{Phase: incident.PhaseExecuting, AuthorisedAt: time.Now(), Plan: &incident.Plan{Title: "Pause the vault"},
			Steps: []incident.Step{{Name: "pause", State: incident.StepPriced}, {Name: "block", State: incident.StepReady}, {Name: "done", State: incident.StepFinal}}}}}
}

func TestAnOutageIsPagedOnceRemindedOnceAndEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := on()
		n.states = []incident.State{waits("01JEQ7V5M2K3ABCD", "protocol")}
		n.pass(time.Hour)
		assert.Empty(t, n.pages, "all is well")

		n.down = errSealed
		n.pass(10 * time.Second)
		assert.Empty(t, n.pages, "an election of a leader is no outage")
		n.pass(30 * time.Second)
		require.Len(t, n.pages, 1)
		for _, want := range []string{"The key cannot be reached", "vault is sealed", "Pause the vault", "2 calls", "01JEQ7V5M2K3ABCD", "unseal", "no new approval"} {
			assert.Contains(t, n.pages[0], want)
		}
		assert.Equal(t, []string{"protocol"}, n.rang)
		require.Len(t, n.notes["01JEQ7V5M2K3ABCD"], 1)
		assert.Contains(t, n.notes["01JEQ7V5M2K3ABCD"][0], "firebreak: the key cannot be reached since")
		assert.Greater(t, value(t, n.away), 20.0)

		n.pass(10 * time.Minute)
		require.Len(t, n.pages, 1)
		n.pass(5 * time.Hour)
		require.Len(t, n.pages, 2, "one reminder")
		assert.Contains(t, n.pages[1], "Reminder: the key cannot be reached for 15m")

		n.down = nil
		n.pass(10 * time.Second)
		require.Len(t, n.pages, 3)
		assert.Contains(t, n.pages[2], "can be reached again, after 5h")
		assert.Contains(t, n.pages[2], "1 incidents that waited")
		assert.Len(t, n.notes["01JEQ7V5M2K3ABCD"], 2)
		assert.InDelta(t, 1, value(t, n.count), 0)
		assert.InDelta(t, 0, value(t, n.away), 0)

		// The next outage is another one.
		n.down = errSealed
		n.pass(time.Minute)
		assert.Len(t, n.pages, 4)
	})
}

func TestAnOutageInPeaceIsToldLaterAndAgainWhenSomethingBeginsToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := on()
		n.down = errSealed
		n.pass(50 * time.Second)
		assert.Empty(t, n.pages)
		n.pass(30 * time.Second)
		require.Len(t, n.pages, 1)
		assert.Contains(t, n.pages[0], "No incident waits")
		assert.Empty(t, n.rang)

		n.states = []incident.State{waits("01JEQ7V5M2K3ABCD", "protocol"), waits("01JEQ7V5M2K3ABCE", "protocol")}
		n.pass(10 * time.Second)
		require.Len(t, n.pages, 2)
		assert.Contains(t, n.pages[1], "01JEQ7V5M2K3ABCE")
		assert.Equal(t, []string{"protocol"}, n.rang)
		n.pass(time.Hour)
		assert.Len(t, n.pages, 2)
	})
}

func TestAMomentsOutageIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := on()
		for range 20 {
			n.down = errSealed
			n.pass(12 * time.Second)
			n.down = nil
			n.pass(time.Minute)
		}
		assert.Empty(t, n.pages)
		assert.InDelta(t, 0, value(t, n.count), 0)
	})
}

func TestWhatCouldNotBeToldIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := on()
		n.states = []incident.State{waits("01JEQ7V5M2K3ABCD", "protocol")}
		n.down, n.slackOut = errSealed, true
		n.pass(time.Minute)
		assert.Empty(t, n.pages)
		n.slackOut = false
		n.pass(10 * time.Second)
		require.Len(t, n.pages, 1)
		n.down, n.slackOut = nil, true
		n.pass(time.Minute)
		n.slackOut = false
		n.pass(10 * time.Second)
		require.Len(t, n.pages, 2)
		assert.Contains(t, n.pages[1], "again")
		assert.InDelta(t, 1, value(t, n.count), 0)
		n.pass(time.Hour)
		assert.Len(t, n.pages, 2)
	})
}

// value is what a counter or gauge shows.
func value(t *testing.T, c prometheus.Collector) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	require.NoError(t, err)
	m := families[0].GetMetric()[0]
	return m.GetCounter().GetValue() + m.GetGauge().GetValue()
}
