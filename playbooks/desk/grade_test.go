package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

type described = playbooks.Description

// looser makes a playbook looser in one thing; the way back tightens it.
var looser = map[string]func(d *described){
	"dry-run to live":        func(d *described) { d.Mode = incident.ModeLive },
	"a rule more":            func(d *described) { d.On.Rules = append(d.On.Rules, "zzz") },
	"every rule":             func(d *described) { d.On.Rules = nil },
	"a severity more":        func(d *described) { d.On.Severity = append(d.On.Severity, "low") },
	"every severity":         func(d *described) { d.On.Severity = nil },
	"no condition":           func(d *described) { d.On.When = "" },
	"fewer sources":          func(d *described) { d.On.Sources = 2 },
	"no confirmation":        func(d *described) { d.On.Sources, d.On.Within = 1, 0 },
	"more time for sources":  func(d *described) { d.On.Within *= 2 },
	"a shorter cooldown":     func(d *described) { d.Incident.Cooldown /= 2 },
	"more runs":              func(d *described) { d.Incident.Limit.Runs++ },
	"counted for less long":  func(d *described) { d.Incident.Limit.Per /= 2 },
	"no limit":               func(d *described) { d.Incident.Limit = nil },
	"no silence holds it":    func(d *described) { d.Incident.Unsilenceable = true },
	"evidence optional":      func(d *described) { d.Evidence[0].Optional = true },
	"an item more":           func(d *described) { d.Prepare = append(d.Prepare, playbooks.Item{ID: "more"}) },
	"an item always":         func(d *described) { d.Prepare[0].When = "" },
	"more calls":             func(d *described) { d.Prepare[0].Max++ },
	"quorum":                 func(d *described) { d.Approve.Quorum-- },
	"a team more":            func(d *described) { d.Approve.From = append(d.Approve.From, "zzz") },
	"people more":            func(d *described) { d.Approve.People++ },
	"one team suffices":      func(d *described) { d.Approve.Distinct = "person" },
	"longer open":            func(d *described) { d.Approve.Within *= 2 },
	"sends without asking":   func(d *described) { d.Pre = &playbooks.Releases{Only: []string{"pause"}} },
	"the key's spare":        func(d *described) { d.Submit.Spare = "guardian-2" },
	"a larger budget":        func(d *described) { d.Submit.MaxFee.Units = d.Submit.MaxFee.Units.Times(2) },
	"verified less":          func(d *described) { d.Verify = d.Verify[:0] },
	"verified later":         func(d *described) { d.Verify[0].Within *= 2 },
	"undone by fewer":        func(d *described) { d.Recover[0].Quorum-- },
	"undone by another team": func(d *described) { d.Recover[0].From = append(d.Recover[0].From, "zzz") },
	"undone by one of more":  func(d *described) { d.Recover[0].People++ },
}

// strictest is a description that each of looser can loosen.
func strictest(t *testing.T) described {
	d := everything(t)
	d.Mode, d.On.Sources, d.Approve.Quorum, d.Approve.Distinct = incident.ModeDryRun, 3, 3, "team"
	d.Pre, d.Submit.Spare = nil, ""
	return d
}

// effects are the grades of all that is said of a change, each once.
func effects(before, after described) []desk.Effect {
	var all []desk.Effect
	for _, c := range desk.Compare([]described{before}, []described{after}) {
		if len(all) == 0 || all[len(all)-1] != c.Effect {
			all = append(all, c.Effect)
		}
	}
	return all
}

func TestEveryLooseningIsCalledThatAndItsWayBackATightening(t *testing.T) {
	for name, edit := range looser {
		before, after := strictest(t), strictest(t)
		edit(&after)
		assert.Equal(t, []desk.Effect{desk.Loosens}, effects(before, after), name)
		assert.Equal(t, []desk.Effect{desk.Tightens}, effects(after, before), name)
	}
}

