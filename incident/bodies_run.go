package incident

import (
	"encoding/json"
	"time"
)

// The kinds of facts that move a run.
const (
	KindConfirmed  Kind = "confirmed"
	KindPlanned    Kind = "planned"
	KindMoot       Kind = "moot"
	KindAsked      Kind = "asked"
	KindVoted      Kind = "voted"
	KindAuthorised Kind = "authorised"
	KindDeclined   Kind = "declined"
	KindLapsed     Kind = "lapsed"
	KindExecuted   Kind = "executed"
	KindContained  Kind = "contained"
	KindEscalated  Kind = "escalated"
)

// Confirmed says that enough distinct sources agree.
type Confirmed struct {
	Sources []string `json:"sources"`
}

// Planned fixes the plan and its digest.
type Planned struct {
	Plan   Plan   `json:"plan"`
	Digest Digest `json:"digest"`
}

// Moot says that nothing needs to be done: the chain already is as wanted, or
// a dry run has come to its end.
type Moot struct {
	Why string `json:"why"`
}

// Asked opens the vote on one digest until a deadline.
type Asked struct {
	Digest   Digest    `json:"digest"`
	Deadline time.Time `json:"deadline"`
}

// Decision is what a guardian said. The zero value decides nothing.
type Decision string

// The decisions.
const (
	Approve Decision = "approve"
	Deny    Decision = "deny"
)

// Vote is one person's decision on one digest.
type Vote struct {
	Person    string    `json:"person"` // roster name, never a display name
	Team      string    `json:"team"`
	Decision  Decision  `json:"decision"`
	Digest    Digest    `json:"digest"`
	Assurance Assurance `json:"assurance"`
	Reason    string    `json:"reason,omitempty"`
	At        time.Time `json:"at,omitzero"` // when the engine took it
	Roster    Digest    `json:"roster"`      // the roster that named the person when the vote was cast
	// Delivery identifies the click; the same delivery counts once.
	Delivery string `json:"delivery"`
	// Evidence is the message that carried the vote, byte for byte.
	Evidence json.RawMessage `json:"evidence,omitempty"`
	// Consents are the person's signatures that the key itself asks for, one for
	// each call whose rule counts guardians. Only an approval has them.
	Consents []Consent `json:"consents,omitempty"`
}

// Consent is one person's signature over one call of a plan, as the key reads
// it. It is passed on as it came: the key alone says what it is worth.
type Consent struct {
	Step     string          `json:"step"`
	Approval json.RawMessage `json:"approval"`
}

// Voted records a vote. It is durable before the guardian is told that it
// counted.
type Voted struct {
	Vote Vote `json:"vote"`
}

// Claims reserves the delivery for nobody: one click counts once, in whatever
// incident and on whatever replica.
func (v Voted) Claims(Stream, int) []Claim {
	return []Claim{{Key: "delivery:" + v.Vote.Delivery}}
}

// Authorised says that the quorum stands for exactly this digest.
type Authorised struct {
	Digest    Digest    `json:"digest"`
	By        []string  `json:"by"`
	Assurance Assurance `json:"assurance"`
}

// Declined says that the people asked said no.
type Declined struct {
	By  []string `json:"by"`
	Why string   `json:"why"`
}

// Lapsed says that time ran out. Silence rejects.
type Lapsed struct {
	Why string `json:"why"`
}

// Executed says that every step is in a block, was not needed, or has been
// given up.
type Executed struct{}

// Contained says that every goal was read again at depth and held.
type Contained struct{}

// Escalated says that automation stops here and a person owns it.
type Escalated struct {
	Stage string `json:"stage"`
	Why   string `json:"why"`
	Mend  string `json:"mend,omitempty"`
}

func (Confirmed) Kind() Kind  { return KindConfirmed }
func (Planned) Kind() Kind    { return KindPlanned }
func (Moot) Kind() Kind       { return KindMoot }
func (Asked) Kind() Kind      { return KindAsked }
func (Voted) Kind() Kind      { return KindVoted }
func (Authorised) Kind() Kind { return KindAuthorised }
func (Declined) Kind() Kind   { return KindDeclined }
func (Lapsed) Kind() Kind     { return KindLapsed }
func (Executed) Kind() Kind   { return KindExecuted }
func (Contained) Kind() Kind  { return KindContained }
func (Escalated) Kind() Kind  { return KindEscalated }
