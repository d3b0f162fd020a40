package desk_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// everything is a description in which every part says something.
func everything(t *testing.T) playbooks.Description {
	t.Helper()
	set := shipped(t)
	d := set.Describe(called(t, set, "limit-bleed"))
	d.On.Sources, d.On.Within = 2, playbooks.Duration(time.Minute)
	d.Incident.Limit = &playbooks.Limit{Runs: 3, Per: playbooks.Duration(time.Hour)}
	d.Evidence = []playbooks.Reads{{ID: "out", What: "transfers of USDX", Unit: "USDX", Since: playbooks.Duration(time.Minute)}}
	d.Prepare[0].When, d.Prepare[0].Each, d.Prepare[0].Max, d.Prepare[0].After = "a", "b", 3, []string{"c"}
	d.Pre = &playbooks.Releases{Only: []string{"pause"}, Until: "2027-03-31", Per: playbooks.Duration(time.Hour)}
	d.Submit.Spare = "guardian-2"
	d.Notify = []playbooks.Notice{{Channel: "#inc-onchain", Text: "Capped."}}
	return d
}

// change changes one value in place.
func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + int64(time.Second))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	}
}

// leaves visits every value of a description that a change can be made in.
func leaves(path string, v reflect.Value, visit func(path string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := path + "." + v.Type().Field(i).Name
			switch v.Type().Field(i).Name {
			case "Digest", "Check", "Amount", "Units", "Decimals", "Since": // said by a text beside them
				continue
			}
			leaves(name, v.Field(i), visit)
		}
	case reflect.Pointer:
		leaves(path, v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			leaves(fmt.Sprintf("%s[%d]", path, i), v.Index(i), visit)
		}
	case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		visit(path, v)
	}
}

func TestNoDifferenceOfADescriptionIsLeftUnsaid(t *testing.T) {
	var paths []string
	whole := everything(t)
	leaves("", reflect.ValueOf(&whole), func(path string, _ reflect.Value) { paths = append(paths, path) })
	assert.Greater(t, len(paths), 40)
	for _, path := range paths {
		after := everything(t)
		leaves("", reflect.ValueOf(&after), func(at string, v reflect.Value) {
			if at == path {
				change(v)
			}
		})
		assert.NotEmpty(t, desk.Compare([]playbooks.Description{everything(t)}, []playbooks.Description{after}), path)
	}
	after := everything(t)
	after.Prepare[0].With["limit"] = playbooks.Argument{Text: "1 USDX"}
	assert.NotEmpty(t, desk.Compare([]playbooks.Description{everything(t)}, []playbooks.Description{after}))
}

func TestEqualMeaningIsNoDifference(t *testing.T) {
	after := everything(t)
	after.Digest = incident.Digest{1}
	after.On.When = "  " + strings.ReplaceAll(after.On.When, " ", "\n   ")
	assert.Empty(t, desk.Compare([]playbooks.Description{everything(t)}, []playbooks.Description{after}))
}

func TestADifferenceIsGradedByWhoeverHasToAgreeToIt(t *testing.T) {
	for want, edit := range map[string]func(d *playbooks.Description){
		"quorum 2 -> 3: tightens":                                          func(d *playbooks.Description) { d.Approve.Quorum = 3 },
		"quorum 2 -> 1: loosens":                                           func(d *playbooks.Description) { d.Approve.Quorum = 1 },
		"mode live -> dry-run: tightens":                                   func(d *playbooks.Description) { d.Mode = incident.ModeDryRun },
		"matches also severity low: loosens":                               func(d *playbooks.Description) { d.On.Severity = append(d.On.Severity, "low") },
		"matches every severity, not only critical, high, medium: loosens": func(d *playbooks.Description) { d.On.Severity = nil },
		"on.when does not demand any more `alert.contract == ":             func(d *playbooks.Description) { d.On.When = "" },
		"now prepares block: blocklist on lab-registry (lab): loosens": func(d *playbooks.Description) {
			d.Prepare = append(d.Prepare, playbooks.Item{ID: "block", Verb: "blocklist", Contract: "lab-registry", Chain: "lab"})
		},
		"does not prepare cap: withdrawal-limit on lab-vault (lab) any more: tightens":         func(d *playbooks.Description) { d.Prepare = nil },
		"always asks first; it sent without asking: pause: tightens":                           func(d *playbooks.Description) { d.Pre = nil },
		"sends without asking until 2027-03-31 -> 2027-12-31: loosens":                         func(d *playbooks.Description) { d.Pre.Until = "2027-12-31" },
		"opens any number of incidents, not at most 3 in 1h: loosens":                          func(d *playbooks.Description) { d.Incident.Limit = nil },
		"sources that must agree 2 -> 1: loosens":                                              func(d *playbooks.Description) { d.On.Sources = 1 },
		"budget 0.3 ETH -> 0.6 ETH: loosens":                                                   func(d *playbooks.Description) { d.Submit.MaxFee.Units = d.Submit.MaxFee.Units.Times(2) },
		"cap.with.limit `10000 USDX` -> `1 USDX`: changes":                                     func(d *playbooks.Description) { d.Prepare[0].With["limit"] = playbooks.Argument{Text: "1 USDX"} },
		"quorum to undo cap 3 -> 2: loosens":                                                   func(d *playbooks.Description) { d.Recover[0].Quorum = 2 },
		"team security does not approve any more: tightens":                                    func(d *playbooks.Description) { d.Approve.From = []string{"protocol"} },
		"does not verify of cap any more `lab-vault.withdrawalLimit() <= 10000 USDX`: loosens": func(d *playbooks.Description) { d.Verify = nil },
		"calls of cap at most 3 -> 9: loosens":                                                 func(d *playbooks.Description) { d.Prepare[0].Max = 9 },
		"a vote by slack is not enough any more: it takes passkey: tightens":                   func(d *playbooks.Description) { d.Approve.Assurance = "passkey" },
		"approvers must be of different teams: tightens":                                       func(d *playbooks.Description) { d.Approve.Distinct = "team" },
	} {
		before, after := everything(t), everything(t)
		edit(&after)
		var said []string
		for _, c := range desk.Compare([]playbooks.Description{before}, []playbooks.Description{after}) {
			said = append(said, c.String())
		}
		assert.Contains(t, strings.Join(said, "\n"), want)
	}
}

func TestANewPlaybookLoosensAndOneThatIsGoneTightens(t *testing.T) {
	one := everything(t)
	other := everything(t)
	other.Name = "other"
	found := desk.Compare([]playbooks.Description{one}, []playbooks.Description{other})
	require.Len(t, found, 2)
	assert.Equal(t, [2]any{"limit-bleed", desk.Tightens}, [2]any{found[0].Playbook, found[0].Effect})
	assert.Equal(t, [2]any{"other", desk.Loosens}, [2]any{found[1].Playbook, found[1].Effect})
	assert.Contains(t, found[1].Words, "SENDS WITHOUT ASKING", "what it would do is in the line")
}

func TestWhatLoosensIsSaidFirst(t *testing.T) {
	before, after := everything(t), everything(t)
	after.Summary, after.Approve.Quorum, after.Submit.MaxFee.Units = "x", 4, after.Submit.MaxFee.Units.Times(9)
	found := desk.Compare([]playbooks.Description{before}, []playbooks.Description{after})
	require.Len(t, found, 3)
	assert.Equal(t, []desk.Effect{desk.Loosens, desk.Tightens, desk.Changes}, []desk.Effect{found[0].Effect, found[1].Effect, found[2].Effect})
}
