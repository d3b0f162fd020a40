package pull

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// letter is a message that remembers what the stream was told of it.
type letter struct {
	jetstream.Msg
	header nats.Header
	told   []string
	fails  error
}

var came = time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)

func (l *letter) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Stream: "ALERTS", Sequence: jetstream.SequencePair{Stream: 7}, NumPending: 3, Timestamp: came}, nil
}
func (l *letter) Data() []byte         { return []byte("body") }
func (l *letter) Headers() nats.Header { return l.header }
func (l *letter) Ack() error           { return l.tell("ack") }
func (l *letter) NakWithDelay(d time.Duration) error {
	return l.tell("later " + d.String())
}
func (l *letter) TermWithReason(why string) error { return l.tell("end " + why) }
func (l *letter) tell(what string) error {
	l.told = append(l.told, what)
	return l.fails
}

// says is a door with one answer.
type says struct {
	verdict alerts.Verdict
	met     *alerts.Pulled
}

func (s says) Take(_ context.Context, source string, p alerts.Pulled) alerts.Verdict {
	if s.met != nil {
		*s.met = p
	}
	return s.verdict
}

func puller(t *testing.T, d Doors) *Puller {
	p, err := New(Config{Source: "detector", URL: "nats://127.0.0.1:1", Stream: "ALERTS", Consumer: "firebreak-detector", Doors: d})
	require.NoError(t, err)
	return p
}

func TestAMessageIsAcknowledgedOnlyWhenItIsStored(t *testing.T) {
	for name, c := range map[string]struct {
		verdict alerts.Verdict
		told    string
		wait    time.Duration
	}{
		"stored":          {alerts.Verdict{Outcome: alerts.Accepted, Stored: true}, "ack", 0},
		"there already":   {alerts.Verdict{Outcome: alerts.Duplicate, Stored: true}, "ack", 0},
		"not now":         {alerts.Verdict{Outcome: alerts.Unavailable, Again: time.Second}, "later 1s", time.Second},
		"over its limit":  {alerts.Verdict{Outcome: alerts.RateLimited, Again: time.Minute}, "later 1m0s", time.Minute},
		"forged":          {alerts.Verdict{Outcome: alerts.Unauthenticated, Never: true}, "end unauthenticated", 0},
		"not understood":  {alerts.Verdict{Outcome: alerts.Malformed, Never: true}, "end malformed", 0},
		"the zero answer": {alerts.Verdict{}, "later 1s", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &letter{}
				assert.Equal(t, c.wait, puller(t, says{verdict: c.verdict}).handle(t.Context(), m))
				assert.Equal(t, []string{c.told}, m.told)
			})
		})
	}
}

// at takes one message in so long, as a source's rate does.
type at struct{ each, free time.Duration }

func (a *at) Take(context.Context, string, alerts.Pulled) alerts.Verdict {
	now := time.Duration(time.Now().UnixNano())
	if now < a.free {
		return alerts.Verdict{Outcome: alerts.RateLimited, Again: a.free - now}
	}
	a.free = now + a.each
	return alerts.Verdict{Outcome: alerts.Accepted, Stored: true}
}

// TestASourceAtItsRateIsWaitedFor: giving messages back for a moment's wait would
// send them to and fro.
func TestASourceAtItsRateIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := puller(t, &at{each: 20 * time.Millisecond}), time.Now()
		for range 100 {
			m := &letter{}
			p.handle(t.Context(), m)
			assert.Equal(t, []string{"ack"}, m.told)
		}
		assert.Equal(t, 99*20*time.Millisecond, time.Since(start), "as fast as it may")
	})
	synctest.Test(t, func(t *testing.T) {
		p, start := puller(t, says{verdict: alerts.Verdict{Again: 300 * time.Millisecond}}), time.Now()
		m := &letter{}
		p.handle(t.Context(), m)
		assert.Equal(t, []string{"later 1s"}, m.told)
		assert.Less(t, time.Since(start), patience, "and no longer than a batch has")
	})
}

func TestAnAcknowledgementThatFailsIsNotTriedForEver(t *testing.T) {
	m := &letter{fails: errors.New("the connection is gone")}
	puller(t, says{verdict: alerts.Verdict{Stored: true}}).handle(t.Context(), m)
	assert.Equal(t, []string{"ack"}, m.told, "the stream sends it again by itself")
}

