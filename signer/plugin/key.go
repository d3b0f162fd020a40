package plugin

import (
	"context"
	"fmt"
	"io"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

const keySize = 32

// bear draws a key and stores it as 32 raw bytes, never as text, so that no
// copy lives in a Go string. Until the state entry exists the key has signed
// nothing and nobody knows its address: a crash leaves an orphan that the next
// creation may overwrite.
func bear(ctx context.Context, storage logical.Storage, name string, random io.Reader) (public []byte, err error) {
	secret := make([]byte, keySize)
	defer clear(secret)
	priv, err := drawKey(random, secret)
	if err != nil {
		return nil, err
	}
	defer priv.Zero()
	entry := &logical.StorageEntry{Key: keyPrefix + name, Value: secret, SealWrap: true}
	if err := storage.Put(ctx, entry); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return priv.PubKey().SerializeCompressed(), nil
}

// drawKey rejects the few values outside [1, n-1] and draws again, which keeps
// the key uniform.
func drawKey(random io.Reader, secret []byte) (*secp256k1.PrivateKey, error) {
	for range 8 {
		if _, err := io.ReadFull(random, secret); err != nil {
			return nil, fmt.Errorf("draw key: %w", err)
		}
		var scalar secp256k1.ModNScalar
		if overflow := scalar.SetByteSlice(secret); !overflow && !scalar.IsZero() {
			priv := secp256k1.NewPrivateKey(&scalar)
			scalar.Zero()
			return priv, nil
		}
	}
	return nil, fmt.Errorf("draw key: the random source gives no usable key")
}

func addressOf(public *secp256k1.PublicKey) common.Address {
	return common.BytesToAddress(crypto.Keccak256(public.SerializeUncompressed()[1:])[12:])
}

// signCompact gives 27+recovery || r || s, by RFC 6979 and with low s.
func signCompact(priv *secp256k1.PrivateKey, digest []byte) []byte {
	return ecdsa.SignCompact(priv, digest, false)
}

// signTransaction loads the key, signs, wipes, and then judges its own work as
// a client would: a signature that is not exactly the request, low s and from
// the key's own address never leaves.
func (b *backend) signTransaction(ctx context.Context, storage logical.Storage, r signer.Request, want common.Address) (signer.Signed, error) {
	entry, err := storage.Get(ctx, keyPrefix+r.Key)
	if err != nil || entry == nil {
		if err == nil {
			err = fmt.Errorf("it is missing")
		}
		return signer.Signed{}, fmt.Errorf("read key: %w", err)
	}
	defer clear(entry.Value)
	if len(entry.Value) != keySize {
		return signer.Signed{}, fmt.Errorf("read key: the entry is damaged")
	}
	priv := secp256k1.PrivKeyFromBytes(entry.Value)
	defer priv.Zero()
	if addressOf(priv.PubKey()) != want {
		return signer.Signed{}, fmt.Errorf("read key: it is not the key of %s", want)
	}
	digest := r.Digest()
	compact := b.compact(priv, digest[:])
	signed, err := r.WithSignatureOf(want, append(compact[1:], compact[0]-27))
	if err != nil {
		return signer.Signed{}, err
	}
	return signed, nil
}
