package playbooks_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

// variant is the good playbook under another name, with changes.
func variant(t testing.TB, name string, changes ...edit) string {
	t.Helper()
	text := strings.Replace(goodPlaybook, "name: drain\n", "name: "+name+"\n", 1)
	for _, c := range changes {
		require.Equal(t, 1, strings.Count(text, c.old), c.old)
		text = strings.Replace(text, c.old, c.new, 1)
	}
	return text
}

// beside loads playbooks a, b, c and so on, each the good one with its changes.
func beside(t testing.TB, books ...[]edit) (*playbooks.Set, error) {
	t.Helper()
	fsys := fstest.MapFS{"inventory.yaml": {Data: []byte(goodInventory)}}
	for i, changes := range books {
		name := string(rune('a' + i))
		fsys["playbooks/"+name+".yaml"] = &fstest.MapFile{Data: []byte(variant(t, name, changes...))}
	}
	return playbooks.LoadFS(fsys, "inventory.yaml", "playbooks")
}

var (
	otherRule   = edit{"rules: [vault.outflow-spike]", "rules: [approval.phish]"}
	twoRules    = edit{"rules: [vault.outflow-spike]", "rules: [vault.outflow-spike, approval.phish]"}
	highAlone   = []edit{{"severity: [critical]", "severity: [high]"}, {`when: alert.severity == "critical"`, `when: alert.severity == "high"`}}
	anySeverity = edit{"  severity: [critical]\n", ""}
	anyAlert    = edit{whenBlock, ""}
	always      = edit{"    when: alert.severity == \"critical\"\n", ""}
	unconfirmed = edit{"  confirm: {sources: 2, within: 90s}\n", ""}
	off         = edit{"mode: live", "mode: off"}
	dry         = edit{"mode: live", "mode: dry-run"}
)

