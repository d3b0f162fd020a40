package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
)

// invariants is what the binary refuses whatever a policy says. It is built
// once per backend and never changes.
type invariants struct {
	forbidden map[selector]bool
	loosening map[selector]bool
	guards    map[selector]argumentGuard
}

func newInvariants() invariants {
	inv := invariants{
		forbidden: map[selector]bool{},
		loosening: map[selector]bool{},
		guards:    argumentGuards(),
	}
	for _, signature := range forbiddenSignatures() {
		inv.forbidden[selectorOf(signature)] = true
	}
	for _, signature := range looseningSignatures() {
		inv.loosening[selectorOf(signature)] = true
	}
	return inv
}

// hash names this set of invariants, so that an auditor can see from outside
// that two plugins refuse the same things.
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
	for _, sel := range slices.SortedFunc(maps.Keys(inv.guards), func(a, b selector) int {
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
func (inv invariants) function(class signer.Class, fn function) (loose bool, err error) {
	if inv.forbidden[fn.selector] || forbiddenName(fn.name) {
		return false, fmt.Errorf("%s moves value, changes authority, runs arbitrary calls or cannot be undone; no key may sign it", fn.signature)
	}
	loose = inv.loosening[fn.selector] || looseningName(fn.name)
	if loose && class != signer.Recovery {
		return true, fmt.Errorf("%s loosens; a containment key never signs it, use a recovery key", fn.signature)
	}
	return loose, nil
}

// call refuses a request by its selector and its deciding argument, before
// any rule is looked up.
func (inv invariants) call(class signer.Class, data []byte) *signer.Refusal {
	sel := selector(data[:4])
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
	if guard.loosens(word(data[start:])) {
		return signer.Refuse(argumentCode(guard.index), "this value loosens; a containment key never signs it")
	}
	return nil
}

func argumentCode(index int) string { return fmt.Sprintf("%s:%d", signer.CodeArgument, index) }
