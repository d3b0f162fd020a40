package incident_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// pre is a plan that may go out before anybody is asked.
func pre(change ...func(*incident.Plan)) incident.Plan {
	p := plan("pause")
	p.Playbook.Name = "vault-drain"
	p.Pre = &incident.PreAuthority{Until: t0.Add(time.Hour), Per: 24 * time.Hour}
	for _, c := range change {
		c(&p)
	}
	return p
}

// release is the fact that a plan is owed.
func release(t *testing.T, s *story) incident.PreAuthorised {
	for _, e := range incident.Next(s.state) {
		if b, ok := e.Body.(incident.PreAuthorised); ok {
			return b
		}
	}
	require.Fail(t, "no release is owed", "%v", s.dos())
	return incident.PreAuthorised{}
}

func TestAPreAuthorisedPlanGoesOutAndPeopleHearOfItAtOnce(t *testing.T) {
	s := newStory(t).add(opened(), planned(pre()))
	s.add(release(t, s))
	assert.Equal(t, incident.PhaseExecuting, s.state.Phase())
	assert.True(t, s.state.Run().PreAuthorised())
	assert.Contains(t, s.dos(), incident.DoPrice)
	assert.Contains(t, s.dos(), incident.DoPostCard, "the card is shown though nobody was asked")
	var told []string
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoTell && e.At.IsZero() {
			told = append(told, e.Key)
		}
	}
	assert.Equal(t, []string{"run0/pre-authorised"}, told)
}

func TestNothingElseIsReleasedBeforePeopleAreAsked(t *testing.T) {
	good := pre()
	for name, c := range map[string]struct {
		plan incident.Plan
		say  incident.PreAuthorised
	}{
		"a plan without a sign-off": {plan("pause"), incident.PreAuthorised{Digest: ptr(plan("pause")).Digest()}},
		"another digest":            {good, incident.PreAuthorised{Digest: incident.DigestOf("x", nil), Slots: slotsOf(t, good)}},
		"no slots":                  {good, incident.PreAuthorised{Digest: good.Digest()}},
		"another slot":              {good, incident.PreAuthorised{Digest: good.Digest(), Slots: []string{"a", "b"}}},
		"a dry run":                 {pre(func(p *incident.Plan) { p.Mode = incident.ModeDryRun }), incident.PreAuthorised{Digest: ptr(pre(func(p *incident.Plan) { p.Mode = incident.ModeDryRun })).Digest(), Slots: slotsOf(t, good)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t).add(opened(), planned(c.plan))
			assert.Error(t, s.try(c.say))
			assert.Equal(t, incident.PhasePlanned, s.state.Phase())
		})
	}
}

func ptr(p incident.Plan) *incident.Plan { return &p }

func slotsOf(t *testing.T, p incident.Plan) []string {
	return release(t, newStory(t).add(opened(), planned(p))).Slots
}

func TestASignOffThatIsNotNarrowIsNoSoundPlan(t *testing.T) {
	for name, change := range map[string]func(*incident.Plan){
		"an argument":        func(p *incident.Plan) { p.Calls[0].Data = append(p.Calls[0].Data, make([]byte, 32)...) },
		"another verb":       func(p *incident.Plan) { p.Calls[0].Verb = "blocklist" },
		"a date that passed": func(p *incident.Plan) { p.Pre.Until = p.PlannedAt },
		"no rate":            func(p *incident.Plan) { p.Pre.Per = 0 },
		"a recovery":         func(p *incident.Plan) { p.Run = 1 },
		"one call of two that": func(p *incident.Plan) {
			p.Calls = append(p.Calls, plan("other").Calls...)
			p.Calls[1].Verb = "blocklist"
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := pre(change)
			assert.Error(t, incident.CheckPlan(planned(p)))
		})
	}
	assert.NoError(t, incident.CheckPlan(planned(pre())))
}

