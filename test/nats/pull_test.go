package nats_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/alerts/pull"
)

func TestTenThousandMessagesAreEachStoredOnce(t *testing.T) {
	b := newBroker(t)
	js, s := b.stream(t)
	const all = 10_000
	for i := range all {
		_, err := js.PublishMsgAsync(signed(fmt.Sprintf("n%d", i)))
		require.NoError(t, err)
	}
	j := &journal{}
	b.fetch(t, doors(t, j, ignore))
	until(t, "everything is fetched", func() bool { n, _ := j.count(); return n == all && settled(t, s) })
	for id, times := range j.stored {
		assert.Equal(t, 1, times, id)
	}
}

func TestAMessageIsAcknowledgedAfterItIsDurableAndNotBefore(t *testing.T) {
	for name, lands := range map[string]bool{"failed and lost": false, "failed but landed": true} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			js, s := b.stream(t)
			j := &journal{failing: 2, lands: lands}
			b.fetch(t, doors(t, j, ignore))
			_, err := js.PublishMsg(t.Context(), signed("a1"))
			require.NoError(t, err)
			until(t, "it is stored", func() bool { n, _ := j.count(); return n == 1 && settled(t, s) })
			_, asked := j.count()
			assert.Equal(t, 1, j.stored["a1"])
			assert.GreaterOrEqual(t, asked, 2, "it came again after what failed")
		})
	}
}

// TestACrashBetweenStoringAndAcknowledging: the daemon dies with the message
// stored and the stream not told. The next one gets it again, as a duplicate.
func TestACrashBetweenStoringAndAcknowledging(t *testing.T) {
	b := newBroker(t)
	js, s := b.stream(t)
	_, err := s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "firebreak-detector", FilterSubject: "alerts.detector",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Second})
	require.NoError(t, err)
	_, err = js.PublishMsg(t.Context(), signed("a1"))
	require.NoError(t, err)

	j := &journal{}
	dying := &dies{Doors: doors(t, j, ignore), stored: make(chan struct{}), end: make(chan struct{})}
	_, stop := b.fetch(t, dying)
	<-dying.stored
	go stop() // which returns once the dead one is buried
	var duplicates atomic.Int32
	b.fetch(t, doors(t, j, func(o alerts.Outcome) {
		if o == alerts.Duplicate {
			duplicates.Add(1)
		}
	}))
	until(t, "it came again", func() bool { return duplicates.Load() > 0 && settled(t, s) })
	assert.Equal(t, 1, j.stored["a1"])
	close(dying.end)
	stop()
}

// dies stores and then answers no more.
type dies struct {
	*alerts.Doors
	stored, end chan struct{}
	once        sync.Once
}

func (d *dies) Take(ctx context.Context, source string, p alerts.Pulled) alerts.Verdict {
	v := d.Doors.Take(ctx, source, p)
	d.once.Do(func() { close(d.stored) })
	<-d.end
	return v
}

func TestAServerThatRestartsInTheMiddleLosesNothing(t *testing.T) {
	b := newBroker(t)
	js, s := b.stream(t)
	j := &journal{}
	p, _ := b.fetch(t, doors(t, j, ignore))
	const all = 600
	for i := range all {
		if i == 200 || i == 400 {
			b.stop()
			until(t, "the daemon says so", func() bool { return p.Ready() != nil })
			b.start(t)
		}
		until(t, "it is published", func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := js.PublishMsg(ctx, signed(fmt.Sprintf("n%d", i))) // again with the same id, where the answer was lost
			return err == nil
		})
	}
	until(t, "everything is fetched", func() bool { n, _ := j.count(); return n == all && settled(t, s) })
	for id, times := range j.stored {
		assert.Equal(t, 1, times, id)
	}
	assert.NoError(t, p.Ready())
}

