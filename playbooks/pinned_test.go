package playbooks_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// What the engine demands of its playbooks; the engine itself is not imported.
var _ interface {
	Match(alert incident.Alert) []incident.Opened
	Plan(ctx context.Context, s incident.State) (incident.Body, error)
} = (*playbooks.Planner)(nil)

func TestARunningIncidentKeepsTheTextThatItBeganWith(t *testing.T) {
	old := with(t)
	s := state(t, old, drain())
	newer := with(t, edit{"max_fee: 0.5 ETH", "max_fee: 0.1 ETH"})
	body, err := planner(t, newer, newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	planned, ok := body.(incident.Planned)
	require.True(t, ok, "%#v", body)
	assert.Equal(t, s.Opened.Playbook, planned.Plan.Playbook)
	assert.Equal(t, "500000000000000000", planned.Plan.MaxFee.String())
}

func TestAPinnedTextThatNoLongerLoadsGoesToAPerson(t *testing.T) {
	s := state(t, with(t), drain())
	inventory := strings.Replace(goodInventory, "can: [pause, withdrawal-limit]", "can: [pause]", 1)
	set, err := loadText(inventory, strings.NewReplacer(capItem, "", "  - {of: cap, within: 2m}\n", "",
		"  - id: raise\n    undo: cap\n    approve: {quorum: 3, from: [security, protocol]}\n", "").Replace(goodPlaybook))
	require.NoError(t, err)
	body, err := planner(t, set, newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	e, ok := body.(incident.Escalated)
	require.True(t, ok, "%#v", body)
	assert.Contains(t, e.Why, "lab-vault cannot withdrawal-limit")
	assert.NotEmpty(t, e.Mend)
}

func TestATextThatIsNotThePinnedOneIsRefused(t *testing.T) {
	s := state(t, with(t), drain())
	s.Opened.Text = strings.Replace(s.Opened.Text, "quorum: 2\n", "quorum: 3\n", 1)
	body, err := planner(t, with(t), newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	assert.Contains(t, body.(incident.Escalated).Why, "not the one that the incident pinned")
}

func TestARecoveryIsNotPlannedAsAContainment(t *testing.T) {
	s := state(t, with(t), drain())
	s.Runs = append(s.Runs, incident.Run{Number: 1, Phase: incident.PhaseOpened})
	body, err := planner(t, with(t), newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	assert.Contains(t, body.(incident.Escalated).Why, "recovery run 1")
}

func TestADrillNeverReachesAKeyForRealIncidents(t *testing.T) {
	s := state(t, with(t), drain())
	s.Exercise = true
	body, err := planner(t, with(t), newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	plan := body.(incident.Planned).Plan
	assert.True(t, plan.Exercise)
	assert.Equal(t, incident.ModeDryRun, plan.Mode, "it is played to the end, but for the signature")
	assert.Contains(t, strings.Join(plan.Notes, " "), "key guardian is for real incidents")
}

// drilling is the good set with a key for drills.
func drilling(t *testing.T) *playbooks.Set {
	t.Helper()
	set, err := loadText(strings.Replace(goodInventory, "guardian: {chains: [lab],", "guardian: {chains: [lab], exercise: true,", 1), goodPlaybook)
	require.NoError(t, err)
	key, _ := set.Inventory().Signer("guardian")
	require.True(t, key.Exercise)
	return set
}

func TestAFlagIsTrueOrFalseAndNoOtherWord(t *testing.T) {
	for _, word := range []string{"yes", "on", "1", "True", "no"} {
		_, err := playbooks.ParseInventory("inventory.yaml", strings.Replace(goodInventory, "guardian: {chains: [lab],", "guardian: {chains: [lab], exercise: "+word+",", 1))
		assert.ErrorContains(t, err, "must be true or false", word)
	}
}

func TestAKeyForDrillsSignsInDrillsAlone(t *testing.T) {
	set := drilling(t)
	s := state(t, set, drain())
	body, err := planner(t, set, newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	assert.Contains(t, body.(incident.Escalated).Why, "key guardian is for exercises")
	s.Exercise = true
	body, err = planner(t, set, newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, incident.ModeLive, body.(incident.Planned).Plan.Mode)
}

func TestAPlanCarriesTheRosterOfThoseWhoCountTheVotes(t *testing.T) {
	roster := incident.DigestOf("firebreak-roster/1", []byte("another"))
	p, err := with(t).Planner(playbooks.PlannerOptions{Reader: newChain(), Roster: roster})
	require.NoError(t, err)
	body, err := p.Plan(t.Context(), state(t, with(t), drain()))
	require.NoError(t, err)
	assert.Equal(t, roster, body.(incident.Planned).Plan.Roster)
}

func TestAPlannerWithoutAReaderIsRefused(t *testing.T) {
	_, err := with(t).Planner(playbooks.PlannerOptions{})
	assert.ErrorContains(t, err, "reader")
	_, err = new(playbooks.Set).Planner(playbooks.PlannerOptions{Reader: newChain()})
	assert.ErrorContains(t, err, "no set")
}