// Two plans share a slot, so that one of them is refused, exactly when they
// could be less than Per apart; they never do when they are twice as far.
func TestTwoReleasesAreNeverNearerThanTheRate(t *testing.T) {
	for apart, shares := range map[time.Duration]bool{
		0: true, time.Second: true, 12 * time.Hour: true, 24*time.Hour - time.Nanosecond: true, 48 * time.Hour: false, 72 * time.Hour: false,
	} {
		for shift := range 24 {
			later := pre(func(p *incident.Plan) { p.Pre.Until = t0.AddDate(0, 1, 0) })
			first := later
			first.PlannedAt = t0.Add(time.Duration(shift) * time.Hour)
			later.PlannedAt = first.PlannedAt.Add(apart)
			assert.Equal(t, shares, share(slotsOf(t, first), slotsOf(t, later)), "%s apart, from %s", apart, first.PlannedAt)
		}
	}
}

// Otherwise whoever edits the rate, in whichever direction, gets one release
// more at once.
func TestAnotherRateBeginsNoNewCount(t *testing.T) {
	for _, rates := range [][2]time.Duration{{24 * time.Hour, time.Hour}, {time.Hour, 24 * time.Hour}, {10 * time.Minute, 7 * 24 * time.Hour}, {time.Hour, 61 * time.Minute}} {
		short := min(rates[0], rates[1])
		for shift := range 24 {
			at := func(n int, when time.Time) []string {
				p := pre(func(p *incident.Plan) { p.Pre = &incident.PreAuthority{Until: t0.AddDate(0, 1, 0), Per: rates[n]} })
				p.PlannedAt = when
				return incident.PreSlots(&p)
			}
			from := t0.Add(time.Duration(shift) * 7 * time.Minute)
			for _, apart := range []time.Duration{0, time.Second, short / 4, short / 2} {
				assert.True(t, share(at(0, from), at(1, from.Add(apart))), "%v, %s apart", rates, apart)
			}
			assert.False(t, share(at(0, from), at(1, from.Add(2*short))), "%v", rates)
		}
	}
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(slot string) bool { return slices.Contains(b, slot) })
}

func TestNoSlotIsNamedTwiceAndNoneWithoutARate(t *testing.T) {
	for _, per := range []time.Duration{time.Second, time.Minute, 16 * time.Minute, time.Hour, 24 * time.Hour} {
		p := pre(func(p *incident.Plan) { p.Pre.Per = per })
		slots := incident.PreSlots(&p)
		require.NotEmpty(t, slots)
		seen := map[string]bool{}
		for _, slot := range slots {
			assert.False(t, seen[slot], slot)
			seen[slot] = true
		}
	}
	none, zero := plan("pause"), pre(func(p *incident.Plan) { p.Pre.Per = 0 })
	assert.Empty(t, incident.PreSlots(&none))
	assert.Empty(t, incident.PreSlots(&zero))
}

func TestARateWithoutEndHasAnEndOfSlots(t *testing.T) {
	p := pre(func(p *incident.Plan) { p.Pre.Per = math.MaxInt64 })
	assert.Less(t, len(incident.PreSlots(&p)), 100)
}

func TestADrillDoesNotUseUpTheRealSlot(t *testing.T) {
	real := pre()
	p := pre(func(p *incident.Plan) { p.Exercise = true })
	assert.False(t, share(incident.PreSlots(&real), incident.PreSlots(&p)))
}

// FuzzAnySequenceOfFactsWithASignOff demands the same of a plan that may go out
// before anybody is asked.
func FuzzAnySequenceOfFactsWithASignOff(f *testing.F) {
	f.Add([]byte{0, 1, 19, 20, 21, 22, 23, 24})
	f.Add([]byte{0, 1, 2, 3, 4, 5, 19, 20, 21, 22})
	f.Fuzz(func(t *testing.T, choices []byte) { anySequence(t, pre(), choices) })
}
