package playbooks_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// measured is the sourced inventory with views of other types.
var measured = strings.Replace(sourcedInventory, "salt() returns (bytes32),", "salt() returns (bytes32), decimals() returns (uint8), "+
	"\"held(bool,uint256) returns (bool)\", \"pair(address,address) returns (bool)\",", 1)

// stating gives the good playbook with one more statement about an item.
func stating(of, that string) (*playbooks.Set, error) {
	return loadText(measured, strings.Replace(goodPlaybook, "verify:\n", "verify:\n  - {of: "+of+", that: '"+that+"', within: 1m}\n", 1))
}

func TestAStatementIsTheCallItsWordsSay(t *testing.T) {
	role := contracts.Role("PAUSER_ROLE")
	pad := func(a common.Address) []byte { return common.LeftPadBytes(a[:], 32) }
	for _, c := range []struct {
		that, text string
		args       []byte
		op         incident.Comparison
		want       string
	}{
		{`read("lab-vault", "balanceOf(address)", "treasury") <= amount("5 USDX")`, "lab-vault.balanceOf(treasury) <= 5 USDX", pad(common.Address(treasury)), incident.AtMost, "5000000"},
		{`read("lab-vault", "balanceOf(address)", "lab-registry") == 0`, "lab-vault.balanceOf(lab-registry) == 0", pad(registry), incident.Equals, "0"},
		{`read("lab-vault", "hasRole(bytes32,address)", "PAUSER_ROLE", "guardian") == true`, "lab-vault.hasRole(PAUSER_ROLE, guardian) == true", append(role[:], pad(guardian)...), incident.Equals, "1"},
		{`read("lab-vault", "owner()") == account("treasury")`, "lab-vault.owner() == treasury", nil, incident.Equals, common.Address(treasury).Big().String()},
		{`read("lab-vault", "owner()") == account("guardian")`, "lab-vault.owner() == guardian", nil, incident.Equals, guardian.Big().String()},
		{`read("lab-vault", "owner()") == contract("lab-registry")`, "lab-vault.owner() == lab-registry", nil, incident.Equals, registry.Big().String()},
		{`read("lab-vault", "held(bool,uint256)", true, 7) == false`, "lab-vault.held(true, 7) == false", append(word(1), word(7)...), incident.Equals, "0"},
		{`read("lab-vault", "held(bool,uint256)", false, "1_000") == false`, "lab-vault.held(false, 1_000) == false", append(word(0), word(1000)...), incident.Equals, "0"},
		{`read("lab-vault", "decimals()") <= 254`, "lab-vault.decimals() <= 254", nil, incident.AtMost, "254"},
		{`read("lab-vault", "decimals()") >= 255`, "lab-vault.decimals() >= 255", nil, incident.AtLeast, "255"},
	} {
		set, err := stating("pause", c.that)
		require.NoError(t, err, c.that)
		p := plan(t, set, newChain(), drain())
		require.NotEmpty(t, p.Verify)
		check := p.Verify[0].Check
		assert.Equal(t, "pause", p.Verify[0].Of)
		assert.Equal(t, time.Minute, p.Verify[0].Within)
		assert.Equal(t, c.text, check.Text)
		assert.Equal(t, string(c.args), string(check.Data[4:]), c.that)
		assert.Equal(t, c.op, check.Op, c.that)
		assert.Equal(t, c.want, check.Want.String(), c.that)
		assert.Equal(t, [2]any{vault, uint64(1337)}, [2]any{check.To, check.ChainID})
	}
}

func TestAStatementThatComesOutTheSameWhateverTheChainSaysIsRefused(t *testing.T) {
	for that, says := range map[string]string{
		`read("lab-vault", "totalAssets()") >= 0`:                        "a uint256 is always >= 0",
		`read("lab-vault", "totalAssets()") >= amount("0 USDX")`:         "always >= 0 USDX",
		`read("lab-vault", "totalAssets()") <= amount("` + ground + `")`: "is always <=",
		`read("lab-vault", "decimals()") <= 255`:                         "a uint8 is always <= 255",
		`read("lab-vault", "decimals()") <= 1000`:                        "a uint8 is always <= 1000",
		`read("lab-vault", "decimals()") == 256`:                         "a uint8 is never == 256",
		`read("lab-vault", "decimals()") >= 256`:                         "a uint8 is never >= 256",
	} {
		_, err := stating("pause", that)
		found, ok := errors.AsType[playbooks.Problems](err)
		require.True(t, ok, that)
		require.Len(t, found, 1, that)
		assert.Equal(t, playbooks.CodeVerify, found[0].Code)
		assert.Contains(t, found[0].Message, says)
	}
}

