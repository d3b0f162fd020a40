package playbooks

import (
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// mark is where a key of a playbook stands, for what is found out later.
type mark struct {
	line, col int
	source    string
}

// compared holds every two playbooks that could meet the same alert against
// each other. Playbooks of different rules or severities never do.
func (s *Set) compared() Problems {
	var found Problems
	warned := map[string]bool{} // by file: one warning for each is enough to look at
	for i, later := range s.all {
		for _, earlier := range s.all[:i] {
			if earlier.Mode == incident.ModeOff || later.Mode == incident.ModeOff || !meet(earlier, later) {
				continue
			}
			p, ok := later.against(earlier)
			if !ok || p.Level == Warning && warned[p.File] {
				continue
			}
			warned[p.File] = true
			found = append(found, p)
		}
	}
	return found
}

// meet tells whether some alert may match both, by rules and severity alone.
func meet(a, b *Playbook) bool {
	return overlap(a.on.rules, b.on.rules) && overlap(a.on.severity, b.on.severity)
}

// overlap tells whether two lists share an entry; an empty one has them all.
func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// covers tells whether every entry of b is in a.
func covers(a, b []string) bool {
	if len(a) == 0 {
		return true
	}
	return len(b) > 0 && !slices.ContainsFunc(b, func(x string) bool { return !slices.Contains(a, x) })
}

// against says what is wrong with having the other playbook too. Two that do
// the same to the same contract for the same alerts are a mistake: they would
// ask people twice. Where only some alerts meet both, it may be meant.
func (p *Playbook) against(other *Playbook) (Problem, bool) {
	shared := p.shared(other)
	if len(shared) == 0 {
		return Problem{}, false
	}
	same := covers(p.on.rules, other.on.rules) && covers(other.on.rules, p.on.rules) &&
		covers(p.on.severity, other.on.severity) && covers(other.on.severity, p.on.severity) && p.on.when.same(other.on.when)
	switch {
	case same && p.Mode == other.Mode: // a rehearsal beside what is live is meant
		return p.problem(p.onAt, CodeOverlap, Error, "matches exactly the alerts of "+other.Name+", which does "+strings.Join(shared, ", ")+
			" too: people would be asked twice; make one of the two"), true
	case other.shadows(p):
		return p.problem(p.onAt, CodeShadowed, Warning, "all that this does, "+other.Name+" does already for every alert that matches here"), true
	case p.shadows(other):
		return other.problem(other.onAt, CodeShadowed, Warning, "all that this does, "+p.Name+" does already for every alert that matches here"), true
	}
	return p.problem(p.onAt, CodeOverlap, Warning, "some alerts match "+other.Name+" too, which does "+strings.Join(shared, ", ")+
		" as well: people would be asked twice"), true
}

// shared lists what both do to the same contract.
func (p *Playbook) shared(other *Playbook) []string {
	var list []string
	for _, what := range p.deeds {
		if slices.Contains(other.deeds, what) {
			list = append(list, what)
		}
	}
	return list
}

// deedsOf are the verbs and what they are done to, each once.
func deedsOf(items []item) []string {
	var list []string
	for _, i := range items {
		if i.action == nil {
			continue
		}
		if what := i.action.Info().Verb + " on " + i.contract; !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	return list
}

// shadows tells whether every alert of the other matches this too, and nothing
// is left for the other to do. A dry run leaves everything.
func (p *Playbook) shadows(other *Playbook) bool {
	wider := covers(p.on.rules, other.on.rules) && covers(p.on.severity, other.on.severity) &&
		(p.on.when == nil || p.on.when.same(other.on.when)) &&
		(p.on.sources <= 1 || p.on.sources <= other.on.sources && p.on.within >= other.on.within)
	return wider && p.doesAllOf(other) && (p.Mode == incident.ModeLive || p.Mode == other.Mode) &&
		p.limit == other.limit && p.submit.signer == other.submit.signer
}

// doesAllOf tells whether each item of the other is done here too, with the
// same arguments and under no condition: another limit is another deed.
func (p *Playbook) doesAllOf(other *Playbook) bool {
	for _, theirs := range other.items {
		if !slices.ContainsFunc(p.items, func(i item) bool { return i.when == nil && i.does(theirs) }) {
			return false
		}
	}
	return true
}

// does tells whether two items are the same calls for the same alert.
func (i item) does(other item) bool {
	if i.action.Info().Verb != other.action.Info().Verb || i.contract != other.contract || i.max != other.max || !i.each.gives(other.each) {
		return false
	}
	for name, a := range i.with {
		if b := other.with[name]; a.value.String() != b.value.String() || !a.compute.gives(b.compute) {
			return false
		}
	}
	return true
}

// gives tells whether two expressions come to the same. Those that rest on
// evidence may not: each playbook has its own under the same name.
func (e *expression) gives(other *expression) bool {
	return e.same(other) && (e == nil || len(e.asked) == 0)
}

// same tells whether two conditions are written the same.
func (e *expression) same(other *expression) bool {
	if e == nil || other == nil {
		return e == nil && other == nil
	}
	return e.line == other.line
}

func (p *Playbook) problem(at mark, code Code, level Level, message string) Problem {
	return Problem{File: p.Name + ".yaml", Line: at.line, Col: at.col, Code: code, Level: level, Message: message, Source: at.source}
}

// Warnings are what the author should look at, sorted; they keep nothing from
// loading.
func (s *Set) Warnings() Problems { return slices.Clone(s.warnings) }
