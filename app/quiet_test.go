package app_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// decided waits until the last receipt has this verdict.
func (s *site) decided(t *testing.T, receipt uint64, verdict string) {
	t.Helper()
	j, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(s.dir, "firebreak.db"))
	require.NoError(t, err)
	defer j.Close()
	var said []incident.Match
	require.Eventually(t, func() bool {
		for f, err := range j.Read(t.Context(), incident.Router, 0) {
			require.NoError(t, err)
			body, err := f.Body()
			require.NoError(t, err)
			for _, d := range body.(incident.Routed).All() {
				if d.Receipt == receipt {
					said = d.Matches
					return true
				}
			}
		}
		return false
	}, 20*time.Second, 20*time.Millisecond)
	require.Len(t, said, 1)
	assert.Equal(t, verdict, said[0].Verdict)
}

func TestASilenceIsOrderedOnTheSocketAndToldInSlack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	slack := s.openSlack(t)
	a, _ := s.serving(t)
	order := app.SilenceOrder{Match: incident.SilenceMatch{Rule: "vault.outflow-spike"}, For: time.Hour, Why: "the vault is being moved", As: "ana"}
	done, err := app.AddSilence(t.Context(), s.socket(), order)
	require.NoError(t, err)
	assert.Contains(t, done.By, "who says to be ana")
	require.Equal(t, http.StatusAccepted, post(t, a, drain))
	s.decided(t, 1, incident.VerdictSilenced)
	_, metrics := get(t, admin(a, "/metrics"))
	assert.Contains(t, metrics, `firebreak_alerts_decided_total{verdict="silenced"} 1`)
	require.Eventually(t, func() bool {
		for _, m := range slack.Messages(channel) {
			if strings.Contains(m.Text, "rule=vault.outflow-spike") && strings.Contains(m.Text, "the vault is being moved") {
				return true
			}
		}
		return false
	}, 20*time.Second, 20*time.Millisecond, "people hear that it will be quiet")

	_, err = app.ExpireSilence(t.Context(), s.socket(), app.UnsilenceOrder{Silence: done.Number, As: "ben"})
	require.NoError(t, err)
	again, err := app.ReplayAlert(t.Context(), s.socket(), app.ReplayOrder{Receipt: 1, Why: "it was no move", As: "ana"})
	require.NoError(t, err)
	assert.Equal(t, uint64(2), again.Again)
	state := s.only(t, func(s incident.State) bool { return s.Phase() == incident.PhaseAsking })
	assert.Equal(t, "ana", state.Run().Plan.Requester, "whoever has it decided once more cannot approve it")
	assert.Contains(t, state.Run().Plan.Reason, "stored alert")
}

func TestAnOrderAboutQuietThatCannotBeMeantIsRefusedInWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, _ := s.serving(t)
	rule := incident.SilenceMatch{Rule: "vault.outflow-spike"}
	for says, order := range map[string]app.SilenceOrder{
		"needs a reason":        {Match: rule, For: time.Hour},
		"at most 24h":           {Match: rule, For: 25 * time.Hour, Why: "w"},
		"at least 1m":           {Match: rule, For: time.Second, Why: "w"},
		"names at least a rule": {Match: incident.SilenceMatch{Chain: "lab"}, For: time.Hour, Why: "w"},
		"there is no playbook":  {Match: incident.SilenceMatch{Playbook: "drian"}, For: time.Hour, Why: "w"},
		"there is no source":    {Match: incident.SilenceMatch{Source: "tendrly"}, For: time.Hour, Why: "w"},
		"there is no contract":  {Match: incident.SilenceMatch{Contract: "vualt"}, For: time.Hour, Why: "w"},
		"there is no chain":     {Match: incident.SilenceMatch{Rule: "r", Chain: "labb"}, For: time.Hour, Why: "w"},
	} {
		_, err := app.AddSilence(t.Context(), s.socket(), order)
		assert.ErrorContains(t, err, says)
	}
	_, err := app.ExpireSilence(t.Context(), s.socket(), app.UnsilenceOrder{Silence: 9})
	assert.ErrorContains(t, err, "there is no silence 9")
	_, err = app.ReplayAlert(t.Context(), s.socket(), app.ReplayOrder{Receipt: 1, Why: "w"})
	assert.ErrorContains(t, err, "there is no receipt 1")
	_, err = app.ReplayAlert(t.Context(), s.socket(), app.ReplayOrder{Receipt: 1})
	assert.ErrorContains(t, err, "say why")
	require.Equal(t, http.StatusAccepted, post(t, a, strings.Replace(drain, `"rule"`, `"test":true,"rule"`, 1)))
	_, err = app.ReplayAlert(t.Context(), s.socket(), app.ReplayOrder{Receipt: 1, Why: "w"})
	assert.ErrorContains(t, err, "receipt 1 is test")
}
