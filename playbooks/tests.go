package playbooks

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// Tests are the tests of one playbook: the file NAME.test.yaml beside it. They
// are read here, by the reader of playbooks, so that a mistake in them is shown
// like one in a playbook; package rehearsal carries them out.
type Tests struct {
	File     string
	Playbook string
	Cases    []Case
}

// Case is one story and what must come of it. Times count from the first alert.
type Case struct {
	Name      string
	Line, Col int
	Mode      incident.Mode // rehearsed as if it were in this mode; empty: as written
	Today     time.Time     // the day on which it happens; zero: one that is always the same
	Alerts    []Arriving    // in the order in which they arrive
	Evidence  map[string]Finding
	Chain     map[string]Course // by item or step
	Approvals []Answer
	At        time.Duration // when we look; zero: when nothing is owed any more
	Expect    Expect
}

// Arriving is an alert and when it arrives.
type Arriving struct {
	At    time.Duration
	Alert incident.Alert
}

// Finding is what a piece of evidence says: a word that a view answers, or
// transfers. Unknown: it cannot be read.
type Finding struct {
	Unknown bool
	View    actions.View
	Word    common.Hash
	// Asks is nil for a view.
	Asks  *actions.TransferQuery
	Chain uint64 // of transfers
	Moved []actions.Transfer
}

// Course is how a step goes on chain. The zero value is a transaction that is
// mined and does what it should.
type Course struct {
	Receipt string // "ok" (also empty), "reverts", "never"
	Goal    *bool  // whether the chain then is as wanted; nil: after an ok receipt
	Already bool   // the chain is as wanted before anything is sent
}

// Reached tells whether the chain is as wanted after the transaction.
func (c Course) Reached() bool {
	if c.Goal != nil {
		return *c.Goal
	}
	return c.Receipt == "" || c.Receipt == ReceiptOK
}

// What may become of a transaction.
const (
	ReceiptOK      = "ok"
	ReceiptReverts = "reverts"
	ReceiptNever   = "never"
)

// Answer is what a person says to the request, and when. At zero: one second
// after the request, or after the answer before it.
type Answer struct {
	Person   string
	At       time.Duration
	Decision incident.Decision
}

// Expect is what must have come of a case. What is not named may be anything,
// unless Exact is set: then it must not have happened.
type Expect struct {
	Line, Col     int
	Exact         bool
	Match         string // "true", "false" or "unknown"; empty: not asked
	Because       string // a variable, a part of the condition, or on.rules, on.severity
	Incidents     *int
	Runs          *int // incidents that came to a plan
	Prepares      []Prepared
	Outcome       string   // of the newest incident; one of Outcomes
	Paged         []string // teams and people
	Refused       []string // whose answers do not count
	PreAuthorised *bool
	Calls         map[string]Called // by step
	Notes         []string          // each is part of a note of the plan
}

// Prepared names an item that must be in the plan. Count zero: with any number
// of calls.
type Prepared struct {
	ID    string `json:"id"`
	Count int    `json:"calls"`
}

// Called is what a call of the plan must be. Empty members are not asked.
type Called struct {
	Function string
	Target   string
	Args     map[string]string
}

// What becomes of an incident, as tests name it.
const (
	EndConfirming   = "confirming"    // waits for other sources
	EndWaiting      = "waiting"       // people are asked
	EndSending      = "sending"       // not everything is in a block
	EndVerifying    = "verifying"     // not everything is proved
	EndContained    = "contained"     // everything held at depth
	EndMoot         = "moot"          // nothing to do, or a dry run that was approved
	EndDeclined     = "declined"      // people said no
	EndRejected     = "rejected"      // nobody answered
	EndUnconfirmed  = "unconfirmed"   // other sources did not agree in time
	EndVerifyFailed = "verify-failed" // it was done and did not hold
	EndEscalated    = "escalated"     // a person owns it for another reason
)

// Outcomes lists what may become of an incident.
func Outcomes() []string {
	return []string{EndConfirming, EndWaiting, EndSending, EndVerifying, EndContained, EndMoot, EndDeclined,
		EndRejected, EndUnconfirmed, EndVerifyFailed, EndEscalated}
}
