package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
)

// beeper is what takes pages.
type beeper struct {
	mu    sync.Mutex
	got   []map[string]any
	codes []int // of the next answers; then 202
}

func (b *beeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	raw, _ := io.ReadAll(r.Body)
	var body map[string]any
	if json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.got = append(b.got, body)
	code := http.StatusAccepted
	if len(b.codes) > 0 {
		code, b.codes = b.codes[0], b.codes[1:]
	}
	w.WriteHeader(code)
}

// direct carries requests to a handler without a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func pagedApp(kind string, b *beeper) *App {
	a := &App{o: Options{Log: slog.New(slog.DiscardHandler)}, metrics: newMetrics()}
	a.ended, a.end = context.WithCancelCause(context.Background())
	a.pager = &pager{kind: kind, url: "https://pager.example/hook", key: "routing-key", client: &http.Client{Transport: direct{b}}, log: a.o.Log,
		told: map[string]time.Time{}, sent: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"outcome"})}
	return a
}

func TestAPageIsSentOnceInAWhileAndAgainWhenItWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &beeper{codes: []int{500, 503}}
		a := pagedApp(PagerWebhook, b)
		a.raise(summons{Key: "slack-away", Summary: "Slack is away", Link: "https://approve.example.org/"})
		a.raise(summons{Key: "slack-away", Summary: "Slack is away"})
		a.running.Wait()
		require.Len(t, b.got, 3, "two answers were bad, so it was sent three times, and for one of two calls")
		assert.Equal(t, "https://approve.example.org/", b.got[2]["link"])
		time.Sleep(pagerAgain)
		a.raise(summons{Key: "slack-away", Summary: "Slack is still away"})
		a.running.Wait()
		assert.Len(t, b.got, 4)
	})
}

func TestWhatThePagerDidNotTakeAtAllMayBeSaidAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &beeper{codes: []int{500, 500, 500, 500}}
		a := pagedApp(PagerWebhook, b)
		a.raise(summons{Key: "k", Summary: "s"})
		a.running.Wait()
		require.Len(t, b.got, pagerTries)
		a.raise(summons{Key: "k", Summary: "s"})
		a.running.Wait()
		assert.Len(t, b.got, pagerTries+1)
	})
}

func TestPagerDutyGetsAnEventOfItsOwnForm(t *testing.T) {
	b := &beeper{}
	a := pagedApp(PagerPagerDuty, b)
	a.raise(summons{Key: "01JEQ/card", Summary: "approval needed", Details: []string{"why"}, Incident: "01JEQ7V5M2K30000", Link: "https://approve.example.org/r/01JEQ7V5M2K30000"})
	a.running.Wait()
	require.Len(t, b.got, 1)
	event := b.got[0]
	assert.Equal(t, "routing-key", event["routing_key"])
	assert.Equal(t, "trigger", event["event_action"])
	assert.Equal(t, "01JEQ/card", event["dedup_key"])
	assert.Equal(t, "critical", event["payload"].(map[string]any)["severity"])
	assert.Len(t, event["links"], 1)
}

// answering is Slack as the watch asks it.
type answering struct {
	identity error
	flaws    map[string][]string
}

func (a answering) Identity(context.Context) (slack.Identity, error) {
	return slack.Identity{}, a.identity
}
func (a answering) Channel(_ context.Context, id string) ([]string, error) { return a.flaws[id], nil }

func TestARevokedTokenIsPagedAtOnceAndAnOutageWhenItLasts(t *testing.T) {
	for name, c := range map[string]struct {
		err error
		at  time.Duration
		key string
	}{
		"revoked": {&slack.Denied{Method: "auth.test", Code: "token_revoked"}, 0, "slack-token"},
		"down":    {errors.New("connection refused"), slackUrgent, "slack-away"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &beeper{}
			a := pagedApp(PagerPagerDuty, b)
			w := newSlackWatch(a)
			w.probe, w.away = answering{identity: c.err}, prometheus.NewGauge(prometheus.GaugeOpts{Name: "y"})
			now := time.Now()
			w.gone(now, c.err)
			a.running.Wait()
			if c.at > 0 {
				require.Empty(t, b.got, "an answer that is late once is no outage")
				w.gone(now.Add(c.at), c.err)
				a.running.Wait()
			}
			require.Len(t, b.got, 1)
			assert.Equal(t, c.key, b.got[0]["dedup_key"])
		})
	}
}
