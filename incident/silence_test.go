package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

var loud = incident.Alert{Source: "tenderly", ID: "a1", Rule: "vault.outflow", Chain: "lab", Contract: "lab-vault", Labels: map[string]string{"env": "prod"}}

func silence(m incident.SilenceMatch) incident.SilenceList {
	return incident.SilenceList{{Number: 3, SilenceAdded: incident.SilenceAdded{Match: m, Until: t0.Add(time.Hour), By: "ana", Why: "tuning"}}}
}

func ofPlaybook(name string) incident.Opened {
	return incident.Opened{Playbook: incident.PlaybookRef{Name: name}}
}

func TestASilenceCoversWhatEqualsAllItNamesAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		match incident.SilenceMatch
		want  bool
	}{
		"nothing named":        {incident.SilenceMatch{}, false},
		"a chain alone":        {incident.SilenceMatch{Chain: "lab"}, false},
		"a label alone":        {incident.SilenceMatch{Labels: map[string]string{"env": "prod"}}, false},
		"its rule":             {incident.SilenceMatch{Rule: "vault.outflow"}, true},
		"another rule":         {incident.SilenceMatch{Rule: "vault"}, false},
		"its playbook":         {incident.SilenceMatch{Playbook: "drain"}, true},
		"another playbook":     {incident.SilenceMatch{Playbook: "other"}, false},
		"its source":           {incident.SilenceMatch{Source: "tenderly"}, true},
		"another contract":     {incident.SilenceMatch{Rule: "vault.outflow", Contract: "bridge"}, false},
		"a label of it":        {incident.SilenceMatch{Rule: "vault.outflow", Labels: map[string]string{"env": "prod"}}, true},
		"a label it has not":   {incident.SilenceMatch{Rule: "vault.outflow", Labels: map[string]string{"team": "x"}}, false},
		"an empty label":       {incident.SilenceMatch{Rule: "vault.outflow", Labels: map[string]string{"team": ""}}, false},
		"all and another":      {incident.SilenceMatch{Rule: "vault.outflow", Source: "forta"}, false},
		"all of what it says":  {incident.SilenceMatch{Playbook: "drain", Source: "tenderly", Rule: "vault.outflow", Chain: "lab", Contract: "lab-vault"}, true},
		"the chain besides":    {incident.SilenceMatch{Rule: "vault.outflow", Chain: "lab"}, true},
		"another chain beside": {incident.SilenceMatch{Rule: "vault.outflow", Chain: "mainnet"}, false},
	} {
		_, covered := silence(c.match).Covers(loud, ofPlaybook("drain"), t0)
		assert.Equal(t, c.want, covered, name)
	}
}

func TestNobodySilencesAnUnsilenceablePlaybookOrAPerson(t *testing.T) {
	list := silence(incident.SilenceMatch{Rule: "vault.outflow"})
	o := ofPlaybook("drain")
	o.Unsilenceable = true
	_, covered := list.Covers(loud, o, t0)
	assert.False(t, covered)
	asked := loud
	asked.By, asked.Playbook = "ana", "drain"
	_, covered = list.Covers(asked, ofPlaybook("drain"), t0)
	assert.False(t, covered)
}

func TestASilenceEndsAtItsTimeToTheMoment(t *testing.T) {
	list := silence(incident.SilenceMatch{Rule: "vault.outflow"})
	_, covered := list.Covers(loud, ofPlaybook("drain"), t0.Add(time.Hour-time.Nanosecond))
	assert.True(t, covered)
	_, covered = list.Covers(loud, ofPlaybook("drain"), t0.Add(time.Hour))
	assert.False(t, covered)
}

// seal makes the facts of a stream.
func seal(t *testing.T, stream incident.Stream, bodies ...incident.Body) []incident.Fact {
	var facts []incident.Fact
	at := incident.Position{Stream: stream}
	for _, b := range bodies {
		at.Seq++
		f, err := incident.Draft{Body: b, Seen: t0}.Seal(at, t0)
		require.NoError(t, err)
		facts, at.Prev = append(facts, f), f.Hash
	}
	return facts
}

func TestASilenceIsEndedOnceAndOnlyWhereItRuns(t *testing.T) {
	added := incident.SilenceAdded{Match: incident.SilenceMatch{Rule: "r"}, Until: t0.Add(time.Hour), By: "ana", Why: "tuning"}
	facts := seal(t, incident.Silences, added, incident.SilenceExpired{Silence: 1, By: "ben"}, incident.SilenceExpired{Silence: 1, By: "ben"},
		incident.SilenceExpired{Silence: 9, By: "ben"}, incident.FreezeAsked{})
	first, err := incident.SilenceList(nil).With(facts[0])
	require.NoError(t, err)
	require.Len(t, first.Active(t0), 1)
	ended, err := first.With(facts[1])
	require.NoError(t, err)
	assert.Empty(t, ended.Active(t0))
	assert.Equal(t, "ben", ended[0].Expired.By)
	assert.Len(t, first.Active(t0), 1, "a list is a value")
	for _, f := range facts[2:] {
		_, err = ended.With(f)
		assert.Error(t, err, "fact %d", f.Seq)
	}
}

func TestASourceThatCallsItsAlertOverConfirmsNoMore(t *testing.T) {
	o := opened()
	o.Sources, o.Within = 2, time.Minute
	o.Alert.Signal = "s1"
	s := newStory(t).add(o)
	s.add(incident.SignalNoted{Receipt: 5, Source: "generic", Signal: "s1", What: incident.InertReminder})
	assert.Equal(t, []string{"generic"}, s.state.Confirming(), "a reminder ends nothing")
	s.add(incident.SignalNoted{Receipt: 6, Source: "generic", Signal: "other", What: incident.InertResolved})
	assert.Equal(t, []string{"generic"}, s.state.Confirming(), "another signal")
	assert.True(t, s.state.Confirms("generic"))
	assert.False(t, s.state.Confirms("another"))
	s.add(incident.SignalNoted{Receipt: 7, Source: "generic", Signal: "s1", What: incident.InertResolved})
	assert.Empty(t, s.state.Confirming())
	assert.False(t, s.state.Confirms("generic"))
	s.add(incident.AlertAttached{Receipt: 8, Alert: incident.Alert{Source: "tenderly", ID: "b1"}})
	assert.Equal(t, []incident.Do{incident.DoRecord}, s.dos())
	assert.IsType(t, incident.Lapsed{}, incident.Next(s.state)[0].Body, "one source is left, and two must agree")
	s.add(incident.AlertAttached{Receipt: 9, Alert: incident.Alert{Source: "generic", ID: "a2", Signal: "s1"}})
	assert.IsType(t, incident.Confirmed{}, incident.Next(s.state)[0].Body, "it says it again, later")
	assert.True(t, s.state.HasSignal("generic", "s1"))
	assert.False(t, s.state.HasSignal("tenderly", ""), "no signal is no signal")
}

func TestASourceDoesNotFillACaseFileWithItsSignals(t *testing.T) {
	s := newStory(t).add(opened())
	for i := range incident.MaxSignals {
		s.add(incident.SignalNoted{Receipt: uint64(i + 2), Source: "generic", Signal: "s", What: incident.InertReminder})
	}
	assert.Error(t, s.try(incident.SignalNoted{Receipt: 999, Source: "generic", Signal: "s", What: incident.InertReminder}))
}
