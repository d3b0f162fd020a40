package policy

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
)

// Action says in words what a request does, such as
// "blacklist(0xAb…) on 0x11… (chain 1)", with every address in full. Guardians
// sign this text, so it has exactly one form for one call.
func (ru *Rule) Action(r signer.Request) string {
	var args []string
	if words, err := ru.Function.Decode(r.Data); err == nil {
		for i, w := range words {
			args = append(args, ru.Function.Args[i].Show(w))
		}
	}
	return fmt.Sprintf("%s(%s) on %s (chain %d)", ru.Function.Name, strings.Join(args, ", "), r.To.Hex(), r.ChainID)
}

// Show writes one canonical argument: an address by EIP-55, a number in
// decimal, bytes in hexadecimal.
func (a Argument) Show(w Word) string {
	switch a.kind {
	case kindAddress:
		return common.BytesToAddress(w[:]).Hex()
	case kindBool:
		return fmt.Sprint(w[wordSize-1] == 1)
	case kindUint:
		return w.number().String()
	}
	return "0x" + hex.EncodeToString(w[:a.size])
}
