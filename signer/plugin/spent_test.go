package plugin

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func given(guardian string, id byte, until time.Time) accepted {
	return accepted{
		verified: consent.Verified{Guardian: guardian, Kind: consent.EIP712}, digest: common.Hash{id, 1},
		given: consent.Given{Terms: consent.Terms{ID: common.Hash{id}, ValidUntil: uint64(until.Unix()), MaxUses: 2}},
	}
}

func TestASpentApprovalIsKeptForADayAfterItsEnd(t *testing.T) {
	var s state
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	end := start.Add(time.Hour)
	s.spendApprovals(start, signertest.Pause(signertest.Core, 0), []accepted{given("ana", 1, end)})
	s.spendApprovals(end.Add(24*time.Hour), signertest.Pause(signertest.Core, 1), nil)
	assert.NotNil(t, s.spentBy("ana", common.Hash{1}))
	assert.Nil(t, s.spentBy("ben", common.Hash{1}), "an id is one guardian's")
	assert.Nil(t, s.spentBy("ana", common.Hash{2}))
	s.spendApprovals(end.Add(24*time.Hour+time.Second), signertest.Pause(signertest.Core, 2), nil)
	assert.Nil(t, s.spentBy("ana", common.Hash{1}))
}

func TestAReplacementIsTheSameUseOfAnApproval(t *testing.T) {
	var s state
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	r := signertest.Pause(signertest.Core, 0)
	for _, fee := range []int64{100, 110, 120} {
		out := s.spendApprovals(now, signertest.Fees(r, fee, 3), []accepted{given("ben", 1, now), given("ana", 1, now)})
		assert.Equal(t, []signer.Consent{{Guardian: "ana", Approval: common.Hash{1}}, {Guardian: "ben", Approval: common.Hash{1}}}, out, "by name")
	}
	require.Len(t, s.Spent, 2)
	assert.Len(t, s.Spent[0].Uses, 1)
	next := signertest.Pause(signertest.Core, 1)
	assert.True(t, s.Spent[0].allows(useOf(next), common.Hash{1, 1}, 2))
	assert.False(t, s.Spent[0].allows(useOf(next), common.Hash{1, 1}, 1), "used up")
	assert.True(t, s.Spent[0].allows(useOf(r), common.Hash{1, 1}, 1), "the same use")
	assert.False(t, s.Spent[0].allows(useOf(r), common.Hash{1, 2}, 2), "another message under the same id")
	s.spendApprovals(now, next, []accepted{given("ana", 1, now)})
	assert.Len(t, s.spentBy("ana", common.Hash{1}).Uses, 2)
	assert.NotEqual(t, useOf(r), useOf(signertest.Pause(signertest.Vault, 0)))
	other := r
	other.ChainID = 10
	assert.NotEqual(t, useOf(r), useOf(other))
}

func TestThereIsRoomForSoManyApprovalsAndNoMore(t *testing.T) {
	for _, c := range []struct {
		spent int
		code  string
	}{{maxSpent - 2, ""}, {maxSpent - 1, signer.CodeApprovalSpent}, {maxSpent, signer.CodeApprovalSpent}} {
		b := newBench(t)
		s := b.state(t)
		for i := range c.spent {
			s.Spent = append(s.Spent, spentApproval{Guardian: "dee", ID: common.BigToHash(big.NewInt(int64(i + 1000))), Until: uint64(time.Now().Unix() + 3600)})
		}
		require.NoError(t, s.save(t.Context(), b.storage, signertest.Name))
		local := &Local{backend: b, storage: b.storage}
		r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
		info, err := local.Key(t.Context(), signertest.Name)
		require.NoError(t, err)
		verdict, err := local.Check(t.Context(), r)
		require.NoError(t, err)
		terms := signertest.Terms(r, "a1", time.Now())
		digest := signertest.Message(info, verdict, terms, r)
		r.Approvals = signertest.Wire(signertest.Person("ana").Approve(terms, digest), signertest.Person("ben").Approve(terms, digest))
		verdict, err = local.Check(t.Context(), r)
		require.NoError(t, err)
		assert.Equal(t, c.code, verdict.Code, "%d spent", c.spent)
	}
}

