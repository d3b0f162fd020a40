package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// nodes are the addresses of one cluster. Requests go to one of them until it
// turns out that it cannot serve, and then to the next.
type nodes struct {
	all []*url.URL

	mu sync.Mutex
	at int
}

// newNodes takes addresses that were validated.
func newNodes(texts []string) (*nodes, error) {
	n := &nodes{}
	for _, text := range texts {
		u, err := url.Parse(text)
		if err != nil {
			return nil, errors.New("vault address is no URL")
		}
		n.all = append(n.all, u)
	}
	return n, nil
}

// first is the address that requests are written for; toNode redirects them.
func (n *nodes) first() string { return n.all[0].String() }

func (n *nodes) position() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}

// leave goes on to the next node, unless somebody has already left this one.
func (n *nodes) leave(at int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at == at {
		n.at = (at + 1) % len(n.all)
	}
}

// follow goes to the node that a redirect names, if it is one of ours.
func (n *nodes) follow(to *url.URL) bool {
	for i, node := range n.all {
		if origin(node) == origin(to) {
			n.mu.Lock()
			n.at = i
			n.mu.Unlock()
			return true
		}
	}
	return false
}

// origin is scheme, host and port, for comparison.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}

// toNode sends requests to the node in use and notices when it cannot serve.
// It repeats nothing: the request is repeated by whoever owns it.
type toNode struct {
	nodes *nodes
	next  http.RoundTripper
}

func (t *toNode) RoundTrip(req *http.Request) (*http.Response, error) {
	at := t.nodes.position()
	node := t.nodes.all[at]
	out := req.Clone(req.Context())
	out.URL.Scheme, out.URL.Host, out.Host = node.Scheme, node.Host, node.Host
	resp, err := t.next.RoundTrip(out)
	if err != nil {
		// A caller that gave up says nothing about the node.
		if !errors.Is(context.Cause(req.Context()), context.Canceled) {
			t.nodes.leave(at)
		}
		return nil, t.named(node, err)
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return nil, t.redirected(at, resp)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, 472, 473, 530:
		t.nodes.leave(at)
	case http.StatusInternalServerError:
		if leaderless(resp) {
			t.nodes.leave(at)
		}
	}
	return resp, nil
}

// redirected reads what a standby says that cannot forward. The request carries
// the token, so only the configured addresses are ever gone to: a standby that
// somebody else runs, or a proxy, must not be able to send it elsewhere.
func (t *toNode) redirected(at int, resp *http.Response) error {
	defer func() { _ = resp.Body.Close() }()
	to, err := resp.Location()
	if err != nil {
		t.nodes.leave(at)
		return errors.New("vault redirects to nowhere")
	}
	if t.nodes.follow(to) {
		return &redirect{fmt.Sprintf("a standby names %s as the active node, which is asked next", to.Host)}
	}
	t.nodes.leave(at)
	return &redirect{fmt.Sprintf("vault redirects to %s://%s, which is not a configured address, so the token is not sent there; add it to the addresses if it is a node of this cluster", to.Scheme, to.Host)}
}

// redirect is what came of a redirect, in words.
type redirect struct{ why string }

func (r *redirect) Error() string { return r.why }

// named says which of several nodes it was.
func (t *toNode) named(node *url.URL, err error) error {
	if len(t.nodes.all) == 1 {
		return err
	}
	return &nodeError{node.Host, err}
}

type nodeError struct {
	host string
	err  error
}

func (n *nodeError) Error() string { return n.host + ": " + n.err.Error() }

func (n *nodeError) Unwrap() error { return n.err }

// leaderless tells whether a 500 is a standby's that knows no active node, and
// leaves the body to be read.
func leaderless(resp *http.Response) bool {
	const enough = 4 << 10
	head, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failing{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), resp.Body}
	return bytes.Contains(head, []byte("active cluster node not found"))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
