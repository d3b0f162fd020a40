package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// manner is what an RPC server does. The zero manner passes everything on.
type manner struct {
	// What happens to the connection.
	dropBefore bool          // closes it and passes nothing on
	dropAfter  bool          // passes on, and closes it instead of answering
	hang       bool          // never answers
	status     int           // answers with this and passes nothing on: 429, 503
	stale      bool          // closes a kept-alive connection on its second request
	latency    time.Duration // before it answers

	// What is answered.
	text  string           // to sends, instead of passing them on
	deaf  bool             // the right hash, and passes nothing on
	hash  *common.Hash     // to sends, after passing them on
	null  bool             // no receipts
	count *uint64          // of the account's transactions
	id    uint64           // of the chain
	lag   uint64           // blocks behind
	only  map[string]bool  // the methods that the connection's troubles are for; nil: all
	from  *rpc.Client      // another node
	sends func(raw []byte) // is told of every send
}

// server is a JSON-RPC server on loopback in front of a node.
type server struct {
	*httptest.Server
	name string

	mu   sync.Mutex
	node *rpc.Client
	m    manner
	met  map[string]bool // connections
	seen map[string]int  // methods that came in
	sent int             // sends that were passed on
}

func serve(t *testing.T, name string, node *rpc.Client) *server {
	s := &server{name: name, node: node, met: map[string]bool{}, seen: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

func (s *server) set(change func(m *manner)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.m)
}

// passed is how many sends reached the node through this server.
func (s *server) passed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

type request struct {
	ID     json.RawMessage   `json:"id"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var q request
	if err != nil || json.Unmarshal(body, &q) != nil {
		http.Error(w, "no JSON-RPC request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	m := s.m
	s.seen[q.Method]++
	again := s.met[r.RemoteAddr]
	s.met[r.RemoteAddr] = true
	s.mu.Unlock()
	trouble := m.only == nil || m.only[q.Method]
	switch {
	case trouble && m.dropBefore, m.stale && again:
		hangUp(w)
		return
	case trouble && m.hang:
		<-r.Context().Done()
		return
	case trouble && m.status != 0:
		http.Error(w, "an overloaded page", m.status)
		return
	}
	result, err := s.answer(r.Context(), m, q)
	if trouble && m.dropAfter {
		hangUp(w)
		return
	}
	time.Sleep(m.latency)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(reply(q.ID, result, err)) // the client has gone if it fails
}

// hangUp closes the connection without a word.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func reply(id json.RawMessage, result json.RawMessage, err error) map[string]any {
	answer := map[string]any{"jsonrpc": "2.0", "id": id}
	if err == nil {
		if result == nil {
			result = json.RawMessage("null")
		}
		answer["result"] = result
		return answer
	}
	said := map[string]any{"code": -32000, "message": err.Error()}
	if e, ok := errors.AsType[rpc.Error](err); ok {
		said["code"] = e.ErrorCode()
	}
	if e, ok := errors.AsType[rpc.DataError](err); ok && e.ErrorData() != nil {
		said["data"] = e.ErrorData()
	}
	answer["error"] = said
	return answer
}

// answer is the node's, bent as the manner says.
func (s *server) answer(ctx context.Context, m manner, q request) (json.RawMessage, error) {
	switch {
	case q.Method == "eth_sendRawTransaction":
		return s.send(ctx, m, q)
	case q.Method == "eth_chainId" && m.id != 0:
		return json.Marshal(hexutil.Uint64(m.id))
	case q.Method == "eth_getTransactionReceipt" && m.null:
		return nil, nil
	case q.Method == "eth_getTransactionByHash" && m.deaf:
		return nil, nil
	case q.Method == "eth_getTransactionCount" && m.count != nil:
		return json.Marshal(hexutil.Uint64(*m.count))
	case m.lag > 0:
		return s.late(ctx, m, q)
	}
	return s.pass(ctx, m, q)
}

// pass asks the node.
func (s *server) pass(ctx context.Context, m manner, q request) (json.RawMessage, error) {
	node := s.node
	if m.from != nil {
		node = m.from
	}
	params := make([]any, len(q.Params))
	for i, p := range q.Params {
		params[i] = p
	}
	var result json.RawMessage
	err := node.CallContext(ctx, &result, q.Method, params...)
	return result, err
}

func (s *server) send(ctx context.Context, m manner, q request) (json.RawMessage, error) {
	var raw hexutil.Bytes
	if err := json.Unmarshal(q.Params[0], &raw); err != nil {
		return nil, err
	}
	tx := submittertest.Decode(raw)
	if m.sends != nil {
		m.sends(raw)
	}
	switch {
	case m.text != "":
		return nil, said("%s", m.text)
	case m.deaf:
		return json.Marshal(tx.Hash())
	}
	s.mu.Lock()
	s.sent++
	s.mu.Unlock()
	result, err := s.pass(ctx, m, q)
	if err == nil && m.hash != nil {
		return json.Marshal(*m.hash)
	}
	return result, err
}

// late answers as a node does that is some blocks behind.
func (s *server) late(ctx context.Context, m manner, q request) (json.RawMessage, error) {
	var head hexutil.Uint64
	if err := s.node.CallContext(ctx, &head, "eth_blockNumber"); err != nil {
		return nil, err
	}
	seen := hexutil.Uint64(max(0, int64(head)-int64(m.lag)))
	for i, p := range q.Params {
		if string(p) == `"latest"` {
			q.Params[i], _ = json.Marshal(seen)
		}
		var n hexutil.Uint64
		if q.Method == "eth_getBlockByNumber" && json.Unmarshal(p, &n) == nil && n > seen {
			return nil, nil
		}
	}
	result, err := s.pass(ctx, m, q)
	var of struct {
		Block *hexutil.Uint64 `json:"blockNumber"`
	}
	if q.Method == "eth_getTransactionReceipt" && json.Unmarshal(result, &of) == nil && of.Block != nil && *of.Block > seen {
		return nil, nil
	}
	return result, err
}

// dial is how the daemon reaches an endpoint: the nil header lets net/http
// repeat a request that met a closed connection.
func dial(t *testing.T, url string, header http.Header) *rpc.Client {
	c, err := rpc.DialOptions(t.Context(), url, rpc.WithHTTPClient(&http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}),
		rpc.WithHeaders(header))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
