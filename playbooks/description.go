package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Description is everything that a playbook says, as plain data: for checking,
// comparing and exporting. It is never read back. Two playbooks of one meaning
// have equal descriptions but for Digest, which is of the text. Conditions are
// their text, without the blanks around it.
type Description struct {
	Name     string          `json:"name"`
	Summary  string          `json:"summary"`
	Owner    string          `json:"owner"`
	Runbook  string          `json:"runbook,omitempty"`
	Mode     incident.Mode   `json:"mode"`
	Digest   incident.Digest `json:"digest"`
	On       Applies         `json:"on"`
	Incident Grouping        `json:"incident"`
	Evidence []Reads         `json:"evidence,omitempty"`
	Prepare  []Item          `json:"prepare"`
	Approve  Asks            `json:"approve"`
	Pre      *Releases       `json:"pre_authorize,omitempty"`
	Submit   Submits         `json:"submit"`
	Verify   []Verifies      `json:"verify,omitempty"`
	Notify   []Notice        `json:"notify,omitempty"`
	Recover  []Recovers      `json:"recover,omitempty"`
}

// Applies says which alerts a playbook is for.
type Applies struct {
	Rules    []string `json:"rules,omitempty"`    // sorted; empty: any
	Severity []string `json:"severity,omitempty"` // most urgent first; empty: any
	When     string   `json:"when,omitempty"`
	Sources  int      `json:"sources"` // distinct ones that must agree, at least 1
	Within   Duration `json:"within,omitempty"`
}

// Grouping says which alerts are one incident.
type Grouping struct {
	Key      []string `json:"key"`
	Cooldown Duration `json:"cooldown"`
	Inhibit  Duration `json:"inhibit,omitempty"` // while the containment holds
	Limit    *Limit   `json:"limit,omitempty"`
	// Unsilenceable says that no silence keeps it from opening.
	Unsilenceable bool `json:"unsilenceable,omitempty"`
}

// Limit is how many incidents a playbook may open; more page a person.
type Limit struct {
	Runs int      `json:"runs"`
	Per  Duration `json:"per"`
}

// Reads is one thing that is read of the chain before the plan is made.
type Reads struct {
	ID       string   `json:"id"`
	What     string   `json:"what"` // "lab-vault.paused()", "transfers of USDX from lab-vault since 30m0s"
	Unit     string   `json:"unit,omitempty"`
	Since    Duration `json:"since,omitempty"` // of transfers
	Optional bool     `json:"optional,omitempty"`
}

// Item is one item: a call, or one for each element of a list.
type Item struct {
	ID       string              `json:"id"`
	Verb     string              `json:"verb"`
	Contract string              `json:"contract"`
	Chain    string              `json:"chain"`
	When     string              `json:"when,omitempty"`
	Each     string              `json:"each,omitempty"`
	Max      int                 `json:"max,omitempty"`
	With     map[string]Argument `json:"with,omitempty"`
	After    []string            `json:"after,omitempty"`
}

// Calls is the most calls that the item makes, a spare key's not counted.
func (p Item) Calls() int { return max(p.Max, 1) }

// Argument is a parameter of a verb: an expression, or a value in words. Amount
// and Duration are there where the value is one.
type Argument struct {
	Text       string           `json:"text"`
	Expression bool             `json:"expression,omitempty"`
	Amount     *incident.Amount `json:"amount,omitempty"`
	Duration   Duration         `json:"duration,omitempty"`
}

// String is the argument as a playbook has it.
func (a Argument) String() string {
	if a.Expression {
		return "= " + a.Text
	}
	return a.Text
}

// Asks says who must agree, and until when.
type Asks struct {
	Quorum   int      `json:"quorum"`
	From     []string `json:"from"`   // teams, sorted
	People   int      `json:"people"` // in these teams together
	Distinct string   `json:"distinct"`
	Channel  string   `json:"channel,omitempty"`
	Within   Duration `json:"within,omitempty"`
	Page     string   `json:"page,omitempty"`     // who is paged when nobody answers
	Escalate []string `json:"escalate,omitempty"` // who is told too, in order
	// Assurance is the least that a vote must be: a click, a passkey, a wallet.
	Assurance incident.Assurance `json:"assurance"`
}

