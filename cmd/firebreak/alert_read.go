package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// storedAlert is one receipt of the inbox with what became of it.
type storedAlert struct {
	Receipt uint64    `json:"receipt"`
	At      time.Time `json:"at"`
	incident.Received
	Decided bool             `json:"decided"`
	Matches []incident.Match `json:"matches"`
}

// verdict is what became of it, in a word or few.
func (a storedAlert) verdict() string {
	if len(a.Matches) == 0 {
		switch {
		case a.Inert != "":
			return a.Inert
		case !a.Decided:
			return "waits"
		}
		return "no playbook"
	}
	words := ""
	for i, m := range a.Matches {
		if i > 0 {
			words += ", "
		}
		if m.Verdict == incident.VerdictInert {
			words += m.Why + ": " + m.Playbook
			continue
		}
		words += m.Verdict + " " + m.Playbook
		if m.Incident != "" {
			words += " " + string(m.Incident)
		}
	}
	return words
}

// sieve says which stored alerts are asked for. Zero values ask for all.
type sieve struct {
	source, rule, verdict string
	from                  time.Time
	limit                 int
}

func (s sieve) lets(a storedAlert) bool {
	if s.source != "" && a.Alert.Source != s.source || s.rule != "" && a.Alert.Rule != s.rule || a.At.Before(s.from) {
		return false
	}
	if s.verdict == "" || s.verdict == "inert" && a.Inert != "" || s.verdict == a.Inert {
		return true
	}
	for _, m := range a.Matches {
		if m.Verdict == s.verdict {
			return true
		}
	}
	return s.verdict == "unmatched" && a.Decided && a.Inert == "" && len(a.Matches) == 0
}

// readAlerts gives the newest that the sieve lets through, oldest first. It
// holds no more than that in memory, however long the journal is.
func readAlerts(ctx context.Context, j *sqlite.Journal, s sieve) ([]storedAlert, error) {
	said, stop := readVerdicts(ctx, j)
	defer stop()
	var kept []storedAlert
	for f, err := range j.Read(ctx, incident.Inbox, 0) {
		if err != nil {
			return nil, fmt.Errorf("read alerts: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return nil, err
		}
		got, ok := body.(incident.Received)
		if !ok {
			continue
		}
		a := storedAlert{Receipt: f.Seq, At: f.Seen, Received: got, Matches: []incident.Match{}}
		d, found, err := said.of(f.Seq)
		if err != nil {
			return nil, err
		}
		if a.Decided = found; found {
			a.Matches = append(a.Matches, d.Matches...)
		}
		if !s.lets(a) {
			continue
		}
		if a.Raw = nil; len(kept) == s.limit {
			kept = append(kept[:0], kept[1:]...)
		}
		kept = append(kept, a)
	}
	return kept, nil
}

// verdicts walks the router's stream beside the inbox: both are in the order of
// receipts.
type verdicts struct {
	pull    func() (incident.Fact, error, bool)
	waiting []incident.Decided
}

func readVerdicts(ctx context.Context, j *sqlite.Journal) (*verdicts, func()) {
	pull, stop := iter.Pull2(j.Read(ctx, incident.Router, 0))
	return &verdicts{pull: pull}, stop
}

// of finds what was decided about a receipt. Receipts are asked for in order.
func (v *verdicts) of(receipt uint64) (incident.Decided, bool, error) {
	for {
		for len(v.waiting) > 0 && v.waiting[0].Receipt < receipt {
			v.waiting = v.waiting[1:]
		}
		if len(v.waiting) > 0 {
			return v.waiting[0], v.waiting[0].Receipt == receipt, nil
		}
		f, err, more := v.pull()
		if !more {
			return incident.Decided{}, false, nil
		}
		if err != nil {
			return incident.Decided{}, false, fmt.Errorf("read what was decided: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return incident.Decided{}, false, err
		}
		if routed, ok := body.(incident.Routed); ok {
			v.waiting = routed.All()
		}
	}
}

// errNoReceipt says that the inbox has no such receipt.
var errNoReceipt = errors.New("there is no such receipt; firebreak alert list shows those there are")
