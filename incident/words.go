package incident

import (
	"fmt"
	"strings"
)

// Words says in one line what a fact states, for timelines that people read.
func Words(b Body) string {
	switch b := b.(type) {
	case Received:
		return b.Alert.Source + " " + b.Alert.ID
	case Routed:
		return routedWords(b)
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
	case SignalNoted:
		return strings.TrimSuffix(fmt.Sprintf("%s says %s: %s", b.Source, b.What, b.Summary), ": ")
	case SilenceAdded:
		return fmt.Sprintf("%s until %s, by %s: %s", b.Match, b.Until.UTC().Format("2006-01-02 15:04 UTC"), b.By, b.Why)
	case SilenceExpired:
		return fmt.Sprintf("silence %d, by %s: %s", b.Silence, b.By, b.Why)
	case Alarmed:
		return b.What + ": " + b.Detail
	case FreezeAsked:
		return fmt.Sprintf("%s, key %s: %s", b.By, b.Key, b.Why)
	case KeyFrozen:
		return fmt.Sprintf("key %s, by %s", b.Key, strings.Join(b.By, ", "))
	case TurnedAway:
		return strings.TrimSpace(fmt.Sprintf("%s %s: %s", b.By, b.Reason, b.Detail))
	case Moot:
		return b.Why
	case Asked:
		return fmt.Sprintf("%s (%s) until %s", b.Digest.Short(), b.Digest.Words(), b.Deadline.UTC().Format("15:04:05"))
	case Voted:
		return fmt.Sprintf("%s says %s (%s)", b.Vote.Person, b.Vote.Decision, b.Vote.Assurance)
	case Authorised:
		return fmt.Sprintf("%s by %s", b.Digest.Short(), strings.Join(b.By, ", "))
	case PreAuthorised:
		return b.Digest.Short() + " by the playbook itself, before anybody was asked"
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
	if step, ok := StepOf(b); ok {
		return step + ": " + StepWords(b)
	}
	return ""
}

func routedWords(b Routed) string {
	matched := 0
	for _, d := range b.All() {
		matched += len(d.Matches)
	}
	if len(b.Before) == 0 {
		return fmt.Sprintf("receipt %d, %d playbooks matched", b.Receipt, matched)
	}
	return fmt.Sprintf("receipts %d to %d, playbooks matched %d times", b.Before[0].Receipt, b.Receipt, matched)
}
