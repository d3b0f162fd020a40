package submitter_test

import (
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
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
)

// geth is a go-ethereum node in this process, asked over its IPC socket.
type geth struct {
	backend *simulated.Backend
	client  *rpc.Client
	seal    sync.Mutex
}

// pausedCode is a contract whose pause() works once and then reverts, and which
// answers every other call with whether it is paused.
var pausedCode = common.FromHex("0x5f3560f81c6084146013575f545f5260205ff35b5f54601e5760015f55005b5f80fd")

func startGeth(t *testing.T, rich common.Address) *geth {
	dir, err := os.MkdirTemp("", "geth")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	alloc := types.GenesisAlloc{
		rich:     {Balance: new(big.Int).Lsh(big.NewInt(1), 80)},
		contract: {Balance: new(big.Int), Code: pausedCode},
	}
	g := &geth{}
	ipc := filepath.Join(dir, "g.ipc")
	g.backend = simulated.NewBackend(alloc, func(n *node.Config, _ *ethconfig.Config) { n.IPCPath = ipc })
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

// onGeth is a world whose two endpoints are one real node.
func onGeth(t *testing.T) (*world, *geth) {
	w := newWorld(t, 1)
	g := startGeth(t, w.key.Address())
	w.config.BlockTime, w.config.BumpAfter = 200*time.Millisecond, 2*time.Second
	w.config.Endpoints = []submitter.Endpoint{{Name: "geth1", Client: g.client}, {Name: "geth2", Client: g.client}}
	return w, g
}

// onGas gives a call the gas that the practice chain needs for a first store.
func onGas(s *story) *story {
	for i := range s.state.Runs[0].Plan.Calls {
		s.state.Runs[0].Plan.Calls[i].Gas = 200_000
		cost, _ := incident.QuantityFromBig(new(big.Int).Lsh(big.NewInt(1), 60))
		s.state.Runs[0].Plan.Calls[i].MaxCost = cost
	}
	return s
}

func TestARealNodeMinesWhatIsSentAndPaysBackARevertWithItsReason(t *testing.T) {
	w, g := onGeth(t)
	sub := w.start()
	g.mine(t, 100*time.Millisecond)
	s := onGas(authorised(t, "A", "pause", "again"))
	s.send(sub, "pause", "again")
	for _, o := range s.last("pause").Outcomes {
		assert.Equal(t, "accepted", o.Class, "%v", o)
	}
	in := s.settle(sub, "pause")
	require.Equal(t, incident.KindIncluded, in.Kind(), "%+v", in)
	assert.Positive(t, in.(incident.Included).GasUsed)
	again := s.settle(sub, "again")
	require.Equal(t, incident.KindReverted, again.Kind(), "the contract takes one")
	assert.Contains(t, again.(incident.Reverted).Why, "no reason given")
}

func TestARealNodeTakesARaisedBidInPlaceOfTheFirst(t *testing.T) {
	w, g := onGeth(t)
	sub := w.start()
	s := onGas(authorised(t, "A", "pause"))
	s.send(sub, "pause")
	body, err := sub.Watch(t.Context(), s.state, "pause") // nothing is mined meanwhile
	require.NoError(t, err)
	s.add(body)
	require.Equal(t, incident.StepPriced, s.step("pause").State)
	s.do(sub.Sign, "pause")
	s.do(sub.Broadcast, "pause")
	for _, o := range s.last("pause").Outcomes {
		assert.Equal(t, "accepted", o.Class, "geth's replacement rule: %v", o)
	}
	g.mine(t, 100*time.Millisecond)
	in := s.settle(sub, "pause").(incident.Included)
	assert.Equal(t, s.last("pause").Signed.Hash, in.Hash)
}

func TestARestartOnARealNodeFindsWhatWasMinedMeanwhile(t *testing.T) {
	w, g := onGeth(t)
	first := w.start()
	s := onGas(authorised(t, "A", "pause"))
	s.send(first, "pause")
	first.Stop()
	g.commit()
	second := w.restart(s.state)
	assert.Equal(t, incident.KindIncluded, s.settle(second, "pause").Kind())
	b := onGas(authorised(t, "B", "pause"))
	b.do(second.Price, "pause")
	assert.EqualValues(t, 1, b.last("pause").Nonce)
}

func TestTheWordsOfARealNodeAreInTheTable(t *testing.T) {
	w, g := onGeth(t)
	sub := w.start()
	s := onGas(authorised(t, "A", "pause"))
	s.send(sub, "pause")
	raw := s.last("pause").Signed.Raw.String()
	var hash common.Hash
	class, kind := submitter.Classify(g.client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", raw))
	assert.Equal(t, submitter.Accepted, class)
	assert.Equal(t, submitter.KindKnown, kind)
	g.commit()
	require.Eventually(t, func() bool { // the pool hears of a new head a little after the chain has it
		_, kind = submitter.Classify(g.client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", raw))
		return kind == submitter.KindNonceLow
	}, 30*time.Second, 5*time.Millisecond, "geth answers so for what it has mined itself")
	class, _ = submitter.Classify(g.client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", "0x02"))
	assert.Equal(t, submitter.Ambiguous, class)
}
