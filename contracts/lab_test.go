package contracts_test

import (
	"context"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

// paperLab is a lab of people without keys, for what needs no chain.
func paperLab(users int) contracts.Lab {
	next := byte(0)
	person := func() common.Address {
		next++
		return common.BytesToAddress([]byte{1, next})
	}
	lab := contracts.Lab{
		Treasury: person(), Admin: person(), Responder: person(), Recovery: person(),
		Founder: person(), Attacker: person(), Loot: person(),
		Amounts: contracts.DefaultLabAmounts(),
	}
	for range users {
		lab.Users = append(lab.Users, person())
	}
	return lab
}

func TestTheLabComesUpFundedAndWithItsRoles(t *testing.T) {
	chain, lab, d := deployedRange(t)
	balance := func(who common.Address) *big.Int {
		return chain.number(t, d.Token, contracts.BalanceOfQuery(who))
	}
	assert.Equal(t, dollars(1_000_000), balance(d.Vault))
	assert.Equal(t, dollars(1_000_000), chain.number(t, d.Vault, contracts.VaultTotalAssetsQuery()))
	assert.Equal(t, lab.Amounts.Wallet, balance(lab.Users[19]))
	assert.Equal(t, contracts.UnlimitedWithdrawal(),
		chain.number(t, d.Token, contracts.AllowanceQuery(lab.Users[0], d.Drainer)))
	for _, role := range []struct {
		at   common.Address
		name string
		who  common.Address
	}{
		{d.Vault, contracts.DefaultAdminRole, lab.Admin},
		{d.Vault, contracts.PauserRole, lab.Responder},
		{d.Vault, contracts.LimiterRole, lab.Responder},
		{d.Vault, contracts.RecoveryRole, lab.Recovery},
		{d.Registry, contracts.DefaultAdminRole, lab.Admin},
		{d.Registry, contracts.BlocklisterRole, lab.Responder},
		{d.Registry, contracts.RecoveryRole, lab.Recovery},
	} {
		for _, who := range []common.Address{lab.Treasury, lab.Admin, lab.Responder, lab.Recovery, lab.Attacker} {
			has := chain.flag(t, role.at, contracts.HasRoleQuery(contracts.Role(role.name), who))
			assert.Equal(t, who == role.who, has, "%s of %s", role.name, who)
		}
	}
}

func TestADepositorCanLeaveAnUntouchedVault(t *testing.T) {
	chain, lab, d := deployedRange(t)
	who := lab.Users[0]
	// The founder's claim is in the last block and counts against its cap.
	chain.backend.Commit()
	shares := chain.number(t, d.Vault, contracts.VaultMaxRedeemQuery(who))
	require.Equal(t, lab.Amounts.MaxOutflowPerBlock, shares)
	data, err := contracts.VaultRedeem(shares, who)
	require.NoError(t, err)
	chain.does(t, who, d.Vault, data)
	want := new(big.Int).Add(lab.Amounts.Wallet, shares)
	assert.Equal(t, want, chain.number(t, d.Token, contracts.BalanceOfQuery(who)))
}

func TestThePlanOfTheLabIsAFunctionOfItsPeopleAndNonces(t *testing.T) {
	lab := paperLab(3)
	first, stages, err := lab.Plan(7, 2)
	require.NoError(t, err)
	same, again, err := lab.Plan(7, 2)
	require.NoError(t, err)
	assert.Equal(t, first, same)
	assert.Equal(t, stages, again)
	other, _, err := lab.Plan(8, 2)
	require.NoError(t, err)
	assert.NotEqual(t, first.Vault, other.Vault)
	for _, stage := range stages {
		for _, tx := range stage {
			assert.NotEmpty(t, tx.Note)
			assert.LessOrEqual(t, tx.Gas, uint64(16_777_216), "EIP-7825")
		}
	}
}

func TestALabThatIsNotFilledInIsRefused(t *testing.T) {
	_, _, err := contracts.Lab{}.Plan(0, 0)
	require.Error(t, err)
	for name, spoil := range map[string]func(*contracts.Lab){
		"nobody deposits":        func(l *contracts.Lab) { l.Users = nil },
		"a crowd":                func(l *contracts.Lab) { l.Users = make([]common.Address, contracts.MaxLabUsers+1) },
		"one key for two roles":  func(l *contracts.Lab) { l.Recovery = l.Responder },
		"the attacker is a user": func(l *contracts.Lab) { l.Users[1] = l.Attacker },
		"nobody responds":        func(l *contracts.Lab) { l.Responder = common.Address{} },
		"no amounts":             func(l *contracts.Lab) { l.Amounts = contracts.LabAmounts{} },
		"nothing at stake":       func(l *contracts.Lab) { l.Amounts.Stake = new(big.Int) },
		"supply too small":       func(l *contracts.Lab) { l.Amounts.Supply = dollars(100_000) },
		"rewards too large":      func(l *contracts.Lab) { l.Amounts.Early = dollars(30_000) },
		"half a second":          func(l *contracts.Lab) { l.Amounts.Window = time.Second / 2 },
	} {
		lab := paperLab(3)
		spoil(&lab)
		_, _, err := lab.Plan(0, 0)
		assert.Error(t, err, name)
	}
}

func TestABatchOfVictimsIsBounded(t *testing.T) {
	_, err := contracts.Deployment{}.PullApproved(alice, bobby, nil)
	require.Error(t, err)
	_, err = contracts.Deployment{}.PullApproved(alice, bobby, make([]common.Address, contracts.MaxVictims+1))
	require.Error(t, err)
	step, err := contracts.Deployment{}.PullApproved(alice, bobby, make([]common.Address, contracts.MaxVictims))
	require.NoError(t, err)
	assert.LessOrEqual(t, step.Gas, uint64(16_777_216), "EIP-7825")
}

// brokenChain passes on to a real range until it is told to fail.
type brokenChain struct {
	*practiceRange
	mine  func(stage int) error
	stage int
	empty bool
}

func (b *brokenChain) Mine(ctx context.Context, transactions []contracts.Transaction) error {
	b.stage++
	if err := b.mine(b.stage); err != nil {
		return err
	}
	if b.empty {
		return nil
	}
	return b.practiceRange.Mine(ctx, transactions)
}

func TestADeploymentThatFailsHalfwaySaysWhere(t *testing.T) {
	real, lab := newRange(t, 2)
	lost := errors.New("connection lost")
	chain := &brokenChain{practiceRange: real, mine: func(stage int) error {
		if stage == 3 {
			return lost
		}
		return nil
	}}
	_, err := lab.Deploy(t.Context(), chain)
	require.ErrorIs(t, err, lost)
	assert.ErrorContains(t, err, "stage 3 of 4")
}

func TestADeploymentThatLeftNoCodeIsNoticedBeforeAnybodyDeposits(t *testing.T) {
	real, lab := newRange(t, 2)
	chain := &brokenChain{practiceRange: real, empty: true, mine: func(int) error { return nil }}
	_, err := lab.Deploy(t.Context(), chain)
	require.ErrorContains(t, err, "0 bytes of code")
	assert.Equal(t, 1, chain.stage)
}
