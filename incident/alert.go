package incident

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// SourcePerson is the source of what a person asks for. No configured source may
// have its name.
const SourcePerson = "person"

// What an authentic message is when it is no order to act. It is stored and
// acknowledged like the others, shown, and opens no run.
const (
	InertTest      = "test"      // somebody tries the way in
	InertResolved  = "resolved"  // the source says that the condition is over: it closes the signal
	InertEnd       = "end"       // the same, of sources that number their stages
	InertReminder  = "reminder"  // the condition still holds
	InertReplay    = "replay"    // the source sends the past again
	InertReview    = "review"    // somebody at the source judged an alert that came before
	InertDismissed = "dismissed" // somebody at the source calls it a false alarm
	InertLate      = "late"      // it came when its time had passed
	InertEarly     = "early"     // its time lies ahead of our clock: one of the two is wrong
	InertUpdate    = "update"    // news about something that is no alert by itself
)

// Closes tells whether an inert message ends its signal. That is never
// permission to undo anything.
func Closes(inert string) bool { return inert == InertResolved || inert == InertEnd }

// Untimely tells whether an inert message would have been an order, had its time
// been near enough to ours. Nothing is done because of it, and people are told.
func Untimely(inert string) bool { return inert == InertLate || inert == InertEarly }

// Severity orders alerts. The zero value is unknown, which matches no
// playbook.
type Severity string

// The severities an alert may carry, most urgent first.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
)

// Severities lists the known severities, most urgent first.
func Severities() []Severity {
	return []Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow}
}

// Alert is what a source said, in one typed form. Amounts and addresses come
// only from typed fields of the message, never from its prose. A field that
// the message did not carry has its zero value: unknown stays unknown.
type Alert struct {
	Source     string            `json:"source"`               // the configured source that authenticated it
	ID         string            `json:"id"`                   // the source's own id; (source, id) is delivered once
	Rule       string            `json:"rule,omitempty"`       // the detector's rule, by its inventory name
	Severity   Severity          `json:"severity,omitempty"`   //
	Chain      string            `json:"chain,omitempty"`      // inventory name of the chain
	Contract   string            `json:"contract,omitempty"`   // inventory name of the contract, when it is ours
	Address    *common.Address   `json:"address,omitempty"`    // the contract's address as the message gave it
	Suspects   []common.Address  `json:"suspects,omitempty"`   // accounts that the detector accuses
	Loss       *Amount           `json:"loss,omitempty"`       // lost or at risk, in a known token
	Confidence *float64          `json:"confidence,omitempty"` // 0..1
	Tx         *common.Hash      `json:"tx,omitempty"`         // the transaction that alarmed the detector
	Occurred   time.Time         `json:"occurred,omitzero"`    // when it happened on chain, as the source says
	Sent       time.Time         `json:"sent,omitzero"`        // when the source sent it, if that is authenticated
	Labels     map[string]string `json:"labels,omitempty"`     //
	Summary    string            `json:"summary,omitempty"`    // prose, shown to people, never parsed
	Link       string            `json:"link,omitempty"`       //
	// Signal is what the source calls one and the same condition from its
	// beginning to its end: a reminder and a resolution carry it again. Empty
	// where the source has no such thing.
	Signal string `json:"signal,omitempty"`
	// By is the person who asked for Playbook by name, "" for a detector's alert.
	// No source can set them: they come from a command of somebody on the roster.
	By       string `json:"by,omitempty"`
	Playbook string `json:"playbook,omitempty"`
	// Replayed is who had a stored alert decided once more. From then on it is that
	// person's request: no silence holds it back, and it releases nothing before
	// people are asked.
	Replayed string `json:"replayed,omitempty"`
	Exercise bool   `json:"exercise,omitempty"` // a drill, by the source's configuration
}
