package app_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/contracts"
)

// online checks the clinic's playbooks, and gives what is not about one of them
// under no playbook.
func (c *clinic) online() (byPlaybook map[string]map[string]app.Finding) {
	c.t.Helper()
	found, err := app.CheckOnline(c.t.Context(), c.config(), app.DoctorOptions{})
	require.NoError(c.t, err)
	byPlaybook = map[string]map[string]app.Finding{}
	for _, f := range found {
		if byPlaybook[f.Playbook] == nil {
			byPlaybook[f.Playbook] = map[string]app.Finding{}
		}
		byPlaybook[f.Playbook][f.Check] = f
	}
	return byPlaybook
}

func TestEveryPlaybookIsCheckedOnlineByItself(t *testing.T) {
	c := newClinic(t, habit{})
	found := c.online()
	assert.Empty(t, found[""], "nothing that is about all of them is wrong")
	for name, checks := range map[string]string{
		"vault-drain":     "vault-drain/pause",
		"allowance-phish": "allowance-phish/block",
		"limit-bleed":     "limit-bleed/cap",
	} {
		require.Empty(t, unwell(found[name]), name)
		for _, kind := range []string{"function", "role", "goal", "call", "fee"} {
			assert.Contains(t, found[name], kind+" "+checks)
		}
		for _, check := range []string{"playbook " + name, "balance guardian@lab", "channel #inc-onchain", "quorum " + name, "guardian ana"} {
			assert.Contains(t, found[name], check)
		}
	}
	assert.Contains(t, found["vault-drain"], "contract lab-vault")
	assert.NotContains(t, found["vault-drain"], "contract lab-registry", "another playbook's")
	assert.Contains(t, found["allowance-phish"], "contract lab-registry")
}

func TestAKeyWithoutItsRoleIsFoundByAskingTheContract(t *testing.T) {
	c := newClinic(t, habit{roleless: true})
	found := c.online()["vault-drain"]
	assert.Equal(t, app.Failed, found["role vault-drain/pause"].Verdict)
	assert.Contains(t, found["role vault-drain/pause"].Found, "does not hold PAUSER_ROLE")
	assert.Contains(t, found["role vault-drain/pause"].Mend, "grant "+c.key.Address.Hex())
	assert.Equal(t, app.Failed, found["call vault-drain/pause"].Verdict)
}

func TestAFunctionThatTheContractDoesNotHaveIsSaid(t *testing.T) {
	c := newClinic(t, habit{})
	c.edit("inventory.yaml", c.at.Vault.Hex(), c.at.Harvester.Hex())
	found := c.online()["vault-drain"]["function vault-drain/pause"]
	assert.Equal(t, app.Warned, found.Verdict)
	assert.Contains(t, found.Found, "pause() (0x8456cb59) is not found in the code at "+c.at.Harvester.Hex())
}

func TestFeesThatDoNotFitAPlaybookAreFound(t *testing.T) {
	c := newClinic(t, habit{})
	text := c.read("playbooks/vault-drain.yaml")
	start := strings.Index(text, "max_fee: ") + len("max_fee: ")
	end := start + strings.IndexAny(text[start:], "}\n")
	c.file("playbooks/vault-drain.yaml", text[:start]+"0.0000000001 ETH"+text[end:])
	found := c.online()["vault-drain"]["fee vault-drain/pause"]
	assert.Equal(t, app.Failed, found.Verdict, found.Found)
	assert.Contains(t, found.Mend, "raise submit.max_fee")
}

func TestWithoutVaultThePlaybooksAreCheckedAllTheSame(t *testing.T) {
	c := newClinic(t, habit{})
	c.vault.Close()
	found := c.online()
	assert.Empty(t, found[""])
	assert.Empty(t, unwell(found["vault-drain"]))
}

// read gives a file's text.
func (c *clinic) read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	require.NoError(c.t, err)
	return string(text)
}

