package incident

import (
	"cmp"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Mode says how far a playbook may go. The zero value is off.
type Mode string

// The modes of a playbook. A dry run is live minus the signer.
const (
	ModeOff    Mode = "off"
	ModeDryRun Mode = "dry-run"
	ModeLive   Mode = "live"
)

// Assurance is how strong a vote is (design: Authority). The zero value is no
// authority at all.
type Assurance string

// The levels of assurance, weakest first. AssuranceSlack is a click of a
// rostered person, checked on the server; AssurancePasskey and AssuranceWallet
// are signatures by the guardian's own key, which the signer verifies itself.
const (
	AssuranceNone    Assurance = ""
	AssuranceSlack   Assurance = "slack"
	AssurancePasskey Assurance = "passkey"
	AssuranceWallet  Assurance = "wallet"
)

// Rank orders assurances; an unknown one ranks as none.
func (a Assurance) Rank() int {
	switch a {
	case AssuranceSlack:
		return 1
	case AssurancePasskey:
		return 2
	case AssuranceWallet:
		return 3
	}
	return 0
}

// Call is one transaction of a plan, complete but for nonce and fees.
type Call struct {
	Step     string         `json:"step"`            // unique in the plan: "pause", "block/1"
	Verb     string         `json:"verb"`            // "pause", "blocklist", "withdrawal-limit"
	Target   string         `json:"target"`          // the contract's inventory name
	Chain    string         `json:"chain"`           // the chain's inventory name
	ChainID  uint64         `json:"chain_id"`        // EIP-155
	To       common.Address `json:"to"`              //
	Value    Wei            `json:"value"`           // always zero: containment never pays anybody
	Data     hexutil.Bytes  `json:"data"`            // calldata
	Function string         `json:"function"`        // canonical signature, "blacklist(address)"
	Args     []Arg          `json:"args"`            // decoded from Data, never beside it
	Gas      uint64         `json:"gas"`             // fixed gas limit
	MaxCost  Wei            `json:"max_cost"`        // gas limit times fee cap may never exceed it
	Goal     Check          `json:"goal"`            // what must be true on chain for this to have worked
	After    []string       `json:"after,omitempty"` // earlier steps that must be in a block, not needed or given up first
	// SpareOf is an earlier step that this one doubles: the same call by another
	// key, sent at the same time. Either of them brings about the goal.
	SpareOf string `json:"spare_of,omitempty"`
	Key     string `json:"key,omitempty"` // empty: the plan's signer
	Effect  string `json:"effect"`        // in words: what it stops, what it does not stop
	Undo    string `json:"undo"`          // in words: who can undo it and how
	// Warning is what the simulation or an unreadable goal has to say. Advice:
	// it informs people and never stops an urgent call.
	Warning string `json:"warning,omitempty"`
	// Simulation is how it fared when it was tried; nil when it was not.
	Simulation *CallSimulation `json:"simulation,omitempty"`
}

// Arg is one decoded argument of a call, as people read it.
type Arg struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Comparison says how an observed word is held against the wanted one.
type Comparison string

// The comparisons a Check may use. AtMost is how a limit is checked: tighter
// than wanted is as good as wanted.
const (
	Equals  Comparison = "=="
	AtMost  Comparison = "<="
	AtLeast Comparison = ">="
)

// Check is a statement about chain state: a call whose single returned word
// compares with Want. It is data, so it is part of the plan's digest: people
// approve what counts as success together with the call.
type Check struct {
	ID      string         `json:"id"`
	Chain   string         `json:"chain"`
	ChainID uint64         `json:"chain_id"`
	To      common.Address `json:"to"`
	Data    hexutil.Bytes  `json:"data"`
	Type    string         `json:"type"` // ABI type of the returned word: "bool", "uint256", "address", ...
	Op      Comparison     `json:"op"`
	Want    Quantity       `json:"want"` // the word as an unsigned number; true is 1
	Text    string         `json:"text"` // "vault.paused() == true"
	// And is a second statement about the same contract that must hold too,
	// for goals that span two words (a limit and its window).
	And *Check `json:"and,omitempty"`
}

// Verification ties a playbook's own check to a step.
type Verification struct {
	Of     string        `json:"of"`
	Check  *Check        `json:"check,omitempty"` // nil: the step's Goal
	Within time.Duration `json:"within"`          // how long after inclusion it may take to hold
}

// Quorum says who must agree. The zero value can never be met.
type Quorum struct {
	Need      int           `json:"need"`
	Teams     []string      `json:"teams"`
	Distinct  string        `json:"distinct"` // "person" or "team"
	Assurance Assurance     `json:"assurance"`
	Within    time.Duration `json:"within"`
	Channel   string        `json:"channel"`
	OnTimeout string        `json:"on_timeout,omitempty"` // who is paged; silence always rejects
	// Escalate are teams or people who are told too while nobody has decided, one
	// after the other. It widens who is told and never who may vote.
	Escalate []string `json:"escalate,omitempty"`
}

// Notice is a message for people besides the request. Plain text.
type Notice struct {
	Channel string `json:"channel"` // inventory name
	Text    string `json:"text"`
}

// PlaybookRef pins the playbook a run works by.
type PlaybookRef struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
}

