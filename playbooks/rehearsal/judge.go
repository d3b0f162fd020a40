package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// prepared counts the calls of each item, in the order of the plan. The double
// of a spare key is no call of its own.
func prepared(p *incident.Plan) []playbooks.Prepared {
	var list []playbooks.Prepared
	for _, c := range p.Calls {
		if c.SpareOf != "" {
			continue
		}
		id, _, _ := strings.Cut(c.Step, "/")
		i := slices.IndexFunc(list, func(x playbooks.Prepared) bool { return x.ID == id })
		if i < 0 {
			i, list = len(list), append(list, playbooks.Prepared{ID: id})
		}
		list[i].Count++
	}
	return list
}

// judge holds what came against what is expected. Everything that is not met is
// told, and why.
func judge(e playbooks.Expect, c Came) []Failure {
	var found []Failure
	miss := func(what, want, got string, why ...string) {
		found = append(found, Failure{What: what, Want: want, Got: got, Why: why})
	}
	if e.Match != "" && e.Match != c.Match {
		miss("match", e.Match, c.Match, traced(c)...)
	}
	if e.Because != "" && !blames(c.verdicts, e.Because) {
		miss("because", e.Because, orNone(strings.Join(c.Because, "; ")))
	}
	for _, n := range []struct {
		what string
		want *int
		got  int
	}{{"incidents", e.Incidents, c.Incidents}, {"runs", e.Runs, c.Runs}} {
		if n.want != nil && *n.want != n.got {
			miss(n.what, strconv.Itoa(*n.want), strconv.Itoa(n.got), matched(c)...)
		}
	}
	if e.Outcome != "" && e.Outcome != c.Outcome {
		miss("outcome", e.Outcome, orNone(c.Outcome), append(led(c), matched(c)...)...)
	}
	if e.PreAuthorised != nil && *e.PreAuthorised != c.PreAuthorised {
		miss("pre_authorised", strconv.FormatBool(*e.PreAuthorised), strconv.FormatBool(c.PreAuthorised), c.Notes...)
	}
	if why := lacking(e, c); len(why) > 0 {
		miss("prepares", items(e.Prepares), items(c.Prepares), append(why, append(led(c), c.Notes...)...)...)
	}
	if lacks(e.Paged, c.Paged) {
		miss("paged", strings.Join(e.Paged, ", "), orNone(strings.Join(c.Paged, ", ")), led(c)...)
	}
	found = append(found, calls(e, c)...)
	for _, note := range e.Notes {
		if !slices.ContainsFunc(c.Notes, func(n string) bool { return strings.Contains(n, note) }) {
			miss("notes", note, orNone(strings.Join(c.Notes, "; ")))
		}
	}
	found = append(found, answers(e, c)...)
	if e.Exact {
		found = append(found, exact(e, c)...)
	}
	return found
}

// matched says why the alerts did not match, for what fails because of that.
func matched(c Came) []string {
	if c.Match == "true" {
		return nil
	}
	return c.Because
}

// traced says why the alerts did or did not match.
func traced(c Came) []string {
	if c.Match != "true" {
		return c.Because
	}
	for _, v := range c.verdicts {
		if v.Matched {
			return holds(v)
		}
	}
	return nil
}

// holds lists what a match rests on.
func holds(v playbooks.Verdict) []string {
	var lines []string
	for _, r := range v.Reasons {
		if len(r.Atoms) == 0 {
			lines = append(lines, r.Text)
		}
		for _, a := range r.Atoms {
			if a.Reached {
				lines = append(lines, r.What+": "+a.Words())
			}
		}
	}
	return lines
}

