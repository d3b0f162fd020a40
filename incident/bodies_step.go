package incident

import (
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// The kinds of facts that move a step.
const (
	KindPriced    Kind = "priced"
	KindSigned    Kind = "signed"
	KindRefused   Kind = "refused"
	KindReleased  Kind = "released"
	KindBroadcast Kind = "broadcast"
	KindIncluded  Kind = "included"
	KindReverted  Kind = "reverted"
	KindPreempted Kind = "preempted"
	KindDisplaced Kind = "displaced"
	KindHeld      Kind = "held"
	KindUnheld    Kind = "unheld"
	KindFinal     Kind = "final"
	KindAlreadySo Kind = "already-so"
	KindGaveUp    Kind = "gave-up"
	KindStalled   Kind = "stalled"
	KindHurried   Kind = "hurried"
	KindCancelled Kind = "cancelled"
)

// Priced fixes nonce and fees of one attempt. It is durable before the signer
// is called, so a signer whose reply is lost can only be asked for the same
// transaction again.
type Priced struct {
	Step    string         `json:"step"`
	Attempt int            `json:"attempt"` // counts from 1 over the whole step
	Issue   int            `json:"issue"`   // counts nonces from 1: a fee bump stays in its issue
	ChainID uint64         `json:"chain_id"`
	Key     string         `json:"key"` // the signer's name for the key
	From    common.Address `json:"from"`
	Nonce   uint64         `json:"nonce"`
	Gas     uint64         `json:"gas"`
	FeeCap  Wei            `json:"fee_cap"` // max fee per gas, wei
	Tip     Wei            `json:"tip"`     // max priority fee per gas, wei
	Why     string         `json:"why"`
}

// Claims reserves the nonce for this issue of this step: one nonce carries one
// intent. A fee bump claims the same key as the same owner.
func (p Priced) Claims(s Stream, run int) []Claim { return p.Slot().claim(s, run, p.Step) }

// Releases frees the nonce when nothing was ever signed at it.
func (b Refused) Releases(s Stream, run int) []Claim {
	if b.Slot == nil {
		return nil
	}
	return b.Slot.claim(s, run, b.Step)
}

// Releases frees the nonce.
func (b Released) Releases(s Stream, run int) []Claim { return b.Slot.claim(s, run, b.Step) }

func (l Slot) claim(s Stream, run int, step string) []Claim {
	return []Claim{{
		Key:   fmt.Sprintf("nonce:%d:%s:%d", l.ChainID, strings.ToLower(l.From.Hex()), l.Nonce),
		Owner: fmt.Sprintf("%s/%d/%s/%d", s, run, step, l.Issue),
	}}
}

// Signed holds the exact bytes. It is durable before the first byte goes to
// any socket; from here on these bytes may be live for ever.
type Signed struct {
	Step    string        `json:"step"`
	Attempt int           `json:"attempt"`
	Raw     hexutil.Bytes `json:"raw"`
	Hash    common.Hash   `json:"hash"`
	Rule    string        `json:"rule"`   // the signer's rule that allowed it
	Policy  string        `json:"policy"` // hash of the signer's policy

	// The key's receipt, which makes the journal its witness: a key that was
	// rolled back repeats a number. Absent where the key gives none.
	Seq         uint64      `json:"seq,omitempty"` // of the signature in the key's life, from 1
	Receipt     common.Hash `json:"receipt,omitzero"`
	PrevReceipt common.Hash `json:"prev_receipt,omitzero"`
}

// Slot is the place in a lane that an unsigned attempt gives back.
type Slot struct {
	ChainID uint64         `json:"chain_id"`
	From    common.Address `json:"from"`
	Nonce   uint64         `json:"nonce"`
	Issue   int            `json:"issue"`
}

// Slot is where the attempt stands in its lane.
func (p Priced) Slot() Slot { return Slot{p.ChainID, p.From, p.Nonce, p.Issue} }

// Refused says that the signer would not sign. A refusal is never retried.
// Slot is set when nothing was ever signed at the nonce, which is free again.
type Refused struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
	Code    string `json:"code"`
	Why     string `json:"why"`
	Slot    *Slot  `json:"slot,omitempty"`
}

// Released says that a nonce was given back unsigned, because one below it
// fell free: a gap would hold up everything above.
type Released struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
	Slot    Slot   `json:"slot"`
	Why     string `json:"why"`
}

// Outcome is what one endpoint said to one broadcast.
type Outcome struct {
	Endpoint string `json:"endpoint"` // configured name, never the URL: it may hold a token
	Class    string `json:"class"`    // accepted, ambiguous, rejected
	Kind     string `json:"kind,omitempty"`
	Text     string `json:"text,omitempty"`
}