func TestACounterIsRememberedForEachPasskeyAndNeverFalls(t *testing.T) {
	var s state
	count := func(id byte, n uint32) { s.countPasskey(consent.Verified{CredentialID: []byte{id}, SignCount: n}) }
	count(1, 0)
	assert.Empty(t, s.Passkeys, "one that does not count is not remembered")
	count(1, 7)
	count(2, 3)
	count(1, 5)
	count(2, 4)
	assert.EqualValues(t, 7, s.signCount([]byte{1}))
	assert.EqualValues(t, 4, s.signCount([]byte{2}))
	assert.Zero(t, s.signCount([]byte{3}))
	assert.Len(t, s.Passkeys, 2)
}

func TestTheWindowsOfAPolicyKeepWhatTheyNeedAndDropTheRest(t *testing.T) {
	var s state
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	use := func(at time.Duration, rule string, chain uint64, to byte) {
		s.count(start.Add(at), time.Hour, useGroup{Rule: rule, Chain: chain, To: common.Address{to}})
	}
	use(0, "a", 1, 1)
	use(time.Minute, "a", 1, 1)
	use(2*time.Minute, "a", 2, 1)
	use(3*time.Minute, "a", 1, 2)
	use(4*time.Minute, "b", 1, 1)
	require.Len(t, s.Uses, 4, "one group for each rule, chain and contract")
	now := start.Add(10 * time.Minute)
	ru := &policy.Rule{ID: "a"}
	target := policy.Target{Chain: 1, To: common.Address{1}}
	assert.EqualValues(t, 4, s.used(now, time.Hour, counts(ru, policy.Limit{}, target)))
	assert.EqualValues(t, 2, s.used(now, time.Hour, counts(ru, policy.Limit{PerTo: true}, target)))
	assert.EqualValues(t, 5, s.used(now, time.Hour, everyUse))
	use(61*time.Minute, "c", 1, 1)
	assert.Len(t, s.Uses, 4, "the first group is gone, with both its uses")
	assert.EqualValues(t, 4, s.used(start.Add(61*time.Minute), time.Hour, everyUse))
}

func TestACheaperReplacementCostsNothingAndKeepsTheDearestCost(t *testing.T) {
	r := signertest.Pause(signertest.Core, 0)
	var c chainState
	c.sign(r, nil, answered{Seq: 1})
	cheap := signertest.Fees(r, 110, 3)
	cheap.Gas = 21_000
	assert.Zero(t, extraCost(cheap, &c.Slots[0]).Sign())
	c.sign(cheap, &c.Slots[0], answered{Seq: 2})
	assert.Equal(t, r.Cost(), c.Slots[0].Cost)
	dear := signertest.Fees(r, 120, 4)
	assert.Equal(t, new(big.Int).Sub(dear.Cost(), r.Cost()), extraCost(dear, &c.Slots[0]))
	c.sign(dear, &c.Slots[0], answered{Seq: 3})
	assert.Equal(t, dear.Cost(), c.Slots[0].Cost)
	assert.Len(t, c.Slots[0].Signed, 3)
}

func TestEveryHourOfFeesIsKeptOnItsOwn(t *testing.T) {
	var c chainState
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	for i := range 3 {
		c.spend(start.Add(time.Duration(i)*time.Hour), big.NewInt(5))
		c.spend(start.Add(time.Duration(i)*time.Hour), big.NewInt(1))
	}
	require.Len(t, c.Spent, 3)
	assert.EqualValues(t, 18, c.spentDay(start.Add(2*time.Hour)).Int64())
	c.spend(start.Add(26*time.Hour), big.NewInt(1))
	c.spend(start.Add(26*time.Hour), big.NewInt(1))
	assert.Len(t, c.Spent, 2, "the oldest two are over")
}

func TestChainsAreKeptInOrder(t *testing.T) {
	var s state
	for _, id := range []uint64{10, 1, 5} {
		s.keep(&chainState{ID: id, Next: id})
	}
	s.keep(&chainState{ID: 5, Next: 9})
	require.Len(t, s.Chains, 3)
	assert.Equal(t, []uint64{1, 5, 10}, []uint64{s.Chains[0].ID, s.Chains[1].ID, s.Chains[2].ID})
	assert.EqualValues(t, 9, s.chain(5).Next)
	assert.EqualValues(t, 10, s.chain(10).Next)
	assert.Zero(t, s.chain(7).Next)
}
