package rehearsal_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// library is every story that ships, with its set.
func library(t *testing.T) (*playbooks.Set, []*playbooks.Tests) {
	t.Helper()
	fsys := os.DirFS("../library")
	set, err := playbooks.LoadFS(fsys, "inventory.yaml", ".")
	require.NoError(t, err)
	files, err := set.ReadTests(fsys, ".")
	require.NoError(t, err)
	return set, files
}

// wrong are expectations that what came does not meet, each in one thing only and
// wrong by as little as can be, by what has to be told of it.
func wrong(set *playbooks.Set, book string, c rehearsal.Came) map[string][]playbooks.Expect {
	all := map[string][]playbooks.Expect{}
	add := func(what string, e playbooks.Expect) { all[what] = append(all[what], e) }
	for _, match := range []string{"true", "false", "unknown"} {
		if match != c.Match {
			add("match", playbooks.Expect{Match: match})
		}
	}
	for _, outcome := range playbooks.Outcomes() {
		if outcome != c.Outcome {
			add("outcome", playbooks.Expect{Outcome: outcome})
		}
	}
	for _, by := range []int{-1, 1} {
		add("incidents", playbooks.Expect{Incidents: new(c.Incidents + by)})
		add("runs", playbooks.Expect{Runs: new(c.Runs + by)})
	}
	add("pre_authorised", playbooks.Expect{PreAuthorised: new(!c.PreAuthorised)})
	for _, because := range []string{"on.nothing", "alert", "alert.los", "true", "rule", "because"} {
		add("because", playbooks.Expect{Match: c.Match, Because: because})
	}
	if len(c.Because) == 0 {
		add("because", playbooks.Expect{Because: "alert.rule"})
	}
	for _, note := range c.Notes {
		add("notes", playbooks.Expect{Notes: []string{note, note + "."}})
	}
	add("notes", playbooks.Expect{Notes: []string{"nobody says this"}})
	for _, name := range append(slices.Collect(maps.Keys(set.Inventory().Teams())), peopleOf(set)...) {
		if !slices.Contains(c.Paged, name) {
			add("paged", playbooks.Expect{Paged: append(slices.Clone(c.Paged), name)})
		}
	}
	wrongItems(set, book, c, add)
	return all
}

// wrongItems expect one item more, one call more, or one less.
func wrongItems(set *playbooks.Set, book string, c rehearsal.Came, add func(string, playbooks.Expect)) {
	i := slices.IndexFunc(set.Playbooks(), func(p *playbooks.Playbook) bool { return p.Name == book })
	for _, item := range set.Describe(set.Playbooks()[i]).Prepare {
		at := slices.IndexFunc(c.Prepares, func(p playbooks.Prepared) bool { return p.ID == item.ID })
		if at < 0 {
			add("prepares", playbooks.Expect{Prepares: append(slices.Clone(c.Prepares), playbooks.Prepared{ID: item.ID})})
			add("calls."+item.ID, playbooks.Expect{Calls: map[string]playbooks.Called{item.ID: {}}})
			continue
		}
		for _, count := range []int{c.Prepares[at].Count - 1, c.Prepares[at].Count + 1} {
			if count == 0 {
				continue // any number
			}
			list := slices.Clone(c.Prepares)
			list[at].Count = count
			add("prepares", playbooks.Expect{Prepares: list})
		}
	}
}

func peopleOf(set *playbooks.Set) (names []string) {
	for _, p := range set.Inventory().Roster() {
		names = append(names, p.Name)
	}
	return names
}

func TestEveryStoryOfTheLibraryFailsOnWhatIsWrongByOne(t *testing.T) {
	set, files := library(t)
	tried := map[string]int{}
	for _, file := range files {
		for _, c := range file.Cases {
			r, err := rehearsal.Run(t.Context(), set, file, c)
			require.NoError(t, err)
			for what, list := range wrong(set, file.Playbook, r.Came) {
				for _, e := range list {
					e.Refused = refusedIn(r.Came, c)
					tried[strings.SplitN(what, ".", 2)[0]]++
					assert.Equal(t, []string{what}, found(rehearsal.Judge(e, r.Came)), "%s/%s %+v", file.Playbook, c.Name, e)
				}
			}
			wrongAnswers(t, r.Came, c)
			wrongCalls(t, r.Came)
		}
	}
	for _, what := range []string{"match", "because", "incidents", "runs", "outcome", "prepares", "paged", "notes", "pre_authorised", "calls"} {
		assert.Positive(t, tried[what], what)
	}
}

// refusedIn are the people whose answers came to nothing.
func refusedIn(c rehearsal.Came, story playbooks.Case) (names []string) {
	for _, a := range story.Approvals {
		if len(found(rehearsal.Judge(playbooks.Expect{Refused: []string{a.Person}}, c), "refused")) == 0 {
			names = append(names, a.Person)
		}
	}
	return names
}

// wrongAnswers expect that somebody is heard who is not, and the other way round.
func wrongAnswers(t *testing.T, c rehearsal.Came, story playbooks.Case) {
	right := refusedIn(c, story)
	for _, name := range right {
		less := slices.DeleteFunc(slices.Clone(right), func(x string) bool { return x == name })
		assert.Equal(t, []string{"approvals"}, slices.Compact(found(rehearsal.Judge(playbooks.Expect{Refused: less}, c))), story.Name)
	}
	for _, a := range story.Approvals {
		if !slices.Contains(right, a.Person) {
			e := playbooks.Expect{Refused: append(slices.Clone(right), a.Person)}
			assert.Equal(t, []string{"refused"}, found(rehearsal.Judge(e, c)), story.Name)
		}
	}
}

// wrongCalls expect of each call of the plan another function, another contract and
// other arguments.
func wrongCalls(t *testing.T, c rehearsal.Came) {
	for _, call := range rehearsal.CallsOf(c) {
		one := func(want playbooks.Called) []string {
			return withoutAnswers(found(rehearsal.Judge(playbooks.Expect{Calls: map[string]playbooks.Called{call.Step: want}}, c)))
		}
		at := "calls." + call.Step
		assert.Empty(t, one(playbooks.Called{Function: call.Function, Target: call.Target}))
		assert.Equal(t, []string{at + ".function"}, one(playbooks.Called{Function: call.Function + "x", Target: call.Target}))
		assert.Equal(t, []string{at + ".to"}, one(playbooks.Called{Function: call.Function, Target: call.Target + "x"}))
		assert.Equal(t, []string{at + ".args.nobody"}, one(playbooks.Called{Args: map[string]string{"nobody": "1"}}))
		for _, a := range call.Args {
			assert.Empty(t, one(playbooks.Called{Args: map[string]string{a.Name: a.Value}}))
			assert.Equal(t, []string{at + ".args." + a.Name}, one(playbooks.Called{Args: map[string]string{a.Name: a.Value + "0"}}))
		}
	}
}

func withoutAnswers(keys []string) []string {
	return slices.DeleteFunc(keys, func(k string) bool { return k == "approvals" })
}

// found are the keys of failures; with only, those of these keys.
func found(list []rehearsal.Failure, only ...string) []string {
	keys := []string{}
	for _, f := range list {
		if len(only) == 0 || slices.Contains(only, f.What) {
			keys = append(keys, f.What)
		}
	}
	return keys
}