func led(c Came) []string {
	if c.Why == "" {
		return nil
	}
	return []string{c.Why}
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// blames tells whether some alert did not match because of what is named: a
// condition of on, a variable, or a part of the condition as it is written.
func blames(verdicts []playbooks.Verdict, what string) bool {
	what = strings.Join(strings.Fields(what), " ")
	for _, v := range verdicts {
		reason, _ := v.Because()
		if reason == nil {
			continue
		}
		if reason.What == what || reason.What == "on.rules" && what == "alert.rule" || reason.What == "on.severity" && what == "alert.severity" {
			return true
		}
		for _, a := range reason.Atoms {
			named := slices.ContainsFunc(a.Values, func(x playbooks.Value) bool { return x.Name == what })
			if a.Decisive && (named || a.Text == what) {
				return true
			}
		}
	}
	return false
}

// lacking says which items that are expected the plan has not.
func lacking(e playbooks.Expect, c Came) (why []string) {
	for _, want := range e.Prepares {
		i := slices.IndexFunc(c.Prepares, func(x playbooks.Prepared) bool { return x.ID == want.ID })
		switch {
		case i < 0:
			why = append(why, want.ID+" is not prepared")
		case want.Count > 0 && want.Count != c.Prepares[i].Count:
			why = append(why, fmt.Sprintf("%s has %d calls, not %d", want.ID, c.Prepares[i].Count, want.Count))
		}
	}
	return why
}

func items(list []playbooks.Prepared) string {
	var parts []string
	for _, p := range list {
		if p.Count > 1 {
			parts = append(parts, fmt.Sprintf("%s×%d", p.ID, p.Count))
			continue
		}
		parts = append(parts, p.ID)
	}
	return orNone(strings.Join(parts, ", "))
}

func lacks(want, got []string) bool {
	return slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(got, name) })
}

// calls compares the calls that are named, member by member.
func calls(e playbooks.Expect, c Came) (found []Failure) {
	for _, step := range slices.Sorted(maps.Keys(e.Calls)) {
		want := e.Calls[step]
		call := incident.Call{}
		ok := false
		if c.plan != nil {
			call, ok = c.plan.Call(step)
		}
		if !ok {
			found = append(found, Failure{What: "calls." + step, Want: "a call", Got: "none", Why: append(led(c), c.Notes...)})
			continue
		}
		compare := func(what, want, got string) {
			if want != "" && want != got {
				found = append(found, Failure{What: "calls." + step + "." + what, Want: want, Got: orNone(got)})
			}
		}
		compare("function", want.Function, call.Function)
		compare("to", want.Target, call.Target)
		for _, name := range slices.Sorted(maps.Keys(want.Args)) {
			got := ""
			for _, a := range call.Args {
				if a.Name == name {
					got = a.Value
				}
			}
			compare("args."+name, want.Args[name], got)
		}
	}
	return found
}

// answers fails for every answer that does not count and is not expected not
// to, and for every one that does although it should not: a test that means
// somebody's approval must not pass without it.
func answers(e playbooks.Expect, c Came) (found []Failure) {
	for _, person := range slices.Sorted(maps.Keys(c.Refused)) {
		if !slices.Contains(e.Refused, person) {
			found = append(found, Failure{What: "approvals", Want: person + " is heard", Got: "refused", Why: []string{c.Refused[person]}})
		}
	}
	for _, person := range c.unasked {
		if !slices.Contains(e.Refused, person) {
			found = append(found, Failure{What: "approvals", Want: person + " is asked", Got: "there was no request", Why: append(led(c), matched(c)...)})
		}
	}
	for _, person := range e.Refused {
		if _, ok := c.Refused[person]; !ok && !slices.Contains(c.unasked, person) {
			found = append(found, Failure{What: "refused", Want: person, Got: "the answer counts"})
		}
	}
	return found
}

// exact fails for what happened and is not named.
func exact(e playbooks.Expect, c Came) (found []Failure) {
	more := func(what, got string) {
		found = append(found, Failure{What: what, Want: "nothing more (exact)", Got: got})
	}
	for _, p := range c.Prepares {
		if !slices.ContainsFunc(e.Prepares, func(x playbooks.Prepared) bool { return x.ID == p.ID }) {
			more("prepares", p.ID)
		}
	}
	if lacks(c.Paged, e.Paged) {
		more("paged", strings.Join(c.Paged, ", "))
	}
	if c.PreAuthorised && e.PreAuthorised == nil {
		more("pre_authorised", "true")
	}
	if e.Incidents == nil && c.Incidents > 1 {
		more("incidents", strconv.Itoa(c.Incidents))
	}
	if e.Outcome == "" && c.Outcome != "" {
		more("outcome", c.Outcome)
	}
	return found
}

func appendNew(list []string, more ...string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
