package incident

import (
	"fmt"
	"strings"
)

// CallSimulation is what one endpoint said a call would do when it was tried
// with the plan's other calls of its chain, without being sent. It is one
// endpoint's word, so it informs people and stops nothing; it is part of the
// plan's digest, because they decide by it.
type CallSimulation struct {
	Endpoint string `json:"endpoint"` // configured name
	Block    uint64 `json:"block"`    // it was tried on top of this block
	// Stateful says that the calls were tried in order, each on what those
	// before it left. Otherwise each was tried alone.
	Stateful bool   `json:"stateful"`
	Gas      uint64 `json:"gas,omitempty"`    // what it used; zero: not known
	Revert   string `json:"revert,omitempty"` // why it fails, in words; empty: it succeeds
	// Changes are what the checks of the call read before the first call and
	// after the last. There are none when not Stateful.
	Changes []SimulatedChange `json:"changes,omitempty"`
	Events  []string          `json:"events,omitempty"` // what it emits, in words
}

// SimulatedChange is what a view of a check answers before and after.
type SimulatedChange struct {
	Text   string `json:"text"` // "lab-vault.paused()"
	Before string `json:"before"`
	After  string `json:"after"`
}

// String is "lab-vault.paused() false -> true".
func (c SimulatedChange) String() string {
	if c.Before == c.After {
		return c.Text + " stays " + c.After
	}
	return fmt.Sprintf("%s %s -> %s", c.Text, c.Before, c.After)
}

// Words say in one line how the call fared, for a card and for a terminal.
// They are empty when it was not tried. Names, events and reasons come from
// outside: whoever shows them escapes them.
func (s *CallSimulation) Words() string {
	if s == nil {
		return ""
	}
	parts := []string{"succeeds"}
	if s.Revert != "" {
		parts = []string{"fails with " + s.Revert}
	}
	for _, c := range s.Changes {
		parts = append(parts, c.String())
	}
	if len(s.Events) == 1 {
		parts = append(parts, "event "+s.Events[0])
	} else if len(s.Events) > 1 {
		parts = append(parts, "events "+strings.Join(s.Events, ", "))
	}
	if !s.Stateful {
		parts = append(parts, "each call alone: what they change together is not known")
	}
	return fmt.Sprintf("simulated at block %d by %s: %s", s.Block, s.Endpoint, strings.Join(parts, ", "))
}

// simulations adds how calls fared when they were tried. A plan without any
// ends before it, so that its digest is what it was before there were such.
// The mark tells it apart from whatever else ends a plan.
func (h *hasher) simulations(calls []Call) {
	for i, c := range calls {
		s := c.Simulation
		if s == nil {
			continue
		}
		h.text("simulated call")
		h.number(uint64(i))
		h.text(s.Endpoint)
		h.number(s.Block)
		h.flag(s.Stateful)
		h.number(s.Gas)
		h.text(s.Revert)
		h.list(len(s.Changes), func(i int) {
			for _, t := range []string{s.Changes[i].Text, s.Changes[i].Before, s.Changes[i].After} {
				h.text(t)
			}
		})
		h.texts(s.Events)
	}
}
