package verifier_test

import (
	"crypto/ecdsa"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/verifier"
)

// pausedCode is a contract whose pause() works once and then reverts, and which
// answers every other call with whether it is paused.
var pausedCode = common.FromHex("0x5f3560f81c6084146013575f545f5260205ff35b5f54601e5760015f55005b5f80fd")

var pause = common.FromHex("0x8456cb59")

// real is a go-ethereum node in this process, asked over its IPC socket, with a
// transaction that pauses and the state of the step that sent it.
type real struct {
	backend  *simulated.Backend
	client   *rpc.Client
	key      *ecdsa.PrivateKey
	verifier *verifier.Verifier
	state    incident.State
}

func onGeth(t *testing.T) *real {
	dir, err := os.MkdirTemp("", "geth")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	key, err := crypto.GenerateKey()
	require.NoError(t, err)
	backend := simulated.NewBackend(types.GenesisAlloc{
		crypto.PubkeyToAddress(key.PublicKey): {Balance: new(big.Int).Lsh(big.NewInt(1), 80)},
		contract:                              {Balance: new(big.Int), Code: pausedCode},
		fresh:                                 {Balance: new(big.Int), Code: pausedCode},
		token:                                 {Balance: new(big.Int), Code: transferCode},
	}, func(n *node.Config, _ *ethconfig.Config) { n.IPCPath = filepath.Join(dir, "g.ipc") })
	t.Cleanup(func() { assert.NoError(t, backend.Close()) })
	client, err := rpc.Dial(filepath.Join(dir, "g.ipc"))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	backend.Commit()
	receipt := send(t, backend, key, types.DynamicFeeTx{To: &contract, Data: pause})
	v, err := verifier.New(verifier.Options{Chains: []verifier.Chain{{ID: chainID, BlockTime: 200 * time.Millisecond, Depth: 3,
		Endpoints: []verifier.Endpoint{{Name: "geth1", Client: client}, {Name: "geth2", Client: client}}}}})
	require.NoError(t, err)
	in := &incident.Included{Step: "pause", Hash: receipt.TxHash, Block: receipt.BlockNumber.Uint64(), BlockHash: receipt.BlockHash, Endpoint: "geth1"}
	plan := &incident.Plan{Calls: []incident.Call{{Step: "pause", ChainID: chainID, To: contract, Goal: goal()}}}
	return &real{backend, client, key, v, incident.State{ID: "01JEQ7V5M2K3000A", Runs: []incident.Run{{Phase: incident.PhaseExecuting, Plan: plan,
		Steps: []incident.Step{{Name: "pause", State: incident.StepIncluded, In: in}}}}}}
}

// send mines a transaction in a block of its own.
func send(t *testing.T, backend *simulated.Backend, key *ecdsa.PrivateKey, what types.DynamicFeeTx) *types.Receipt {
	what.ChainID, what.Gas, what.GasFeeCap, what.GasTipCap = big.NewInt(chainID), 200_000, big.NewInt(1e11), big.NewInt(1e9)
	var err error
	what.Nonce, err = backend.Client().NonceAt(t.Context(), crypto.PubkeyToAddress(key.PublicKey), nil)
	require.NoError(t, err)
	tx := types.MustSignNewTx(key, types.LatestSignerForChainID(what.ChainID), &what)
	require.NoError(t, backend.Client().SendTransaction(t.Context(), tx))
	backend.Commit()
	receipt, err := backend.Client().TransactionReceipt(t.Context(), tx.Hash())
	require.NoError(t, err)
	require.EqualValues(t, 1, receipt.Status)
	return receipt
}

func TestOnARealNodeAPauseIsSeenToHoldAndBecomesFinal(t *testing.T) {
	r := onGeth(t)
	body, err := r.verifier.Verify(t.Context(), r.state, "pause")
	require.NoError(t, err)
	require.Equal(t, incident.KindHeld, body.Kind(), "%+v", body)
	assert.Equal(t, "geth2", body.(incident.Held).Seen[0].Endpoint)
	for range 3 {
		r.backend.Commit()
	}
	body, err = r.verifier.Finalise(t.Context(), held(r.state, body), "pause")
	require.NoError(t, err)
	require.Equal(t, incident.KindFinal, body.Kind(), "%+v", body)
	assert.EqualValues(t, 3, body.(incident.Final).Depth)
	assert.Equal(t, "geth1", body.(incident.Final).Seen[0].Endpoint)
}

func TestOnARealNodeAReorganisationIsSeen(t *testing.T) {
	r := onGeth(t)
	genesis, err := r.backend.Client().HeaderByNumber(t.Context(), big.NewInt(0))
	require.NoError(t, err)
	require.NoError(t, r.backend.Fork(genesis.Hash()))
	for range 5 {
		r.backend.Commit()
	}
	body, err := r.verifier.Verify(t.Context(), r.state, "pause")
	require.NoError(t, err)
	assert.Equal(t, incident.KindDisplaced, body.Kind(), "%+v", body)
}

func TestOnARealNodeEstimatesAndRevertsAreToldApart(t *testing.T) {
	r := onGeth(t)
	reader := r.verifier.Reader()
	gas, revert, err := reader.Estimate(t.Context(), chainID, actions.Simulation{To: contract, Data: common.FromHex("0x5c975abb")})
	require.NoError(t, err)
	assert.Nil(t, revert)
	assert.Greater(t, gas, uint64(21_000))
	_, revert, err = reader.Estimate(t.Context(), chainID, actions.Simulation{To: contract, Data: pause})
	require.NoError(t, err)
	assert.NotNil(t, revert, "it is paused already")
	answers, err := reader.CallAll(t.Context(), chainID, common.Address{9}, []byte{1, 2, 3, 4})
	require.NoError(t, err)
	assert.Empty(t, answers[0].Data, "no code is an answer")
}
