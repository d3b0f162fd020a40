package desk_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// able is an inventory with a contract for each verb that there is.
func able(t *testing.T) *playbooks.Inventory {
	t.Helper()
	text := `inventory: 1
tokens: {ETH: 18, USDX: 6}
chains: {lab: {id: 1337}}
rules: [something.wrong]
people: {ana: {}, ben: {}, cho: {}}
teams: {security: [ana, ben, cho]}
signers: {drill: {chains: [lab], exercise: true}, guardian: {chains: [lab]}}
channels: {"#inc": C0INC}
sources: {other: {rules: [something.wrong]}}
contracts:
`
	for i, a := range actions.All() {
		info := a.Info()
		text += fmt.Sprintf("  for-%s: {chain: lab, address: \"0x%040d\", can: [%s], family: %s, token: USDX}\n", info.Verb, i+1, info.Verb, info.Families[0])
	}
	inv, err := playbooks.ParseInventory("inventory.yaml", text)
	require.NoError(t, err)
	return inv
}

func TestADraftOfEveryVerbLoadsIsFormattedAndItsTestsPass(t *testing.T) {
	inv := able(t)
	for _, verb := range actions.Verbs() {
		d := desk.Draft{Name: "first", Verb: verb}
		book, tests, err := desk.Scaffold(inv, d)
		require.NoError(t, err, verb)
		assert.Contains(t, book, "as: guardian", "no key for drills")
		assert.Equal(t, book, formatted(t, book))
		set, err := playbooks.Parse(inv, map[string]string{"first.yaml": book})
		require.NoError(t, err)
		assert.Equal(t, incident.ModeDryRun, set.Playbooks()[0].Mode, "a draft never signs")
		fsys := fstest.MapFS{"first.test.yaml": {Data: []byte(tests)}}
		files, err := set.ReadTests(fsys, ".")
		require.NoError(t, err, tests)
		require.Len(t, files, 1)
		var results []rehearsal.Result
		for _, c := range files[0].Cases {
			r, err := rehearsal.Run(t.Context(), set, files[0], c)
			require.NoError(t, err)
			assert.True(t, r.OK, "%s\n%v", r.Name, rehearsal.Lines(r))
			results = append(results, r)
		}
		assert.True(t, rehearsal.Cover(set.Playbooks(), results).Complete(), "every condition is seen both ways")
	}
}

func TestADraftTakesTheOnlyAnswerAndAsksWhereThereAreMore(t *testing.T) {
	inv := able(t)
	book, _, err := desk.Scaffold(inv, desk.Draft{Name: "first", Verb: "blocklist"})
	require.NoError(t, err, "only one contract can, and there is one rule")
	assert.Contains(t, book, "on: for-blocklist")
	assert.Contains(t, book, "rules: [something.wrong]")
	for says, d := range map[string]desk.Draft{
		"--on is needed: which contract? There is for-":                              {Name: "a"},
		`--rule: there is no rule "vault.drain" that fits; there is something.wrong`: {Name: "a", Verb: "pause", Rule: "vault.drain"},
		`--on: there is no contract "for-blocklist" that fits; there is for-pause`:   {Name: "a", On: "for-blocklist", Verb: "pause"},
		`--do: there is no verb "explode"; there is pause, blocklist`:                {Name: "a", On: "for-pause", Verb: "explode"},
		`"Not A Name" is no name for a playbook`:                                     {Name: "Not A Name", Verb: "pause"},
		`"../a" is no name for a playbook`:                                           {Name: "../a", Verb: "pause"},
	} {
		_, _, err := desk.Scaffold(inv, d)
		assert.ErrorContains(t, err, says)
	}
}
