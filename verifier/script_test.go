package verifier_test

import (
	"cmp"
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/verifier"
)

// script is an endpoint at head block 100,000, of two seconds each unless told, that answers a
// method as it is told and every other with an error.
type script struct {
	mu     sync.Mutex
	does   map[string]func(args []any) (any, error)
	asked  map[string]int
	second uint64 // seconds of a block; zero: two
	silent bool   // until the caller gives up
}

// saidError is an answer with an error.
type saidError struct {
	code int
	text string
	data any
}

func (e *saidError) Error() string  { return e.text }
func (e *saidError) ErrorCode() int { return e.code }
func (e *saidError) ErrorData() any { return e.data }

func (s *script) count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[method]
}

func (s *script) CallContext(ctx context.Context, result any, method string, args ...any) error {
	s.mu.Lock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[method]++
	s.mu.Unlock()
	if s.silent {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	value, err := s.answer(method, args)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}

func (s *script) answer(method string, args []any) (any, error) {
	if do := s.does[method]; do != nil {
		return do(args)
	}
	switch method {
	case "eth_chainId":
		return hexutil.Uint64(chainID), nil
	case "eth_getBlockByNumber":
		number := uint64(100_000)
		if n, ok := args[0].(hexutil.Uint64); ok {
			number = uint64(n)
		}
		return map[string]any{"number": hexutil.Uint64(number), "hash": common.BytesToHash([]byte{1, byte(number >> 8), byte(number)}),
			"timestamp": hexutil.Uint64(1_000_000_000 + number*cmp.Or(s.second, 2))}, nil
	}
	return nil, &saidError{-32601, "the method does not exist/is not available", nil}
}

// reads is a reader over scripted endpoints, named one, two, ...
func reads(t testing.TB, nodes ...*script) *verifier.Reader {
	config := verifier.Chain{Name: "lab", ID: chainID, BlockTime: blockTime}
	for i, n := range nodes {
		config.Endpoints = append(config.Endpoints, verifier.Endpoint{Name: []string{"one", "two", "three"}[i], Client: n})
	}
	r, err := verifier.NewReader([]verifier.Chain{config})
	require.NoError(t, err)
	return r
}

// doing is an endpoint that answers one method.
func doing(method string, do func(args []any) (any, error)) *script {
	return &script{does: map[string]func([]any) (any, error){method: do}}
}
