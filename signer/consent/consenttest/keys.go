package consenttest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer/consent"
)

// Wallet signs EIP-712 digests. The zero switches sign as a wallet should.
type Wallet struct {
	RawV  bool // write v as 0 or 1
	HighS bool // write the other s, which EIP-2 refuses

	key *ecdsa.PrivateKey
}

// NewWallet makes the wallet of a seed.
func NewWallet(seed string) *Wallet {
	w := &Wallet{}
	secret("wallet", seed, func(d []byte) bool {
		key, err := crypto.ToECDSA(d)
		w.key = key
		return err == nil
	})
	return w
}

// Address is the wallet's address.
func (w *Wallet) Address() common.Address { return crypto.PubkeyToAddress(w.key.PublicKey) }

// Private is the key itself, for tools that want it in a file. It is no secret:
// anybody can make it from its seed.
func (w *Wallet) Private() *ecdsa.PrivateKey { return w.key }

// Key implements Keyholder.
func (w *Wallet) Key() consent.Key { return consent.Key{Kind: consent.EIP712, Address: w.Address()} }

// Sign implements Keyholder.
func (w *Wallet) Sign(guardian string, digest common.Hash) consent.Signature {
	signature, err := crypto.Sign(digest[:], w.key)
	if err != nil {
		panic(err) // a digest has 32 bytes
	}
	if w.HighS {
		s := new(big.Int).SetBytes(signature[32:64])
		s.Sub(crypto.S256().Params().N, s).FillBytes(signature[32:64])
		signature[64] ^= 1
	}
	if !w.RawV {
		signature[64] += 27
	}
	return consent.Signature{Guardian: guardian, Kind: consent.EIP712, Bytes: signature}
}

// Ed25519 signs digests with an ed25519 key.
type Ed25519 struct {
	NoPrefix bool // sign the bare digest

	key ed25519.PrivateKey
}

// NewEd25519 makes the ed25519 key of a seed.
func NewEd25519(seed string) *Ed25519 {
	any32 := secret("ed25519", seed, func([]byte) bool { return true })
	return &Ed25519{key: ed25519.NewKeyFromSeed(any32)}
}

// Key implements Keyholder.
func (e *Ed25519) Key() consent.Key {
	return consent.Key{Kind: consent.Ed25519, PublicKey: e.key.Public().(ed25519.PublicKey)}
}

// Sign implements Keyholder.
func (e *Ed25519) Sign(guardian string, digest common.Hash) consent.Signature {
	message := consent.Ed25519Message(digest)
	if e.NoPrefix {
		message = digest[:]
	}
	return consent.Signature{Guardian: guardian, Kind: consent.Ed25519, Bytes: ed25519.Sign(e.key, message)}
}
