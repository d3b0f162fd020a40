package faults_test

import (
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
	"github.com/firebreak-project/firebreak/verifier"
)

// pausedCode is a contract whose pause() works once and then reverts, and which
// answers every other call with whether it is paused.
var pausedCode = common.FromHex("0x5f3560f81c6084146013575f545f5260205ff35b5f54601e5760015f55005b5f80fd")

// geth is a go-ethereum node in this process.
type geth struct {
	backend *simulated.Backend
	client  *rpc.Client
	seal    sync.Mutex
}

func startGeth(t *testing.T, alloc types.GenesisAlloc) *geth {
	dir, err := os.MkdirTemp("", "geth") // t.TempDir is too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ipc := filepath.Join(dir, "g.ipc")
	g := &geth{backend: simulated.NewBackend(alloc, func(n *node.Config, _ *ethconfig.Config) { n.IPCPath = ipc })}
	t.Cleanup(func() { assert.NoError(t, g.backend.Close()) })
	g.client, err = rpc.Dial(ipc)
	require.NoError(t, err)
	t.Cleanup(g.client.Close)
	g.commit()
	return g
}

func (g *geth) commit() {
	g.seal.Lock()
	defer g.seal.Unlock()
	g.backend.Commit()
}

// mine seals a block every so often until the test ends.
func (g *geth) mine(t *testing.T, every time.Duration) { submittertest.Every(t, every, g.commit) }

// field is a world whose endpoints are HTTP servers in front of a node.
type field struct {
	*world
	servers []*server
	node    *rpc.Client
}

// realBlock is the block time of real nodes in tests.
const realBlock = 100 * time.Millisecond

// onGeth puts servers in front of one go-ethereum node that mines nothing yet.
func onGeth(t *testing.T, rpcs int, steps ...string) (*field, *geth) {
	w := newWorld(t, 0, steps...)
	g := startGeth(t, w.alloc())
	return w.behind(g.client, rpcs), g
}

func (w *world) alloc() types.GenesisAlloc {
	alloc := types.GenesisAlloc{w.key.Address(): {Balance: new(big.Int).Lsh(big.NewInt(1), 80)}}
	for _, step := range w.steps {
		alloc[vault(step)] = types.Account{Balance: new(big.Int), Code: pausedCode}
	}
	return alloc
}

// behind makes servers in front of a node the endpoints of the world.
func (w *world) behind(node *rpc.Client, rpcs int) *field {
	f := &field{world: w, node: node}
	w.gas, w.cost, w.pulse = 200_000, wei(1<<60), 10*time.Millisecond
	w.submit.BlockTime, w.submit.BumpAfter, w.submit.Rebroadcast = realBlock, 2*time.Second, 500*time.Millisecond
	w.submit.Timeout, w.verify.Timeout = time.Second, time.Second
	w.verify.BlockTime = realBlock
	for i := range rpcs {
		s := serve(w.t, []string{"rpc1", "rpc2", "rpc3", "rpc4"}[i], node)
		s.set(func(m *manner) {
			m.sends = func(raw []byte) { _ = w.arriving(submittertest.Decode(raw)) } // it has no gate
		})
		client := dial(w.t, s.URL, http.Header{"X-Idempotency-Key": nil})
		f.servers = append(f.servers, s)
		w.submit.Endpoints = append(w.submit.Endpoints, submitter.Endpoint{Name: s.name, Client: client})
		w.verify.Endpoints = append(w.verify.Endpoints, verifier.Endpoint{Name: s.name, Client: client})
	}
	return f
}

// warm waits until a process knows nonces and fees.
func (p *process) warm() *process {
	require.Eventually(p.w.t, func() bool { return p.sub.Warm() == nil }, 20*time.Second, 5*time.Millisecond)
	return p
}

// once demands of a real chain what world.once demands of the scripted one.
func (f *field) once(s incident.State) {
	f.t.Helper()
	var count hexutil.Uint64
	require.NoError(f.t, f.node.CallContext(f.t.Context(), &count, "eth_getTransactionCount", f.key.Address(), "latest"))
	assert.EqualValues(f.t, len(f.steps), count, "one transaction per step")
	for _, name := range f.steps {
		step, _ := s.Run().Step(name)
		assert.Equal(f.t, 1, step.Issue, "step %s opened one nonce", name)
		require.NotNil(f.t, step.In, name)
		var receipt struct{ Status hexutil.Uint64 }
		require.NoError(f.t, f.node.CallContext(f.t.Context(), &receipt, "eth_getTransactionReceipt", step.In.Hash))
		assert.EqualValues(f.t, 1, receipt.Status)
		var is hexutil.Bytes
		require.NoError(f.t, f.node.CallContext(f.t.Context(), &is, "eth_call", map[string]any{"to": vault(name), "data": hexutil.Bytes(paused)}, "latest"))
		assert.Equal(f.t, common.BigToHash(common.Big1).Bytes(), []byte(is), "%s is paused", name)
	}
	f.durable()
}
