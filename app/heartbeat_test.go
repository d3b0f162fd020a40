package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

func expecting(every time.Duration, at time.Time) *heartbeats {
	return &heartbeats{due: map[string]time.Duration{"detector": every}, heard: map[string]time.Time{"detector": at}, silent: map[string]time.Time{}}
}

func TestASilentSourceIsToldOnceAndSoIsItsReturn(t *testing.T) {
	t0 := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	h := expecting(10*time.Minute, t0)
	assert.Empty(t, h.look(t0.Add(10*time.Minute)), "to the moment it is in time")
	first := h.look(t0.Add(10*time.Minute + time.Second))
	assert.Equal(t, []change{{source: "detector", lasted: 10*time.Minute + time.Second, began: true}}, first)
	again := h.look(t0.Add(11 * time.Minute))
	assert.Equal(t, []change{{source: "detector", lasted: 11 * time.Minute}}, again, "it goes on, and that is no beginning")
	h.hear("detector", alerts.Accepted, t0.Add(12*time.Minute))
	assert.Equal(t, []change{{source: "detector", lasted: 12 * time.Minute, returned: true}}, h.look(t0.Add(12*time.Minute)))
	assert.Empty(t, h.look(t0.Add(13*time.Minute)))
}

func TestOnlyWhatIsAuthenticIsASignOfLife(t *testing.T) {
	t0 := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for o, alive := range map[alerts.Outcome]bool{
		alerts.Accepted: true, alerts.Duplicate: true, alerts.Inert: true, alerts.Stale: false,
		alerts.Unauthenticated: false, alerts.Unreadable: false, alerts.Malformed: false, alerts.UnknownSource: false, alerts.TooLarge: false, alerts.Foreign: false, alerts.Busy: false,
	} {
		h := expecting(time.Minute, t0)
		h.hear("detector", o, t0.Add(time.Hour))
		assert.Equal(t, alive, h.silence("detector", t0.Add(time.Hour)) == 0, o)
	}
}

func TestWhoIsNotExpectedIsNotMissed(t *testing.T) {
	var h heartbeats
	h.hear("detector", alerts.Accepted, time.Now()) // and the zero value does not panic
	assert.Empty(t, h.look(time.Now().Add(time.Hour)))
}

func TestASilentSourcePages(t *testing.T) {
	b := &beeper{}
	a := pagedApp(PagerWebhook, b)
	a.heartbeats.due = map[string]time.Duration{"tenderly": 10 * time.Minute}
	a.tellSilence(t.Context(), change{source: "tenderly", lasted: 11 * time.Minute}) // Slack was told before
	a.running.Wait()
	require.Len(t, b.got, 1)
	assert.Equal(t, "Alert source tenderly has been silent for 11m0s; it should speak every 10m0s.", b.got[0]["summary"])
}

func TestAMessageThatCannotBeUnderstoodPages(t *testing.T) {
	b := &beeper{}
	a := pagedApp(PagerWebhook, b)
	a.countAlert("tenderly", alerts.Malformed) // anybody can send that
	a.countAlert("tenderly", alerts.Unreadable)
	a.countAlert("tenderly", alerts.Unreadable)
	a.running.Wait()
	require.Len(t, b.got, 1)
	assert.Contains(t, b.got[0]["summary"], "tenderly sent an authentic message that cannot be understood")
}

func TestAnAlertThatCameTooLateIsCountedAndPaged(t *testing.T) {
	b := &beeper{}
	a := pagedApp(PagerWebhook, b)
	a.pager.told["late/other"] = time.Now() // said a moment ago
	a.seeDecision(incident.Decided{Receipt: 7, Matches: []incident.Match{{Playbook: "other", Verdict: incident.VerdictInert, Why: incident.InertLate}}})
	a.running.Wait()
	assert.Empty(t, b.got, "once in a while")
	assert.True(t, a.pager.fresh("late/drain"))
}
