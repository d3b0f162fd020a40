package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
)

// invariants is what the binary refuses whatever a policy says. It is built
// once and never changes.
type invariants struct {
	forbidden map[Selector]bool
	loosening map[Selector]bool
	guards    map[Selector]argumentGuard
}

var compiledIn = sync.OnceValue(newInvariants)

// Invariants is the hash of everything that is refused whatever a policy says,
// so that an auditor can see from outside that two plugins refuse the same.
func Invariants() common.Hash { return compiledIn().hash() }

// Call refuses, by its selector and its deciding argument, what no policy of
// such a key can allow. Data shorter than a selector is not its business.
func Call(class signer.Class, data []byte) *signer.Refusal {
	if len(data) < len(Selector{}) {
		return nil
	}
	return compiledIn().call(class, data)
}

func newInvariants() invariants {
	inv := invariants{
		forbidden: map[Selector]bool{},
		loosening: map[Selector]bool{},
		guards:    argumentGuards(),
	}
	for _, signature := range forbiddenSignatures() {
		inv.forbidden[SelectorOf(signature)] = true
	}
	for _, signature := range looseningSignatures() {
		inv.loosening[SelectorOf(signature)] = true
	}
	return inv
}

func (inv invariants) hash() common.Hash {
	var lines []string
	lines = append(lines, forbiddenSignatures()...)
	lines = append(lines, forbiddenWords()...)
	lines = append(lines, forbiddenNames()...)
	for _, signature := range looseningSignatures() {
		lines = append(lines, "loosening "+signature)
	}
	for _, word := range looseningWords() {
		lines = append(lines, "loosening "+word)
	}
	for _, sel := range slices.SortedFunc(maps.Keys(inv.guards), func(a, b Selector) int {
		return slices.Compare(a[:], b[:])
	}) {
		guard := inv.guards[sel]
		lines = append(lines, fmt.Sprintf("guard %x %d %x %t", sel, guard.index, guard.value, guard.only))
	}
	slices.Sort(lines)
	return crypto.Keccak256Hash([]byte(strings.Join(lines, "\n")))
}

// function refuses at compile time, by selector and by name, what no rule of
// such a key may name. loose reports that the function loosens.
func (inv invariants) function(class signer.Class, fn Function) (loose bool, err error) {
	if inv.forbidden[fn.Selector] || forbiddenName(fn.Name) {
		return false, fmt.Errorf("%s moves value, changes authority, runs arbitrary calls or cannot be undone; no key may sign it", fn.Signature)
	}
	loose = inv.loosening[fn.Selector] || looseningName(fn.Name)
	if loose && class != signer.Recovery {
		return true, fmt.Errorf("%s loosens; a containment key never signs it, use a recovery key", fn.Signature)
	}
	return loose, nil
}

// call refuses a request by its selector and its deciding argument, before
// any rule is looked up.
func (inv invariants) call(class signer.Class, data []byte) *signer.Refusal {
	sel := Selector(data[:4])
	if inv.forbidden[sel] {
		return signer.Refuse(signer.CodeForbiddenSelector, "this function is refused for every key, whatever the policy")
	}
	if class == signer.Recovery {
		return nil
	}
	if inv.loosening[sel] {
		return signer.Refuse(signer.CodeForbiddenSelector, "this function loosens; a containment key never signs it")
	}
	guard, known := inv.guards[sel]
	start := 4 + wordSize*guard.index
	if !known || len(data) < start+wordSize {
		return nil // the canonical check refuses what is too short
	}
	if guard.loosens(Word(data[start:])) {
		return signer.Refuse(argumentCode(guard.index), "this value loosens; a containment key never signs it")
	}
	return nil
}

func argumentCode(index int) string { return fmt.Sprintf("%s:%d", signer.CodeArgument, index) }
