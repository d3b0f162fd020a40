package actions

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Action is one verb of one protocol family. Implementations are pure, hold
// nothing and are safe for concurrent use. Their errors are refusals: the same
// arguments are refused again, so nobody retries.
type Action interface {
	// Info describes the verb. It is the same at every call.
	Info() Info
	// Prepare gives the transaction that contains. It refuses, with a Refusal,
	// a target or arguments that the verb must not be used on.
	Prepare(target Target, args Args) (Prepared, error)
	// Loosen gives the transaction that undoes it, for a recovery run alone,
	// which has its own plan, its own larger quorum and another key.
	Loosen(target Target, args Args) (Loosening, error)
}

// Info is what an operator and a guardian must know about a verb.
type Info struct {
	Verb     string      // as in a playbook: "pause"
	Families []string    // contracts by whose rules it works; the first is the default
	Does     string      // in words, for a list of verbs
	Stops    string      // what it stops, in words
	Spares   string      // what it does not stop, in words: a pause covers less than its name
	Never    string      // what the verb must never do
	Function string      // canonical signature of what it sends
	Undo     string      // canonical signature of what undoes it
	Gas      uint64      // gas limit when nobody could estimate; also the least that is used
	Pause    bool        // tightening only, no argument: fit to be pre-authorised
	Takes    []Parameter // by the playbook's with
	Restores []Parameter // what undoing it takes
	Views    []string    // what it reads of the contract, "paused() returns (bool)"
	// Beyond says that no key of a responder may undo it: Undo is done by
	// others, and a playbook names no way back.
	Beyond bool
	// Recover demands that a playbook which uses the verb says who may undo
	// it; Verify that it says within what time it must be seen to hold.
	Recover, Verify bool
}

// Type is the type of a parameter. The zero value is the type of nothing.
type Type string

// The types that an argument may have. No text: text never reaches a chain.
const (
	TypeAddress  Type = "address"
	TypeAmount   Type = "amount"   // token base units, in the target's token
	TypeDuration Type = "duration" // whole seconds on chain
	TypeRole     Type = "role"     // by name, PAUSER_ROLE; on chain the hash of it
)

// Parameter is one argument of a verb.
type Parameter struct {
	Name  string
	Type  Type
	Words string
}

// Target is the contract that a verb is used on, as the inventory knows it.
type Target struct {
	Name     string         // inventory name
	Chain    string         // the chain's inventory name
	ChainID  uint64         // EIP-155
	Address  common.Address //
	Token    string         // in whose units it counts, when it counts
	Decimals uint8          // of Token
	// Protected are accounts that must never be contained themselves, with the
	// reason. Nil means that nobody said, and then nothing is safe to block.
	Protected map[common.Address]string
}

// check refuses what a forgotten field looks like.
func (t Target) check(verb string) error {
	switch {
	case t.Name == "" || t.Chain == "" || t.ChainID == 0:
		return Refusal{Verb: verb, Why: "its target has no name or no chain", Mend: "name the contract in the inventory"}
	case t.Address == common.Address{}:
		return Refusal{Verb: verb, Why: t.Name + " has no address", Mend: "give its address in the inventory"}
	}
	return nil
}

// Prepared is one transaction that contains, complete but for gas, nonce and
// fees. Everything in it was computed from Data or checked against it.
type Prepared struct {
	Data     []byte
	Function string         // canonical signature, decoded from Data
	Args     []incident.Arg // decoded from Data, never beside it
	Goal     incident.Check // what must be true for it to have worked
	// AsGood are other states than Goal in which nothing needs to be sent.
	AsGood []incident.Check
	// Tightens are states of the chain, of which one must hold now for the
	// transaction to tighten rather than loosen. Empty: it always tightens.
	Tightens []incident.Check
	Effect   string // in words: what it stops, what it does not stop
	Undo     string // in words: what undoes it, and who
}

// Loosening is one transaction that undoes a containment. It is no Prepared,
// so nothing that builds a containment plan can hold one.
type Loosening struct {
	Data     []byte
	Function string
	Args     []incident.Arg
	Goal     incident.Check
	Effect   string
}

// Refusal says that a verb must not be used so. Asking again is refused again.
type Refusal struct {
	Verb string
	Why  string
	Mend string
}

func (r Refusal) Error() string {
	if r.Mend == "" {
		return fmt.Sprintf("refuse %s: %s", r.Verb, r.Why)
	}
	return fmt.Sprintf("refuse %s: %s; %s", r.Verb, r.Why, r.Mend)
}

// All lists every action, in the order that they are shown. The caller owns
// the list.
func All() []Action {
	return []Action{pause{}, blocklist{}, withdrawalLimit{}, revokeRole{}, revokeIssuer{}}
}

// Lookup finds the action of a verb for a protocol family.
func Lookup(verb, family string) (Action, bool) {
	for _, a := range All() {
		info := a.Info()
		if info.Verb == verb && slices.Contains(info.Families, family) {
			return a, true
		}
	}
	return nil, false
}

// Verbs lists the names of all verbs.
func Verbs() []string {
	var names []string
	for _, a := range All() {
		names = append(names, a.Info().Verb)
	}
	return slices.Compact(names)
}

// Families lists the protocol families that any verb knows, sorted.
func Families() []string {
	var names []string
	for _, a := range All() {
		names = append(names, a.Info().Families...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// openZeppelin is the family of contracts that follow OpenZeppelin's building
// blocks and Circle's blocklist; the lab's contracts are of it.
const openZeppelin = "openzeppelin"

// DefaultFamily is whose rules a contract works by when nobody says otherwise.
const DefaultFamily = openZeppelin

// erc3643 is the family of registries for tokens whose holders are known.
const erc3643 = "erc3643"
