package rehearsal_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// seenOf gives "true", "false", "both" or "" by condition and text, of what the
// stories saw of a changed drain.
func seenOf(t *testing.T, set *playbooks.Set, stories ...string) map[string]string {
	t.Helper()
	var results []rehearsal.Result
	for _, s := range stories {
		results = append(results, play(t, set, s))
	}
	seen := map[string]string{}
	for _, c := range rehearsal.Cover(set.Playbooks(), results).Conditions {
		words := map[[2]bool]string{{true, false}: "true", {false, true}: "false", {true, true}: "both"}
		seen[strings.TrimSuffix(c.What+" "+c.Text, " ")] = words[[2]bool{c.True, c.False}]
	}
	return seen
}

func TestWhatOnlyFailedWasNotSeen(t *testing.T) {
	set := load(t, edit{"alert.has_loss && alert.loss >= amount(\"250_000 USDX\")", "alert.loss >= amount(\"250_000 USDX\")"})
	seen := seenOf(t, set, "alerts: [{loss: none}]\nexpect: {match: unknown}")
	assert.Empty(t, seen["on.when alert.loss >= amount(\"250_000 USDX\")"])

	seen = seenOf(t, load(t), "alerts: [{}]\nevidence: {paused: unknown}\nexpect: {outcome: escalated}")
	assert.Empty(t, seen["prepare.pause.when evidence.paused"])
	assert.Equal(t, "true", seen["on.when"])
}

func TestAWholeThatCannotBeToldWasSeenNeitherWay(t *testing.T) {
	set := load(t, edit{"alert.has_loss && alert.loss", "alert.severity != \"low\" && alert.loss"})
	seen := seenOf(t, set, "alerts: [{loss: none}]\nexpect: {match: unknown}")
	assert.Empty(t, seen["on.when"])
	assert.Empty(t, seen["on.when alert.loss >= amount(\"250_000 USDX\")"])
	assert.Equal(t, "true", seen["on.when alert.severity != \"low\""], "what could be told was seen")
}

func TestWhatAnotherPartHadSettledWasNotSeen(t *testing.T) {
	either := load(t, edit{"alert.has_loss && alert.loss", "alert.severity == \"critical\" || alert.has_loss && alert.loss"})
	seen := seenOf(t, either, "alerts: [{}]\nexpect: {match: true}")
	assert.Equal(t, "true", seen["on.when alert.severity == \"critical\""])
	assert.Empty(t, seen["on.when alert.has_loss"])
	assert.Empty(t, seen["on.when alert.loss >= amount(\"250_000 USDX\")"])

	choice := load(t, edit{"when: alert.has_loss && alert.loss >= amount(\"250_000 USDX\")", "when: |\n    alert.has_loss ? alert.severity == \"critical\" : alert.severity == \"high\""})
	seen = seenOf(t, choice, "alerts: [{}]\nexpect: {match: true}")
	assert.Equal(t, "true", seen["on.when alert.severity == \"critical\""])
	assert.Empty(t, seen["on.when alert.severity == \"high\""], "the other branch")
}

func TestAConditionIsNotSeenWhereTheAlertNeverCameToIt(t *testing.T) {
	set := load(t, edit{"  when: alert.has_loss", "  severity: [critical]\n  when: alert.has_loss"})
	for what, how := range seenOf(t, set, "alerts: [{severity: low}]\nexpect: {match: false, because: on.severity}") {
		assert.Empty(t, how, what)
	}
	off := load(t, edit{"mode: live", "mode: \"off\""})
	for what, how := range seenOf(t, off, "alerts: [{}]\nexpect: {match: false, because: mode}") {
		assert.Empty(t, how, what)
	}
	seen := seenOf(t, load(t), "alerts: [{loss: 1 USDX}]\nexpect: {match: false}")
	assert.Equal(t, "false", seen["on.when"])
	assert.Empty(t, seen["prepare.pause.when evidence.paused"], "nothing is prepared of what does not match")
	assert.Empty(t, seen["prepare.block.when"])
}

func TestAnItemThatWasNeverWeighedIsNotSeen(t *testing.T) {
	confirm := load(t, edit{"incident:\n", "  confirm: {sources: 2, within: 90s}\nincident:\n"})
	seen := seenOf(t, confirm, "alerts: [{}]\nexpect: {outcome: confirming}")
	assert.Equal(t, "true", seen["on.when"])
	assert.Empty(t, seen["prepare.pause.when evidence.paused"], "nothing is planned before others agree")

	// The list of the first item is too long, so it is left out; the second is
	// looked at all the same.
	swapped := load(t, edit{drain[strings.Index(drain, "  - id: pause"):strings.Index(drain, "  - id: block")], ""},
		edit{"    after: [pause]\n", "  - id: pause\n    do: pause\n    on: lab-vault\n    when: \"!evidence.paused\"\n"})
	seen = seenOf(t, swapped, "alerts: [{}]\nevidence: {flows: {total: 5_000 USDX, recipients: 6}}\nexpect: {prepares: [pause], outcome: waiting, exact: true}")
	assert.Equal(t, "true", seen["prepare.block.when"])
	assert.Equal(t, "false", seen["prepare.pause.when evidence.paused"])
}

func TestACoverageIsOfThePlaybookThatWasRehearsed(t *testing.T) {
	set := load(t)
	r := play(t, set, "alerts: [{}]\nexpect: {match: true}")
	r.Playbook = "another"
	c := rehearsal.Cover(set.Playbooks(), []rehearsal.Result{r})
	assert.Equal(t, []string{"drain"}, c.Untested)
	for _, one := range c.Conditions {
		assert.False(t, one.True || one.False, one.String())
	}
}
