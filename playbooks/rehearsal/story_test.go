package rehearsal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// preAuth makes drain one that pauses without asking.
var preAuth = []edit{
	{"approve:\n  quorum: 2", "pre_authorize: {only: [pause], until: \"2027-03-31\", per: 24h}\napprove:\n  quorum: 2"},
	{drain[strings.Index(drain, "  - id: block"):strings.Index(drain, "approve:\n  quorum: 2")], ""},
}

func TestStoriesEndAsTheyWould(t *testing.T) {
	confirm := edit{"incident:\n", "  confirm: {sources: 2, within: 90s}\nincident:\n"}
	spare := edit{"{as: guardian,", "{as: guardian, spare: second,"}
	limit := edit{"  cooldown: 30m", "  cooldown: 1m\n  limit: {runs: 1, per: 1h, then: page}"}
	for name, c := range map[string]struct {
		changes []edit
		story   string
	}{
		"people are asked": {nil, `
alerts: [{}]
expect: {outcome: waiting, prepares: [pause, block×2], incidents: 1, runs: 1, exact: true}`},
		"it holds": {nil, `
alerts: [{}]
approvals: [ana, dee]
expect: {outcome: contained, match: true}`},
		"one team is no quorum of two teams": {nil, `
alerts: [{}]
approvals: [ana, ben]
expect: {outcome: waiting}`},
		"nobody answers": {nil, `
alerts: [{}]
at: 10m
expect: {outcome: rejected, paged: eli}`},
		"an answer after the deadline does not count": {nil, `
alerts: [{}]
approvals: [ana, {person: dee, at: 11m}]
at: 12m
expect: {outcome: rejected, refused: dee}`},
		"an answer after the quorum does not count": {nil, `
alerts: [{}]
approvals: [ana, dee, ben]
expect: {outcome: contained, refused: ben}`},
		"an answer to nothing does not count": {nil, `
alerts: [{at: 1m}]
approvals: [{person: ana, at: 10s}]
expect: {outcome: waiting, refused: ana}`},
		"what was read leaves an item out": {nil, `
alerts: [{}]
evidence: {paused: true}
expect: {prepares: [block×2], exact: true, outcome: waiting}`},
		"what cannot be read leaves an item out, and is said": {nil, `
alerts: [{}]
evidence: {paused: unknown}
expect: {outcome: escalated, paged: protocol}`},
		"optional evidence that is missing": {nil, `
alerts: [{}]
evidence: {flows: unknown}
expect: {prepares: [pause], exact: true, outcome: waiting}`},
		"more recipients than the playbook allows": {nil, `
alerts: [{}]
evidence: {flows: {total: 5_000 USDX, count: 10, recipients: 6}}
expect: {prepares: [pause], exact: true, outcome: waiting, notes: [block is not prepared]}`},
		"a condition that cannot be told pages and prepares nothing": {[]edit{{"alert.has_loss && ", ""}}, `
alerts: [{loss: none}]
expect: {match: unknown, because: alert.loss, outcome: escalated, paged: protocol, runs: 0}`},
		"one of two sources is not enough": {[]edit{confirm}, `
alerts: [{}]
expect: {outcome: confirming, runs: 0}`},
		"the second source comes in time": {[]edit{confirm}, `
alerts: [{source: one}, {source: two, at: 89s}]
expect: {outcome: waiting, incidents: 1}`},
		"the second source comes too late": {[]edit{confirm}, `
alerts: [{source: one}, {source: two, at: 91s}]
at: 92s
expect: {incidents: 2, outcome: confirming}`},
		"the same source twice is one": {[]edit{confirm}, `
alerts: [{source: one}, {source: one, at: 10s}]
at: 95s
expect: {outcome: unconfirmed, incidents: 1, runs: 0}`},
		"beyond the limit a person is paged and nothing prepared": {[]edit{limit}, `
alerts: [{}, {at: 20m, contract: lab-registry}]
approvals: [ana, dee]
expect: {incidents: 2, runs: 1, outcome: escalated, paged: protocol}`},
		"pre-authorised, it goes out at once": {preAuth, `
alerts: [{}]
expect: {pre_authorised: true, outcome: contained, paged: protocol, prepares: [pause]}`},
		"pre-authorised, but not twice within a day": {preAuth, `
alerts: [{}, {at: 2h}]
expect: {incidents: 2, pre_authorised: false, outcome: waiting}`},
		"the pre-authorisation has ended": {preAuth, `
alerts: [{}]
today: "2027-04-01"
expect: {pre_authorised: false, outcome: waiting, notes: [ended on 2027-03-31]}`},
		"a dry run asks and sends nothing": {[]edit{{"mode: live", "mode: dry-run"}}, `
alerts: [{}]
approvals: [ana, dee]
expect: {outcome: moot}`},
		"a dry run is rehearsed as if it were live": {[]edit{{"mode: live", "mode: dry-run"}}, `
mode: live
alerts: [{}]
approvals: [ana, dee]
expect: {outcome: contained}`},
		"a playbook that is off does nothing": {[]edit{{"mode: live", "mode: \"off\""}}, `
alerts: [{}]
expect: {match: false, because: mode, incidents: 0}`},
		"a step waits for the one before it, which never comes": {nil, `
alerts: [{}]
approvals: [ana, dee]
chain: {pause: {receipt: never}}
expect: {outcome: sending, paged: protocol}`},
		"a key that gets nowhere has a spare that does": {[]edit{spare}, `
alerts: [{}]
approvals: [ana, dee]
chain: {pause: {receipt: never, goal: false}, pause/spare: {receipt: ok}}
expect: {outcome: contained, prepares: [pause, block×2]}`},
		"the goal holds while the transaction waits": {nil, `
alerts: [{}]
approvals: [ana, dee]
chain: {pause: {receipt: never, goal: true}}
expect: {outcome: contained, prepares: [pause, block×2], exact: true}`},
		"half of it fails": {nil, `
alerts: [{}]
approvals: [ana, dee]
chain: {block/1: {receipt: reverts}}
expect: {outcome: verify-failed, paged: protocol}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, load(t, c.changes...), c.story)
			assert.Empty(t, r.Failures)
			assert.True(t, r.OK)
		})
	}
}

func TestAnExpectationThatIsNotMetFails(t *testing.T) {
	const asked = "alerts: [{}]\n"
	for what, story := range map[string]string{
		"match":                     asked + `expect: {match: false}`,
		"because":                   "alerts: [{loss: 1 USDX}]\n" + `expect: {match: false, because: alert.chain}`,
		"incidents":                 asked + `expect: {incidents: 2}`,
		"runs":                      asked + `expect: {runs: 0}`,
		"prepares":                  asked + `expect: {prepares: [block×3]}`,
		"outcome":                   asked + `expect: {outcome: contained}`,
		"paged":                     asked + `expect: {paged: eli}`,
		"refused":                   asked + "approvals: [ana]\n" + `expect: {refused: ana}`,
		"approvals":                 "alerts: [{loss: 1 USDX}]\napprovals: [ana]\n" + `expect: {match: false}`,
		"pre_authorised":            asked + `expect: {pre_authorised: true}`,
		"calls.pause.function":      asked + `expect: {calls: {pause: {function: unpause()}}}`,
		"calls.block/1.to":          asked + `expect: {calls: {block/1: {to: lab-vault}}}`,
		"calls.block/1.args.amount": asked + `expect: {calls: {block/1: {args: {amount: "1"}}}}`,
		"calls.block/5":             asked + `expect: {calls: {block/5: {to: lab-registry}}}`,
		"notes":                     asked + `expect: {notes: [nobody says this]}`,
	} {
		r := play(t, load(t), story)
		assert.False(t, r.OK, what)
		assert.Equal(t, []string{what}, missed(r), story)
	}
}

// What did not decide is no reason, although it is in the condition and false too.
func TestOnlyWhatDecidedIsTheReason(t *testing.T) {
	set := load(t, edit{"alert.has_loss && alert.loss", "alert.severity != \"low\" && alert.has_loss && alert.loss"})
	for because, right := range map[string]bool{"alert.loss": true, `alert.loss >= amount("250_000 USDX")`: true, "on.when": true,
		"alert.has_loss": false, "alert.severity": false, `alert.severity != "low"`: false, "on.rules": false, "alert.rule": false, "mode": false} {
		r := play(t, set, "alerts: [{loss: 1 USDX}]\nexpect: {match: false, because: '"+because+"'}")
		assert.Equal(t, right, r.OK, because)
	}
	r := play(t, set, "alerts: [{severity: low, loss: none}]\nexpect: {match: false, because: alert.loss}")
	assert.Equal(t, []string{"because"}, missed(r), "what was not reached, and failed, decided nothing")
}

func TestARuleOrASeverityIsAReasonByItsVariableToo(t *testing.T) {
	set := load(t, edit{"  when: alert.has_loss", "  severity: [critical]\n  when: alert.has_loss"})
	for because, right := range map[string]bool{"on.severity": true, "alert.severity": true, "alert.rule": false, "on.rules": false} {
		r := play(t, set, "alerts: [{severity: low}]\nexpect: {match: false, because: "+because+"}")
		assert.Equal(t, right, r.OK, because)
		assert.Equal(t, !right, len(r.Failures) == 1 && r.Failures[0].Got != "nothing", "what did decide is told")
	}
}

func TestExactRefusesWhatWasNotNamed(t *testing.T) {
	for what, story := range map[string]string{
		"prepares":       "alerts: [{}]\nexpect: {prepares: [pause], outcome: waiting, exact: true}",
		"outcome":        "alerts: [{}]\nexpect: {prepares: [pause, block], exact: true}",
		"incidents":      "alerts: [{}, {contract: lab-registry}]\nexpect: {prepares: [pause, block], outcome: waiting, exact: true}",
		"paged":          "alerts: [{}]\nat: 10m\nexpect: {prepares: [pause, block], outcome: rejected, exact: true}",
		"pre_authorised": "alerts: [{}]\nexpect: {prepares: [pause], outcome: contained, paged: protocol, exact: true}",
	} {
		changes := []edit{}
		if what == "pre_authorised" {
			changes = preAuth
		}
		assert.Equal(t, []string{what}, missed(play(t, load(t, changes...), story)), story)
	}
}

func TestAFailureSaysWhatDecided(t *testing.T) {
	r := play(t, load(t), "alerts: [{loss: 100 USDX}]\nexpect: {match: true}")
	require.Len(t, r.Failures, 1)
	assert.Equal(t, []string{`on.when: alert.loss >= amount("250_000 USDX") is false (alert.loss = 100 USDX)`}, r.Failures[0].Why)
	r = play(t, load(t), "alerts: [{}]\nexpect: {match: false}")
	require.Len(t, r.Failures, 1)
	assert.True(t, slices.ContainsFunc(r.Failures[0].Why, func(s string) bool { return strings.Contains(s, "is true (alert.loss = 400000 USDX)") }))
}

func TestAStoryComesOutTheSameEachTime(t *testing.T) {
	const story = "alerts: [{}, {at: 40m}]\napprovals: [ana, dee]\nexpect: {incidents: 2}"
	first := play(t, load(t), story)
	second := play(t, load(t), story)
	assert.Equal(t, first.Came.Outcome, second.Came.Outcome)
	assert.Equal(t, first.Came.Notes, second.Came.Notes)
	assert.Equal(t, first.Failures, second.Failures)
}
