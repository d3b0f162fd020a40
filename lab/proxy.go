package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Proxy is an RPC endpoint in front of a node: it answers what the node does,
// later, and remembers what was asked.
type Proxy struct {
	URL string

	target  string
	latency time.Duration
	server  *http.Server

	mu    sync.Mutex
	calls []RPCCall
}

// RPCCall is one request that came in.
type RPCCall struct {
	Method string
	At     time.Time
}

// NewProxy listens on loopback and passes requests on to a node after half of
// the latency, and answers back after the other half.
func NewProxy(target string, latency time.Duration) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start proxy: %w", err)
	}
	p := &Proxy{URL: "http://" + l.Addr().String(), target: target, latency: latency}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Second}
	go p.server.Serve(l) // ends with Close
	return p, nil
}

// Close stops listening.
func (p *Proxy) Close() error { return p.server.Close() }

// Calls returns what was asked since a time, in order.
func (p *Proxy) Calls(since time.Time) []RPCCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	var calls []RPCCall
	for _, c := range p.calls {
		if !c.At.Before(since) {
			calls = append(calls, c)
		}
	}
	return calls
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		http.Error(w, "the request broke off", http.StatusBadRequest)
		return
	}
	p.note(body)
	time.Sleep(p.latency / 2)
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, p.target, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(w, "the node does not answer", http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	time.Sleep(p.latency - p.latency/2)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body) // the client has gone if it fails
}

// note remembers the methods of a request or a batch.
func (p *Proxy) note(body []byte) {
	type request struct {
		Method string `json:"method"`
	}
	var one request
	batch := []request{}
	if json.Unmarshal(body, &one) == nil {
		batch = append(batch, one)
	} else if json.Unmarshal(body, &batch) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range batch {
		p.calls = append(p.calls, RPCCall{r.Method, time.Now()})
	}
}
