package contracts_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func dollars(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000)) }

// everything is more than a harvest can take, so that it takes the stake.
func everything() *big.Int { return contracts.UnlimitedWithdrawal() }

func openHarvest(t *testing.T, chain *practiceRange, lab contracts.Lab, d contracts.Deployment) {
	t.Helper()
	opening, err := d.OpenHarvest(lab.Attacker, lab.Amounts.Stake)
	require.NoError(t, err)
	require.NoError(t, chain.Mine(t.Context(), opening))
}

func harvest(t *testing.T, lab contracts.Lab, d contracts.Deployment, atMost *big.Int) contracts.Transaction {
	t.Helper()
	step, err := d.Harvest(lab.Attacker, atMost)
	require.NoError(t, err)
	return step
}

func steal(t *testing.T, chain *practiceRange, tx contracts.Transaction) {
	t.Helper()
	require.NoError(t, chain.Mine(t.Context(), []contracts.Transaction{tx}))
}

func TestTheAttackDrainsTheVaultInAboutFortyTransactions(t *testing.T) {
	chain, lab, d := deployedRange(t)
	openHarvest(t, chain, lab, d)
	held := func() *big.Int { return chain.number(t, d.Token, contracts.BalanceOfQuery(d.Vault)) }
	steps := 0
	for held().Sign() > 0 && steps < 60 {
		steal(t, chain, harvest(t, lab, d, everything()))
		steps++
	}
	assert.GreaterOrEqual(t, steps, 40)
	assert.LessOrEqual(t, steps, 50)
	assert.Equal(t, dollars(1_024_000), chain.number(t, d.Token, contracts.BalanceOfQuery(lab.Loot)))
	assert.Equal(t, dollars(1_024_000), chain.number(t, d.Vault, contracts.VaultTotalAssetsQuery()),
		"depositors are still promised everything")
}

func TestAPauseStopsTheAttackFromThatBlock(t *testing.T) {
	chain, lab, d := deployedRange(t)
	openHarvest(t, chain, lab, d)
	step := harvest(t, lab, d, everything())
	for range 3 {
		steal(t, chain, step)
	}
	chain.does(t, lab.Responder, d.Vault, contracts.Pause())
	require.True(t, chain.flag(t, d.Vault, contracts.PausedQuery()))

	reason := chain.refusal(t, step)
	assert.Equal(t, "EnforcedPause()", reason.Error)
	assert.Equal(t, dollars(3*24_000), chain.number(t, d.Token, contracts.BalanceOfQuery(lab.Loot)))

	again := contracts.Transaction{From: lab.Responder, To: &d.Vault, Data: contracts.Pause(), Gas: 300_000}
	assert.Equal(t, contracts.RevertAlreadySo, chain.refusal(t, again).Class)
}

func TestALimitStopsTheSlowBleed(t *testing.T) {
	chain, lab, d := deployedRange(t)
	openHarvest(t, chain, lab, d)
	sip := harvest(t, lab, d, dollars(500))
	for range 5 {
		steal(t, chain, sip)
	}
	used := chain.number(t, d.Vault, contracts.WithdrawnInWindowQuery())
	limit := new(big.Int).Add(used, dollars(700))
	set, err := contracts.SetWithdrawalLimit(limit, 24*time.Hour)
	require.NoError(t, err)
	chain.does(t, lab.Responder, d.Vault, set)
	// The same call again, as after a lost answer, neither fails nor refills.
	chain.does(t, lab.Responder, d.Vault, set)
	assert.Equal(t, limit, chain.number(t, d.Vault, contracts.WithdrawalLimitQuery()))
	assert.Equal(t, dollars(700), chain.number(t, d.Vault, contracts.WithdrawableQuery()))

	steal(t, chain, sip)
	assert.Equal(t, "WithdrawalLimitExceeded(uint256,uint256)", chain.refusal(t, sip).Error)
	window, err := contracts.DecodeSeconds(chain.view(t, d.Vault, contracts.WithdrawalWindowQuery()))
	require.NoError(t, err)
	assert.Equal(t, 24*time.Hour, window)
}

func TestALooserLimitIsRefusedByTheChain(t *testing.T) {
	chain, lab, d := deployedRange(t)
	zero, err := contracts.SetWithdrawalLimit(new(big.Int), time.Hour)
	require.NoError(t, err)
	chain.does(t, lab.Responder, d.Vault, zero)
	one, err := contracts.SetWithdrawalLimit(big.NewInt(1), time.Hour)
	require.NoError(t, err)
	loosen, err := contracts.LoosenWithdrawalLimit(contracts.UnlimitedWithdrawal(), time.Hour)
	require.NoError(t, err)
	call := func(data []byte) contracts.Transaction {
		return contracts.Transaction{From: lab.Responder, To: &d.Vault, Data: data, Gas: 300_000}
	}
	assert.Equal(t, contracts.RevertBadArguments, chain.refusal(t, call(one)).Class)
	assert.Equal(t, contracts.RevertUnauthorized, chain.refusal(t, call(loosen)).Class)
	chain.does(t, lab.Recovery, d.Vault, loosen)
	assert.Equal(t, contracts.UnlimitedWithdrawal(), chain.number(t, d.Vault, contracts.WithdrawableQuery()))
}

func TestABlocklistEntryStopsThePhishing(t *testing.T) {
	chain, lab, d := deployedRange(t)
	pull := func(victims []common.Address) contracts.Transaction {
		step, err := d.PullApproved(lab.Attacker, lab.Loot, victims)
		require.NoError(t, err)
		return step
	}
	steal(t, chain, pull(lab.Users[:4]))
	chain.does(t, lab.Responder, d.Registry, contracts.Blacklist(d.Drainer))
	chain.does(t, lab.Responder, d.Registry, contracts.Blacklist(d.Drainer))
	require.True(t, chain.flag(t, d.Registry, contracts.IsBlacklistedQuery(d.Drainer)))

	reason := chain.refusal(t, pull(lab.Users[4:8]))
	assert.Equal(t, "BlacklistedAccount("+d.Drainer.Hex()+")", reason.Text)
	assert.Equal(t, dollars(4*5_000), chain.number(t, d.Token, contracts.BalanceOfQuery(lab.Loot)))
	assert.Equal(t, dollars(5_000), chain.number(t, d.Token, contracts.BalanceOfQuery(lab.Users[4])))
}

func TestTheResponderCannotUndo(t *testing.T) {
	chain, lab, d := deployedRange(t)
	chain.does(t, lab.Responder, d.Vault, contracts.Pause())
	chain.does(t, lab.Responder, d.Registry, contracts.Blacklist(lab.Loot))
	for _, try := range []contracts.Transaction{
		{From: lab.Responder, To: &d.Vault, Data: contracts.Unpause(), Gas: 300_000},
		{From: lab.Responder, To: &d.Registry, Data: contracts.UnBlacklist(lab.Loot), Gas: 300_000},
	} {
		reason := chain.refusal(t, try)
		assert.Equal(t, contracts.RevertUnauthorized, reason.Class)
		assert.Contains(t, reason.Text, contracts.RecoveryRole)
	}
	chain.does(t, lab.Recovery, d.Vault, contracts.Unpause())
	chain.does(t, lab.Recovery, d.Registry, contracts.UnBlacklist(lab.Loot))
	assert.False(t, chain.flag(t, d.Vault, contracts.PausedQuery()))
	assert.False(t, chain.flag(t, d.Registry, contracts.IsBlacklistedQuery(lab.Loot)))
}