// Plan is fixed when the playbook has been evaluated. Approvals bind to the
// digest of all of it: change anything and it is a new revision without votes.
type Plan struct {
	Incident ID          `json:"incident"`
	Run      int         `json:"run"`
	Revision int         `json:"revision"`
	Playbook PlaybookRef `json:"playbook"`
	Roster   Digest      `json:"roster"`
	Mode     Mode        `json:"mode"`
	Exercise bool        `json:"exercise"`

	Title     string    `json:"title"`     // "pause lab-vault on lab"
	Reason    string    `json:"reason"`    // why now, in one sentence, from the alert's typed fields
	Requester string    `json:"requester"` // "rule vault.outflow-spike" or a person, who may then not vote
	Summary   string    `json:"summary"`   // the playbook's own words
	Runbook   string    `json:"runbook,omitempty"`
	Notes     []string  `json:"notes,omitempty"` // evidence, and what could not be read
	AlertID   string    `json:"alert"`           // source and id of the alert that asked
	PlannedAt time.Time `json:"planned_at"`
	// Blocks are the chain heads that the plan was read at, by chain name.
	Blocks map[string]uint64 `json:"blocks,omitempty"`

	Calls  []Call         `json:"calls"`
	Verify []Verification `json:"verify,omitempty"`
	Quorum Quorum         `json:"quorum"`
	Signer string         `json:"signer"`  // key name
	MaxFee Wei            `json:"max_fee"` // over all calls, wei
	Submit time.Duration  `json:"submit"`  // after which people are paged; sending goes on
	// Notify is posted, each once, when the run has ended contained.
	Notify  []Notice `json:"notify,omitempty"`
	Recover []string `json:"recover,omitempty"` // the way back, in words
	// Pre, where there is one, lets the plan go out before anybody is asked.
	Pre *PreAuthority `json:"pre_authorised,omitempty"`
	// Evidence is what was read of the chain before the plan was made.
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Evidence is one thing that the playbook had read, as people see it.
type Evidence struct {
	ID    string `json:"id"`
	Asked string `json:"asked"`           // "lab-vault.paused()"
	Value string `json:"value,omitempty"` // empty: it could not be read
	Block uint64 `json:"block,omitempty"` // at which
	// Doubt says why there is no value; Optional that the playbook goes on
	// without it.
	Doubt    string `json:"doubt,omitempty"`
	Optional bool   `json:"optional,omitempty"`
}

// Call returns the plan's call for a step.
func (p *Plan) Call(step string) (Call, bool) {
	for _, c := range p.Calls {
		if c.Step == step {
			return c, true
		}
	}
	return Call{}, false
}

// KeyOf is the name of the key that signs a call.
func (p *Plan) KeyOf(c Call) string { return cmp.Or(c.Key, p.Signer) }

// verifications are the playbook's own for a step. A spare has those of the step
// that it doubles: it counts for it only when it did all that was asked of it.
func (p *Plan) verifications(step string) []Verification {
	call, _ := p.Call(step)
	var all []Verification
	for _, v := range p.Verify {
		if v.Of == step || call.SpareOf != "" && v.Of == call.SpareOf {
			all = append(all, v)
		}
	}
	return all
}

// Within returns how long after inclusion the step's checks may take.
func (p *Plan) Within(step string) time.Duration {
	within := 2 * time.Minute
	for _, v := range p.verifications(step) {
		if v.Within > 0 {
			within = v.Within
		}
	}
	return within
}

// Checks returns what must hold for a step: its goal, and what the playbook
// adds.
func (p *Plan) Checks(step string) []Check {
	call, ok := p.Call(step)
	if !ok {
		return nil
	}
	checks := []Check{call.Goal}
	for _, v := range p.verifications(step) {
		if v.Check != nil {
			checks = append(checks, *v.Check)
		}
	}
	return checks
}
