package ballot

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// Key is what a key says of itself: info, policy and guardians in force.
type Key = ceremony.Source

// Ask is the question: whose vote on what, by which keys. It holds no rules of
// votes: whether the person may vote at all is for approvals.Rules to say.
type Ask struct {
	State    incident.State
	Person   string // roster name, and guardian id in the key's document
	Decision incident.Decision
	Reason   string         // of a denial; an approval has none
	Keys     map[string]Key // by name; at least those that the plan signs with
	Now      time.Time      // when the paper is, or was, written
	ID       common.Hash    // random, chosen by the daemon; names this paper
}

// Paper is everything that one person signs to vote once. It is a function of
// Ask: the same question gives the same paper.
type Paper struct {
	Incident   incident.ID       `json:"incident"`
	Run        int               `json:"run"`
	Revision   int               `json:"revision"`
	Digest     incident.Digest   `json:"digest"` // of the plan
	Person     string            `json:"person"`
	Decision   incident.Decision `json:"decision"`
	Reason     string            `json:"reason,omitempty"`
	ID         common.Hash       `json:"id"`
	Issued     time.Time         `json:"issued"`
	ValidUntil time.Time         `json:"valid_until"`
	Sheets     []Sheet           `json:"sheets"` // at least one
}

// Sheet is one signature that is asked for.
type Sheet struct {
	Step   string            `json:"step"` // of the plan; empty for a decision and for a sign-in
	Title  string            `json:"title"`
	Lines  []string          `json:"lines"`
	Digest common.Hash       `json:"digest"`     // what is signed; a passkey's challenge
	Data   consent.TypedData `json:"typed_data"` // for eth_signTypedData_v4; it is written and never read

	// Domain and Message are the two hashes behind the digest. A hardware wallet
	// shows them when it cannot show more.
	Domain  common.Hash `json:"domain_hash"`
	Message common.Hash `json:"message_hash"`
}

// NewSheet lays out a message for signing. It does not say what it is for.
func NewSheet(m consent.Message, d consent.Domain) Sheet {
	s := Sheet{Data: m.TypedData(d), Digest: m.Digest(d)}
	s.Domain, s.Message = s.Data.Parts()
	return s
}
