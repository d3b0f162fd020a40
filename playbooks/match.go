package playbooks

import (
	"encoding/json"
	"errors"
	"slices"

	"cel.dev/cel-go/common/types"

	"github.com/firebreak-project/firebreak/incident"
)

// Match returns one Opened for every playbook that the alert matches, by name
// of the playbook, with Alert and Receipt left empty. It reads nothing and is
// deterministic. A playbook whose condition cannot be evaluated is returned
// with MatchFail: that is neither a match nor none, and a person must look. A
// playbook that is off never matches.
func (s *Set) Match(alert incident.Alert) []incident.Opened {
	var opened []incident.Opened
	v := see(alert)
	if alert.By != "" {
		return s.asked(v)
	}
	for _, p := range s.of(alert.Rule) {
		if o, ok := p.match(v); ok {
			opened = append(opened, o)
		}
	}
	return opened
}

// asked opens the one playbook that a person asks for by name. Its rules, its
// condition and its confirmation are a detector's: the person has judged, and
// the people who are asked judge again. What groups alerts needs an alert, so
// all that is asked for one playbook is one incident; it never joins one that
// alerts have opened, whose request somebody else made.
func (s *Set) asked(v view) []incident.Opened {
	for _, p := range s.all {
		if p.Name != v.alert.Playbook || p.Mode != incident.ModeLive && p.Mode != incident.ModeDryRun {
			continue
		}
		o := p.opening()
		o.Key = "asked" + keyText([]string{p.Name})
		return []incident.Opened{o}
	}
	return nil
}

// index sorts the playbooks by the rules that they are for.
func (s *Set) index() {
	s.byRule = map[string][]*Playbook{}
	for _, p := range s.all {
		if len(p.on.rules) == 0 {
			s.anyRule = append(s.anyRule, p)
			for rule := range s.byRule {
				s.byRule[rule] = append(s.byRule[rule], p)
			}
			continue
		}
		for _, rule := range p.on.rules {
			if _, known := s.byRule[rule]; !known {
				s.byRule[rule] = slices.Clone(s.anyRule)
			}
			s.byRule[rule] = append(s.byRule[rule], p)
		}
	}
}

// of lists the playbooks that an alert of the rule may match.
func (s *Set) of(rule string) []*Playbook {
	if list, ok := s.byRule[rule]; ok {
		return list
	}
	return s.anyRule
}

func (p *Playbook) match(v view) (incident.Opened, bool) {
	switch {
	case p.Mode != incident.ModeLive && p.Mode != incident.ModeDryRun,
		len(p.on.rules) > 0 && !slices.Contains(p.on.rules, v.alert.Rule),
		len(p.on.severity) > 0 && !slices.Contains(p.on.severity, string(v.alert.Severity)):
		return incident.Opened{}, false
	}
	matched, failed := p.on.when.holds(v)
	if failed == nil && !matched {
		return incident.Opened{}, false
	}
	values, err := p.keyOf(v)
	o := p.opening()
	o.Key, o.Sources, o.Within = keyText(append([]string{p.Name}, values...)), p.on.sources, p.on.within
	if failed = errors.Join(failed, err); failed != nil {
		// All failures of one playbook are one incident: an alert that cannot
		// be judged must not become a flood of pages. It waits for no other
		// source, because nobody knows what that would confirm.
		o.MatchFail, o.Key, o.Sources, o.Within = failed.Error(), "match-error"+keyText([]string{p.Name}), 0, 0
	}
	return o, true
}

// opening is what every incident of the playbook begins with.
func (p *Playbook) opening() incident.Opened {
	o := incident.Opened{Playbook: incident.PlaybookRef{Name: p.Name, Digest: p.Digest},
		Text: p.text, Mode: p.Mode, Owner: p.Owner, Cooldown: p.cooldown, Inhibit: p.inhibit, Unsilenceable: p.loud}
	if p.limit.runs > 0 {
		o.Limit = &incident.Limit{Runs: p.limit.runs, Per: p.limit.per}
	}
	return o
}

// keyOf evaluates what groups alerts into one incident.
func (p *Playbook) keyOf(v view) ([]string, error) {
	var values []string
	for _, e := range p.key {
		out, err := e.eval(v)
		if err != nil {
			return nil, err
		}
		text, ok := out.(types.String)
		if !ok {
			return nil, errors.New("incident.key gave no text")
		}
		values = append(values, string(text))
	}
	return values, nil
}

// keyText joins values so that no two lists give one key.
func keyText(values []string) string {
	raw, _ := json.Marshal(values) // texts always marshal
	return string(raw)
}