func TestWhatIsSentWithoutAskingIsGradedByWhenAndHowOften(t *testing.T) {
	for name, edit := range map[string]func(d *described){
		"longer":   func(d *described) { d.Pre.Until = "2027-04-01" },
		"oftener":  func(d *described) { d.Pre.Per -= playbooks.Duration(time.Minute) },
		"more":     func(d *described) { d.Pre.Only = append(d.Pre.Only, "withdrawal-limit") },
		"for good": func(d *described) { d.Pre.Until = "2028-01-01" },
	} {
		before, after := everything(t), everything(t)
		edit(&after)
		assert.Equal(t, []desk.Effect{desk.Loosens}, effects(before, after), name)
		assert.Equal(t, []desk.Effect{desk.Tightens}, effects(after, before), name)
	}
}

func TestAPlaybookThatIsOffDoesNothingByComingOrGoing(t *testing.T) {
	off := everything(t)
	off.Mode = incident.ModeOff
	for _, sides := range [][2][]described{{{off}, nil}, {nil, {off}}} {
		found := desk.Compare(sides[0], sides[1])
		if assert.Len(t, found, 1) {
			assert.Equal(t, desk.Changes, found[0].Effect)
		}
	}
	on := everything(t)
	on.Mode = incident.ModeDryRun
	assert.Equal(t, []desk.Effect{desk.Loosens}, effects(off, on))
	assert.Equal(t, []desk.Effect{desk.Tightens}, effects(on, off))
}

func TestWhatCannotBeToldIsNeverCalledATightening(t *testing.T) {
	for name, edit := range map[string]func(d *described){
		"another condition": func(d *described) { d.On.When = "true" },
		"another key":       func(d *described) { d.Incident.Key = []string{"alert.id"} },
		"other evidence":    func(d *described) { d.Evidence[0].What = "something else" },
		"another list":      func(d *described) { d.Prepare[0].Each = "something" },
		"other arguments":   func(d *described) { d.Prepare[0].With["limit"] = playbooks.Argument{Text: "1 USDX"} },
		"another key sends": func(d *described) { d.Submit.Signer = "other" },
		"another spare":     func(d *described) { d.Submit.Spare = "other" },
		"another fee token": func(d *described) { d.Submit.MaxFee.Token = "USDX" },
		"another page":      func(d *described) { d.Approve.Page = "other" },
		"no notice":         func(d *described) { d.Notify = nil },
	} {
		before, after := everything(t), everything(t)
		edit(&after)
		assert.Equal(t, []desk.Effect{desk.Changes}, effects(before, after), name)
		assert.Equal(t, []desk.Effect{desk.Changes}, effects(after, before), name)
	}
}

func TestAWayBackIsHeldAgainstItsOwn(t *testing.T) {
	two := func(quorums ...int) described {
		d := everything(t)
		first := d.Recover[0]
		d.Recover = nil
		for i, quorum := range quorums {
			way := first
			way.ID, way.Quorum = []string{"slowly", "at-once"}[i], quorum
			d.Recover = append(d.Recover, way)
		}
		return d
	}
	assert.Empty(t, effects(two(3, 3), two(3, 3)))
	assert.Equal(t, []desk.Effect{desk.Loosens}, effects(two(3, 3), two(3, 2)), "the second one takes fewer people")
	assert.Equal(t, []desk.Effect{desk.Tightens}, effects(two(3, 2), two(3, 3)))
	assert.Equal(t, []desk.Effect{desk.Loosens}, effects(two(3), two(3, 2)), "a second way back is another thing that may be done")
	assert.Equal(t, []desk.Effect{desk.Changes}, effects(two(3, 2), two(3)))
	renamed := two(2)
	renamed.Recover[0].ID = "other"
	assert.Equal(t, []desk.Effect{desk.Loosens, desk.Changes}, effects(two(3), renamed), "it is the same under another name")
}

func TestOfSeveralTimesToHoldTheOneThatCountsIsCompared(t *testing.T) {
	twice := func(minutes ...int) described {
		d := everything(t)
		d.Verify = append(d.Verify, d.Verify[0])
		d.Verify[1].That = "its own goal"
		for i := range d.Verify {
			d.Verify[i].Within = playbooks.Duration(time.Duration(minutes[i]) * time.Minute)
		}
		return d
	}
	assert.Equal(t, []desk.Effect{desk.Loosens}, effects(twice(9, 1), twice(9, 5)))
	assert.Equal(t, []desk.Effect{desk.Tightens}, effects(twice(9, 5), twice(9, 1)))
}
