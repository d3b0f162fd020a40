package signer_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

func TestARequestMayGoToItsLimitsAndNotBeyond(t *testing.T) {
	top := new(big.Int).Lsh(big.NewInt(1), 128)
	approvals := func(n, size int) []json.RawMessage {
		var out []json.RawMessage
		for range n {
			out = append(out, json.RawMessage(`"`+strings.Repeat("x", size-2)+`"`))
		}
		return out
	}
	for name, c := range map[string]struct {
		at, beyond func(*signer.Request)
		code       string
	}{
		"chain": {func(r *signer.Request) { r.ChainID = math.MaxUint64/2 - 36 }, func(r *signer.Request) { r.ChainID = math.MaxUint64/2 - 35 }, signer.CodeChain},
		"nonce": {func(r *signer.Request) { r.Nonce = math.MaxUint64 - 1 }, func(r *signer.Request) { r.Nonce = math.MaxUint64 }, signer.CodeMalformed},
		"data":  {func(r *signer.Request) { r.Data = make([]byte, signer.MaxData) }, func(r *signer.Request) { r.Data = make([]byte, signer.MaxData+1) }, signer.CodeMalformed},
		"a selector": {func(r *signer.Request) { r.Data = make([]byte, 4) }, func(r *signer.Request) { r.Data = make([]byte, 3) },
			signer.CodeNotCanonical},
		"gas": {func(r *signer.Request) { r.Gas = signer.MinGas }, func(r *signer.Request) { r.Gas = signer.MinGas - 1 }, signer.CodeGas},
		"fee": {func(r *signer.Request) { r.MaxFeePerGas = new(big.Int).Sub(top, big.NewInt(1)) }, func(r *signer.Request) { r.MaxFeePerGas = top }, signer.CodeMalformed},
		"no fee": {func(r *signer.Request) { r.MaxFeePerGas, r.MaxPriorityFeePerGas = new(big.Int), new(big.Int) },
			func(r *signer.Request) { r.MaxFeePerGas, r.MaxPriorityFeePerGas = big.NewInt(-1), big.NewInt(-1) }, signer.CodeMalformed},
		"no tip": {func(r *signer.Request) { r.MaxPriorityFeePerGas = new(big.Int) }, func(r *signer.Request) { r.MaxPriorityFeePerGas = big.NewInt(-1) }, signer.CodeMalformed},
		"tip": {func(r *signer.Request) { r.MaxPriorityFeePerGas = r.MaxFeePerGas },
			func(r *signer.Request) { r.MaxPriorityFeePerGas = new(big.Int).Add(r.MaxFeePerGas, big.NewInt(1)) }, signer.CodeFee},
		"incident":   {func(r *signer.Request) { r.Incident = strings.Repeat("x", 128) }, func(r *signer.Request) { r.Incident = strings.Repeat("x", 129) }, signer.CodeMalformed},
		"reason":     {func(r *signer.Request) { r.Reason = strings.Repeat("x", 1024) }, func(r *signer.Request) { r.Reason = strings.Repeat("x", 1025) }, signer.CodeMalformed},
		"request id": {func(r *signer.Request) { r.RequestID = strings.Repeat("x", 128) }, func(r *signer.Request) { r.RequestID = strings.Repeat("x", 129) }, signer.CodeMalformed},
		"approvals":  {func(r *signer.Request) { r.Approvals = approvals(16, 9) }, func(r *signer.Request) { r.Approvals = approvals(17, 9) }, signer.CodeMalformed},
		"an approval": {func(r *signer.Request) { r.Approvals = approvals(1, signer.MaxApprovalBytes) },
			func(r *signer.Request) { r.Approvals = approvals(1, signer.MaxApprovalBytes+1) }, signer.CodeMalformed},
		"a name": {func(r *signer.Request) { r.Key = "a" + strings.Repeat("-", 62) }, func(r *signer.Request) { r.Key = "a" + strings.Repeat("-", 63) }, signer.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			r := vector()
			c.at(&r)
			require.NoError(t, r.Validate())
			r = vector()
			c.beyond(&r)
			refusal := new(signer.Refusal)
			require.ErrorAs(t, r.Validate(), &refusal)
			assert.Equal(t, c.code, refusal.Code)
		})
	}
}

func TestARequestWithoutFeesHasADigestAndCostsNothing(t *testing.T) {
	r := vector()
	r.MaxFeePerGas, r.MaxPriorityFeePerGas = nil, nil
	zero := vector()
	zero.MaxFeePerGas, zero.MaxPriorityFeePerGas = new(big.Int), new(big.Int)
	assert.Equal(t, zero.Digest(), r.Digest())
	assert.Zero(t, r.Cost().Sign())
}

func TestASignatureThatIsNoneJoinsNothing(t *testing.T) {
	r := vector()
	for name, signature := range map[string][]byte{
		"none": nil, "short": make([]byte, 64), "long": make([]byte, 66), "zeros": make([]byte, 65),
		"v 27": append(common.FromHex(strings.Repeat("11", 64)), 27), "r too large": append(common.FromHex(strings.Repeat("ff", 64)), 0),
	} {
		signed, err := r.WithSignature(signature)
		require.Error(t, err, name)
		assert.Empty(t, signed.Raw, name)
	}
}

// TestASignatureInAnothersNameIsRefused has bytes that one key signed and a
// reply that says it was the expected one.
func TestASignatureInAnothersNameIsRefused(t *testing.T) {
	r := vector()
	signed, from := signWith(t, r)
	_, other := signWith(t, r)
	signed.From = other
	require.ErrorContains(t, r.Accept(signed, other), "the sender is not")
	require.ErrorContains(t, r.Accept(signed, from), "the sender is not")
	signed.From = common.Address{}
	require.ErrorContains(t, r.Accept(signed, common.Address{}), "sender is not known")
}

// TestALegacyTransactionOfTheSameMeaningIsRefused differs in nothing but its
// type.
func TestALegacyTransactionOfTheSameMeaningIsRefused(t *testing.T) {
	r := vector()
	r.MaxPriorityFeePerGas = r.MaxFeePerGas
	signed, from := signWith(t, r)
	key, err := crypto.GenerateKey()
	require.NoError(t, err)
	for _, inner := range []types.TxData{
		&types.LegacyTx{Nonce: r.Nonce, To: &r.To, Gas: r.Gas, GasPrice: r.MaxFeePerGas, Value: new(big.Int), Data: r.Data},
		&types.AccessListTx{ChainID: big.NewInt(1), Nonce: r.Nonce, To: &r.To, Gas: r.Gas, GasPrice: r.MaxFeePerGas, Value: new(big.Int), Data: r.Data},
	} {
		tx, err := types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(1)), inner)
		require.NoError(t, err)
		signed.Raw, err = tx.MarshalBinary()
		require.NoError(t, err)
		require.ErrorContains(t, r.Accept(signed, from), "type differs")
	}
}
