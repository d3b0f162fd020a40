package verifier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
)

// transferCode is a contract that emits Transfer(caller, calldata's first word,
// 1) on every call.
var transferCode = slices.Concat(common.FromHex("0x60015f525f35337f"), transfer[:], common.FromHex("0x60205fa300"))

// fresh has pausedCode and was never paused.
var fresh = common.HexToAddress("0x2222222222222222222222222222222222222222")

// isPaused is any call of pausedCode but pause().
func isPaused(of common.Address) actions.View {
	return actions.View{ChainID: chainID, To: of, Data: "\x5c\x97\x5a\xbb"}
}

func TestOnARealNodeCallsAreTriedInOrderAndChangeWhatTheViewsSay(t *testing.T) {
	r := onGeth(t)
	sender := crypto.PubkeyToAddress(r.key.PublicKey)
	got, err := r.verifier.Reader().Simulate(t.Context(), chainID, actions.SimulateRequest{
		Calls: []actions.Simulation{{From: sender, To: fresh, Data: pause}, {From: sender, To: fresh, Data: pause}, {From: sender, To: token, Data: common.BytesToHash(thief[:]).Bytes()}},
		Views: []actions.View{isPaused(fresh), isPaused(contract), {ChainID: chainID, To: fresh, Data: string(pause)}},
	})
	require.NoError(t, err)
	assert.True(t, got.Stateful)
	assert.EqualValues(t, 2, got.Block)
	assert.Nil(t, got.Calls[0].Revert)
	assert.Greater(t, got.Calls[0].Gas, uint64(21_000))
	assert.NotNil(t, got.Calls[1].Revert, "the first one paused it already")
	assert.Equal(t, []actions.SimulatedLog{{Address: token, Topics: []common.Hash{transfer, common.BytesToHash(sender[:]), common.BytesToHash(thief[:])},
		Data: yes}}, got.Calls[2].Logs)
	assert.Equal(t, [][]byte{no, yes, {}}, got.Before, "a view that writes spoils nothing")
	assert.Equal(t, [][]byte{yes, yes, nil}, got.After)
	still, err := r.verifier.Reader().CallTogether(t.Context(), chainID, []actions.View{isPaused(fresh)})
	require.NoError(t, err)
	assert.Equal(t, no, still[0].Data[0], "nothing was sent")
}

func TestOnARealNodeTransfersAreFound(t *testing.T) {
	r := onGeth(t)
	sender := crypto.PubkeyToAddress(r.key.PublicKey)
	first := send(t, r.backend, r.key, types.DynamicFeeTx{To: &token, Data: common.BytesToHash(thief[:]).Bytes()})
	send(t, r.backend, r.key, types.DynamicFeeTx{To: &token, Data: common.BytesToHash(contract[:]).Bytes()})
	reader := r.verifier.Reader()
	all, err := reader.Transfers(t.Context(), chainID, actions.TransferQuery{Token: token, From: sender, Since: time.Hour})
	require.NoError(t, err)
	require.Len(t, all, 2, "two endpoints")
	assert.Len(t, all[0].List, 2)
	one, err := reader.Transfers(t.Context(), chainID, actions.TransferQuery{Token: token, To: thief, Since: time.Hour})
	require.NoError(t, err)
	require.Len(t, one[1].List, 1)
	assert.Equal(t, actions.Transfer{From: sender, To: thief, Units: one[1].List[0].Units, Block: first.BlockNumber.Uint64(), Tx: first.TxHash}, one[1].List[0])
	assert.Equal(t, "1", one[1].List[0].Units.String())
}
