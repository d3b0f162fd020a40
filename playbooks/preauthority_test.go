package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// daily is the good playbook with its pause alone, signed off until a day.
func daily(t *testing.T, until string, changes ...edit) *playbooks.Set {
	t.Helper()
	all := append(append([]edit{}, noCap...), noBlock...)
	all = append(all, edit{"approve:\n  quorum: 2", "pre_authorize: {only: [pause], until: \"" + until + "\", per: 24h}\napprove:\n  quorum: 2"})
	return with(t, append(all, changes...)...)
}

// plannedAt plans at a time.
func plannedAt(t *testing.T, set *playbooks.Set, at time.Time, change func(*incident.State)) incident.Body {
	t.Helper()
	o := options(newChain(), nil)
	o.Now = func() time.Time { return at }
	p, err := set.Planner(o)
	require.NoError(t, err)
	s := state(t, set, drain())
	if change != nil {
		change(&s)
	}
	body, err := p.Plan(t.Context(), s)
	require.NoError(t, err)
	if planned, ok := body.(incident.Planned); ok {
		require.NoError(t, incident.CheckPlan(planned))
	}
	return body
}

func TestASignOffLastsUntilTheEndOfItsDay(t *testing.T) {
	set := daily(t, "2027-03-31")
	end := time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	east, west := time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)
	for name, c := range map[string]struct {
		at   time.Time
		lets bool
	}{
		"long before":               {t0, true},
		"the morning of the day":    {time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), true},
		"its last moment":           {end.Add(-time.Nanosecond), true},
		"the next day":              {end, false},
		"long after":                {end.AddDate(10, 0, 0), false},
		"the next day in the east":  {time.Date(2027, 4, 1, 13, 59, 59, 0, east), true},
		"later on in the east":      {time.Date(2027, 4, 1, 14, 0, 0, 0, east), false},
		"still the day in the west": {time.Date(2027, 3, 31, 12, 0, 0, 0, west), false},
	} {
		planned, ok := plannedAt(t, set, c.at, nil).(incident.Planned)
		require.True(t, ok, name)
		if c.lets {
			assert.Equal(t, &incident.PreAuthority{Until: end, Per: 24 * time.Hour}, planned.Plan.Pre, name)
			assert.Empty(t, planned.Plan.Notes, name)
			continue
		}
		assert.Nil(t, planned.Plan.Pre, name)
		assert.Equal(t, []string{"the pre-authorisation ended on 2027-03-31, so you are asked"}, planned.Plan.Notes, name)
		assert.Equal(t, 2, planned.Plan.Quorum.Need, "%s: people are asked as always", name)
	}
}

func TestADayThatHasPassedLoadsAndReleasesNothing(t *testing.T) {
	for _, day := range []string{"2020-02-29", "0001-01-01", "1970-01-01"} {
		planned, ok := plannedAt(t, daily(t, day), t0, nil).(incident.Planned)
		require.True(t, ok, day)
		assert.Nil(t, planned.Plan.Pre, day)
		assert.Contains(t, strings.Join(planned.Plan.Notes, "\n"), "ended on "+day)
	}
}

func TestASignOffMayEndAYearAheadAndNoLater(t *testing.T) {
	book := func(days int) string {
		day := time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)
		text := strings.Replace(signedOffPlaybook, "2027-03-31", day, 1)
		return text
	}
	_, err := loadText(sourcedInventory, book(366))
	require.NoError(t, err)
	_, err = loadText(sourcedInventory, book(368))
	assert.ErrorContains(t, err, "more than a year ahead")
}

func TestADayIsWrittenInOneWay(t *testing.T) {
	for _, day := range []string{"2027-3-31", "31.03.2027", "2027/03/31", "2027-03-31T00:00:00Z", "2027-03-32", "2027-02-29", "tomorrow", "20270331", "2027-03", "+2027-03-31", "２０２７-03-31"} {
		_, err := loadText(sourcedInventory, strings.Replace(signedOffPlaybook, "2027-03-31", day, 1))
		assert.ErrorContains(t, err, "must be a day", day)
	}
}

func TestWhatASignOffNeverReleases(t *testing.T) {
	dry, ok := plannedAt(t, daily(t, "2027-03-31", dry), t0, nil).(incident.Planned)
	require.True(t, ok)
	assert.Equal(t, incident.ModeDryRun, dry.Plan.Mode, "a dry run sends nothing")

	exercise, ok := plannedAt(t, daily(t, "2027-03-31"), t0, func(s *incident.State) { s.Exercise = true }).(incident.Planned)
	require.True(t, ok)
	assert.Equal(t, incident.ModeDryRun, exercise.Plan.Mode, "nor does an exercise with a key for real incidents")

	drill := edit{"as: guardian", "as: drill"}
	own, ok := plannedAt(t, daily(t, "2027-03-31", drill), t0, func(s *incident.State) { s.Exercise = true }).(incident.Planned)
	require.True(t, ok)
	assert.Equal(t, incident.ModeLive, own.Plan.Mode)
	assert.True(t, own.Plan.Exercise)
	_, escalated := plannedAt(t, daily(t, "2027-03-31", drill), t0, nil).(incident.Escalated)
	assert.True(t, escalated, "a key for exercises sends nothing real")

	_, escalated = plannedAt(t, daily(t, "2027-03-31"), t0, func(s *incident.State) { s.Runs[0].Number = 1 }).(incident.Escalated)
	assert.True(t, escalated, "a recovery is never pre-authorised")
}

func TestAPlanWithoutASignOffHasNone(t *testing.T) {
	assert.Nil(t, plan(t, with(t), newChain(), drain()).Pre)
}

func TestTheSignOffIsPartOfWhatIsHashed(t *testing.T) {
	first, _ := plannedAt(t, daily(t, "2027-03-31"), t0, nil).(incident.Planned)
	for _, change := range []func(*incident.PreAuthority){
		func(p *incident.PreAuthority) { p.Until = p.Until.Add(time.Second) }, func(p *incident.PreAuthority) { p.Per++ },
	} {
		other, pre := first.Plan, *first.Plan.Pre
		change(&pre)
		other.Pre = &pre
		assert.NotEqual(t, first.Digest, other.Digest())
	}
}

func TestALimitIsPinnedToTheIncident(t *testing.T) {
	opened := with(t, edit{"  cooldown: 30m\n", "  cooldown: 30m\n  limit: {runs: 3, per: 1h, then: page}\n"}).Match(drain())
	require.Len(t, opened, 1)
	assert.Equal(t, &incident.Limit{Runs: 3, Per: time.Hour}, opened[0].Limit)
	assert.Nil(t, with(t).Match(drain())[0].Limit)
	for _, bad := range []string{"{runs: 0, per: 1h, then: page}", "{runs: 101, per: 1h, then: page}", "{runs: 3, per: 59s, then: page}", "{runs: 3, per: 25h, then: page}",
		"{runs: 3, per: 1h, then: drop}", "{runs: 3, per: 1h}", "{per: 1h, then: page}", "{runs: 3, then: page}", "3", "[]"} {
		_, err := loadText(goodInventory, strings.Replace(goodPlaybook, "  cooldown: 30m\n", "  limit: "+bad+"\n", 1))
		assert.Error(t, err, bad)
	}
}
