package consent

import (
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// What the State of a KeyState can say. The plugin writes these texts itself,
// so a signature over one of them is good for exactly that act.
const (
	StateFrozen  = "frozen"  // stop the key; one guardian is enough
	StateActive  = "active"  // release a frozen key
	StateRetired = "retired" // end a key for good
)

// StateNonce sets the next nonce that the key accepts on a chain.
func StateNonce(chain, next uint64) string {
	return fmt.Sprintf("nonce %d on chain %d", next, chain)
}

// StateCancel drops the change that waits, named by the digest of its
// PolicyChange.
func StateCancel(change common.Hash) string {
	return "cancel change " + change.Hex()
}

// maxSummary bounds what a wallet has to show, in bytes.
const maxSummary = 4096

// Summary is the text of a PolicyChange: what the change does, in the words of
// a comparison, and whether it loosens. Beyond 4096 bytes it says how many
// lines it leaves out; the hashes hold all of it.
func Summary(what string, lines []string, loosens bool) string {
	kind := "tightens"
	if loosens {
		kind = "loosens"
	}
	out := fmt.Sprintf("%s, %s: ", what, kind)
	for i, line := range lines {
		if i > 0 {
			line = "; " + line
		}
		if len(out)+len(line) > maxSummary {
			return fmt.Sprintf("%s; and %d more changes", out, len(lines)-i)
		}
		out += line
	}
	return strings.TrimSuffix(out, ": ")
}
