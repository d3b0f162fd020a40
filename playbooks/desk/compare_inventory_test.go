package desk_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

const town = `inventory: 1
tokens:
  ETH: 18
  USDX: {decimals: 6, chain: lab, address: "0x3333333333333333333333333333333333333333"}
chains:
  lab: {id: 1337, block_time: 2s, currency: ETH}
  two: {id: 1338, block_time: 2s, currency: ETH}
contracts:
  lab-vault: {chain: lab, address: "0x1111111111111111111111111111111111111111", can: [pause, withdrawal-limit], token: USDX, abi: [total() returns (uint256)], code_hash: "0x1111111111111111111111111111111111111111111111111111111111111111"}
  lab-registry: {chain: lab, address: "0x2222222222222222222222222222222222222222", can: [blocklist]}
rules: [vault.outflow-spike, oracle.stale]
sources:
  detector: {rules: [vault.outflow-spike]}
people: {ana: {slack: U0AAAAAAA}, ben: {}, cho: {}, dee: {}, eli: {wallets: ["0x7777777777777777777777777777777777777777"]}}
teams:
  security: [ana, ben, cho]
  protocol: [dee, eli]
signers:
  guardian: {chains: [lab]}
protected:
  treasury: "0x5555555555555555555555555555555555555555"
channels:
  "#inc-onchain": C0ONCHAIN
`

func inventoryOf(t *testing.T, text string) *playbooks.Inventory {
	t.Helper()
	book, err := fs.ReadFile(playbooks.Library(), "vault-drain.yaml")
	require.NoError(t, err)
	set, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: []byte(text)}, "books/vault-drain.yaml": {Data: book}}, "inventory.yaml", "books")
	require.NoError(t, err)
	return set.Inventory()
}

func TestAnInventoryCanLoosenWithoutAWordOfAPlaybook(t *testing.T) {
	before := inventoryOf(t, town)
	for old, c := range map[string]struct {
		now, says string
		back      desk.Effect
	}{
		"protocol: [dee, eli]":      {"protocol: [dee, eli, ana]", "ana is in team protocol too", desk.Tightens},
		"security: [ana, ben, cho]": {"security: [ana, ben, cho, dee]", "dee is in team security too", desk.Tightens},
		"slack: U0AAAAAAA":          {"slack: U0BBBBBBB", "ana is another in Slack", desk.Loosens},
		"ben: {}":                   {"ben: {slack: U0BBBBBBB}", "ben is another in Slack", desk.Loosens},
		"cho: {}":                   {"cho: {wallets: [\"0x8888888888888888888888888888888888888888\"]}", "cho may vote with wallet 0x8888", desk.Tightens},
		"lab: {id: 1337":            {"lab: {id: 1", "chain lab is another", desk.Loosens},
		"\"0x1111111111111111111111111111111111111111\"": {"\"0x1212121212121212121212121212121212121212\"", "contract lab-vault is another", desk.Loosens},
		"can: [blocklist]": {"can: [blocklist, pause]", "lab-registry can pause too", desk.Tightens},
		", code_hash: \"0x1111111111111111111111111111111111111111111111111111111111111111\"": {"", "code of lab-vault may be any", desk.Tightens},
		"decimals: 6":               {"decimals: 5", "token USDX is another", desk.Loosens},
		"guardian: {chains: [lab]}": {"guardian: {chains: [lab, two]}", "key guardian signs on two too", desk.Tightens},
		"protected:\n  treasury: \"0x5555555555555555555555555555555555555555\"\n": {"", "0x5555555555555555555555555555555555555555 is not protected any more", desk.Tightens},
		"detector: {rules: [vault.outflow-spike]}":                                 {"detector: {rules: [vault.outflow-spike, oracle.stale]}", "source detector may send oracle.stale too", desk.Tightens},
		"sources:\n  detector: {rules: [vault.outflow-spike]}\n":                   {"", "any source may send any rule", desk.Tightens},
	} {
		require.Equal(t, 1, strings.Count(town, old), old)
		after := inventoryOf(t, strings.Replace(town, old, c.now, 1))
		found := desk.CompareInventories(before, after)
		require.NotEmpty(t, found, old)
		assert.Equal(t, desk.Loosens, found[0].Effect, found)
		assert.Equal(t, "inventory.yaml", found[0].Playbook)
		assert.Contains(t, words(found), c.says)
		back := desk.CompareInventories(after, before)
		require.NotEmpty(t, back, old)
		assert.Equal(t, c.back, back[0].Effect, back)
	}
}

func words(list []desk.Change) string {
	var all []string
	for _, c := range list {
		all = append(all, c.String())
	}
	return strings.Join(all, "\n")
}

func TestWhatIsSaidOfAnInventoryAndNotGraded(t *testing.T) {
	before := inventoryOf(t, town)
	for old, now := range map[string]string{
		"guardian: {chains: [lab]}":          "guardian: {chains: [lab], address: \"0x9999999999999999999999999999999999999999\"}",
		"C0ONCHAIN":                          "C0OTHER00",
		"abi: [total() returns (uint256)], ": "",
		"lab: {id: 1337, block_time: 2s":     "lab: {id: 1337, block_time: 3s",
	} {
		require.Equal(t, 1, strings.Count(town, old), old)
		found := desk.CompareInventories(before, inventoryOf(t, strings.Replace(town, old, now, 1)))
		assert.Contains(t, words(found), ": changes", old)
	}
}

func TestEqualInventoriesHaveNoChanges(t *testing.T) {
	assert.Empty(t, desk.CompareInventories(inventoryOf(t, town), inventoryOf(t, "# a comment\n"+town)))
}
