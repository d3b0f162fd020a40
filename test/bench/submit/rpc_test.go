package main

import (
	"math/big"
	"net/http/httptest"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// TestAnEndpointSaysTheSameOverHTTP holds the server against the scripted
// endpoint behind it, method by method.
func TestAnEndpointSaysTheSameOverHTTP(t *testing.T) {
	c, key, to := submittertest.NewChain(), submittertest.NewKey(), common.Address{1}
	c.Set(func(r *submittertest.Rules) { r.Contracts[to] = submittertest.Contract{Act: pause, View: paused} })
	tx, err := types.SignNewTx(key.Private(), chainSigner, &types.DynamicFeeTx{ChainID: big.NewInt(submittertest.ChainID), To: &to,
		Gas: stepGas, GasFeeCap: big.NewInt(100 * submittertest.Gwei), GasTipCap: big.NewInt(submittertest.Gwei), Data: pause})
	require.NoError(t, err)
	raw, err := tx.MarshalBinary()
	require.NoError(t, err)

	e := c.Endpoints(1)[0]
	server := httptest.NewServer(&node{endpoint: e})
	defer server.Close()
	w := &wire{}
	client, transport, err := w.dial(t.Context(), server.URL)
	require.NoError(t, err)
	defer client.Close()
	defer transport.CloseIdleConnections()

	var hash common.Hash
	require.NoError(t, client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", hexutil.Bytes(raw)))
	assert.Equal(t, tx.Hash(), hash)
	assert.Len(t, w.sends, 1)
	assert.ErrorContains(t, client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", hexutil.Bytes(raw)), "already known")
	c.Mine()

	for _, q := range []struct {
		method string
		args   []any
	}{
		{"eth_chainId", nil},
		{"eth_getBlockByNumber", []any{"latest", false}},
		{"eth_getBlockByNumber", []any{hexutil.Uint64(1), false}},
		{"eth_feeHistory", []any{hexutil.Uint64(5), "latest", []float64{90}}},
		{"eth_getTransactionCount", []any{key.Address(), "latest"}},
		{"eth_getBalance", []any{key.Address(), "latest"}},
		{"eth_getCode", []any{key.Address(), "latest"}},
		{"eth_getTransactionReceipt", []any{tx.Hash()}},
		{"eth_getTransactionByHash", []any{tx.Hash()}},
		{"eth_call", []any{map[string]any{"to": to, "data": hexutil.Bytes(paused)}, "latest"}},
		{"eth_call", []any{map[string]any{"to": to, "input": hexutil.Bytes(paused)}, hexutil.Uint64(1)}},
	} {
		var direct, served any
		require.NoError(t, e.CallContext(t.Context(), &direct, q.method, q.args...), q.method)
		require.NoError(t, client.CallContext(t.Context(), &served, q.method, q.args...), q.method)
		assert.Equal(t, direct, served, q.method)
		assert.NotNil(t, served, q.method)
	}
}
