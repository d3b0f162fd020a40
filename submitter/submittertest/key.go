package submittertest

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
)

// Key is a signer in this process with the rules of the real one that matter to
// whoever sends: no gaps, a replacement raises both fees, the same request
// gives the same bytes.
type Key struct {
	private *ecdsa.PrivateKey

	mu     sync.Mutex
	refuse func(r signer.Request) *signer.Refusal
	fail   func(r signer.Request) error
	forge  func(s *signer.Signed)
	next   uint64
	fees   map[uint64]signer.Request
	asked  []uint64
	seq    uint64
}

var _ signer.Signer = (*Key)(nil)

// NewKey makes a key.
func NewKey() *Key {
	private, err := crypto.GenerateKey()
	if err != nil {
		panic(err) // the system has no randomness
	}
	return &Key{private: private, fees: map[uint64]signer.Request{}}
}

// Address is the key's account.
func (k *Key) Address() common.Address { return crypto.PubkeyToAddress(k.private.PublicKey) }

// Private is the key itself, for transactions that somebody else makes with it.
func (k *Key) Private() *ecdsa.PrivateKey { return k.private }

// Refuse makes it say no to what f says no to. Nil: to nothing.
func (k *Key) Refuse(f func(r signer.Request) *signer.Refusal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refuse = f
}

// Fail makes it lose replies after it has signed. Nil: none.
func (k *Key) Fail(f func(r signer.Request) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail = f
}

// Forge makes it change what it answers. Nil: nothing.
func (k *Key) Forge(f func(s *signer.Signed)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forge = f
}

// Asked are the nonces that signatures were asked for, in order.
func (k *Key) Asked() []uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.asked)
}

// Request is the last request that was signed at a nonce.
func (k *Key) Request(nonce uint64) signer.Request {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fees[nonce]
}

// Sign implements signer.Signer.
func (k *Key) Sign(ctx context.Context, r signer.Request) (signer.Signed, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return signer.Signed{}, fmt.Errorf("%w: %w", signer.ErrUnavailable, err)
	}
	k.asked = append(k.asked, r.Nonce)
	if err := k.admit(r); err != nil {
		return signer.Signed{}, err
	}
	k.fees[r.Nonce] = r
	k.next = max(k.next, r.Nonce+1)
	signature, err := crypto.Sign(r.Digest().Bytes(), k.private)
	if err != nil {
		return signer.Signed{}, err
	}
	signed, err := r.WithSignature(signature)
	if err != nil {
		return signer.Signed{}, err
	}
	k.seq++
	signed.Rule, signed.Seq = "pause", k.seq
	if k.forge != nil {
		k.forge(&signed)
	}
	if k.fail != nil {
		if err := k.fail(r); err != nil {
			return signer.Signed{}, err
		}
	}
	return signed, nil
}

// admit is the policy.
func (k *Key) admit(r signer.Request) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if k.refuse != nil {
		if refusal := k.refuse(r); refusal != nil {
			return refusal
		}
	}
	old, known := k.fees[r.Nonce]
	switch {
	case known && old.Digest() == r.Digest():
	case known && (r.MaxFeePerGas.Cmp(old.MaxFeePerGas) <= 0 || r.MaxPriorityFeePerGas.Cmp(old.MaxPriorityFeePerGas) <= 0):
		return signer.Refuse(signer.CodeFee, "a replacement must raise both fees")
	case !known && r.Nonce > k.next:
		return signer.Refuse(signer.CodeNonceGap, "the next nonce on this chain is %d", k.next)
	}
	return nil
}

// Check implements signer.Signer: it allows everything.
func (k *Key) Check(context.Context, signer.Request) (signer.Verdict, error) {
	return signer.Verdict{Allowed: true}, nil
}

// Key implements signer.Signer.
func (k *Key) Key(context.Context, string) (signer.KeyInfo, error) {
	return signer.KeyInfo{Address: k.Address()}, nil
}