// proxyTo deploys a proxy (EIP-1967) that points to an address.
func (c *clinic) proxyTo(impl common.Address) common.Address {
	nonce, err := c.NonceAt(c.t.Context(), c.cast.Treasury)
	require.NoError(c.t, err)
	at := crypto.CreateAddress(c.cast.Treasury, nonce)
	// Runtime: delegate all to what is in the slot, return or revert with what
	// comes back. The jump goes over the three bytes of the revert.
	slot := contracts.ImplementationSlot
	runtime := slices.Concat(common.FromHex("0x365f5f375f5f365f7f"), slot[:], common.FromHex("0x545af43d5f5f3e"))
	runtime = slices.Concat(runtime, []byte{0x60, byte(len(runtime) + 6), 0x57}, common.FromHex("0x3d5ffd5b3d5ff3"))
	// Creation: sstore(slot, impl), then return the runtime.
	head := slices.Concat([]byte{0x73}, impl[:], []byte{0x7f}, slot[:], []byte{0x55})
	size, offset := byte(len(runtime)), byte(len(head)+10)
	head = append(head, 0x60, size, 0x60, offset, 0x5f, 0x39, 0x60, size, 0x5f, 0xf3)
	require.NoError(c.t, c.Mine(c.t.Context(), []contracts.Transaction{{From: c.cast.Treasury, Data: append(head, runtime...), Gas: 500_000, Note: "proxy"}}))
	return at
}

func TestAProxyIsReadThroughToItsImplementation(t *testing.T) {
	c := newClinic(t, habit{})
	proxy := c.proxyTo(c.at.Vault)
	c.edit("inventory.yaml", c.at.Vault.Hex(), proxy.Hex())
	found := c.online()["vault-drain"]
	assert.Equal(t, app.Warned, found["contract lab-vault"].Verdict)
	assert.Contains(t, found["contract lab-vault"].Found, "a proxy to "+c.at.Vault.Hex())
	assert.Contains(t, found["contract lab-vault"].Found, "an upgrade would go unnoticed")
	assert.Equal(t, app.Passed, found["function vault-drain/pause"].Verdict, found["function vault-drain/pause"].Found)
	assert.Contains(t, found["function vault-drain/pause"].Found, c.at.Vault.Hex())

	code, err := c.CodeAt(t.Context(), c.at.Vault)
	require.NoError(t, err)
	hash := crypto.Keccak256Hash(code)
	pin := func(address common.Address, hash common.Hash) string {
		return fmt.Sprintf(`{chain: lab, address: "%s", implementation: {address: "%s", code_hash: "%s"}, can: [pause`, proxy, address, hash)
	}
	before := fmt.Sprintf(`{chain: lab, address: "%s", can: [pause`, proxy)
	c.edit("inventory.yaml", before, pin(c.at.Vault, hash))
	assert.Equal(t, app.Passed, c.online()["vault-drain"]["contract lab-vault"].Verdict, "as it is pinned")
	c.edit("inventory.yaml", pin(c.at.Vault, hash), pin(c.at.Vault, common.BigToHash(big.NewInt(1))))
	changed := c.ask()["contract lab-vault"]
	assert.Equal(t, app.Failed, changed.Verdict)
	assert.Contains(t, changed.Found, "the inventory pins")
	c.edit("inventory.yaml", pin(c.at.Vault, common.BigToHash(big.NewInt(1))), pin(c.at.Harvester, hash))
	upgraded := c.ask()["contract lab-vault"]
	assert.Equal(t, app.Failed, upgraded.Verdict)
	assert.Contains(t, upgraded.Found, "it was upgraded")
	assert.Contains(t, upgraded.Mend, "implementation into contracts.lab-vault")
}

func TestADoctorFindsThatAPinnedCodeHasChanged(t *testing.T) {
	c := newClinic(t, habit{})
	pinned := fmt.Sprintf(`address: "%s", code_hash: "%s"`, c.at.Vault.Hex(), common.BigToHash(big.NewInt(1)))
	c.edit("inventory.yaml", fmt.Sprintf(`address: "%s"`, c.at.Vault.Hex()), pinned)
	found := c.ask()["contract lab-vault"]
	assert.Equal(t, app.Failed, found.Verdict)
	assert.Contains(t, found.Found, "it is another contract than the playbooks were written for")
	assert.Contains(t, found.Mend, "code_hash into contracts.lab-vault")
}
