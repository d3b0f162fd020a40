package contracts

import (
	"bytes"

	"github.com/ethereum/go-ethereum/common"
)

// The instructions that matter here. PUSH0 pushes nothing that is in the code,
// PUSH32 the 32 bytes behind it.
const (
	opPush0        = 0x5f
	opPush32       = 0x7f
	opDelegateCall = 0xf4
)

// Where proxies keep what they point to (EIP-1967): the hash of a name, less
// one. A beacon answers implementation() with it.
var (
	ImplementationSlot = common.HexToHash("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")
	BeaconSlot         = common.HexToHash("0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50")
)

// MentionsSelector tells whether runtime code pushes a selector on the stack,
// as a compiled dispatch does to compare it with what was called. It is a hint
// and no proof: code that calls that function of another contract pushes it
// too, and a compiler may look selectors up in a table instead, which is not
// found here.
func MentionsSelector(code []byte, selector [4]byte) bool {
	want := bytes.TrimLeft(selector[:], "\x00") // compilers leave leading zeros out
	found := false
	eachInstruction(code, func(_ byte, pushed []byte) {
		found = found || len(want) > 0 && len(pushed) <= 4 && bytes.Equal(bytes.TrimLeft(pushed, "\x00"), want)
	})
	return found
}

// Delegates tells whether runtime code can run other code as its own, as every
// proxy does.
func Delegates(code []byte) bool {
	found := false
	eachInstruction(code, func(op byte, _ []byte) { found = found || op == opDelegateCall })
	return found
}

// MinimalProxy gives what a clone (EIP-1167) points to, for good.
func MinimalProxy(code []byte) (common.Address, bool) {
	rest, ok := bytes.CutPrefix(code, common.FromHex("0x363d3d373d3d3d363d73"))
	if !ok || len(rest) != 35 || !bytes.Equal(rest[20:], common.FromHex("0x5af43d82803e903d91602b57fd5bf3")) {
		return common.Address{}, false
	}
	return common.BytesToAddress(rest[:20]), true
}

// eachInstruction goes through code from its beginning, and gives with a push
// what it pushes. What lies behind the code, as metadata does, is read as if it
// were code.
func eachInstruction(code []byte, do func(op byte, pushed []byte)) {
	for i := 0; i < len(code); i++ {
		op := code[i]
		var pushed []byte
		if opPush0 <= op && op <= opPush32 {
			n := int(op - opPush0)
			pushed = code[i+1 : min(i+1+n, len(code))]
			i += n
		}
		do(op, pushed)
	}
}
