// Package nats_test fetches alerts from a real NATS server, in process, with
// JetStream on disk. It is a module of its own, so that the server does not
// reach the product's go.mod.
package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/alerts/pull"
	"github.com/firebreak-project/firebreak/incident"
)

const secret = "a-secret-of-these-tests"

// broker is a NATS server whose disk outlives it.
type broker struct {
	dir   string
	port  int
	users []*server.User // none: everybody may do everything
	s     *server.Server
}

func newBroker(t *testing.T, users ...*server.User) *broker {
	b := &broker{dir: t.TempDir(), port: server.RANDOM_PORT, users: users}
	b.start(t)
	t.Cleanup(func() { b.stop() })
	return b
}

// start runs the server, at the port that it had before.
func (b *broker) start(t *testing.T) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: b.port, JetStream: true, StoreDir: b.dir, SyncAlways: true, NoLog: true, NoSigs: true, Users: b.users})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(20*time.Second))
	b.s, b.port = s, s.Addr().(*net.TCPAddr).Port
}

func (b *broker) stop() {
	b.s.Shutdown()
	b.s.WaitForShutdown()
}

func (b *broker) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", b.port) }

// stream is a connection of a publisher's, with the stream that we fetch from.
func (b *broker) stream(t *testing.T, options ...nats.Option) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	conn, err := nats.Connect(b.url(), append(options, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))...)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(20_000))
	require.NoError(t, err)
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "ALERTS", Subjects: []string{"alerts.>"},
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, MaxMsgs: 100_000})
	require.NoError(t, err)
	return js, s
}

// signed is an alert as the detector publishes it.
func signed(id string) *nats.Msg {
	body := fmt.Appendf(nil, `{"id":%q,"rule":"vault.outflow-spike","summary":"shares move"}`, id)
	m := nats.NewMsg("alerts.detector")
	m.Data, m.Header = body, nats.Header(alerts.SignGeneric(secret, body, time.Now()))
	return m
}

// journal is an inbox that fails when it is told to.
type journal struct {
	mu      sync.Mutex
	stored  map[string]int // how often each id was written
	asked   int
	failing int  // so many more fail
	lands   bool // and are written nevertheless
}

func (j *journal) Receive(_ context.Context, r incident.Received) (uint64, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked++
	if j.stored == nil {
		j.stored = map[string]int{}
	}
	if j.stored[r.Alert.ID] > 0 {
		return 1, true, nil
	}
	if j.failing > 0 {
		j.failing--
		if j.lands {
			j.stored[r.Alert.ID]++
		}
		return 0, false, errors.New("the disk is full")
	}
	j.stored[r.Alert.ID]++
	return uint64(len(j.stored)), false, nil
}

func (j *journal) count() (stored, asked int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.stored), j.asked
}

// doors are the real ones, before that journal.
func doors(t *testing.T, j *journal, counted func(alerts.Outcome)) *alerts.Doors {
	t.Helper()
	d, err := alerts.Handler(alerts.Config{Inbox: j, Names: alerts.Names{
		ChainByID:  func(uint64) (string, bool) { return "", false },
		KnownChain: func(string) bool { return false },
		ContractAt: func(string, common.Address) (string, bool) { return "", false },
		Contract:   func(string) (string, common.Address, bool) { return "", common.Address{}, false },
		Decimals:   func(string) (uint8, bool) { return 0, false },
	}, Count: func(_ string, o alerts.Outcome) { counted(o) },
		Sources: []alerts.Source{{Name: "detector", Kind: "generic", Secrets: []string{secret}, Pulled: true, Rate: 1e6, Burst: 1e6}}})
	require.NoError(t, err)
	return d
}

func ignore(alerts.Outcome) {}

// fetch runs a puller until the test ends, or until stop is called.
func (b *broker) fetch(t *testing.T, d pull.Doors, login ...nats.Option) (p *pull.Puller, stop func()) {
	t.Helper()
	p, err := pull.New(pull.Config{Source: "detector", URL: b.url(), Stream: "ALERTS", Consumer: "firebreak-detector", Subject: "alerts.detector",
		Login: func() ([]nats.Option, error) { return login, nil },
		Doors: d, Backoff: 20 * time.Millisecond, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return p, stop
}

// until waits for something to hold, as long as the test may run.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, 90*time.Second, 10*time.Millisecond, what)
}

// settled tells whether the stream owes us nothing.
func settled(t *testing.T, s jetstream.Stream) bool {
	c, err := s.Consumer(t.Context(), "firebreak-detector")
	if err != nil {
		return false
	}
	info, err := c.Info(t.Context())
	return err == nil && info.NumPending == 0 && info.NumAckPending == 0
}
