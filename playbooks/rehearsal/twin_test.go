package rehearsal_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// What a rehearsal promises, the daemon's engine does: every story of the
// library is played by both, on the same scripted chain, and has to come to the
// same incidents, plans, votes, steps, pages and times.
func TestTheEngineDoesWhatTheRehearsalSaid(t *testing.T) {
	fsys := os.DirFS("../library")
	set, err := playbooks.LoadFS(fsys, "inventory.yaml", ".")
	require.NoError(t, err)
	files, err := set.ReadTests(fsys, ".")
	require.NoError(t, err)
	stories := 0
	for _, file := range files {
		for _, c := range file.Cases {
			stories++
			t.Run(file.Playbook+"/"+c.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { sameStory(t, set, file.Playbook, c) })
			})
		}
	}
	assert.Greater(t, stories, 100)
}

func sameStory(t *testing.T, set *playbooks.Set, book string, c playbooks.Case) {
	said, err := rehearsal.Play(t.Context(), set, book, c)
	require.NoError(t, err)
	w := newTwin(t, set, book, c, said)
	w.play()
	assert.Equal(t, tales(said.States, said.Start), tales(w.states(), said.Start))
	paged := slices.Compact(slices.Sorted(slices.Values(w.paged)))
	assert.Equal(t, slices.Compact(slices.Sorted(slices.Values(said.Came.Paged))), paged)
	assert.Equal(t, said.Came.Refused, w.refused)
}

// tale is all of an incident that does not hang on the order in which things at
// one moment were written down.
type tale struct {
	Key, OverLimit, MatchFail string
	Phase                     incident.Phase
	End, Mend                 string
	Exercise                  bool
	Alerts                    int
	Plan                      *incident.Plan // but for the incident's name
	Votes                     []string
	Authorised                string
	Steps                     []incident.Step
	Told, Notes               []string
	Deadline                  time.Time
	Opened, Sent, Done, Ended time.Duration // since the story began
}

func tales(states []incident.State, start time.Time) []tale {
	all := []tale{}
	for _, s := range states {
		all = append(all, taleOf(s, start))
	}
	return all
}

func taleOf(s incident.State, start time.Time) tale {
	run := s.Run()
	since := func(at time.Time) time.Duration {
		if at.IsZero() {
			return -1
		}
		return at.Sub(start)
	}
	out := tale{Key: s.Opened.Key, OverLimit: s.Opened.OverLimit, MatchFail: s.Opened.MatchFail, Phase: run.Phase, End: run.End, Mend: run.Mend,
		Exercise: s.Exercise, Alerts: len(s.Alerts), Told: slices.Sorted(slices.Values(s.Told)), Deadline: run.Deadline.UTC(),
		Opened: since(s.OpenedAt), Sent: since(run.AuthorisedAt), Done: since(run.ExecutedAt), Ended: since(run.EndedAt)}
	if run.Plan != nil {
		plan := *run.Plan
		plan.Incident, plan.Notify = "", slices.Clone(plan.Notify)
		for i := range plan.Notify {
			plan.Notify[i].Text = strings.ReplaceAll(plan.Notify[i].Text, string(s.ID), "ID")
		}
		out.Plan = &plan
	}
	for _, v := range run.Votes {
		out.Votes = append(out.Votes, fmt.Sprintf("%s of %s: %s at %s", v.Person, v.Team, v.Decision, v.At.Sub(start)))
	}
	if a := run.Authorised; a != nil {
		out.Authorised = fmt.Sprintf("%s %s", a.Assurance, strings.Join(a.By, ", "))
	}
	for _, n := range s.Notes {
		text, _, _ := strings.Cut(n.Text, "already claimed") // by an incident with a name of its own
		out.Notes = append(out.Notes, n.By+": "+text)
	}
	for _, step := range run.Steps {
		step.HeldAt = step.HeldAt.UTC()
		step.Attempts = slices.Clone(step.Attempts)
		for i := range step.Attempts {
			step.Attempts[i].Signed = nil // of a name that is the incident's
		}
		if step.In != nil {
			in := *step.In
			in.Hash = [32]byte{}
			step.In = &in
		}
		if step.Revert != nil {
			failed := *step.Revert
			failed.Hash = [32]byte{}
			step.Revert = &failed
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}
