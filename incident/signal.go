package incident

import "slices"

// KindSignalNoted is the kind of a source's later words about a signal.
const KindSignalNoted Kind = "signal-noted"

// SignalNoted says that a source has more to say about something that it
// alerted of: it is over, it goes on, somebody there judged it. It opens nothing
// and undoes nothing. Where it closes the signal, the alert confirms no more.
type SignalNoted struct {
	Receipt uint64 `json:"receipt"`
	Source  string `json:"source"`
	Signal  string `json:"signal"`
	What    string `json:"what"` // as Received.Inert says it
	Summary string `json:"summary,omitempty"`
}

func (SignalNoted) Kind() Kind { return KindSignalNoted }

// MaxSignals bounds what an incident keeps of such words.
const MaxSignals = 64

// HasSignal tells whether one of the incident's alerts is of a source's signal.
func (s State) HasSignal(source, signal string) bool {
	return signal != "" && slices.ContainsFunc(s.Alerts, func(a Alert) bool { return a.Source == source && a.Signal == signal })
}

// closed tells whether the source said, after the alert, that it is over.
func (s State) closed(a Alert, receipt uint64) bool {
	return a.Signal != "" && slices.ContainsFunc(s.Signals, func(n SignalNoted) bool {
		return n.Source == a.Source && n.Signal == a.Signal && Closes(n.What) && n.Receipt > receipt
	})
}

// Confirms tells whether a source is among Confirming, for who asks of every
// alert of a storm.
func (s State) Confirms(source string) bool {
	for i, a := range s.Alerts {
		if a.Source == source && !s.closed(a, s.Receipts[i]) {
			return true
		}
	}
	return false
}

// Confirming lists the distinct sources that still say what the incident is
// about, sorted. One whose every alert it has called over says it no more.
func (s State) Confirming() []string {
	var names []string
	for i, a := range s.Alerts {
		if !s.closed(a, s.Receipts[i]) {
			names = append(names, a.Source)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