func TestAMessageComesWithItsHeadersAndItsPlace(t *testing.T) {
	var met alerts.Pulled
	m := &letter{header: nats.Header{"X-Firebreak-Signature": {"v1=00"}, "x-firebreak-signature": {"v1=11"}, "Nats-Msg-Id": {"7"}}}
	puller(t, says{met: &met}).handle(t.Context(), m)
	assert.Len(t, met.Header.Values("X-Firebreak-Signature"), 2, "two spellings are two, and no kind takes two")
	assert.Equal(t, http.CanonicalHeaderKey("nats-msg-id"), "Nats-Msg-Id")
	assert.Equal(t, "ALERTS:7", met.From)
	assert.Equal(t, came, met.At)
	assert.Equal(t, "body", string(met.Body))
}

func TestAConsumerThatLosesAlertsIsNotUsed(t *testing.T) {
	sound := func() (jetstream.StreamConfig, jetstream.ConsumerConfig) {
		return jetstream.StreamConfig{Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy},
			jetstream.ConsumerConfig{Durable: "firebreak", AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, FilterSubject: "alerts.>"}
	}
	s, c := sound()
	faults, warnings := judge(s, c, "alerts.>")
	assert.Empty(t, faults)
	assert.Empty(t, warnings)

	for what, change := range map[string]func(*jetstream.StreamConfig, *jetstream.ConsumerConfig){
		"fault: not explicit": func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.AckPolicy = jetstream.AckNonePolicy },
		"fault: policy":       func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.AckPolicy = jetstream.AckAllPolicy },
		"fault: pushes":       func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.DeliverSubject = "x" },
		"fault: headers":      func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.HeadersOnly = true },
		"fault: durable":      func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.Durable = "" },
		"fault: filter":       func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.FilterSubject = "other" },
		"fault: another filter": func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) {
			c.FilterSubjects = []string{"alerts.>", "x"}
		},
		"warn: in memory":       func(s *jetstream.StreamConfig, _ *jetstream.ConsumerConfig) { s.Storage = jetstream.MemoryStorage },
		"warn: not told":        func(s *jetstream.StreamConfig, _ *jetstream.ConsumerConfig) { s.NoAck = true },
		"warn: consumer is":     func(s *jetstream.StreamConfig, _ *jetstream.ConsumerConfig) { s.Retention = jetstream.InterestPolicy },
		"warn: forgets":         func(s *jetstream.StreamConfig, _ *jetstream.ConsumerConfig) { s.MaxAge = time.Hour },
		"warn: oldest":          func(s *jetstream.StreamConfig, _ *jetstream.ConsumerConfig) { s.MaxMsgs = 10 },
		"warn: 3 tries":         func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.MaxDeliver = 3 },
		"warn: comes again":     func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.AckWait = time.Second },
		"warn: forgets how far": func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.MemoryStorage = true },
		"warn: removed when":    func(_ *jetstream.StreamConfig, c *jetstream.ConsumerConfig) { c.InactiveThreshold = time.Hour },
	} {
		s, c := sound()
		change(&s, &c)
		faults, warnings := judge(s, c, "alerts.>")
		kind, words, _ := strings.Cut(what, ": ")
		list := map[string][]string{"fault": faults, "warn": warnings}[kind]
		require.Len(t, list, 1, what)
		if words != "another filter" {
			assert.Contains(t, list[0], words, what)
		}
		assert.Len(t, append(faults, warnings...), 1, what)
	}
}

func TestAServerThatIsAwayIsAskedAgainForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		p, err := New(Config{Source: "detector", URL: "nats://127.0.0.1:1", Stream: "ALERTS", Consumer: "x", Doors: says{},
			Login: func() ([]nats.Option, error) { tries++; return nil, errors.New("read secret: it is not there yet") }})
		require.NoError(t, err)
		assert.ErrorIs(t, p.Ready(), errNotYet)
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		p.Run(ctx)
		assert.Greater(t, tries, 1000, "at least twice a minute")
		assert.Less(t, tries, 10000, "and not without a rest")
		assert.ErrorContains(t, p.Ready(), "not there yet")
	})
}

func TestAPullerThatKnowsTooLittleIsRefused(t *testing.T) {
	_, err := New(Config{})
	assert.Error(t, err)
}