func TestWhatNobodySignedIsNeverStored(t *testing.T) {
	b := newBroker(t)
	js, s := b.stream(t)
	forged, twice, broken := signed("forged"), signed("twice"), signed("broken")
	forged.Data = []byte(`{"id":"forged","rule":"vault.drain"}`)
	twice.Header["x-firebreak-signature"] = twice.Header["X-Firebreak-Signature"]
	broken.Data = []byte("{")
	bare := nats.NewMsg("alerts.detector")
	bare.Data = []byte(`{"id":"bare","rule":"vault.drain"}`)
	for _, m := range []*nats.Msg{forged, twice, broken, bare, signed("right")} {
		_, err := js.PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}
	other := signed("other")
	other.Subject = "alerts.other"
	_, err := js.PublishMsg(t.Context(), other)
	require.NoError(t, err)

	var mu sync.Mutex
	met := map[alerts.Outcome]int{}
	j := &journal{}
	b.fetch(t, doors(t, j, func(o alerts.Outcome) { mu.Lock(); met[o]++; mu.Unlock() }))
	until(t, "the stream is told of each", func() bool { n, _ := j.count(); return n == 1 && settled(t, s) })
	assert.Equal(t, map[string]int{"right": 1}, j.stored)
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, map[alerts.Outcome]int{alerts.Accepted: 1, alerts.Unauthenticated: 4}, met)
}

// TestTheDocumentedPermissionsAreEnough, to make the consumer too; docs/DOORS.md
// lists them.
func TestTheDocumentedPermissionsAreEnough(t *testing.T) {
	b := newBroker(t, &server.User{Username: "admin", Password: "admin-password"},
		&server.User{Username: "firebreak", Password: "a-password", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{"$JS.API.STREAM.INFO.ALERTS", "$JS.API.CONSUMER.INFO.ALERTS.*",
				"$JS.API.CONSUMER.MSG.NEXT.ALERTS.*", "$JS.ACK.ALERTS.>", "$JS.API.CONSUMER.CREATE.ALERTS.>"}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}})
	js, s := b.stream(t, nats.UserInfo("admin", "admin-password"))
	forged := signed("forged")
	forged.Data = []byte("{}")
	for _, m := range []*nats.Msg{signed("a1"), forged} {
		_, err := js.PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}
	j := &journal{failing: 1}
	p, _ := b.fetch(t, doors(t, j, ignore), nats.UserInfo("firebreak", "a-password"))
	until(t, "it may fetch, delay, end and acknowledge", func() bool { n, _ := j.count(); return n == 1 && settled(t, s) })
	assert.NoError(t, p.Ready())
}

func TestAConsumerThatWouldLoseAlertsIsNotFetchedFrom(t *testing.T) {
	b := newBroker(t)
	js, s := b.stream(t)
	_, err := s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "firebreak-detector", FilterSubject: "alerts.detector", AckPolicy: jetstream.AckNonePolicy})
	require.NoError(t, err)
	_, err = js.PublishMsg(t.Context(), signed("a1"))
	require.NoError(t, err)
	j := &journal{}
	p, _ := b.fetch(t, doors(t, j, ignore))
	until(t, "it says why", func() bool { err := p.Ready(); return err != nil && strings.Contains(err.Error(), "explicit") })
	_, asked := j.count()
	assert.Zero(t, asked)

	look := pull.Config{Source: "detector", URL: b.url(), Stream: "ALERTS", Consumer: "firebreak-detector", Subject: "alerts.detector"}
	_, err = pull.Look(t.Context(), look)
	assert.ErrorContains(t, err, "explicit", "the doctor says it too")
	look.Consumer = "missing"
	warnings, err := pull.Look(t.Context(), look)
	assert.NoError(t, err, "it would be made")
	assert.Empty(t, warnings)
	_, err = s.Consumer(t.Context(), "missing")
	assert.ErrorIs(t, err, jetstream.ErrConsumerNotFound, "to look makes none")
	look.Stream = "ELSEWHERE"
	_, err = pull.Look(t.Context(), look)
	assert.ErrorContains(t, err, "ELSEWHERE")

	require.NoError(t, s.DeleteConsumer(t.Context(), "firebreak-detector"))
	until(t, "our own is made, and what waited comes", func() bool { n, _ := j.count(); return n == 1 && settled(t, s) })
	assert.NoError(t, p.Ready())
}
