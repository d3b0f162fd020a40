package rehearsal_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// outflow is an alert that drain is for.
func outflow(id string) incident.Alert {
	return incident.Alert{Source: "detector", ID: id, Rule: "vault.outflow-spike", Severity: incident.SeverityCritical, Chain: "lab", Contract: "lab-vault",
		Suspects: []common.Address{{1}}, Loss: &incident.Amount{Units: incident.NewQuantity(400_000_000_000), Token: "USDX", Decimals: 6}}
}

var t0 = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)

func planned(t *testing.T, set *playbooks.Set, a incident.Alert) rehearsal.Draft {
	t.Helper()
	drafts, err := rehearsal.Plan(t.Context(), set, a, playbooks.PlannerOptions{Now: func() time.Time { return t0 }})
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	return drafts[0]
}

// bare makes drain one that reads nothing.
var bare = []edit{
	{"evidence:\n  - {id: paused, read: lab-vault.paused()}\n  - {id: flows, get: transfers, token: USDX, from: lab-vault, since: 30m, optional: true}\n", ""},
	{"    when: \"!evidence.paused\"\n", ""},
	{"    when: evidence.has_flows && evidence.flows.total > amount(\"1_000 USDX\")\n    each: '= evidence.has_flows ? evidence.flows.recipients : alert.suspects'\n", "    each: = alert.suspects\n"},
}

func TestAPlanAtTheDeskIsTheOneThatPeopleWouldBeAskedAbout(t *testing.T) {
	d := planned(t, load(t, bare...), outflow("1"))
	assert.True(t, d.Verdict.Matched)
	body, ok := d.Body.(incident.Planned)
	require.True(t, ok, "%#v", d.Body)
	require.NoError(t, incident.CheckPlan(body))
	assert.Len(t, body.Plan.Calls, 2)
	assert.Equal(t, incident.PhaseAsking, d.State.Phase())
	assert.Contains(t, body.Plan.Calls[0].Warning, "could not tell whether it is so already", "nothing is known of a chain, and it is said")
}

func TestEvidenceThatNobodyReadsIsSaidAndItsConditionsExplained(t *testing.T) {
	d := planned(t, load(t), outflow("1"))
	escalated, ok := d.Body.(incident.Escalated)
	require.True(t, ok, "%#v", d.Body)
	assert.Contains(t, escalated.Why, "could not be read")
	require.Len(t, d.Reasons, 2)
	assert.Equal(t, "prepare.pause.when", d.Reasons[0].What)
	assert.True(t, d.Reasons[0].Failed)
}

func TestAnAlertThatMatchesNothingHasNoPlanButReasons(t *testing.T) {
	a := outflow("1")
	a.Loss = nil
	d := planned(t, load(t), a)
	assert.Nil(t, d.Body)
	reason, _ := d.Verdict.Because()
	require.NotNil(t, reason)
	assert.Equal(t, "on.when", reason.What)
}

func TestAMatchThatCannotBeToldIsAPersons(t *testing.T) {
	a := outflow("1")
	a.Loss = nil
	d := planned(t, load(t, edit{"alert.has_loss && ", ""}), a)
	assert.IsType(t, incident.Escalated{}, d.Body)
	assert.NotEmpty(t, d.Verdict.Failed)
}

func TestAPreAuthorisedPlanIsShownAsReleased(t *testing.T) {
	changes := append([]edit{preAuth[0], preAuth[1]}, bare[0], bare[1])
	d := planned(t, load(t, changes...), outflow("1"))
	assert.True(t, d.State.Run().PreAuthorised())
	assert.IsType(t, incident.Planned{}, d.Body)
}
