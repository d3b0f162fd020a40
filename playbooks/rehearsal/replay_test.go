package rehearsal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// at is an alert that was stored, minutes after t0, and what was made of it.
func at(minutes int, alert incident.Alert, did ...incident.Match) rehearsal.Receipt {
	return rehearsal.Receipt{Number: uint64(minutes + 1), At: t0.Add(time.Duration(minutes) * time.Minute), Alert: alert, Matches: did}
}

// would replays, and gives what would have come of each alert.
func would(set *playbooks.Set, past rehearsal.Past) (verdicts []string, changed []bool) {
	for _, l := range rehearsal.Replay(set, past, t0) {
		verdicts, changed = append(verdicts, rehearsal.MatchWords(l.Would)), append(changed, l.Changed)
	}
	return verdicts, changed
}

func TestAReplayRoutesByKeysAndCooldowns(t *testing.T) {
	past := rehearsal.Past{Receipts: []rehearsal.Receipt{
		at(0, outflow("1")), at(5, outflow("2")), at(11, outflow("3")),
	}}
	verdicts, changed := would(load(t), past)
	assert.Equal(t, []string{"drain opened #1", "drain attached #1", "drain opened #2"}, verdicts,
		"a request of ten minutes that nobody answered holds nothing back after it")
	assert.Equal(t, []bool{true, true, true}, changed, "nothing was made of them then")
}

func TestAnIncidentThatRanThenIsTakenToHaveRunAsItDid(t *testing.T) {
	id := incident.ID("01JEQ7V5M2K3ABCD")
	past := rehearsal.Past{
		Receipts: []rehearsal.Receipt{
			at(0, outflow("1"), incident.Match{Playbook: "drain", Verdict: "opened", Incident: id}),
			at(11, outflow("2"), incident.Match{Playbook: "drain", Verdict: "cooldown", Incident: id}),
			at(40, outflow("3"), incident.Match{Playbook: "drain", Verdict: "opened", Incident: "01JEQ7V5M2K3ABCE"}),
		},
		Incidents: map[incident.ID]incident.State{id: {ID: id, Runs: []incident.Run{{Phase: incident.PhaseContained, EndedAt: t0.Add(3 * time.Minute)}}}},
	}
	verdicts, changed := would(load(t), past)
	assert.Equal(t, []string{"drain opened #1", "drain cooldown #1", "drain opened #2"}, verdicts)
	assert.Equal(t, []bool{false, false, false}, changed)
}

func TestAReplayHeedsTheSilencesOfThen(t *testing.T) {
	added := incident.SilenceAdded{Match: incident.SilenceMatch{Rule: outflow("1").Rule}, Until: t0.Add(time.Hour), By: "ana", Why: "tuning"}
	past := rehearsal.Past{
		Receipts: []rehearsal.Receipt{at(0, outflow("1")), at(5, outflow("2"), incident.Match{Playbook: "drain", Verdict: "silenced"}), at(30, outflow("3")), at(55, outflow("4"))},
		Silences: incident.SilenceList{{Number: 1, SilenceAdded: added, Since: t0.Add(2 * time.Minute),
			Expired: &incident.SilenceExpired{Silence: 1, By: "ben"}, EndedAt: t0.Add(50 * time.Minute)}},
	}
	past.Receipts = past.Receipts[1:]
	verdicts, changed := would(load(t), past)
	assert.Equal(t, []string{"drain silenced", "drain silenced", "drain opened #1"}, verdicts)
	assert.Equal(t, []bool{false, true, true}, changed)
}

func TestWhatIsBeforeTheWindowHoldsItsKeyAndIsNotTold(t *testing.T) {
	past := rehearsal.Past{Receipts: []rehearsal.Receipt{at(-5, outflow("1")), at(2, outflow("2"))}}
	verdicts, _ := would(load(t), past)
	assert.Equal(t, []string{"drain attached #1"}, verdicts)
}

func TestAnAlertThatWasNoOrderToActMakesNothing(t *testing.T) {
	inert := at(0, outflow("1"))
	inert.Inert = "test"
	verdicts, changed := would(load(t), rehearsal.Past{Receipts: []rehearsal.Receipt{inert}})
	assert.Equal(t, []string{"nothing"}, verdicts)
	assert.Equal(t, []bool{false}, changed)
}

func TestAReplayWaitsForOtherSources(t *testing.T) {
	set := load(t, edit{"incident:\n", "  confirm: {sources: 2, within: 90s}\nincident:\n"})
	other := outflow("2")
	other.Source = "second"
	late := rehearsal.Past{Receipts: []rehearsal.Receipt{at(0, outflow("1")), at(2, other)}}
	verdicts, _ := would(set, late)
	assert.Equal(t, []string{"drain opened #1", "drain opened #2"}, verdicts, "unconfirmed, the first holds nothing back")
	soon := rehearsal.Past{Receipts: []rehearsal.Receipt{at(0, outflow("1")), at(1, other), at(5, outflow("3"))}}
	verdicts, _ = would(set, soon)
	assert.Equal(t, []string{"drain opened #1", "drain attached #1", "drain attached #1"}, verdicts)
}

func TestAReplayKeepsLimits(t *testing.T) {
	set := load(t, edit{"  cooldown: 30m", "  cooldown: 1m\n  limit: {runs: 1, per: 1h, then: page}"})
	verdicts, _ := would(set, rehearsal.Past{Receipts: []rehearsal.Receipt{at(0, outflow("1")), at(11, outflow("2")), at(12, outflow("3"))}})
	assert.Equal(t, []string{"drain opened #1", "drain opened #2 (only pages)", "drain limit #2"}, verdicts, "one too many pages once")
}

func TestAPlaybookThatIsNewShowsAsAChange(t *testing.T) {
	past := rehearsal.Past{Receipts: []rehearsal.Receipt{at(0, outflow("1"), incident.Match{Playbook: "old", Verdict: "opened", Incident: "01JEQ7V5M2K3ABCD"})}}
	_, changed := would(load(t), past)
	assert.Equal(t, []bool{true}, changed)
}

func TestAnAlertThatCouldNotBeToldThenAndCanNowIsAChange(t *testing.T) {
	id := incident.ID("01JEQ7V5M2K3ABCD")
	then := at(0, outflow("1"), incident.Match{Playbook: "drain", Verdict: "opened", Incident: id, Why: "alert.loss is absent"})
	_, changed := would(load(t), rehearsal.Past{Receipts: []rehearsal.Receipt{then}})
	assert.Equal(t, []bool{true}, changed, "people were paged and nothing was prepared; now it would be")
	over := at(0, outflow("1"), incident.Match{Playbook: "drain", Verdict: "opened", Incident: id, Why: "3 incidents in 1h"})
	_, changed = would(load(t), rehearsal.Past{Receipts: []rehearsal.Receipt{over}})
	assert.Equal(t, []bool{true}, changed, "one too many then is none now")
}

func TestWhyItCouldNotBeToldIsNoChangeByItsWords(t *testing.T) {
	set := load(t, edit{"alert.has_loss && ", ""})
	alert := outflow("1")
	alert.Loss = nil
	then := at(0, alert, incident.Match{Playbook: "drain", Verdict: "opened", Incident: "01JEQ7V5M2K3ABCD", Why: "in other words"})
	_, changed := would(set, rehearsal.Past{Receipts: []rehearsal.Receipt{then}})
	assert.Equal(t, []bool{false}, changed)
}
