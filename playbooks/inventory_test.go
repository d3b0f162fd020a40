package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

func inventory(t *testing.T, changes ...edit) *playbooks.Inventory {
	t.Helper()
	text := goodInventory
	for _, c := range changes {
		require.Equal(t, 1, strings.Count(text, c.old), c.old)
		text = strings.Replace(text, c.old, c.new, 1)
	}
	inv, err := playbooks.ParseInventory("inventory.yaml", text)
	require.NoError(t, err)
	return inv
}

func TestTheInventoryResolvesNamesBothWays(t *testing.T) {
	inv := inventory(t)
	chain, ok := inv.Chain("lab")
	require.True(t, ok)
	assert.Equal(t, playbooks.Chain{Name: "lab", ID: 1337, BlockTime: 2 * time.Second, Currency: "ETH"}, chain)
	name, ok := inv.ChainByID(77)
	assert.True(t, ok)
	assert.Equal(t, "side", name)
	id, ok := inv.ChainByName("lab")
	assert.True(t, ok)
	assert.Equal(t, uint64(1337), id)
	c, ok := inv.ContractAt(77, vault)
	assert.True(t, ok)
	assert.Equal(t, "side-vault", c.Name, "the same address is another contract on another chain")
	name, ok = inv.ContractByAddress("lab", vault)
	assert.True(t, ok)
	assert.Equal(t, "lab-vault", name)
	decimals, ok := inv.TokenDecimals("USDX")
	assert.True(t, ok)
	assert.Equal(t, uint8(6), decimals)
	assert.True(t, inv.KnownRule("approval.phish"))
	assert.Equal(t, map[string]string{"#inc-onchain": "C0ONCHAIN"}, inv.Channels())
	signer, ok := inv.Signer("guardian")
	assert.True(t, ok)
	assert.Equal(t, playbooks.Signer{Name: "guardian", Address: guardian, Chains: []string{"lab"}}, signer)
}

func TestWhatTheInventoryDoesNotNameIsNotFound(t *testing.T) {
	inv := inventory(t)
	for what, found := range map[string]bool{
		"chain":        second(inv.Chain("moon")),
		"chain id":     second(inv.ChainByID(1)),
		"no chain id":  second(inv.ChainByID(0)),
		"chain name":   second(inv.ChainByName("")),
		"contract":     second(inv.Contract("vault")),
		"address":      second(inv.ContractByAddress("lab", guardian)),
		"of no chain":  second(inv.ContractByAddress("", vault)),
		"token":        second(inv.TokenDecimals("usdx")),
		"signer":       second(inv.Signer("")),
		"rule":         inv.KnownRule(""),
		"another rule": inv.KnownRule("approval.phis"),
	} {
		assert.False(t, found, what)
	}
}

func second[T any](_ T, ok bool) bool { return ok }

func TestChangingWhatALookupReturnedChangesNothing(t *testing.T) {
	inv := inventory(t)
	c, _ := inv.Contract("lab-vault")
	c.Can[0], c.Gas["pause"] = "blocklist", 1
	inv.Protected()[vault] = ""
	delete(inv.Channels(), "#inc-onchain")
	inv.Teams()["security"][0] = "eve"
	inv.Rules()[0] = "x"
	again, _ := inv.Contract("lab-vault")
	assert.Equal(t, []string{"pause", "withdrawal-limit"}, again.Can)
	assert.Empty(t, again.Gas)
	assert.NotEmpty(t, inv.Protected()[vault])
	assert.Len(t, inv.Channels(), 1)
	assert.Equal(t, "ana", inv.Teams()["security"][0])
	assert.Equal(t, "vault.outflow-spike", inv.Rules()[0])
}

func TestContractsTokensSignersAndListedAccountsAreProtected(t *testing.T) {
	token := common.HexToAddress("0x3333333333333333333333333333333333333333")
	inv := inventory(t, edit{"USDX: 6", `USDX: {decimals: 6, chain: lab, address: "` + strings.ToLower(token.Hex()) + `"}`})
	p := inv.Protected()
	assert.Equal(t, "contract lab-vault, contract side-vault", p[vault])
	assert.Equal(t, "token USDX", p[token])
	assert.Equal(t, "signer guardian", p[guardian])
	assert.Equal(t, "treasury", p[common.HexToAddress("0x5555555555555555555555555555555555555555")])
}

func TestTheRosterDigestFollowsWhoMayVote(t *testing.T) {
	seen := map[incident.Digest]string{inventory(t).RosterDigest(): "as it is"}
	for name, change := range map[string]edit{
		"one leaves":       {"security: [ana, ben, cho]", "security: [ana, ben]"},
		"one joins":        {"protocol: [dee, eli]", "protocol: [dee, eli, cho]"},
		"another identity": {"slack: U0ANA", "slack: U1ANA"},
		"another wallet":   {"0x00000000000000000000000000000000000a11ce", "0x00000000000000000000000000000000000a11cf"},
		"a team renamed":   {"protocol:", "protocols:"},
	} {
		d := inventory(t, change).RosterDigest()
		assert.Empty(t, seen[d], name)
		seen[d] = name
	}
	same := inventory(t, edit{"security: [ana, ben, cho]", "security: [cho, ana, ben]"}, edit{"USDX: 6", "USDX: 8"})
	assert.Equal(t, "as it is", seen[same.RosterDigest()], "the order of a list is nobody's authority")
}

func TestTheRosterListsEverybodyOnceWithAllTeams(t *testing.T) {
	roster := inventory(t).Roster()
	require.Len(t, roster, 5)
	assert.Equal(t, playbooks.Person{Name: "ana", Teams: []string{"guard", "security", "watch"}, Slack: "U0ANA"}, roster[0])
	assert.Equal(t, []string{"protocol"}, roster[4].Teams)
}
