package submittertest_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

var vault = common.HexToAddress("0x1111111111111111111111111111111111111111")

// bid is a transaction of a key, which tests change a little.
func bid(t *testing.T, k *submittertest.Key, change func(tx *types.DynamicFeeTx)) *types.Transaction {
	inner := &types.DynamicFeeTx{ChainID: big.NewInt(submittertest.ChainID), To: &vault, Gas: 100_000, Data: []byte{1, 2, 3, 4},
		GasFeeCap: big.NewInt(1000), GasTipCap: big.NewInt(100)}
	change(inner)
	tx, err := types.SignNewTx(k.Private(), types.LatestSignerForChainID(inner.ChainID), inner)
	require.NoError(t, err)
	return tx
}

func fees(feeCap, tip int64) func(*types.DynamicFeeTx) {
	return func(tx *types.DynamicFeeTx) { tx.GasFeeCap, tx.GasTipCap = big.NewInt(feeCap), big.NewInt(tip) }
}

func cheapChain() *submittertest.Chain {
	c := submittertest.NewChain()
	c.SetBase(1)
	return c
}

// The measurements of the reference (4.2), which were made on geth 1.17.5.
func TestThePoolSaysWhatGethSays(t *testing.T) {
	for name, row := range map[string]struct {
		change func(tx *types.DynamicFeeTx)
		want   string
	}{
		"nine percent more":                  {fees(1090, 109), "replacement transaction underpriced"},
		"ten percent more tip, nine percent": {fees(1090, 110), "replacement transaction underpriced"},
		"the same fees and other calldata":   {func(tx *types.DynamicFeeTx) { tx.Data = []byte{9} }, "replacement transaction underpriced"},
		"ten percent more":                   {fees(1100, 110), ""},
		"the same bytes":                     {func(*types.DynamicFeeTx) {}, "already known"},
		"a gap":                              {func(tx *types.DynamicFeeTx) { tx.Nonce = 5 }, ""},
		"gas above the cap":                  {func(tx *types.DynamicFeeTx) { tx.Gas = 21_000_000 }, "transaction gas limit too high (cap: 16777216, tx: 21000000)"},
		"gas above the block's":              {func(tx *types.DynamicFeeTx) { tx.Gas = 9_000_001 }, "exceeds block gas limit"},
		"too little gas":                     {func(tx *types.DynamicFeeTx) { tx.Gas = 21_000 }, "intrinsic gas too low: gas 21000, minimum needed 21064"},
		"too little gas for its calldata":    {func(tx *types.DynamicFeeTx) { tx.Gas = 21_100 }, "insufficient gas for floor data gas cost: gas 21100, minimum needed 21160"},
		"no tip":                             {fees(1000, 0), "transaction gas price below minimum: gas tip cap 0, minimum needed 1"},
		"tip above the cap":                  {fees(1000, 2000), "max priority fee per gas higher than max fee per gas"},
		"below the base fee":                 {func(tx *types.DynamicFeeTx) { tx.Nonce, tx.GasFeeCap, tx.GasTipCap = 1, big.NewInt(1), big.NewInt(1) }, ""},
		"more than there is":                 {fees(1e14, 1e14), "insufficient funds for gas * price + value: balance 8900000000000000000, tx cost 10000000000000000000"},
		"more than there is with the queued": {func(tx *types.DynamicFeeTx) { tx.Nonce, tx.GasFeeCap = 1, big.NewInt(89e12) }, "queued cost 100000000, tx cost"},
		"another chain":                      {func(tx *types.DynamicFeeTx) { tx.ChainID = big.NewInt(1) }, "invalid chain id for signer: have 1 want 1337"},
	} {
		t.Run(name, func(t *testing.T) {
			c, k := cheapChain(), submittertest.NewKey()
			c.Set(func(r *submittertest.Rules) {
				r.GasLimit = 9_000_000
				if strings.HasPrefix(name, "gas above the cap") {
					r.GasLimit = 30_000_000
				}
				r.Balances[k.Address()] = big.NewInt(9e18 - 1e17)
			})
			require.NoError(t, c.Add(bid(t, k, func(*types.DynamicFeeTx) {})))
			err := c.Add(bid(t, k, row.change))
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestMinedBytesAreNonceTooLowAndNotKnown(t *testing.T) {
	c, k := cheapChain(), submittertest.NewKey()
	tx := bid(t, k, func(*types.DynamicFeeTx) {})
	require.NoError(t, c.Add(tx))
	c.Mine()
	assert.Equal(t, []common.Hash{tx.Hash()}, c.Mined(k.Address()))
	assert.ErrorContains(t, c.Add(tx), "nonce too low: next nonce 1, tx nonce 0")
}

func TestWhatIsBehindAGapWaits(t *testing.T) {
	c, k := cheapChain(), submittertest.NewKey()
	require.NoError(t, c.Add(bid(t, k, func(tx *types.DynamicFeeTx) { tx.Nonce = 1 })))
	c.Mine()
	assert.Empty(t, c.Mined(k.Address()))
	require.NoError(t, c.Add(bid(t, k, func(*types.DynamicFeeTx) {})))
	c.Mine()
	assert.Len(t, c.Mined(k.Address()), 2)
}

func TestADelegatedAccountHasOneTransactionInThePoolAndIsNotToldAboutTheSecond(t *testing.T) {
	c, k := cheapChain(), submittertest.NewKey()
	c.Set(func(r *submittertest.Rules) { r.Code[k.Address()] = types.AddressToDelegation(vault) })
	require.NoError(t, c.Add(bid(t, k, func(*types.DynamicFeeTx) {})))
	require.NoError(t, c.Add(bid(t, k, func(tx *types.DynamicFeeTx) { tx.Nonce = 1 })))
	require.NoError(t, c.Add(bid(t, k, fees(2000, 200))), "the one that waits may be replaced")
	c.Mine()
	c.Mine()
	assert.Len(t, c.Mined(k.Address()), 1)
}

func TestAContractIsASwitchThatAnyBlockCanBeAskedFor(t *testing.T) {
	c, k := cheapChain(), submittertest.NewKey()
	act, view := []byte{1, 2, 3, 4}, []byte{5, 6, 7, 8}
	c.Set(func(r *submittertest.Rules) {
		r.Contracts[vault] = submittertest.Contract{Act: act, View: view, Once: true}
	})
	e := submittertest.NewEndpoint("rpc1", c)
	require.NoError(t, c.Add(bid(t, k, func(*types.DynamicFeeTx) {})))
	require.NoError(t, c.Add(bid(t, k, func(tx *types.DynamicFeeTx) { tx.Nonce = 1 })))
	c.Mine()
	ask := func(block any) string {
		var out hexutil.Bytes
		require.NoError(t, e.CallContext(t.Context(), &out, "eth_call", map[string]any{"to": vault, "data": hexutil.Bytes(view)}, block))
		return common.BytesToHash(out).Big().String()
	}
	assert.Equal(t, "0", ask(hexutil.Uint64(0)))
	assert.Equal(t, "1", ask(hexutil.Uint64(1)))
	assert.Equal(t, "1", ask("latest"))
	assert.Equal(t, 1, c.Effects(vault), "the second one reverted")
	c.Reorganise(1)
	assert.Equal(t, "0", ask("latest"))
	assert.Empty(t, c.Mined(k.Address()))
}

func TestTagsAreBehindTheHead(t *testing.T) {
	c := cheapChain()
	for range 6 {
		c.Mine()
	}
	e := submittertest.NewEndpoint("rpc1", c)
	for tag, want := range map[string]hexutil.Uint64{"latest": 6, "safe": 4, "finalized": 2} {
		var b struct{ Number hexutil.Uint64 }
		require.NoError(t, e.CallContext(t.Context(), &b, "eth_getBlockByNumber", tag, false))
		assert.Equal(t, want, b.Number, tag)
	}
}

func TestAForkHasTheSameHistoryAndItsOwnFuture(t *testing.T) {
	c, k := cheapChain(), submittertest.NewKey()
	c.Mine()
	f := c.Fork(1)
	tx := bid(t, k, func(*types.DynamicFeeTx) {})
	require.NoError(t, c.Add(tx))
	c.Mine()
	f.Mine()
	hash := func(c *submittertest.Chain, n hexutil.Uint64) (h common.Hash) {
		var raw json.RawMessage
		require.NoError(t, submittertest.NewEndpoint("x", c).CallContext(t.Context(), &raw, "eth_getBlockByNumber", n, false))
		var b struct{ Hash common.Hash }
		require.NoError(t, json.Unmarshal(raw, &b))
		return b.Hash
	}
	assert.Equal(t, hash(c, 0), hash(f, 0))
	assert.NotEqual(t, hash(c, 1), hash(f, 1))
	assert.Empty(t, f.Mined(k.Address()))
	assert.Len(t, c.Mined(k.Address()), 1)
}
