package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// StepWords says in one line what a fact states of its step, without naming
// the step: what was decided, and why. Other facts are the empty string.
func StepWords(b Body) string {
	switch b := b.(type) {
	case Priced:
		return b.words()
	case Signed:
		return fmt.Sprintf("signed %s, allowed by rule %s of the key's policy", b.Hash, b.Rule)
	case Refused:
		return fmt.Sprintf("the signer refused (%s): %s", b.Code, b.Why)
	case Released:
		return fmt.Sprintf("nonce %d given back unsigned: %s", b.Slot.Nonce, b.Why)
	case Broadcast:
		return b.words()
	case Included:
		return fmt.Sprintf("%s is in block %d, %d gas used, says %s", b.Hash, b.Block, b.GasUsed, b.Endpoint)
	case Reverted:
		return fmt.Sprintf("%s failed in block %d: %s", b.Hash, b.Block, b.Why)
	case Preempted:
		return fmt.Sprintf("nonce %d was spent by a transaction that is not ours: %s", b.Nonce, b.Why)
	case Displaced:
		return "out of its block again: " + b.Why
	case Held:
		return fmt.Sprintf("the goal holds at %s: %s", cmp.Or(b.Level, LevelLatest), seenWords(b.Seen))
	case Final:
		at := fmt.Sprintf("at depth %d", b.Depth)
		if b.Level != "" {
			at = fmt.Sprintf("at %s, depth %d", b.Level, b.Depth)
		}
		return fmt.Sprintf("the goal holds %s: %s", at, seenWords(b.Seen))
	case Unheld:
		return "the goal did not hold in time: " + b.Why
	case AlreadySo:
		return "the goal holds without us: " + b.Why
	case GaveUp:
		return "given up: " + b.Why
	case Stalled:
		return fmt.Sprintf("bid %d waits and no higher one is possible: %s; %s", b.Attempt, b.Why, b.Mend)
	case Hurried:
		return fmt.Sprintf("%s asks for a higher bid: %s", b.By, b.Why)
	case Cancelled:
		return fmt.Sprintf("called off by %s: %s", b.By, b.Why)
	}
	return ""
}

// words name the bid and the most it can cost. A raise keeps its nonce.
func (p Priced) words() string {
	return fmt.Sprintf("nonce %d, bid %d: cap %s, tip %s, costs at most %s ETH: %s",
		p.Nonce, p.Attempt, gwei(p.FeeCap), gwei(p.Tip), p.Cost().Decimal(18), p.Why)
}

// Cost is the most that the bid can cost, wei: every unit of gas at the cap.
func (p Priced) Cost() Wei { return p.FeeCap.Times(p.Gas) }

func gwei(w Wei) string { return w.Decimal(9) + " gwei" }

// words count the answers, then name who said what.
func (b Broadcast) words() string {
	var said []string
	for _, o := range b.Outcomes {
		said = append(said, o.Words())
	}
	if len(said) == 0 {
		return b.Tally()
	}
	return b.Tally() + ": " + strings.Join(said, ", ")
}

// Tally counts how many endpoints said what.
func (b Broadcast) Tally() string {
	count := map[string]int{}
	for _, o := range b.Outcomes {
		count[o.Class]++
	}
	var sums []string
	for _, class := range []string{"accepted", "ambiguous", "rejected"} {
		if n := count[class]; n > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", n, class))
		}
	}
	return fmt.Sprintf("bid %d offered, %s", b.Attempt, cmp.Or(strings.Join(sums, ", "), "nobody answered"))
}

// Words are who said it, how it is read, and what was said.
func (o Outcome) Words() string {
	words := o.Endpoint + " " + o.Class
	if o.Kind != "" {
		words += " " + o.Kind
	}
	if o.Text != "" {
		words += fmt.Sprintf(" (%s)", o.Text)
	}
	return words
}

// seenWords tell what was read. A playbook may want to see what the goal is
// already: that is said once.
func seenWords(seen []Observation) string {
	var words []string
	for _, o := range seen {
		said := fmt.Sprintf("%s is %s at block %d (%s)", o.Check, o.Got, o.Block, o.Endpoint)
		if !slices.Contains(words, said) {
			words = append(words, said)
		}
	}
	return strings.Join(words, "; ")
}

// owing are the effects in words. What needs more than the steps' names is in
// Effect.Words.
var owing = map[Do]string{
	DoPlan:       "evaluate the playbook and freeze the plan",
	DoPostCard:   "show the request to people",
	DoUpdateCard: "show people what has changed",
	DoTell:       "tell people",
	DoPrice:      "fix the nonce and the fees",
	DoSign:       "have the newest bid signed",
	DoBroadcast:  "offer the signed bytes to every endpoint",
	DoWatch:      "offer the same bytes again until a block has them, and raise the fees where that is allowed",
	DoRecheck:    "see whether the goal holds all the same, and open another nonce if it does not",
	DoVerify:     "read the goal at the block that has it",
	DoFinalise:   "read the goal again, deeper and from another endpoint",
}

// Words say what is owed, for people. Of a fact that is owed they say which.
func (e Effect) Words() string {
	words := owing[e.Do]
	switch {
	case e.Do == DoRecord:
		words = fmt.Sprintf("write down %q", e.Body.Kind())
		if said := Words(e.Body); said != "" {
			words += ": " + said
		}
	case e.Key != "":
		words += " (" + e.Key + ")"
	}
	if !e.At.IsZero() {
		words += ", at " + e.At.UTC().Format("15:04:05")
	}
	return words
}

// Of tells whether the effect is owed for a step.
func (e Effect) Of(step string) bool { return slices.Contains(e.Steps, step) }
