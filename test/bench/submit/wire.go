package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// wire watches every socket: what is written to one is on its way, whatever the
// code above thinks. It is safe for concurrent use.
type wire struct {
	mu    sync.Mutex
	reads []time.Time // when each chain read was written
	sends []time.Time // when each eth_sendRawTransaction was written
}

var (
	sendMethod = []byte(`"method":"eth_sendRawTransaction"`)
	anyMethod  = []byte(`"method":"eth_`)
)

// note takes down what a write holds. The clients write a request at once, so
// no method is cut in two.
func (w *wire) note(p []byte) {
	at := time.Now()
	sends := bytes.Count(p, sendMethod)
	reads := bytes.Count(p, anyMethod) - sends
	w.mu.Lock()
	defer w.mu.Unlock()
	for range sends {
		w.sends = append(w.sends, at)
	}
	for range reads {
		w.reads = append(w.reads, at)
	}
}

// first is the first send after a time; zero: none.
func (w *wire) first(after time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.sends {
		if at.After(after) {
			return at
		}
	}
	return time.Time{}
}

// between counts the chain reads that were written in a span of time.
func (w *wire) between(from, to time.Time) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.reads {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// lastRead is when the last chain read was written.
func (w *wire) lastRead() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.reads) == 0 {
		return time.Time{}
	}
	return w.reads[len(w.reads)-1]
}

// conn is a socket that tells what is written to it.
type conn struct {
	net.Conn
	wire *wire
}

func (c conn) Write(p []byte) (int, error) {
	c.wire.note(p)
	return c.Conn.Write(p)
}

// dial makes a client of go-ethereum as the daemon makes it.
func (w *wire) dial(ctx context.Context, url string) (*rpc.Client, *http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return conn{c, w}, err
	}
	client, err := rpc.DialOptions(ctx, url,
		rpc.WithHTTPClient(&http.Client{Transport: transport, Timeout: 10 * time.Second}),
		rpc.WithHeaders(http.Header{"X-Idempotency-Key": nil}))
	return client, transport, err
}
