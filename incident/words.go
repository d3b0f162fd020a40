package incident

import (
	"cmp"
	"fmt"
	"strings"
)

// Words says in one line what a fact states, for timelines that people read.
func Words(b Body) string {
	switch b := b.(type) {
	case Received:
		return b.Alert.Source + " " + b.Alert.ID
	case Routed:
		return fmt.Sprintf("receipt %d, %d playbooks matched", b.Receipt, len(b.Matches))
	case Opened:
		return fmt.Sprintf("%s by rule %s of %s", b.Playbook.Name, b.Alert.Rule, b.Alert.Source)
	case AlertAttached:
		return fmt.Sprintf("rule %s of %s", b.Alert.Rule, b.Alert.Source)
	case Noted:
		return b.By + ": " + b.Text
	case CardPosted:
		return fmt.Sprintf("version %d", b.Version)
	case CardUpdated:
		return fmt.Sprintf("version %d", b.Version)
	case CardLost:
		return b.Why
	case Told:
		return b.Text
	case Moot:
		return b.Why
	case Asked:
		return fmt.Sprintf("%s (%s) until %s", b.Digest.Short(), b.Digest.Words(), b.Deadline.UTC().Format("15:04:05"))
	case Voted:
		return fmt.Sprintf("%s says %s (%s)", b.Vote.Person, b.Vote.Decision, b.Vote.Assurance)
	case Authorised:
		return fmt.Sprintf("%s by %s", b.Digest.Short(), strings.Join(b.By, ", "))
	case Declined:
		return b.Why
	case Lapsed:
		return b.Why
	case Confirmed:
		return strings.Join(b.Sources, ", ")
	case Escalated:
		return b.Stage + ": " + b.Why
	case Planned:
		return fmt.Sprintf("%s: %d calls, digest %s", b.Plan.Title, len(b.Plan.Calls), b.Digest.Short())
	}
	return stepWords(b)
}

func stepWords(b Body) string {
	switch b := b.(type) {
	case Priced:
		return fmt.Sprintf("%s: nonce %d, cap %s, tip %s wei: %s", b.Step, b.Nonce, b.FeeCap, b.Tip, b.Why)
	case Signed:
		return fmt.Sprintf("%s: %s under rule %s", b.Step, b.Hash, b.Rule)
	case Refused:
		return fmt.Sprintf("%s: %s %s", b.Step, b.Code, b.Why)
	case Released:
		return fmt.Sprintf("%s: nonce %d: %s", b.Step, b.Slot.Nonce, b.Why)
	case Broadcast:
		var said []string
		for _, o := range b.Outcomes {
			said = append(said, o.Endpoint+" "+o.Class)
		}
		return b.Step + ": " + strings.Join(said, ", ")
	case Included:
		return fmt.Sprintf("%s: block %d, %s", b.Step, b.Block, b.Hash)
	case Reverted:
		return fmt.Sprintf("%s: block %d: %s", b.Step, b.Block, b.Why)
	case Preempted:
		return fmt.Sprintf("%s: nonce %d: %s", b.Step, b.Nonce, b.Why)
	case Displaced:
		return b.Step + ": " + b.Why
	case Held:
		return fmt.Sprintf("%s: at %s, %s", b.Step, cmp.Or(b.Level, LevelLatest), seenWords(b.Seen))
	case Final:
		if b.Level != "" {
			return fmt.Sprintf("%s: at %s, depth %d, %s", b.Step, b.Level, b.Depth, seenWords(b.Seen))
		}
		return fmt.Sprintf("%s: at depth %d, %s", b.Step, b.Depth, seenWords(b.Seen))
	case Unheld:
		return b.Step + ": " + b.Why
	case AlreadySo:
		return b.Step + ": " + b.Why
	case GaveUp:
		return b.Step + ": " + b.Why
	case Stalled:
		return fmt.Sprintf("%s: %s; %s", b.Step, b.Why, b.Mend)
	case Hurried:
		return fmt.Sprintf("%s: %s asks for a higher bid: %s", b.Step, b.By, b.Why)
	case Cancelled:
		return fmt.Sprintf("%s: called off by %s: %s", b.Step, b.By, b.Why)
	}
	return ""
}

func seenWords(seen []Observation) string {
	var words []string
	for _, o := range seen {
		words = append(words, fmt.Sprintf("%s is %s at block %d (%s)", o.Check, o.Got, o.Block, o.Endpoint))
	}
	return strings.Join(words, "; ")
}
