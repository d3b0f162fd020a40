package rehearsal

import (
	"fmt"

	"github.com/firebreak-project/firebreak/playbooks"
)

// Coverage is which conditions of playbooks were seen to come out which way. A
// condition that no test has seen true may never be; one that none has seen
// false may hold for every alert.
type Coverage struct {
	Conditions []Covered `json:"conditions"`
	// Untested are playbooks that no test is for.
	Untested []string `json:"untested,omitempty"`
}

// Covered is a condition, or a part of one that is true or false in itself.
type Covered struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Col   int    `json:"col"`
	What  string `json:"what"` // "on.when", "prepare.pause.when"
	Text  string `json:"text"` // empty: the condition as a whole
	True  bool   `json:"seen_true"`
	False bool   `json:"seen_false"`
}

// Missing says what was not seen; empty when all was.
func (c Covered) Missing() string {
	switch {
	case c.True && c.False:
		return ""
	case c.True:
		return "never seen false"
	case c.False:
		return "never seen true"
	}
	return "never seen true, never seen false"
}

// String is "vault-drain.yaml:16:5: on.when: never seen false: alert.has_loss".
func (c Covered) String() string {
	text := c.Text
	if text == "" {
		text = "the condition as a whole"
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s: %s", c.File, c.Line, c.Col, c.What, c.Missing(), text)
}

// Complete tells whether every condition was seen both ways and every playbook
// has a test.
func (c Coverage) Complete() bool {
	for _, one := range c.Conditions {
		if one.Missing() != "" {
			return false
		}
	}
	return len(c.Untested) == 0
}

// Cover sums up which conditions the results have seen. What did not count,
// because another part had settled the whole already, is not seen.
func Cover(books []*playbooks.Playbook, results []Result) Coverage {
	out := Coverage{Conditions: []Covered{}}
	for _, p := range books {
		var seen []playbooks.Reason
		tested := false
		for _, r := range results {
			if r.Playbook == p.Name {
				tested = true
				seen = append(seen, r.seen...)
			}
		}
		if !tested {
			out.Untested = append(out.Untested, p.Name)
		}
		for _, condition := range p.Conditions() {
			out.Conditions = append(out.Conditions, cover(p.Name+".yaml", condition, seen)...)
		}
	}
	return out
}

// cover looks at one condition: at its parts, and at the whole where that is
// another question.
func cover(file string, c playbooks.Condition, seen []playbooks.Reason) []Covered {
	list := make([]Covered, 0, len(c.Atoms)+1)
	for _, a := range c.Atoms {
		list = append(list, Covered{File: file, Line: a.Line, Col: a.Col, What: c.What, Text: a.Text})
	}
	if len(c.Atoms) != 1 {
		whole := Covered{File: file, What: c.What, Line: 1, Col: 1}
		if len(c.Atoms) > 0 {
			whole.Line, whole.Col = c.Atoms[0].Line, c.Atoms[0].Col
		}
		list = append(list, whole)
	}
	for _, r := range seen {
		if r.What != c.What {
			continue
		}
		for i, a := range r.Atoms {
			if i < len(c.Atoms) && a.Reached {
				list[i].True = list[i].True || a.Outcome == playbooks.OutcomeTrue
				list[i].False = list[i].False || a.Outcome == playbooks.OutcomeFalse
			}
		}
		if len(c.Atoms) != 1 && !r.Failed {
			whole := &list[len(list)-1]
			whole.True, whole.False = whole.True || r.OK, whole.False || !r.OK
		}
	}
	return list
}
