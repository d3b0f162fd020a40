// Package vaulttest is an honest fake of a Vault server for tests: the real
// Firebreak secrets engine behind Vault's rules for HTTP, tokens, policies and
// status codes, with switches for what goes wrong on the way.
//
// The engine, its storage entries, its refusals and its counters are real. The
// server around it covers: X-Vault-Token, one exact-path policy per token,
// token expiry, service and batch tokens, lookup-self, renew-self,
// sys/capabilities-self, logins by AppRole, Kubernetes, JWT and TLS
// certificate (whose renewal wants the certificate of the login), response
// wrapping of secret ids, sys/health, sealing, standbys that forward, redirect
// or know no leader, and the bodies and codes of 307, 400, 403, 404, 405, 412,
// 429, 473, 500, 502 and 503.
//
// It does not cover: namespaces, leases, policy globs and sys/policies,
// identity, audit devices, quotas by path, elections, replication and its
// indexes, Raft, snapshots, the gRPC hop to an external plugin process, plugin
// registration, and encryption of what is stored: a directory given to it holds
// the keys in clear. Of the logins it checks what the client sends and not what
// Vault checks behind it: no token review, no signature of a JWT, no bound
// claims, no CRL. The suite against a real server covers those.
package vaulttest

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical"
	"github.com/hashicorp/vault/sdk/physical/file"
	"github.com/hashicorp/vault/sdk/physical/inmem"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
)

// Config says how the fake is started. The zero value is a fresh server in
// memory on a free port.
type Config struct {
	Dir     string          // keep state here, to survive a restart; empty means memory
	Address string          // host:port to listen on; empty means a free port on loopback
	Mount   string          // path of the engine; empty means "eth"
	TLS     bool            // serve TLS with a self-signed certificate, see WriteCA; asks for client certificates
	Options []plugin.Option // such as plugin.WithClock
}

// Server is a running fake. All methods are safe for concurrent use.
type Server struct {
	Faults *Faults

	mount   string
	backend logical.Backend
	storage logical.Storage
	http    *httptest.Server

	mu     sync.Mutex
	tokens map[string]*token
	roles  map[string]*role
	wraps  map[string]*wrap
	asked  map[string]int // of the engine, by path

	renewals int
	logins   int
}

// Start starts a fake; Close stops it.
func Start(ctx context.Context, c Config) (*Server, error) {
	under, err := openStorage(c.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Faults: newFaults(),
		mount:  cmp.Or(c.Mount, "eth"),
		tokens: map[string]*token{},
		roles:  map[string]*role{},
		wraps:  map[string]*wrap{},
		asked:  map[string]int{},
	}
	s.storage = plugin.Detached(&faultyStorage{Storage: logical.NewLogicalStorage(under), faults: s.Faults})
	s.backend, err = plugin.NewFactory(c.Options...)(ctx, &logical.BackendConfig{
		StorageView: s.storage, System: &logical.StaticSystemView{},
	})
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(c.Address, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s.http = &httptest.Server{Listener: listener, Config: &http.Server{Handler: s.Faults.wrap(s)}}
	if c.TLS {
		s.http.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
		s.http.StartTLS()
	} else {
		s.http.Start()
	}
	return s, nil
}

func openStorage(dir string) (physical.Backend, error) {
	if dir == "" {
		return inmem.NewInmem(nil, nil)
	}
	return file.NewFileBackend(map[string]string{"path": dir}, nil)
}

// URL is the address of the server.
func (s *Server) URL() string { return s.http.URL }

// Mount is the path that the engine is mounted at.
func (s *Server) Mount() string { return s.mount }

// Close stops the server. State in a directory stays.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// WriteCA writes the certificate of a TLS server, as PEM, for a client's CA
// file.
func (s *Server) WriteCA(path string) error {
	certificate := s.http.Certificate()
	if certificate == nil {
		return errors.New("write CA: the server does not serve TLS")
	}
	block := &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}
	return os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
}

// CreateKey creates a key as the key ceremony would, past HTTP and past the
// faults of the network.
func (s *Server) CreateKey(ctx context.Context, k signer.NewKey) (signer.KeyInfo, error) {
	resp, err := s.backend.HandleRequest(ctx, &logical.Request{
		Operation: logical.CreateOperation, Path: "keys/" + k.Name, Data: k.Fields(), Storage: s.storage,
	})
	if err != nil {
		return signer.KeyInfo{}, err
	}
	if resp.IsError() {
		_, body := errorReply(http.StatusBadRequest, resp, resp.Error())
		return signer.KeyInfo{}, refusalIn(body)
	}
	return signer.ParseKeyInfo(encode(resp.Data))
}

// Asked is how many requests on a path of the engine, such as
// "sign/responder-1", reached it: what a fault cut off before is not counted,
// what landed and was not answered is.
func (s *Server) Asked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}
