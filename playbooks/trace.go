package playbooks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// Verdict says whether an alert matches one playbook, and why. As JSON it is
// for scripts; the names of its keys stay.
type Verdict struct {
	Playbook string        `json:"playbook"`
	Mode     incident.Mode `json:"mode"`
	Matched  bool          `json:"matched"`
	// Failed says why it cannot be told: neither a match nor none. People are
	// paged then and nothing is prepared.
	Failed string `json:"failed,omitempty"`
	// Key is the key of the incident that the alert would open or join, also
	// when it cannot be told; empty when it does not match.
	Key     string   `json:"key,omitempty"`
	Reasons []Reason `json:"reasons"`
}

// Reason is one thing that must hold for a match, or for an item to be
// prepared.
type Reason struct {
	What string `json:"what"` // "mode", "on.rules", "on.severity", "on.when", "incident.key", "prepare.pause.when"
	OK   bool   `json:"ok"`
	// Failed: it cannot be told, which is not OK and not false either.
	Failed bool   `json:"failed,omitempty"`
	Text   string `json:"text"`            // in words
	Atoms  []Atom `json:"atoms,omitempty"` // of a condition
}

// Trace says of every playbook, by name, whether and why the alert matches.
// It always agrees with Match, of which it is the slow and talkative form: it
// looks at everything, also after the first thing that fails.
func (s *Set) Trace(alert incident.Alert) []Verdict {
	v := see(alert)
	list := make([]Verdict, len(s.all))
	for i, p := range s.all {
		list[i] = p.trace(v)
	}
	return list
}

// TraceOf is Trace of one playbook alone; false when the set has none of the name.
func (s *Set) TraceOf(name string, alert incident.Alert) (Verdict, bool) {
	i := slices.IndexFunc(s.all, func(p *Playbook) bool { return p.Name == name })
	if i < 0 {
		return Verdict{}, false
	}
	return s.all[i].trace(see(alert)), true
}

// Because gives the first thing that kept the alert from matching, and the part
// of it that decided. Both are nil for a match; the atom is nil for what is no
// condition.
func (v Verdict) Because() (*Reason, *Atom) {
	if v.Matched {
		return nil, nil
	}
	i := slices.IndexFunc(v.Reasons, func(r Reason) bool { return !r.OK })
	if i < 0 {
		return nil, nil
	}
	return &v.Reasons[i], first(v.Reasons[i].Atoms)
}

func (p *Playbook) trace(v view) Verdict {
	out := Verdict{Playbook: p.Name, Mode: p.Mode}
	if o, ok := p.match(v); ok {
		out.Matched, out.Failed, out.Key = o.MatchFail == "", o.MatchFail, o.Key
	}
	out.Reasons = append(out.Reasons, Reason{What: "mode", OK: p.Mode == incident.ModeLive || p.Mode == incident.ModeDryRun, Text: "mode is " + string(p.Mode)})
	if len(p.on.rules) > 0 {
		out.Reasons = append(out.Reasons, listed("rule", v.alert.Rule, p.on.rules))
	}
	if len(p.on.severity) > 0 {
		out.Reasons = append(out.Reasons, listed("severity", string(v.alert.Severity), p.on.severity))
	}
	if p.on.when != nil {
		out.Reasons = append(out.Reasons, p.on.when.reason("on.when", v))
	}
	if _, err := p.keyOf(v); err != nil {
		out.Reasons = append(out.Reasons, Reason{What: "incident.key", Failed: true, Text: clipMessage(err.Error())})
	}
	return out
}

// listed is the reason of a list that the alert must be on.
func listed(what, value string, list []string) Reason {
	r := Reason{What: "on." + what, OK: slices.Contains(list, value)}
	if what == "rule" {
		r.What = "on.rules"
	}
	r.Text = fmt.Sprintf("alert.%s is %s; %s has %s", what, strconv.Quote(clip(value)), r.What, strings.Join(list, ", "))
	return r
}

// reason evaluates a condition and says how it came out.
func (e *expression) reason(what string, v view) Reason {
	r := Reason{What: what}
	yes, err := e.holds(v)
	switch {
	case err != nil:
		r.Failed, r.Text = true, what+" cannot be told: "+clipMessage(err.Error())
	case yes:
		r.OK, r.Text = true, what+" holds"
	default:
		r.Text = what + " is false"
	}
	if t := e.trace(); t != nil { // nil never happens to what has loaded
		r.Atoms = t.atoms(v)
	}
	if a := first(r.Atoms); a != nil && !r.OK && err == nil {
		r.Text += ": " + a.Words()
	}
	return r
}

// Condition is a condition of a playbook and its parts, without an outcome: what
// tests have to see come out both ways.
type Condition struct {
	What  string // as in Reason
	Atoms []Atom
}

// Conditions lists on.when and the conditions of the items, in the order of the
// file.
func (p *Playbook) Conditions() []Condition {
	var list []Condition
	if p.on.when != nil {
		list = append(list, Condition{"on.when", p.on.when.parts()})
	}
	for _, i := range p.items {
		if i.when != nil {
			list = append(list, Condition{i.whenWhere(), i.when.parts()})
		}
	}
	return list
}

// whenWhere names an item's condition.
func (i item) whenWhere() string { return "prepare." + i.id + ".when" }

// parts are the atoms of a condition before it is evaluated.
func (e *expression) parts() []Atom {
	t := e.trace()
	if t == nil {
		return nil
	}
	list := make([]Atom, len(t.parts))
	for i, p := range t.parts {
		list[i] = Atom{Text: p.text, Line: p.line, Col: p.col, Outcome: OutcomeUnknown}
	}
	return list
}

// Words are an atom with its outcome and the values it was computed from, in
// one line: `alert.loss >= amount("1_000 USDX") is false (alert.loss = 100 USDX)`.
func (a Atom) Words() string {
	out := fmt.Sprintf("%s is %s", clipMessage(a.Text), a.Outcome)
	if a.Outcome == OutcomeError || a.Outcome == OutcomeUnknown {
		out = fmt.Sprintf("%s cannot be told", clipMessage(a.Text))
	}
	var values []string
	for _, v := range a.Values {
		values = append(values, v.Name+" = "+v.Text)
	}
	if len(values) > 0 {
		out += " (" + strings.Join(values, ", ") + ")"
	}
	return out
}
