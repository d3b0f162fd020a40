package slack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// signalSaid are the words for what a source says later, by what it is.
var signalSaid = map[string]string{
	incident.InertResolved:  "says that it is over",
	incident.InertEnd:       "says that it is over",
	incident.InertReminder:  "says that it goes on",
	incident.InertReview:    "says that somebody there has reviewed it",
	incident.InertDismissed: "calls it a FALSE ALARM",
	incident.InertReplay:    "has sent it again as something of the past",
	incident.InertLate:      "has sent it again, too late to count",
	incident.InertEarly:     "has sent it again, with a time that lies ahead",
}

// signalLine is one source's later words. None of them decides anything, and it
// says so: whoever holds the detector must not be able to call guardians off.
func signalLine(n incident.SignalNoted) string {
	said, known := signalSaid[n.What]
	switch {
	case known:
	case n.Summary != "":
		said = fmt.Sprintf("says (%s): %s", prose(n.What, 30), prose(n.Summary, 120))
	default:
		said = "says: " + prose(n.What, 60)
	}
	return fmt.Sprintf("*%s* %s.", prose(n.Source, 64), said)
}

// signals is what sources said since, the last word of each, oldest first.
func signals(s incident.State) string {
	last := map[string]int{}
	for i, n := range s.Signals {
		last[n.Source+"\x00"+n.Signal] = i
	}
	var lines []string
	for i, n := range s.Signals {
		if last[n.Source+"\x00"+n.Signal] == i {
			lines = append(lines, signalLine(n))
		}
	}
	if lines = slices.Compact(lines); len(lines) == 0 {
		return ""
	}
	const most = 5
	if left := len(lines) - most; left > 0 {
		lines = append(lines[left:], fmt.Sprintf("and %d more before", left))
	}
	return "*Since then*\n" + strings.Join(lines, "\n") + "\nThat stops nothing and undoes nothing: you decide."
}