// Releases says what goes out before anybody was asked.
type Releases struct {
	Only  []string `json:"only"`  // verbs, sorted
	Until string   `json:"until"` // the last day on which it does, in UTC
	Per   Duration `json:"per"`   // the least time between two
}

// String says it loudly.
func (r Releases) String() string {
	return fmt.Sprintf("SENDS WITHOUT ASKING: %s, once in %s, until %s", strings.Join(r.Only, " and "), r.Per, r.Until)
}

// Submits says which key sends, and what it may cost.
type Submits struct {
	Signer   string          `json:"signer"`
	Spare    string          `json:"spare,omitempty"`
	Deadline Duration        `json:"deadline"`
	MaxFee   incident.Amount `json:"max_fee"`
}

// Verifies is a playbook's own statement about an item; without checks it is
// the item's own goal.
type Verifies struct {
	Of     string          `json:"of"`
	That   string          `json:"that,omitempty"`
	Check  *incident.Check `json:"check,omitempty"`
	Within Duration        `json:"within"`
}

// Recovers says who may undo an item.
type Recovers struct {
	ID     string   `json:"id"`
	Undo   string   `json:"undo"`
	Quorum int      `json:"quorum"`
	From   []string `json:"from"` // teams, sorted
	People int      `json:"people"`
}

// Duration is a time that reads as playbooks write it: 90s, 10m, 24h.
type Duration time.Duration

// String uses the largest unit that is exact.
func (d Duration) String() string {
	switch t := time.Duration(d); {
	case t == 0:
		return "0s"
	case t%time.Hour == 0:
		return fmt.Sprintf("%dh", t/time.Hour)
	case t%time.Minute == 0:
		return fmt.Sprintf("%dm", t/time.Minute)
	}
	return fmt.Sprintf("%ds", time.Duration(d)/time.Second)
}

// MarshalText writes it as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Calls is the most transactions that one plan can hold.
func (d Description) Calls() int {
	calls := 0
	for _, p := range d.Prepare {
		calls += p.Calls()
	}
	if d.Submit.Spare != "" {
		calls *= 2
	}
	return calls
}

// Understood is the playbook in one line, for its author to confirm: "3
// transactions, 2-of-5 approvers from 2 teams, verified, undoable". What goes
// out before anybody was asked comes first, in capitals.
func (d Description) Understood() string {
	calls := counted(d.Calls(), "transaction")
	if slices.ContainsFunc(d.Prepare, func(p Item) bool { return p.Each != "" || p.When != "" }) {
		calls = "up to " + calls
	}
	who := fmt.Sprintf("%d-of-%d approvers from %s", d.Approve.Quorum, d.Approve.People, counted(len(d.Approve.From), "team"))
	if d.Approve.Distinct == "team" {
		who += ", each of another"
	}
	switch d.Approve.Assurance {
	case incident.AssurancePasskey:
		who += ", by passkey or wallet"
	case incident.AssuranceWallet:
		who += ", by wallet"
	}
	line := strings.Join([]string{calls, who, d.unlike("verified", "not verified", d.verifies), d.unlike("undoable", "no way back for", d.undoes)}, ", ")
	if d.Pre != nil {
		return d.Pre.String() + "; " + line
	}
	return line
}

// unlike says all when every item has it, and otherwise which have not.
func (d Description) unlike(all, not string, has func(id string) bool) string {
	var without []string
	for _, p := range d.Prepare {
		if !has(p.ID) {
			without = append(without, p.ID)
		}
	}
	if len(without) == 0 {
		return all
	}
	return not + " " + strings.Join(without, " and ")
}

func (d Description) verifies(id string) bool {
	return slices.ContainsFunc(d.Verify, func(v Verifies) bool { return v.Of == id })
}

func (d Description) undoes(id string) bool {
	return slices.ContainsFunc(d.Recover, func(r Recovers) bool { return r.Undo == id })
}