func TestAnArgumentOfAStatementThatIsNoNameOrNumberIsRefused(t *testing.T) {
	for _, argument := range []string{`1.0`, `b"1"`, `null`, `-1`, `" each "`, `""`, `"0"`, `[1]`, `{}`, `alert.contract`, `each.x`, `"Treasury"`, `"treasury "`, `"PAUSER_ROLE"`, `5`} {
		_, err := stating("pause", `read("lab-vault", "balanceOf(address)", `+argument+`) == 0`)
		assert.Error(t, err, argument)
	}
	for _, argument := range []string{`1.0`, `1e3`, `-1`, `"-1"`, `"1e3"`, `"1__0"`, `true`, `null`, `"115792089237316195423570985008687907853269984665640564039457584007913129639936"`} {
		_, err := stating("pause", `read("lab-vault", "held(bool,uint256)", true, `+argument+`) == true`)
		assert.Error(t, err, argument)
	}
}

func TestTheCheckOfEachStepHasThatStepsAccount(t *testing.T) {
	for _, c := range []struct {
		that string
		at   []int // where the account stands among the arguments
		text string
	}{
		{`read("lab-registry", "isBlacklisted(address)", each) == true`, []int{0}, "lab-registry.isBlacklisted(%) == true"},
		{`read("lab-vault", "hasRole(bytes32,address)", "PAUSER_ROLE", each) == false`, []int{1}, "lab-vault.hasRole(PAUSER_ROLE, %) == false"},
		{`read("lab-vault", "pair(address,address)", each, each) == false`, []int{0, 1}, "lab-vault.pair(%, %) == false"},
		{`read("lab-vault", "pair(address,address)", "treasury", each) == false`, []int{1}, "lab-vault.pair(treasury, %) == false"},
	} {
		set, err := stating("block", c.that)
		require.NoError(t, err, c.that)
		p := plan(t, set, newChain(), drain())
		ids := map[string]bool{}
		for n, suspect := range drain().Suspects {
			v := p.Verify[n]
			require.Equal(t, []string{"block/1", "block/2"}[n], v.Of)
			for _, i := range c.at {
				assert.Equal(t, common.LeftPadBytes(suspect[:], 32), []byte(v.Check.Data[4+32*i:][:32]), c.that)
			}
			assert.Equal(t, strings.ReplaceAll(c.text, "%", suspect.Hex()), v.Check.Text, "what people read names the account")
			assert.False(t, ids[v.Check.ID], "no two checks have one name")
			ids[v.Check.ID] = true
		}
		again := plan(t, set, newChain(), drain())
		assert.Equal(t, p.Verify, again.Verify, "filling one in changes no other")

		out := set.Outline(set.Playbooks()[0], stand)
		require.Len(t, out.Items[2].Verify, 1)
		assert.Equal(t, strings.ReplaceAll(c.text, "%", stand.Hex()), out.Items[2].Verify[0].Text)
	}
}

func TestEachIsAnAddressAndOfAnItemWithAList(t *testing.T) {
	for of, that := range map[string]string{
		"block": `read("lab-vault", "held(bool,uint256)", true, each) == true`,
		"cap":   `read("lab-registry", "isBlacklisted(address)", each) == true`,
		"pause": `read("lab-registry", "isBlacklisted(address)", "each") == true`,
	} {
		_, err := stating(of, that)
		require.Error(t, err, that)
	}
}

func TestANameHasOneMeaningInAnInventory(t *testing.T) {
	for _, e := range []edit{
		{"protected:\n", "protected:\n  guardian: \"0x9999999999999999999999999999999999999999\"\n"},
		{"protected:\n", "protected:\n  lab-vault: \"0x9999999999999999999999999999999999999999\"\n"},
		{"signers:\n", "signers:\n  lab-vault: {chains: [lab], address: \"0x9999999999999999999999999999999999999999\"}\n"},
	} {
		_, err := playbooks.ParseInventory("inventory.yaml", strings.Replace(goodInventory, e.old, e.new, 1))
		found, ok := errors.AsType[playbooks.Problems](err)
		require.True(t, ok, e.new)
		assert.Equal(t, playbooks.CodeDuplicate, found[0].Code)
		assert.Contains(t, found[0].Message, "give the account a name of its own")
	}
	_, err := playbooks.ParseInventory("inventory.yaml", strings.Replace(goodInventory, "protected:\n", "protected:\n  lab-vault: \"0x1111111111111111111111111111111111111111\"\n  guardian: \"0x4444444444444444444444444444444444444444\"\n", 1))
	assert.NoError(t, err, "the same address under the same name is no mistake")
}
