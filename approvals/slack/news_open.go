package slack

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// cutKey splits a key of incident.Next, "run0/vote/1", into what it is about
// and which of those.
func cutKey(key string) (what, which string) {
	if alarm, ok := strings.CutPrefix(key, "alarm/"); ok {
		return "alarm", alarm
	}
	_, what, _ = strings.Cut(key, "/")
	what, which, _ = strings.Cut(what, "/")
	return what, which
}

// newsOpen is what people are told while a request is open and under way: one
// line for each vote ("run0/vote/1"), that it went out and is in blocks
// ("run0/sent", "run0/executed"), reminders ("run0/remind/75"), that others
// should know ("run0/escalate/0"), what a source said since ("run0/signal/0"), and alarms ("alarm/0"). ok is false for any
// other key.
func (d *Desk) newsOpen(s incident.State, key string) (text string, ok bool) {
	run := s.Run()
	if run.Plan == nil {
		return "", false
	}
	what, which := cutKey(key)
	i, err := strconv.Atoi(which)
	switch {
	case what == "vote" && err == nil && i >= 0 && i < len(run.Votes):
		return voteLine(run, run.Votes[i]), true
	case what == "sent":
		return "*Sent.* " + stepsWords(run), true
	case what == "executed":
		return "*In a block, being checked.* " + stepsWords(run), true
	case what == "remind":
		return d.reminder(s), true
	case what == "escalate":
		return d.escalation(s), true
	case what == "signal" && err == nil && i >= 0 && i < len(s.Signals):
		return signalLine(s.Signals[i]) + " That stops nothing and undoes nothing: you decide.", true
	case what == "alarm" && err == nil && i >= 0 && i < len(s.Alarms):
		return d.alarm(s, s.Alarms[i]), true
	}
	return "", false
}

func voteLine(run incident.Run, v incident.Vote) string {
	who := fmt.Sprintf("*%s* (%s)", prose(v.Person, 64), prose(v.Team, 64))
	if v.Decision == incident.Deny {
		return fmt.Sprintf("%s objects, %s: %s. Approvals %s.", who, approvals.How(v), prose(orElse(v.Reason, "no reason given"), 300), approvals.Tally(run))
	}
	return fmt.Sprintf("%s approved %s. Approvals %s.", who, approvals.How(v), approvals.Tally(run))
}

// stepsWords is one line for every step, or a count where there are many.
func stepsWords(run incident.Run) string {
	const most = 6
	var lines []string
	for _, step := range run.Steps[:min(most, len(run.Steps))] {
		lines = append(lines, stepLine(step))
	}
	if left := len(run.Steps) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("and %d more: %s", left, states(run.Steps[most:])))
	}
	return strings.Join(lines, "\n")
}

func (d *Desk) reminder(s incident.State) string {
	run := s.Run()
	return fmt.Sprintf("*%s*\nApprovals %s. It expires %s; if nobody acts until then, nothing is sent.%s",
		prose(approvals.Marked(s, "Still waiting for approval: "+approvals.Title(s)), 300), approvals.Tally(run), when(run), d.elsewhere(s))
}

// escalation is for people who may not be asked: it says what they can do and
// that a vote of theirs would not count.
func (d *Desk) escalation(s incident.State) string {
	run, why := s.Run(), "nobody has decided yet"
	if list := objections(run); list != "" {
		why = "there is an objection by " + list
	}
	return fmt.Sprintf("*%s*\nYou are told because %s. Approvals %s, expires %s.\nThe vote is for %s alone; reach them, and look at it yourself.%s",
		prose(approvals.Marked(s, "Waiting for a decision: "+approvals.Title(s)), 300), why, approvals.Tally(run), when(run),
		prose(strings.Join(run.Plan.Quorum.Teams, ", "), 300), d.elsewhere(s))
}

// objections names who objects, "" for nobody.
func objections(run incident.Run) string {
	var names []string
	for _, v := range approvals.Objections(run) {
		names = append(names, prose(v.Person, 64))
	}
	return strings.Join(names, ", ")
}

func (d *Desk) alarm(s incident.State, a incident.Alarmed) string {
	return fmt.Sprintf("*ALARM: %s*\n%s\nDo not go by the card. The review that its buttons open comes from the journal and can be trusted; so can the approval page. Somebody may hold the bot token: rotate it, and see who has it.%s",
		prose(approvals.Marked(s, alarmWords(a)+", "+approvals.Title(s)), 300), prose(a.Detail, 600), d.elsewhere(s))
}

func alarmWords(a incident.Alarmed) string {
	if a.What == AlarmCard {
		return "a card was changed by somebody else"
	}
	return clean(a.What)
}

// elsewhere is where the same request can be read and voted on without Slack.
func (d *Desk) elsewhere(s incident.State) string {
	if address := d.c.page(s.ID); address != "" {
		return "\nWithout Slack: " + link(address)
	}
	return ""
}

// link shows an address of our own as what it is.
func link(address string) string { return "<" + escapeURL(address) + ">" }