func TestTwoPlaybooksForTheSameAlertsAreHeldAgainstEachOther(t *testing.T) {
	const none, partial = "", "some alerts match a too"
	for name, c := range map[string]struct {
		a, b  []edit
		file  string
		says  string
		level playbooks.Level
	}{
		"the same":                          {nil, nil, "b.yaml", "matches exactly the alerts of a, which does pause on lab-vault, withdrawal-limit on lab-vault, blocklist on lab-registry too", playbooks.Error},
		"the same in another order":         {[]edit{twoRules}, []edit{{"rules: [vault.outflow-spike]", "rules: [approval.phish, vault.outflow-spike]"}}, "b.yaml", "matches exactly", playbooks.Error},
		"the same in other white space":     {nil, []edit{{"&&\n    alert.loss", "&&\n\n      alert.loss"}}, "b.yaml", "matches exactly", playbooks.Error},
		"the same without a condition":      {[]edit{anyAlert}, []edit{anyAlert}, "b.yaml", "matches exactly", playbooks.Error},
		"another rule":                      {nil, []edit{otherRule}, none, none, 0},
		"another severity":                  {nil, highAlone, none, none, 0},
		"off":                               {nil, []edit{off}, none, none, 0},
		"off, the first":                    {[]edit{off}, nil, none, none, 0},
		"other contracts":                   {slices.Concat(noCap, noBlock), onlyCap, none, none, 0},
		"a rule in common":                  {nil, []edit{twoRules}, "b.yaml", partial, playbooks.Warning},
		"another condition":                 {nil, []edit{on(`alert.has_confidence`)}, "b.yaml", partial, playbooks.Warning},
		"the wider one does all of it":      {[]edit{anySeverity, always}, nil, "b.yaml", "all that this does, a does already", playbooks.Warning},
		"the wider one comes later":         {nil, []edit{twoRules, always}, "a.yaml", "all that this does, b does already", playbooks.Warning},
		"the wider one has no condition":    {nil, []edit{anyAlert, always}, "a.yaml", "all that this does, b does already", playbooks.Warning},
		"the wider one does it sometimes":   {nil, []edit{anyAlert}, "b.yaml", partial, playbooks.Warning},
		"the wider one is a dry run":        {nil, []edit{anyAlert, always, dry}, "b.yaml", partial, playbooks.Warning},
		"both are dry runs":                 {[]edit{dry}, []edit{anyAlert, always, dry}, "a.yaml", "all that this does", playbooks.Warning},
		"the wider one wants more sources":  {[]edit{unconfirmed}, []edit{anyAlert, always}, "b.yaml", partial, playbooks.Warning},
		"the wider one wants them sooner":   {nil, []edit{anyAlert, always, {"within: 90s}", "within: 60s}"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one waits longer":        {nil, []edit{anyAlert, always, {"within: 90s}", "within: 120s}"}}, "a.yaml", "all that this does", playbooks.Warning},
		"the wider one needs one source":    {nil, []edit{anyAlert, always, unconfirmed}, "a.yaml", "all that this does", playbooks.Warning},
		"the wider one opens fewer":         {nil, []edit{anyAlert, always, {"cooldown: 30m", "cooldown: 30m\n  limit: {runs: 1, per: 1h, then: page}"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one has another limit":   {nil, []edit{anyAlert, always, {"limit: 0 USDX", "limit: 100 USDX"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one has another window":  {nil, []edit{anyAlert, always, {"window: 24h", "window: 23h"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one takes fewer":         {nil, []edit{anyAlert, always, {"max: 20", "max: 5"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one blocks another list": {nil, []edit{anyAlert, always, {"each: = alert.suspects", "each: = alert.suspects.filter(s, s != account(\"treasury\"))"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one has another key":     {nil, []edit{anyAlert, always, {"as: guardian", "as: second"}}, "b.yaml", partial, playbooks.Warning},
		"the wider one does less":           {nil, append([]edit{anyAlert, always}, noBlock...), "b.yaml", partial, playbooks.Warning},
		"the narrower one does less":        {noBlock, []edit{anyAlert, always}, "a.yaml", "all that this does", playbooks.Warning},
	} {
		set, err := beside(t, c.a, c.b)
		var found playbooks.Problems
		if set != nil {
			found = set.Warnings()
		} else {
			var ok bool
			found, ok = errors.AsType[playbooks.Problems](err)
			require.True(t, ok, "%s: %v", name, err)
		}
		if c.says == none {
			assert.Empty(t, found, name)
			continue
		}
		require.Len(t, found, 1, name)
		assert.Equal(t, c.level, found[0].Level, "%s: %s", name, found[0])
		assert.Equal(t, c.level == playbooks.Error, set == nil, name)
		assert.Equal(t, c.file, found[0].File, "%s: %s", name, found[0])
		assert.Contains(t, found[0].Message, c.says, name)
		assert.Equal(t, [2]int{7, 1}, [2]int{found[0].Line, found[0].Col}, "%s: at on", name)
		assert.Equal(t, "on:", found[0].Source)
	}
}

func TestTheSameListOfOtherEvidenceIsAnotherDeed(t *testing.T) {
	book := func(name, when, window string) string {
		text := strings.Replace(variant(t, name, edit{whenBlock, when}, always), "prepare:\n", "evidence:\n"+strings.Replace(readFlows, "30m", window, 1)+"prepare:\n", 1)
		return strings.Replace(text, "each: = alert.suspects", "each: = evidence.flows.recipients", 1)
	}
	fsys := fstest.MapFS{"inventory.yaml": {Data: []byte(sourcedInventory)},
		"playbooks/a.yaml": {Data: []byte(book("a", "", "30m"))}, "playbooks/b.yaml": {Data: []byte(book("b", whenBlock, "24h"))}}
	set, err := playbooks.LoadFS(fsys, "inventory.yaml", "playbooks")
	require.NoError(t, err)
	require.Len(t, set.Warnings(), 1)
	assert.Contains(t, set.Warnings()[0].Message, "some alerts match a too")
}

func TestAPlaybookIsWarnedOfOnce(t *testing.T) {
	condition := func(i int) edit { return on(fmt.Sprintf(`alert.loss > amount("%d USDX")`, i)) }
	set, err := beside(t, []edit{condition(1)}, []edit{condition(2)}, []edit{condition(3)}, []edit{condition(4)}, []edit{anyAlert, always})
	require.NoError(t, err)
	var files []string
	for _, p := range set.Warnings() {
		files = append(files, p.File)
	}
	assert.Equal(t, []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml"}, files, "sorted, each once")
}

func TestEveryExactOverlapIsToldAndNothingLoads(t *testing.T) {
	set, err := beside(t, nil, nil, nil)
	require.Nil(t, set)
	found, ok := errors.AsType[playbooks.Problems](err)
	require.True(t, ok)
	assert.Len(t, found, 3)
	assert.True(t, slices.IsSortedFunc(found, func(a, b playbooks.Problem) int { return strings.Compare(a.File, b.File) }))
}

func TestEvidenceThatNothingAsksForIsAWarningAtItsPlace(t *testing.T) {
	set := asking(t, readPaused+readHeld, "!evidence.paused")
	require.Len(t, set.Warnings(), 1)
	w := set.Warnings()[0]
	assert.Equal(t, playbooks.CodeUnused, w.Code)
	assert.Equal(t, playbooks.Warning, w.Level)
	assert.Contains(t, w.Message, "no condition asks for evidence.held")
	assert.Equal(t, readHeld, w.Source+"\n")
	assert.Equal(t, 5, w.Col)

	optional := strings.Replace(readTVL, "}", ", optional: true}", 1)
	assert.Empty(t, asking(t, optional, "evidence.has_tvl").Warnings(), "to ask whether it is there is to ask for it")
	assert.Empty(t, asking(t, readFlows, "alert.has_loss", edit{"each: = alert.suspects", "each: = evidence.flows.recipients"}).Warnings())
	assert.Empty(t, asking(t, readTVL, "alert.has_loss", edit{"limit: 0 USDX", `limit: '= percent("10%") * evidence.tvl'`}).Warnings())
}

func TestWarningsAreTheCallersOwn(t *testing.T) {
	set := asking(t, readPaused+readHeld, "!evidence.paused")
	set.Warnings()[0].Message = "x"
	assert.NotEqual(t, "x", set.Warnings()[0].Message)
}

func TestAUnitThatIsNotTheContractsIsAWarning(t *testing.T) {
	set := asking(t, strings.Replace(readTVL, "in: USDX", "in: ETH", 1), `evidence.tvl > amount("1 ETH")`)
	require.Len(t, set.Warnings(), 1)
	assert.Equal(t, playbooks.CodeToken, set.Warnings()[0].Code)
	assert.Contains(t, set.Warnings()[0].Message, "lab-vault counts in USDX; is lab-vault.totalAssets() really in ETH?")
	assert.Empty(t, asking(t, readTVL, `evidence.tvl > amount("1 USDX")`).Warnings())
}
