package plugin

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/policy"
)

// TestTheLargestStateFitsOneStorageEntry fills everything that a policy can
// allow. Raft storage takes 1 MiB in one entry.
func TestTheLargestStateFitsOneStorageEntry(t *testing.T) {
	longest := strings.Repeat("r", 63)
	top := new(big.Int).Lsh(big.NewInt(1), 128).String()
	s := state{Chains: map[uint64]*chainState{}, Address: common.Address{1}}
	for range policy.MaxUses {
		s.Uses = append(s.Uses, use{At: 1 << 62, Rule: longest, Chain: 1 << 62})
	}
	for id := range uint64(policy.MaxReceipts / (policy.MaxBumps + 1)) {
		s.Chains[id+1] = fullChain(longest, top)
	}
	raw, err := json.Marshal(&s)
	require.NoError(t, err)
	assert.Less(t, len(raw), 900<<10)
}

func fullChain(longest, top string) *chainState {
	chain := &chainState{Next: 1 << 62}
	for range keptNonces {
		sl := slot{Nonce: 1 << 62, Fee: top, Tip: top, Cost: top}
		for range policy.MaxBumps + 1 {
			sl.Receipts = append(sl.Receipts, receipt{Rule: longest, PolicyVersion: 1 << 52, Seq: 1 << 52})
		}
		chain.Slots = append(chain.Slots, sl)
	}
	for range 26 {
		chain.Spent = append(chain.Spent, spent{Hour: 1 << 32, Wei: top})
	}
	return chain
}

func TestADamagedStateIsAnErrorAndNotAnEmptyOne(t *testing.T) {
	good := `{"address":"0x1111111111111111111111111111111111111111","chains":{"1":{"next":1,"slots":[{"fee":"1","tip":"1","cost":"1"}],"spent":[{"hour":1,"wei":"1"}]}}}`
	for name, c := range map[string]struct{ old, new string }{
		"whole":              {"", ""},
		"no JSON":            {good, "{"},
		"empty":              {good, "{}"},
		"no chains":          {`"chains":{"1":{"next":1,"slots":[{"fee":"1","tip":"1","cost":"1"}],"spent":[{"hour":1,"wei":"1"}]}}`, `"chains":null`},
		"a null chain":       {`{"next":1,"slots":[{"fee":"1","tip":"1","cost":"1"}],"spent":[{"hour":1,"wei":"1"}]}`, `null`},
		"a fee of no number": {`"fee":"1"`, `"fee":"x"`},
		"a cost below zero":  {`"cost":"1"`, `"cost":"-1"`},
		"no amount spent":    {`"wei":"1"`, `"wei":""`},
	} {
		storage := &logical.InmemStorage{}
		entry := &logical.StorageEntry{Key: statePrefix + "k1", Value: []byte(strings.Replace(good, c.old, c.new, 1))}
		require.NoError(t, storage.Put(t.Context(), entry))
		_, err := loadState(t.Context(), storage, "k1")
		assert.Equal(t, name == "whole", err == nil, name)
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