// Broadcast says that the bytes were offered to every endpoint.
type Broadcast struct {
	Step     string    `json:"step"`
	Attempt  int       `json:"attempt"`
	Outcomes []Outcome `json:"outcomes"`
}

// Included says that one of the step's transactions is in a block.
type Included struct {
	Step      string      `json:"step"`
	Hash      common.Hash `json:"hash"`
	Block     uint64      `json:"block"`
	BlockHash common.Hash `json:"block_hash"`
	GasUsed   uint64      `json:"gas_used"`
	Endpoint  string      `json:"endpoint"`
}

// Reverted says that a transaction is in a block and failed there.
type Reverted struct {
	Step      string      `json:"step"`
	Hash      common.Hash `json:"hash"`
	Block     uint64      `json:"block"`
	BlockHash common.Hash `json:"block_hash"`
	GasUsed   uint64      `json:"gas_used"`
	Why       string      `json:"why"`
}

// Preempted says that the nonce was spent by a transaction that is not ours.
type Preempted struct {
	Step  string `json:"step"`
	Nonce uint64 `json:"nonce"`
	Why   string `json:"why"`
}

// Displaced says that a reorganisation took the transaction out again.
type Displaced struct {
	Step string `json:"step"`
	Why  string `json:"why"`
}

// Observation is a check as it was read.
type Observation struct {
	Check     string      `json:"check"` // its text
	Got       string      `json:"got"`
	Block     uint64      `json:"block"`
	BlockHash common.Hash `json:"block_hash"`
	Endpoint  string      `json:"endpoint"`
}

// Held says that the step's checks held at or after its block, at a level that
// is not the chain's last word yet.
type Held struct {
	Step  string        `json:"step"`
	Level string        `json:"level,omitempty"` // empty: at the latest block; or LevelSafe
	Seen  []Observation `json:"seen"`
}

// Unheld says that the checks did not hold in the time they were given.
type Unheld struct {
	Step string        `json:"step"`
	Why  string        `json:"why"`
	Seen []Observation `json:"seen"`
}

// Final says that the checks held at the level that ends the verification, or
// at the configured depth, read from another endpoint where there are two.
type Final struct {
	Step  string        `json:"step"`
	Level string        `json:"level,omitempty"` // LevelSafe or LevelFinalized; empty: by depth alone
	Depth uint64        `json:"depth"`           // blocks from the including one to the one it was read at
	Seen  []Observation `json:"seen"`
}

// AlreadySo says that the goal holds although no transaction of ours is known
// to have brought it about: success, and nothing new is sent. Where bytes of the
// step are out, they go on being offered, because their nonce has to be used up
// before anything above it can be mined; their fees are raised no more.
type AlreadySo struct {
	Step string        `json:"step"`
	Why  string        `json:"why"`
	Seen []Observation `json:"seen"`
}

// GaveUp says that a step will not be tried again by itself.
type GaveUp struct {
	Step string `json:"step"`
	Why  string `json:"why"`
}

// Stalled says that a transaction waits and that nothing the submitter may do
// gets it mined sooner: people are told, and its bytes go on being offered.
type Stalled struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
	Why     string `json:"why"`
	Mend    string `json:"mend"` // what a person can do
}

// Hurried says that a person asks for a higher bid now, inside what was
// approved.
type Hurried struct {
	Step string `json:"step"`
	By   string `json:"by"`
	Why  string `json:"why"`
}

// Cancelled says that a person called a step off. One that was never given a
// nonce fails. From the moment a nonce is fixed the key may have signed, it signs
// nothing else at that nonce, and everything above waits for it: the step then
// goes on at the fees it has, and no higher bid is made.
type Cancelled struct {
	Step string `json:"step"`
	By   string `json:"by"`
	Why  string `json:"why"`
}

func (Priced) Kind() Kind    { return KindPriced }
func (Signed) Kind() Kind    { return KindSigned }
func (Refused) Kind() Kind   { return KindRefused }
func (Released) Kind() Kind  { return KindReleased }
func (Broadcast) Kind() Kind { return KindBroadcast }
func (Included) Kind() Kind  { return KindIncluded }
func (Reverted) Kind() Kind  { return KindReverted }
func (Preempted) Kind() Kind { return KindPreempted }
func (Displaced) Kind() Kind { return KindDisplaced }
func (Held) Kind() Kind      { return KindHeld }
func (Unheld) Kind() Kind    { return KindUnheld }
func (Final) Kind() Kind     { return KindFinal }
func (AlreadySo) Kind() Kind { return KindAlreadySo }
func (GaveUp) Kind() Kind    { return KindGaveUp }
func (Stalled) Kind() Kind   { return KindStalled }
func (Hurried) Kind() Kind   { return KindHurried }
func (Cancelled) Kind() Kind { return KindCancelled }
