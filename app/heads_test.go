package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/lab"
	"github.com/firebreak-project/firebreak/submitter"
)

// wire passes bytes on between a client and a node, until it is cut.
type wire struct {
	t    *testing.T
	to   string
	door net.Listener
	mu   sync.Mutex
	cons []net.Conn
	met  int
}

func newWire(t *testing.T, to string) *wire {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{t: t, to: strings.TrimPrefix(to, "ws://"), door: door}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			from, err := door.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.join(from) })
		}
	})
	t.Cleanup(func() { door.Close(); w.cut(); all.Wait() })
	return w
}

func (w *wire) url() string { return "ws://" + w.door.Addr().String() }

func (w *wire) join(from net.Conn) {
	w.mu.Lock()
	node := w.to
	w.mu.Unlock()
	to, err := net.Dial("tcp", node)
	if err != nil {
		from.Close()
		return
	}
	w.mu.Lock()
	w.cons, w.met = append(w.cons, from, to), w.met+1
	w.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // the cut ends it with an error
			pair[0].Close()
			pair[1].Close()
		})
	}
	both.Wait()
}

// cut closes every connection; new ones are let through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.cons {
		c.Close()
	}
	w.cons = nil
}

// next waits for an announcement; false after too long.
func next(heads <-chan struct{}) bool {
	select {
	case _, open := <-heads:
		return open
	case <-time.After(20 * time.Second):
		return false
	}
}

// quiet takes what was announced and not read yet.
func quiet(heads <-chan struct{}) {
	for {
		select {
		case <-heads:
		case <-time.After(300 * time.Millisecond):
			return
		}
	}
}

func aChain(t *testing.T) *lab.Chain {
	chain, err := lab.StartChain(t.Context(), time.Hour, nil) // blocks come when the test says so
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, chain.Close()) })
	return chain
}

func TestARealNodeAnnouncesItsBlocksOverAWebSocket(t *testing.T) {
	chain := aChain(t)
	line := app.NewLine(chain.WS)
	t.Cleanup(func() { assert.NoError(t, line.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heads, err := line.Heads(ctx)
	require.NoError(t, err)
	require.True(t, next(heads), "once when it begins: a head may have passed")
	quiet(heads)
	for range 3 {
		chain.Seal()
		require.True(t, next(heads))
	}
	for range 10 {
		chain.Seal()
	}
	require.True(t, next(heads), "and many together when nobody reads")
	cancel()
	quietEnd(t, heads)
}

// quietEnd reads until the channel is closed.
func quietEnd(t *testing.T, heads <-chan struct{}) {
	deadline := time.After(20 * time.Second)
	for {
		select {
		case _, open := <-heads:
			if !open {
				return
			}
		case <-deadline:
			t.Fatal("the announcements do not end with their context")
		}
	}
}

func TestAfterALostConnectionBlocksAreAnnouncedAgain(t *testing.T) {
	chain := aChain(t)
	wire := newWire(t, chain.WS)
	line := app.NewLine(wire.url())
	t.Cleanup(func() { assert.NoError(t, line.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	heads, err := line.Heads(ctx)
	require.NoError(t, err)
	for range 3 {
		require.True(t, next(heads))
		quiet(heads)
		wire.cut()
		require.True(t, next(heads), "a new subscription says so by itself")
		quiet(heads)
		chain.Seal()
	}
	wire.mu.Lock()
	assert.GreaterOrEqual(t, wire.met, 4, "it connected again after each cut")
	wire.mu.Unlock()
	cancel()
	quietEnd(t, heads)
}

func TestAnEndpointThatIsDownIsSubscribedToWhenItIsBack(t *testing.T) {
	chain := aChain(t)
	wire := newWire(t, "ws://127.0.0.1:1") // nobody is there
	line := app.NewLine(wire.url())
	t.Cleanup(func() { assert.NoError(t, line.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	heads, err := line.Heads(ctx)
	require.NoError(t, err, "down now is no reason not to begin")
	time.Sleep(300 * time.Millisecond)
	assert.Empty(t, heads)
	wire.mu.Lock()
	wire.to = strings.TrimPrefix(chain.WS, "ws://")
	wire.mu.Unlock()
	require.True(t, next(heads))
	cancel()
	quietEnd(t, heads)
}

func TestOverHTTPNothingIsAnnounced(t *testing.T) {
	line := app.NewLine("http://127.0.0.1:1")
	var announcer submitter.Announcer = line
	_, err := announcer.Heads(t.Context())
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}
