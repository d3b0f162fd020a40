package app_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// spareHabit is in what the second key of a clinic differs from one that can
// make every call of vault-drain too.
type spareHabit struct {
	keyless, roleless, poor bool
	rules                   []string // ids of rules that its policy lacks; limit and blacklist by default
	tokenless               bool     // the daemon's token does not reach it
}

// giveSpare makes guardian-2 the spare of vault-drain.
func (c *clinic) giveSpare(h spareHabit) {
	address := c.person("guardian-2")
	if h.rules == nil {
		h.rules = []string{"limit", "blacklist"}
	}
	if !h.keyless {
		key, err := c.vault.CreateKey(c.t.Context(), signer.NewKey{Name: "guardian-2", Class: signer.Containment, Guardians: signertest.Guardians("guardian-2"),
			Policy: strings.Replace(c.policy(habit{rules: h.rules}), `"key":"guardian"`, `"key":"guardian-2"`, 1)})
		require.NoError(c.t, err)
		address = key.Address
	}
	if !h.roleless {
		require.NoError(c.t, c.Mine(c.t.Context(), []contracts.Transaction{{From: c.cast.Admin, To: &c.at.Vault, Gas: 200_000, Note: "grant",
			Data: contracts.GrantRole(contracts.Role(contracts.PauserRole), address)}}))
	}
	if !h.poor {
		require.NoError(c.t, c.Mine(c.t.Context(), []contracts.Transaction{{From: c.cast.Treasury, To: &address, Gas: 21_000, Note: "fund"}}))
	}
	may := map[string][]string{"sys/capabilities-self": {"update"}, "auth/token/lookup-self": {"read"}, "auth/token/renew-self": {"update"}}
	for _, name := range []string{"guardian", "guardian-2"} {
		if name == "guardian" || !h.tokenless {
			maps.Copy(may, map[string][]string{"eth/sign/" + name: {"update"}, "eth/check/" + name: {"update"}, "eth/keys/" + name: {"read"},
				"eth/keys/" + name + "/policy": {"read"}, "eth/keys/" + name + "/guardians": {"read"},
				"eth/keys/" + name + "/freeze": {"update"}, "eth/keys/" + name + "/halt": {"update"}})
		}
	}
	c.file("vault-token", c.vault.TokenFor(may))
	c.edit("inventory.yaml", "signers: {", `signers: {guardian-2: {chains: [lab], address: "`+address.Hex()+`"}, `)
	c.edit("playbooks/vault-drain.yaml", "  as: guardian\n", "  as: guardian\n  spare: guardian-2\n")
}

func TestASpareThatLacksNothingIsLookedAtAsTheFirstKeyIs(t *testing.T) {
	c := newClinic(t, habit{})
	c.giveSpare(spareHabit{})
	found := c.ask()
	require.Len(t, unwell(found), 1)
	assert.Equal(t, app.Warned, found["policy of guardian"].Verdict, "the first key's policy was made when there was no account of a second key to protect")
	assert.Contains(t, found["policy of guardian"].Found, "blacklist(address)")
	for _, check := range []string{"key guardian-2", "account guardian-2@lab", "nonce guardian-2@lab", "balance guardian-2@lab", "policy of guardian-2",
		"goal vault-drain/pause/spare", "call vault-drain/pause/spare", "policy vault-drain/pause/spare"} {
		assert.Contains(t, found, check)
	}
	assert.Contains(t, found["playbook vault-drain"].Found, "by guardian and once more by guardian-2")
	assert.Contains(t, found["balance guardian-2@lab"].Found, "vault-drain may take 0.25 ETH", "each key has half")
}

func TestWhatASpareLacksIsFoundAndNamedBeforeItIsNeeded(t *testing.T) {
	for name, b := range map[string]struct {
		has         spareHabit
		check, says string
		besides     []string
	}{
		"no key": {spareHabit{keyless: true}, "key guardian-2", "no key of this name",
			[]string{"policy vault-drain/pause/spare", "nonce guardian-2@lab", "policy of guardian-2"}},
		"no role":         {spareHabit{roleless: true}, "call vault-drain/pause/spare", "PAUSER_ROLE", nil},
		"no money":        {spareHabit{poor: true}, "balance guardian-2@lab", "does not cover one plan", nil},
		"no policy":       {spareHabit{rules: []string{"pause", "limit"}}, "policy vault-drain/pause/spare", "key guardian-2 would refuse pause()", []string{"policy of guardian-2"}},
		"no way in Vault": {spareHabit{tokenless: true}, "vault rights", "eth/sign/guardian-2", []string{"key guardian-2", "nonce guardian-2@lab", "policy vault-drain/pause/spare", "policy of guardian-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t, habit{})
			c.giveSpare(b.has)
			found := c.ask()
			f := found[b.check]
			assert.Equal(t, app.Failed, f.Verdict, f.Found)
			assert.Contains(t, f.Found, b.says)
			assert.NotEmpty(t, f.Mend)
			for other, f := range found {
				if f.Verdict != app.Passed && other != b.check && other != "policy of guardian" { // as where nothing is lacking
					assert.Contains(t, b.besides, other, "the first key has all that it needs: %s", f.Found)
				}
			}
		})
	}
}
