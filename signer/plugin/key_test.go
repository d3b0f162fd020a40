package plugin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// bench is a backend with the suite's key, opened up.
type bench struct {
	*backend
	storage logical.Storage
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{backend: newBackend(nil), storage: Detached(&logical.InmemStorage{})}
	require.NoError(t, b.Setup(t.Context(), &logical.BackendConfig{StorageView: b.storage, System: &logical.StaticSystemView{}}))
	k := signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)}
	resp, err := b.do(t.Context(), logical.CreateOperation, "keys/"+signertest.Name, k.Fields())
	require.NoError(t, err)
	require.False(t, resp.IsError())
	return b
}

func (b *bench) do(ctx context.Context, op logical.Operation, path string, body map[string]any) (*logical.Response, error) {
	return b.HandleRequest(ctx, &logical.Request{Operation: op, Path: path, Data: body, Storage: b.storage})
}

func (b *bench) state(t *testing.T) *state {
	t.Helper()
	s, err := loadState(t.Context(), b.storage, signertest.Name)
	require.NoError(t, err)
	return s
}

// TestASignatureThatIsNotTheRequestsDoesNotLeave replaces what signs: the
// plugin judges its own work as a client would.
func TestASignatureThatIsNotTheRequestsDoesNotLeave(t *testing.T) {
	other, err := secp256k1.GeneratePrivateKey()
	require.NoError(t, err)
	for name, compact := range map[string]func(*secp256k1.PrivateKey, []byte) []byte{
		"of another key": func(_ *secp256k1.PrivateKey, d []byte) []byte { return signCompact(other, d) },
		"of another digest": func(k *secp256k1.PrivateKey, d []byte) []byte {
			return signCompact(k, crypto.Keccak256(d))
		},
		"with high s": func(k *secp256k1.PrivateKey, d []byte) []byte {
			c := signCompact(k, d)
			s := new(big.Int).SetBytes(c[33:])
			s.Sub(crypto.S256().Params().N, s).FillBytes(c[33:])
			c[0] = 55 - c[0]
			return c
		},
		"with the other recovery": func(k *secp256k1.PrivateKey, d []byte) []byte {
			c := signCompact(k, d)
			c[0] = 55 - c[0]
			return c
		},
		"with a flipped bit": func(k *secp256k1.PrivateKey, d []byte) []byte {
			c := signCompact(k, d)
			c[7] ^= 1
			return c
		},
		"of a compressed key": func(k *secp256k1.PrivateKey, d []byte) []byte { return ecdsa.SignCompact(k, d, true) },
		"of zeros":            func(*secp256k1.PrivateKey, []byte) []byte { return append([]byte{27}, make([]byte, 64)...) },
		"cut off":             func(k *secp256k1.PrivateKey, d []byte) []byte { return signCompact(k, d)[:64] },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.compact = compact
			resp, err := b.do(t.Context(), logical.UpdateOperation, "sign/"+signertest.Name, signertest.Pause(signertest.Core, 0).Fields())
			require.Error(t, err)
			assert.Nil(t, resp)
			b.compact = signCompact
			resp, err = b.do(t.Context(), logical.UpdateOperation, "sign/"+signertest.Name, signertest.Pause(signertest.Core, 0).Fields())
			require.NoError(t, err)
			assert.EqualValues(t, 1, resp.Data["seq"], "it was counted once")
		})
	}
}

func TestAKeyThatIsDamagedOrMissingSignsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		value []byte
		why   string
	}{
		"missing":      {nil, "read key: it is missing"},
		"short":        {make([]byte, 31), "the entry is damaged"},
		"long":         {bytes.Repeat([]byte{1}, 33), "the entry is damaged"},
		"of zeros":     {make([]byte, 32), "it is not the key of"},
		"another one":  {bytes.Repeat([]byte{7}, 32), "it is not the key of"},
		"out of range": {bytes.Repeat([]byte{0xff}, 32), "it is not the key of"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if c.value == nil {
				require.NoError(t, b.storage.Delete(t.Context(), keyPrefix+signertest.Name))
			} else {
				require.NoError(t, b.storage.Put(t.Context(), &logical.StorageEntry{Key: keyPrefix + signertest.Name, Value: c.value}))
			}
			resp, err := b.do(t.Context(), logical.UpdateOperation, "sign/"+signertest.Name, signertest.Pause(signertest.Core, 0).Fields())
			require.ErrorContains(t, err, c.why)
			assert.Nil(t, resp)
		})
	}
}

// spins is a random source that gives some values first.
type spins struct{ first [][]byte }

func (s *spins) Read(p []byte) (int, error) {
	if len(s.first) == 0 {
		return 0, errors.New("the source is dry")
	}
	n := copy(p, s.first[0])
	s.first = s.first[1:]
	return n, nil
}

func TestAKeyIsDrawnFromTheWholeRangeAndNothingElse(t *testing.T) {
	order := crypto.S256().Params().N
	zero, n, above := make([]byte, 32), order.Bytes(), bytes.Repeat([]byte{0xff}, 32)
	last := new(big.Int).Sub(order, big.NewInt(1)).Bytes()
	secret := make([]byte, keySize)
	for _, good := range [][]byte{last, new(big.Int).SetInt64(1).FillBytes(make([]byte, 32))} {
		priv, err := drawKey(&spins{[][]byte{zero, n, above, good}}, secret)
		require.NoError(t, err)
		assert.Equal(t, good, priv.Serialize())
		assert.Equal(t, good, secret)
	}
	for _, bad := range [][]byte{zero, n, above} {
		_, err := drawKey(&spins{[][]byte{bad, bad, bad, bad, bad, bad, bad, bad, last}}, secret)
		require.ErrorContains(t, err, "no usable key")
	}
	_, err := drawKey(&spins{}, secret)
	require.ErrorContains(t, err, "the source is dry")
	_, err = drawKey(io.LimitReader(&spins{[][]byte{last}}, 31), secret)
	require.Error(t, err, "half a draw is none")
}
