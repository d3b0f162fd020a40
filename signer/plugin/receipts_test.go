package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// busy is a mount whose key has no limit of its own on pauses.
func busy(t *testing.T) *mount {
	t.Helper()
	m := newMount(t)
	policy := strings.Replace(signertest.Policy(signertest.Name), twice+`,`, "", 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	return m
}

// spend signs until the key has given so many signatures, an hour and more
// apart so that nothing runs out.
func (m *mount) spend(t *testing.T, upTo uint64) {
	t.Helper()
	for n := m.seq(t); n < upTo; n++ {
		m.clock.turn(25 * time.Hour)
		m.signed(t, signertest.Pause(signertest.Core, n))
	}
}

func (m *mount) receipt(t *testing.T, seq uint64) signer.Receipt {
	t.Helper()
	resp, err := m.do(t, logical.ReadOperation, "receipts/"+signertest.Name+"/"+strconv.FormatUint(seq, 10), nil)
	require.NoError(t, err)
	require.False(t, resp.IsError(), "%v", resp.Data)
	raw, err := json.Marshal(resp.Data)
	require.NoError(t, err)
	rec, err := signer.ParseReceipt(raw)
	require.NoError(t, err)
	return rec
}

// whole follows the chain of receipts from origin to head.
func (m *mount) whole(t *testing.T) {
	t.Helper()
	info := m.info(t)
	head := signer.Origin(info.InstanceID, info.Address)
	seen := map[common.Hash]bool{}
	for n := uint64(1); n <= info.Seq; n++ {
		rec := m.receipt(t, n)
		require.Equal(t, n, rec.Seq)
		require.Equal(t, head, rec.Prev, "number %d", n)
		require.False(t, seen[rec.Digest], "number %d was given twice", n)
		seen[rec.Digest], head = true, rec.Hash()
	}
	require.Equal(t, head, info.ReceiptHead)
}

func TestReceiptsBeyondOneAndTwoPagesAreAllThere(t *testing.T) {
	m := busy(t)
	for _, n := range []uint64{1, 31, 32, 33, 63, 64, 65, 70} {
		m.spend(t, n)
		m.open(t)
		m.whole(t)
	}
	pages, err := m.storage.List(t.Context(), "receipts/"+signertest.Name+"/")
	require.NoError(t, err)
	assert.Equal(t, []string{"0", "1"}, pages)
}

func TestAnOldSignatureIsGivenAgainFromItsPage(t *testing.T) {
	m := busy(t)
	m.clock.turn(25 * time.Hour)
	first := m.signed(t, signertest.Pause(signertest.Core, 0))
	m.spend(t, 40)
	assert.Equal(t, first, m.signed(t, signertest.Pause(signertest.Core, 0)))
	assert.Equal(t, "pause-core", m.check(t, signertest.Pause(signertest.Core, 0)).Rule)
	assert.EqualValues(t, 40, m.seq(t))
}

// failing is storage whose writes fail from the nth on, before or after they
// land.
type failing struct {
	logical.Storage
	left  int
	lands bool
}

func (f *failing) Put(ctx context.Context, entry *logical.StorageEntry) error {
	if f.left--; f.left >= 0 {
		return f.Storage.Put(ctx, entry)
	}
	if f.lands {
		return errors.Join(f.Storage.Put(ctx, entry), errors.New("the connection was lost"))
	}
	return errors.New("storage is read-only")
}

// TestACrashAtAnyWriteOfAPageTurnKeepsChainAndCounts fails the write of the
// page, then the write of the state, each before and after it lands.
func TestACrashAtAnyWriteOfAPageTurnKeepsChainAndCounts(t *testing.T) {
	for _, pages := range []uint64{1, 2} {
		for written := range 2 {
			for _, lands := range []bool{false, true} {
				m := busy(t)
				m.spend(t, 32*pages)
				m.clock.turn(25 * time.Hour)
				r := signertest.Pause(signertest.Core, 32*pages)
				before, solid := m.info(t), m.storage
				for range 3 { // three crashes, one after another
					m.storage = &failing{Storage: solid, left: written, lands: lands}
					resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, r.Fields())
					m.storage = solid
					if lands && written == 1 && err == nil {
						require.False(t, resp.IsError(), "the state had landed before")
					} else {
						require.Error(t, err)
						assert.Nil(t, resp)
					}
					m.open(t)
					m.whole(t)
				}
				signed := m.signed(t, r)
				assert.Equal(t, before.Seq+1, signed.Seq)
				assert.Equal(t, before.ReceiptHead, signed.Prev)
				m.spend(t, 32*pages+3)
				m.whole(t)
				for n := range uint64(3) {
					m.signed(t, signertest.Pause(signertest.Core, 32*pages+n))
				}
				assert.Equal(t, 32*pages+3, m.seq(t))
			}
		}
	}
}

func TestAPageThatIsDamagedOrGoneIsAnErrorAndNoReceipt(t *testing.T) {
	const page = "receipts/" + signertest.Name + "/0"
	for name, spoil := range map[string]func([]signer.Receipt) []byte{
		"gone":             func([]signer.Receipt) []byte { return nil },
		"damaged":          func([]signer.Receipt) []byte { return []byte("{") },
		"without the one":  func(all []signer.Receipt) []byte { return encoded(t, all[1:]) },
		"with none at all": func([]signer.Receipt) []byte { return encoded(t, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			m := busy(t)
			m.spend(t, 33)
			entry, err := m.storage.Get(t.Context(), page)
			require.NoError(t, err)
			var all []signer.Receipt
			require.NoError(t, rlp.DecodeBytes(entry.Value, &all))
			require.Len(t, all, 32)
			if value := spoil(all); value == nil {
				require.NoError(t, m.storage.Delete(t.Context(), page))
			} else {
				require.NoError(t, m.storage.Put(t.Context(), &logical.StorageEntry{Key: page, Value: value}))
			}
			_, err = m.do(t, logical.ReadOperation, "receipts/"+signertest.Name+"/1", nil)
			require.ErrorContains(t, err, "read receipt")
			for _, path := range []string{"sign/", "check/"} {
				resp, err := m.do(t, logical.UpdateOperation, path+signertest.Name, signertest.Pause(signertest.Core, 0).Fields())
				require.ErrorContains(t, err, "read receipt")
				assert.Nil(t, resp)
			}
			m.spend(t, 34)
		})
	}
}

func encoded(t *testing.T, all []signer.Receipt) []byte {
	t.Helper()
	raw, err := rlp.EncodeToBytes(all)
	require.NoError(t, err)
	return raw
}
