package faults_test

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// foreign has somebody else use the key: a transaction at a nonce, put into the
// pool whatever its rules say, with a tip of 5 gwei.
func (w *world) foreign(nonce uint64, to common.Address, feeCap int64) *types.Transaction {
	tx, err := types.SignNewTx(w.key.Private(), types.LatestSignerForChainID(big.NewInt(submittertest.ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(submittertest.ChainID), Nonce: nonce, To: &to, Gas: 60_000, GasFeeCap: big.NewInt(feeCap),
		GasTipCap: big.NewInt(5 * gwei), Data: pause})
	require.NoError(w.t, err)
	w.chain.Insert(tx)
	return tx
}

// pausesOnce makes pause() revert when it is paused, as real ones do.
func (w *world) pausesOnce() {
	w.chain.Set(func(r *rules) {
		r.Contracts[vault("pause")] = submittertest.Contract{Act: pause, View: paused, Once: true}
	})
}

// strangerFirst has another key pause, in a block that has room for nothing
// else.
func (w *world) strangerFirst() {
	k := submittertest.NewKey()
	tx, err := types.SignNewTx(k.Private(), types.LatestSignerForChainID(bigChain), &types.DynamicFeeTx{ChainID: bigChain, To: new(vault("pause")),
		Gas: 60_000, GasFeeCap: bigGwei(500), GasTipCap: bigGwei(5), Data: pause})
	require.NoError(w.t, err)
	w.chain.Set(func(r *rules) { r.Room = func(other *types.Transaction) bool { return other.Hash() == tx.Hash() } })
	require.NoError(w.t, w.chain.Add(tx))
	w.chain.Mine()
}

// stranger is strangerFirst, and the chain goes on.
func (w *world) stranger() {
	w.strangerFirst()
	w.chain.Unjam()
	w.chain.Run(w.t, blockTime)
}

// builds mines one bid and leaves no room for any other until then, as a
// builder does that has kept an old one.
func (w *world) builds(a incident.Attempt) {
	w.chain.Set(func(r *rules) {
		r.Room = func(tx *types.Transaction) bool { return tx.Hash() == a.Signed.Hash }
	})
	w.chain.Insert(submittertest.Decode(a.Signed.Raw))
	w.chain.Mine()
	w.chain.Unjam()
}
