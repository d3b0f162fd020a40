package playbooks

import (
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// preparesForm is "block" or "block×3".
var preparesForm = regexp.MustCompile(`^([a-z][a-z0-9-]{0,31})(?:×([1-9][0-9]?))?$`)

// expect reads what must come of a case, and refuses what could not fail.
func (l *testLoader) expect(of fields, c Case) Expect {
	n := of.get("expect")
	if n == nil {
		if !of.broken("expect") {
			l.fault(of.node, CodeRequired, "expect is required: a test that expects nothing cannot fail")
		}
		return Expect{}
	}
	f := l.ofTests(n, "expect", "expect")
	e := Expect{Line: n.Line, Col: n.Column, Exact: l.flag(f.get("exact"), "expect.exact")}
	if n.Kind == yaml.MappingNode && (len(f.by) == 0 || len(f.by) == 1 && f.get("exact") != nil) {
		if len(n.Content) <= 2*len(f.by) {
			l.fault(n, CodeRequired, "expect names nothing: a test that expects nothing cannot fail")
		}
		return e
	}
	e.Match = l.word(f.get("match"), "expect.match", "true", "false", unknown)
	e.Because = l.text(f.get("because"), "expect.because", maxExpression)
	e.Incidents, e.Runs = l.count(f, "incidents"), l.count(f, "runs")
	for _, entry := range l.list(f.get("prepares"), "expect.prepares", maxCalls) {
		p := l.prepares(entry)
		if slices.ContainsFunc(e.Prepares, func(x Prepared) bool { return x.ID == p.ID && p.ID != "" }) {
			l.fault(entry, CodeDuplicate, "expect.prepares names %q twice; write %s×2 for two calls", p.ID, p.ID)
		}
		e.Prepares = append(e.Prepares, p)
	}
	e.Outcome = l.word(f.get("outcome"), "expect.outcome", Outcomes()...)
	e.Paged = l.someOf(f.get("paged"), "expect.paged", append(names(l.inv.teams), l.people()...))
	e.Refused = l.someOf(f.get("refused"), "expect.refused", l.people())
	if pre := f.get("pre_authorised"); pre != nil {
		e.PreAuthorised = new(l.flag(pre, "expect.pre_authorised"))
	}
	e.Calls = l.calls(f.get("calls"))
	for _, entry := range l.list(f.get("notes"), "expect.notes", 64) {
		e.Notes = append(e.Notes, l.text(entry, "a note", 300))
	}
	l.sense(f, e, c)
	return e
}

// sense refuses expectations that contradict each other, and such as could not
// fail in this case.
func (l *testLoader) sense(f fields, e Expect, c Case) {
	if n := f.get("because"); n != nil && (e.Match == "true" || f.get("match") == nil) {
		l.fault(n, CodeType, "because says why it did not match: expect match: false with it, or match: unknown")
	}
	if e.Match == "false" {
		for _, key := range []string{"runs", "prepares", "outcome", "paged", "refused", "pre_authorised", "calls", "notes"} {
			if n := f.get(key); n != nil {
				l.fault(n, CodeType, "what does not match opens nothing, so there is no %s; leave it out", key)
			}
		}
	}
	if n := f.get("refused"); n != nil && len(c.Approvals) == 0 && e.Match != "false" {
		l.fault(n, CodeType, "nobody answers in this case, so nobody can be refused; name them under approvals")
	}
}

func (l *testLoader) count(f fields, key string) *int {
	n := f.get(key)
	if n == nil {
		return nil
	}
	return new(int(l.whole(n, "expect."+key, span[uint64]{0, maxTestAlerts})))
}

func (l *testLoader) prepares(n *yaml.Node) Prepared {
	text := l.text(n, "expect.prepares", 64)
	m := preparesForm.FindStringSubmatch(text)
	if m == nil {
		if text != "" {
			l.fault(n, CodeType, "%q is not an item; write block, or block×3 for three calls", clip(text))
		}
		return Prepared{}
	}
	if _, ok := l.book.item(m[1]); !ok {
		l.fault(n, CodeID, "%s prepares no %q%s", l.book.Name, m[1], meant(m[1], l.items()))
	}
	count, _ := strconv.Atoi(m[2])
	return Prepared{ID: m[1], Count: count}
}

// someOf reads one name or a list of them.
func (l *testLoader) someOf(n *yaml.Node, where string, known []string) []string {
	if n != nil && n.Kind == yaml.ScalarNode {
		name, ok := l.oneOf(n, CodePerson, known)
		if !ok {
			return nil
		}
		return []string{name}
	}
	return l.namesOf(n, where, CodePerson, known)
}

// calls reads what calls of the plan must be, by step.
func (l *testLoader) calls(n *yaml.Node) map[string]Called {
	if n == nil {
		return nil
	}
	all := map[string]Called{}
	pairs := l.entries(n, "expect.calls")
	if len(pairs) == 0 && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.fault(n, CodeRequired, "expect.calls names nothing; leave it out or name a step")
	}
	for _, p := range pairs {
		if !l.knownStep(p.key) {
			continue
		}
		where := "expect.calls." + p.key.Value
		f := l.ofTests(p.value, where, "call")
		out := Called{Function: l.text(f.get("function"), where+".function", 128)}
		out.Target, _ = l.oneOf(f.get("to"), CodeContract, l.inv.Contracts())
		if args := f.get("args"); args != nil {
			out.Args = map[string]string{}
			if args.Kind == yaml.MappingNode && len(args.Content) == 0 {
				l.fault(args, CodeRequired, "%s.args names nothing; leave it out or name an argument", where)
			}
			for _, a := range l.entries(args, where+".args") {
				out.Args[a.key.Value] = l.text(a.value, where+".args", 256)
			}
		}
		if p.value.Kind == yaml.MappingNode && len(p.value.Content) == 0 {
			l.fault(p.value, CodeRequired, "%s names nothing: say function, to or args", where)
		}
		all[p.key.Value] = out
	}
	return all
}
