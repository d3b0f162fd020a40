package playbooks_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// released is a playbook of a pause that may go out before anybody is asked.
func released(t testing.TB, until, per string, more ...edit) *playbooks.Set {
	t.Helper()
	pre := edit{"approve:\n", "pre_authorize: {only: [pause], until: \"" + until + "\", per: " + per + "}\napprove:\n"}
	if until == "" {
		pre = edit{"approve:\n", "approve:\n"}
	}
	return with(t, slices.Concat(noCap, noBlock, []edit{pre}, more)...)
}

// planOf plans an incident that began under one set when another is in force.
func planOf(t testing.TB, began, present *playbooks.Set, change ...func(*playbooks.PlannerOptions)) incident.Plan {
	t.Helper()
	o := playbooks.PlannerOptions{Reader: newChain(), Now: func() time.Time { return t0 }}
	for _, c := range change {
		c(&o)
	}
	p, err := present.Planner(o)
	require.NoError(t, err)
	body, err := p.Plan(t.Context(), state(t, began, drain()))
	require.NoError(t, err)
	planned, ok := body.(incident.Planned)
	require.True(t, ok, "%#v", body)
	return planned.Plan
}

func TestWhatWasTakenBackIsNotReleasedOnTheStrengthOfAnOldText(t *testing.T) {
	began := released(t, "2027-03-31", "24h")
	another := strings.NewReplacer("on: lab-vault", "on: other-vault", "\"lab-vault\"", "\"other-vault\"")
	moved, err := loadText(strings.Replace(goodInventory, "contracts:\n", "contracts:\n  other-vault: {chain: lab, address: \"0x0000000000000000000000000000000000000abc\", can: [pause]}\n", 1),
		another.Replace(textOf(t, began)))
	require.NoError(t, err)
	for name, present := range map[string]*playbooks.Set{
		"no sign-off":      released(t, "", ""),
		"a dry run":        released(t, "2027-03-31", "24h", edit{"mode: live", "mode: dry-run"}),
		"off":              released(t, "2027-03-31", "24h", edit{"mode: live", "mode: off"}),
		"another contract": moved,
	} {
		t.Run(name, func(t *testing.T) {
			p := planOf(t, began, present)
			assert.Nil(t, p.Pre)
			assert.Contains(t, strings.Join(p.Notes, " "), "no longer allows this before you are asked")
		})
	}
	assert.NotNil(t, planOf(t, began, began).Pre)
}

func textOf(t testing.TB, set *playbooks.Set) string { return state(t, set, drain()).Opened.Text }

func TestASignOffIsNoWiderThanTheTextInForce(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2027, 3, d+1, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		began, present *playbooks.Set
		want           incident.PreAuthority
	}{
		{released(t, "2027-03-31", "24h"), released(t, "2027-03-30", "48h"), incident.PreAuthority{Until: day(30), Per: 48 * time.Hour}},
		{released(t, "2027-03-30", "48h"), released(t, "2027-03-31", "24h"), incident.PreAuthority{Until: day(30), Per: 48 * time.Hour}},
	} {
		assert.Equal(t, &c.want, planOf(t, c.began, c.present).Pre)
	}
}

func TestAfterItsDateASignOffReleasesNothingAndPeopleAreToldWhy(t *testing.T) {
	set := released(t, "2027-03-31", "24h")
	at := func(now time.Time) func(*playbooks.PlannerOptions) {
		return func(o *playbooks.PlannerOptions) { o.Now = func() time.Time { return now } }
	}
	end := time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	assert.NotNil(t, planOf(t, set, set, at(end.Add(-time.Nanosecond))).Pre)
	late := planOf(t, set, set, at(end))
	assert.Nil(t, late.Pre)
	assert.Contains(t, strings.Join(late.Notes, " "), "the pre-authorisation ended on 2027-03-31, so you are asked")
}

// What a drill plans with a key for real incidents is a dry run, and that one is
// not sent whatever the playbook allows.
func TestADrillOfASignedOffPlaybookSendsNothingWithARealKey(t *testing.T) {
	set := released(t, "2027-03-31", "24h")
	alert := drain()
	alert.Exercise = true
	o := set.Match(alert)[0]
	o.Alert, o.Sources, o.Within = alert, 0, 0
	s, err := incident.State{ID: "01JEQ7V5M2K30000"}.Foresee(incident.Draft{Body: o, Seen: t0, Exercise: true})
	require.NoError(t, err)
	body, err := planner(t, set, newChain()).Plan(t.Context(), s)
	require.NoError(t, err)
	s, err = s.Foresee(incident.Draft{Body: body, Seen: t0, Exercise: true})
	require.NoError(t, err)
	owed := incident.Next(s)
	require.NotEmpty(t, owed)
	for _, e := range owed {
		if e.Do == incident.DoRecord {
			assert.Equal(t, incident.KindAsked, e.Body.Kind())
		}
	}
	_, err = s.Foresee(incident.Draft{Body: incident.PreAuthorised{Digest: s.Run().Digest}, Seen: t0, Exercise: true})
	assert.ErrorContains(t, err, "not pre-authorised")
}
