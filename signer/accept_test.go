package signer_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// vector is the transaction of the custody reference: type 2, chain 1, nonce 7.
func vector() signer.Request {
	return signer.Request{
		Key: "responder-1", ChainID: 1, Nonce: 7, Gas: 200_000,
		To: common.HexToAddress("0x1111111111111111111111111111111111111111"), Data: common.FromHex("0x8456cb59"),
		MaxFeePerGas: big.NewInt(200_000_000_000), MaxPriorityFeePerGas: big.NewInt(2_000_000_000),
	}
}

func TestTheUnsignedTransactionMatchesTheVector(t *testing.T) {
	r := vector()
	digest := common.HexToHash("0xe0cc4c23fa247fb891bf11630334d1fd4fa19e6e568b0fbec61eb1cb6f11d71a")
	assert.Equal(t, digest, r.Digest())
	unsigned := common.FromHex("0x02ed01078477359400852e90edd00083030d4094111111111111111111111111111111111111111180848456cb59c0")
	assert.Equal(t, digest, crypto.Keccak256Hash(unsigned))
	require.NoError(t, r.Validate())
}

func signWith(t *testing.T, r signer.Request) (signer.Signed, common.Address) {
	t.Helper()
	key, err := crypto.GenerateKey()
	require.NoError(t, err)
	digest := r.Digest()
	signature, err := crypto.Sign(digest[:], key)
	require.NoError(t, err)
	signed, err := r.WithSignature(signature)
	require.NoError(t, err)
	signed.Rule, signed.Seq = "pause-core", 1
	return signed, crypto.PubkeyToAddress(key.PublicKey)
}

func TestExactlyTheRequestedTransactionIsAccepted(t *testing.T) {
	r := vector()
	signed, from := signWith(t, r)
	require.NoError(t, r.Accept(signed, from))
}

func TestEveryOtherTransactionIsRefused(t *testing.T) {
	signed, from := signWith(t, vector())
	for name, change := range map[string]func(*signer.Request){
		"chain": func(r *signer.Request) { r.ChainID = 5 },
		"nonce": func(r *signer.Request) { r.Nonce++ },
		"to":    func(r *signer.Request) { r.To[0]++ },
		"data":  func(r *signer.Request) { r.Data = []byte{1, 2, 3, 4} },
		"gas":   func(r *signer.Request) { r.Gas++ },
		"fee":   func(r *signer.Request) { r.MaxFeePerGas = big.NewInt(1) },
		"tip":   func(r *signer.Request) { r.MaxPriorityFeePerGas = big.NewInt(1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := vector()
			change(&r)
			require.ErrorContains(t, r.Accept(signed, from), "differs from the request")
		})
	}
}

func TestAReplyThatContradictsItsBytesIsRefused(t *testing.T) {
	r := vector()
	for name, change := range map[string]func(*signer.Signed){
		"no bytes":       func(s *signer.Signed) { s.Raw = nil },
		"trailing bytes": func(s *signer.Signed) { s.Raw = append(s.Raw, 0) },
		"cut off":        func(s *signer.Signed) { s.Raw = s.Raw[:len(s.Raw)-1] },
		"another hash":   func(s *signer.Signed) { s.Hash[0]++ },
		"another digest": func(s *signer.Signed) { s.Digest[0]++ },
		"another sender": func(s *signer.Signed) { s.From[0]++ },
		"no rule":        func(s *signer.Signed) { s.Rule = "" },
		"no sequence":    func(s *signer.Signed) { s.Seq = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			signed, from := signWith(t, r)
			change(&signed)
			require.Error(t, r.Accept(signed, from))
		})
	}
	signed, _ := signWith(t, r)
	require.Error(t, r.Accept(signed, common.Address{}), "an unknown sender")
	_, other := signWith(t, r)
	require.Error(t, r.Accept(signed, other), "somebody else's signature")
}

func TestHighSIsRefused(t *testing.T) {
	r := vector()
	signed, from := signWith(t, r)
	var tx types.Transaction
	require.NoError(t, tx.UnmarshalBinary(signed.Raw))
	v, sigR, sigS := tx.RawSignatureValues()
	flipped := make([]byte, 65)
	sigR.FillBytes(flipped[:32])
	new(big.Int).Sub(crypto.S256().Params().N, sigS).FillBytes(flipped[32:64])
	flipped[64] = byte(1 - v.Uint64())
	high, err := r.Tx().WithSignature(types.NewLondonSigner(big.NewInt(1)), flipped)
	require.NoError(t, err)
	signed.Raw, err = high.MarshalBinary()
	require.NoError(t, err)
	signed.Hash = high.Hash()
	require.ErrorContains(t, r.Accept(signed, from), "high s")
}

func TestOtherTransactionTypesAreRefused(t *testing.T) {
	r := vector()
	signed, from := signWith(t, r)
	key, err := crypto.GenerateKey()
	require.NoError(t, err)
	to := r.To
	for name, inner := range map[string]types.TxData{
		"legacy":      &types.LegacyTx{Nonce: r.Nonce, To: &to, Gas: r.Gas, GasPrice: r.MaxFeePerGas, Value: new(big.Int), Data: r.Data},
		"access list": &types.AccessListTx{ChainID: big.NewInt(1), Nonce: r.Nonce, To: &to, Gas: r.Gas, GasPrice: r.MaxFeePerGas, Value: new(big.Int), Data: r.Data},
		"with value": &types.DynamicFeeTx{ChainID: big.NewInt(1), Nonce: r.Nonce, To: &to, Gas: r.Gas, GasFeeCap: r.MaxFeePerGas,
			GasTipCap: r.MaxPriorityFeePerGas, Value: big.NewInt(1), Data: r.Data},
		"with an access list": &types.DynamicFeeTx{ChainID: big.NewInt(1), Nonce: r.Nonce, To: &to, Gas: r.Gas, GasFeeCap: r.MaxFeePerGas,
			GasTipCap: r.MaxPriorityFeePerGas, Value: new(big.Int), Data: r.Data, AccessList: types.AccessList{{Address: to}}},
		"a creation": &types.DynamicFeeTx{ChainID: big.NewInt(1), Nonce: r.Nonce, Gas: r.Gas, GasFeeCap: r.MaxFeePerGas,
			GasTipCap: r.MaxPriorityFeePerGas, Value: new(big.Int), Data: r.Data},
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(1)), inner)
			require.NoError(t, err)
			other := signed
			other.Raw, err = tx.MarshalBinary()
			require.NoError(t, err)
			require.ErrorContains(t, r.Accept(other, from), "differs from the request")
		})
	}
}
