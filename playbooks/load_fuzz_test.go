package playbooks_test

import (
	"encoding/json"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// known are the inventories that playbooks are loaded against.
func known(t testing.TB) []string {
	t.Helper()
	library, err := fs.ReadFile(playbooks.Library(), "inventory.yaml")
	require.NoError(t, err)
	return []string{goodInventory, sourcedInventory, measured, string(library)}
}

// seedPlaybooks adds every broken file and the library, each against the
// inventory that it is meant for.
func seedPlaybooks(t testing.TB, add func(inventory byte, text string)) {
	t.Helper()
	for n, books := range []struct {
		good  string
		lists [][]broken
	}{{goodPlaybook, [][]broken{brokenForm, brokenMeaning, brokenExpressions}}, {signedOffPlaybook, [][]broken{brokenStricter}}} {
		add(byte(n), books.good)
		for _, list := range books.lists {
			for _, b := range list {
				text := strings.Replace(books.good, b.old, b.new, 1)
				for _, e := range b.also {
					text = strings.Replace(text, e.old, e.new, 1)
				}
				add(byte(n), strings.ReplaceAll(text, "§", ""))
			}
		}
	}
	for _, text := range []string{
		strings.Replace(goodPlaybook, whenBlock, "", 1), strings.Replace(goodPlaybook, "mode: live", "mode: off", 1),
		strings.Replace(goodPlaybook, "  cooldown: 30m\n", "  cooldown: 30m\n  limit: {runs: 3, per: 1h, then: page}\n", 1),
		strings.Replace(goodPlaybook, "text: Contained.", `text: "{{ alert.contract }}: {{ alert.loss }}"`, 1),
	} {
		add(1, text)
	}
	files, err := fs.Glob(playbooks.Library(), "*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		text, err := fs.ReadFile(playbooks.Library(), file)
		require.NoError(t, err)
		name := strings.TrimSuffix(file, ".yaml")
		add(3, strings.Replace(string(text), "name: "+name, "name: drain", 1))
	}
}

func FuzzWhatLoadsMatchesOnlyItsOwnRules(f *testing.F) {
	inventories := known(f)
	seedPlaybooks(f, func(inventory byte, text string) {
		f.Add(inventory, text, "vault.outflow-spike", "critical", []byte{1, 2})
	})
	f.Fuzz(func(t *testing.T, inventory byte, text, rule, severity string, suspects []byte) {
		set, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: []byte(inventories[int(inventory)%len(inventories)])},
			"playbooks/drain.yaml": {Data: []byte(text)}}, "inventory.yaml", "playbooks")
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.Len(t, set.Playbooks(), 1)
		book := set.Playbooks()[0]
		require.Equal(t, text, book.Text(), "what runs is what was read")
		confidence := math.Abs(float64(len(text)%100)) / 100
		a := incident.Alert{Source: "fuzz", ID: "1", Rule: rule, Severity: incident.Severity(severity), Chain: "lab",
			Contract: "lab-vault", Loss: loss("1"), Confidence: &confidence}
		for _, b := range suspects {
			a.Suspects = append(a.Suspects, common.BytesToAddress([]byte{b}))
		}
		for _, o := range set.Match(a) {
			if rules := book.Rules(); len(rules) > 0 {
				require.Contains(t, rules, rule, "the playbook is for other rules")
			}
			require.NotEqual(t, incident.ModeOff, o.Mode)
			require.True(t, json.Valid([]byte(strings.TrimPrefix(o.Key, "match-error"))), o.Key)
			if o.Limit != nil {
				require.Positive(t, o.Limit.Runs)
				require.Positive(t, o.Limit.Per)
			}
			if o.MatchFail == "" {
				planSoundly(t, set, a, o)
			}
		}
	})
}

// planSoundly plans what loaded, and holds the plan to what must never be.
func planSoundly(t *testing.T, set *playbooks.Set, a incident.Alert, o incident.Opened) {
	t.Helper()
	w := newWitnesses()
	w.each(func(e *witness) { e.moved = []actions.Transfer{sent(thief, 5, 110, 0)} })
	w.list[1].moved = append(w.list[1].moved, sent(framed, 5, 110, 1))
	p, err := set.Planner(options(newChain(), w))
	require.NoError(t, err)
	o.Alert = a
	body, err := p.Plan(t.Context(), incident.State{ID: "01JEQ7V5M2K30000", Opened: o, OpenedAt: t0, Alerts: []incident.Alert{a},
		Runs: []incident.Run{{Phase: incident.PhaseOpened}}})
	require.NoError(t, err)
	planned, ok := body.(incident.Planned)
	if !ok {
		return // moot, or a person decides
	}
	require.NoError(t, incident.CheckPlan(planned))
	require.GreaterOrEqual(t, planned.Plan.Quorum.Need, 2)
	for _, c := range planned.Plan.Calls {
		require.NotContains(t, string(c.Data), string(framed[:]), "one endpoint alone chose whom to act on")
		if planned.Plan.Pre != nil {
			require.Equal(t, "pause", c.Verb, "sent without asking")
			require.Len(t, c.Data, 4)
		}
	}
}
