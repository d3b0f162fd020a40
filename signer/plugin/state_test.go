package plugin

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// TestTheLargestStateFitsOneStorageEntry fills everything that a policy can
// allow. Raft storage takes 1 MiB in one entry.
func TestTheLargestStateFitsOneStorageEntry(t *testing.T) {
	longest, top := strings.Repeat("r", 63), new(big.Int).Lsh(big.NewInt(1), 255)
	s := state{Address: common.Address{1}, FrozenReason: strings.Repeat("x", signer.MaxReason)}
	for range policy.MaxUses { // the dearest way to remember them is a group each
		s.Uses = append(s.Uses, useGroup{Rule: longest, Chain: 1 << 62, At: []uint64{1 << 62}})
	}
	for id := range uint64(policy.MaxReceipts / (policy.MaxBumps + 1)) {
		s.Chains = append(s.Chains, fullChain(id+1, top))
	}
	approvals := make([]signer.Consent, signer.MaxApprovals)
	for i := range approvals {
		approvals[i].Guardian = longest[:32]
	}
	for range receiptsPerPage {
		s.Receipts = append(s.Receipts, signer.Receipt{Rule: longest, Seq: 1 << 62, PolicyVersion: 1 << 62, Time: 1 << 62, Approvals: approvals})
	}
	for range maxSpent {
		s.Spent = append(s.Spent, spentApproval{Guardian: longest[:32], Until: 1 << 62, Uses: make([]common.Hash, consent.MaxUses)})
	}
	s.Waiting, s.Dropped = make([]waiting, maxWaiting), make([]common.Hash, maxDropped)
	for range 64 {
		s.Passkeys = append(s.Passkeys, passkey{CredentialID: make([]byte, 1024), Count: 1 << 31})
	}
	s.Pending = []pendingChange{{Summary: strings.Repeat("x", 4200), By: strings.Split(strings.Repeat(longest[:32]+" ", signer.MaxApprovals), " ")}}
	raw, err := rlp.EncodeToBytes(&s)
	require.NoError(t, err)
	assert.Less(t, len(raw), 900<<10)
}

func fullChain(id uint64, top *big.Int) *chainState {
	chain := &chainState{ID: id, Next: 1 << 62}
	for range keptNonces {
		sl := slot{Nonce: 1 << 62, Fee: top, Tip: top, Cost: top}
		for range policy.MaxBumps + 1 {
			sl.Signed = append(sl.Signed, answered{Seq: 1 << 62})
		}
		chain.Slots = append(chain.Slots, sl)
	}
	for range 26 {
		chain.Spent = append(chain.Spent, spent{Hour: 1 << 32, Wei: top})
	}
	return chain
}

func TestADamagedStateIsAnErrorAndNotAnEmptyOne(t *testing.T) {
	good := state{
		Address: common.Address{1}, PolicyVersion: 1, RosterVersion: 1,
		Chains: []*chainState{{ID: 1, Slots: []slot{{Fee: big.NewInt(1), Tip: big.NewInt(1), Cost: big.NewInt(1)}}}},
	}
	encode := func(change func(s *state)) []byte {
		s := good
		change(&s)
		raw, err := rlp.EncodeToBytes(&s)
		require.NoError(t, err)
		return append([]byte{stateFormat}, raw...)
	}
	whole := encode(func(*state) {})
	for name, value := range map[string][]byte{
		"whole":            whole,
		"nothing":          {},
		"another format":   append([]byte{stateFormat + 1}, whole[1:]...),
		"cut off":          whole[:len(whole)-1],
		"with more behind": append(slices.Clone(whole), 0),
		"the old JSON":     []byte(`{"address":"0x1111111111111111111111111111111111111111"}`),
		"no address":       encode(func(s *state) { s.Address = common.Address{} }),
		"no policy":        encode(func(s *state) { s.PolicyVersion = 0 }),
		"no guardians":     encode(func(s *state) { s.RosterVersion = 0 }),
		"two changes":      encode(func(s *state) { s.Pending = make([]pendingChange, 2) }),
	} {
		storage := &logical.InmemStorage{}
		require.NoError(t, storage.Put(t.Context(), &logical.StorageEntry{Key: statePrefix + "k1", Value: value}))
		_, err := loadState(t.Context(), storage, "k1")
		assert.Equal(t, name == "whole", err == nil, "%s: %v", name, err)
	}
}

func TestFeesAtRiskAreForgottenByTheHourAfterADay(t *testing.T) {
	var c chainState
	start := time.Date(2026, 3, 1, 3, 59, 59, 0, time.UTC)
	c.spend(start, big.NewInt(5))
	c.spend(start, big.NewInt(6))
	assert.Len(t, c.Spent, 1)
	assert.EqualValues(t, 11, c.spentDay(start.Add(day)).Int64())
	assert.Zero(t, c.spentDay(start.Add(day+time.Hour)).Sign())
	assert.EqualValues(t, 11, c.spentDay(start.Add(-10*day)).Int64(), "a clock that stepped back frees nothing")
	c.spend(start.Add(30*time.Hour), big.NewInt(1))
	assert.Len(t, c.Spent, 1, "what no longer counts is dropped")
}
