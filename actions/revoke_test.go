package actions_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
)

func revoking(role string, account common.Address) actions.Args {
	return actions.Args{"role": actions.Role(role), "account": actions.Address(account)}
}

func TestTheRoleThatAdministersTheOthersIsNeverRevoked(t *testing.T) {
	_, err := action(t, "revoke-role").Prepare(target(), revoking(contracts.DefaultAdminRole, attacker))
	assert.ErrorContains(t, err, "for ever")
}

// A detector can be lied to: whoever names us, our keys or the protocol must not
// get their rights taken.
func TestNobodyOfOursLosesRights(t *testing.T) {
	issuers, ok := actions.Lookup("revoke-issuer", "erc3643")
	require.True(t, ok)
	to := target()
	treasury := common.HexToAddress("0x5555555555555555555555555555555555555555")
	to.Protected[treasury] = "treasury"
	for name, account := range map[string]common.Address{"a protected account": treasury, "the contract": vault, "nobody": {}} {
		_, err := action(t, "revoke-role").Prepare(to, revoking("MINTER_ROLE", account))
		assert.ErrorContains(t, err, "refuse revoke-role", name)
		_, err = issuers.Prepare(to, actions.Args{"issuer": actions.Address(account)})
		assert.ErrorContains(t, err, "refuse revoke-issuer", name)
	}
	to.Protected = nil
	_, err := action(t, "revoke-role").Prepare(to, revoking("MINTER_ROLE", attacker))
	assert.ErrorContains(t, err, "nobody said")
}

func TestARevokedRoleIsReadByItsNameAndItsHash(t *testing.T) {
	p, err := action(t, "revoke-role").Prepare(target(), revoking("MINTER_ROLE", attacker))
	require.NoError(t, err)
	assert.Equal(t, "lab-vault.hasRole(MINTER_ROLE, "+attacker.Hex()+") == false", p.Goal.Text)
	assert.Equal(t, contracts.HasRoleQuery(contracts.Role("MINTER_ROLE"), attacker), []byte(p.Goal.Data))
	assert.True(t, p.Goal.Want.IsZero())
}
