package signer

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Signed is a transaction ready to be broadcast, with the receipt that says
// what allowed it. Receipt.Digest is the hash that was signed.
type Signed struct {
	Raw  []byte         // the canonical type 2 envelope
	Hash common.Hash    // transaction hash, keccak256 of Raw
	From common.Address // the key's address
	Receipt
}

// WithSignature joins the request with a 65-byte signature r || s || v, v in
// {0, 1}, and fills the fields that follow from the two.
func (r Request) WithSignature(signature []byte) (Signed, error) {
	tx, err := r.Tx().WithSignature(r.txSigner(), signature)
	if err != nil {
		return Signed{}, fmt.Errorf("attach signature: %w", err)
	}
	from, err := types.Sender(r.txSigner(), tx)
	if err != nil {
		return Signed{}, fmt.Errorf("recover sender: %w", err)
	}
	return r.attached(tx, from)
}

// WithSignatureOf is WithSignature for who knows whose signature it should be
// and asks Accept whether it is: recovering the sender is the dearest part of
// both.
func (r Request) WithSignatureOf(from common.Address, signature []byte) (Signed, error) {
	tx, err := r.Tx().WithSignature(r.txSigner(), signature)
	if err != nil {
		return Signed{}, fmt.Errorf("attach signature: %w", err)
	}
	return r.attached(tx, from)
}

func (r Request) attached(tx *types.Transaction, from common.Address) (Signed, error) {
	raw, err := tx.MarshalBinary()
	if err != nil {
		return Signed{}, fmt.Errorf("encode signed transaction: %w", err)
	}
	return Signed{Raw: raw, Hash: tx.Hash(), From: from, Receipt: Receipt{Digest: r.Digest()}}, nil
}

// Accept decodes s.Raw again and returns an error unless it is exactly the
// transaction of r, in its canonical encoding, signed with low s (EIP-2) by
// from. A signer that returns another transaction is refused here, so a caller
// never broadcasts what it did not ask for.
func (r Request) Accept(s Signed, from common.Address) error {
	if from == (common.Address{}) {
		return fmt.Errorf("refuse signed transaction: the expected sender is not known")
	}
	var tx types.Transaction
	if err := tx.UnmarshalBinary(s.Raw); err != nil {
		return fmt.Errorf("refuse signed transaction: decode: %w", err)
	}
	if field := r.differs(&tx); field != "" {
		return fmt.Errorf("refuse signed transaction: %s differs from the request", field)
	}
	if raw, err := tx.MarshalBinary(); err != nil || !bytes.Equal(raw, s.Raw) {
		return fmt.Errorf("refuse signed transaction: the encoding is not canonical")
	}
	v, sigR, sigS := tx.RawSignatureValues()
	if v.BitLen() > 1 || !crypto.ValidateSignatureValues(byte(v.Uint64()), sigR, sigS, true) {
		return fmt.Errorf("refuse signed transaction: the signature is out of range or high s")
	}
	sender, err := types.Sender(r.txSigner(), &tx)
	if err != nil {
		return fmt.Errorf("refuse signed transaction: recover sender: %w", err)
	}
	switch {
	case sender != from || s.From != from:
		return fmt.Errorf("refuse signed transaction: the sender is not %s", from)
	case s.Hash != tx.Hash():
		return fmt.Errorf("refuse signed transaction: the hash is not that of the bytes")
	case s.Digest != r.Digest():
		return fmt.Errorf("refuse signed transaction: the digest is not that of the request")
	case s.Rule == "" || s.Seq == 0:
		return fmt.Errorf("refuse signed transaction: no rule or sequence number came with it")
	}
	return nil
}

// differs names the first field of tx that is not what was asked for.
func (r Request) differs(tx *types.Transaction) string {
	switch {
	case tx.Type() != types.DynamicFeeTxType:
		return "type"
	case tx.ChainId().Cmp(new(big.Int).SetUint64(r.ChainID)) != 0:
		return "chain id"
	case tx.Nonce() != r.Nonce:
		return "nonce"
	case tx.To() == nil || *tx.To() != r.To:
		return "to"
	case tx.Value().Sign() != 0:
		return "value"
	case !bytes.Equal(tx.Data(), r.Data):
		return "data"
	case tx.Gas() != r.Gas:
		return "gas"
	case tx.GasFeeCap().Cmp(orZero(r.MaxFeePerGas)) != 0:
		return "max fee per gas"
	case tx.GasTipCap().Cmp(orZero(r.MaxPriorityFeePerGas)) != 0:
		return "max priority fee per gas"
	case len(tx.AccessList()) != 0:
		return "access list"
	}
	return ""
}
