package contracts

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// Bounds on what is shown of bytes that a contract chose, in bytes before they
// are escaped; an escape takes at most four characters for each.
const (
	maxRevertText = 200
	maxRevertHex  = 36
)

// Reason is revert data in words. The zero value knows nothing.
type Reason struct {
	Class RevertClass
	// Error is the canonical signature of the error, "Error(string)" and
	// "Panic(uint256)" included; empty when it is not known.
	Error string
	// Text says it in one line of printable ASCII, of bounded length. Parts
	// that the contract chose are quoted in it, and still its own words: an
	// adapter escapes them for where it shows them.
	Text string
}

// Revert says in one line what revert data means. Any bytes are good: what
// cannot be read is shown as hex.
func Revert(data []byte) string {
	reason := DecodeRevert(data)
	if reason.Class == RevertUnknown {
		return reason.Text
	}
	return reason.Text + " (" + reason.Class.String() + ")"
}

// DecodeRevert says what revert data means and which class it is. Any bytes
// are good: what cannot be read is shown as hex and classed RevertUnknown. No
// length in the data is trusted. A contract can revert with whatever it likes,
// so a class is a hint to read the state again and never a proof of it.
func DecodeRevert(data []byte) Reason {
	if len(data) == 0 {
		return Reason{Text: "no reason given: a bare require, out of gas, or no code at the address"}
	}
	if len(data) < 4 {
		return Reason{Text: "unreadable reason " + shortHex(data)}
	}
	switch id := [4]byte(data[:4]); id {
	case Selector("Error(string)"):
		return textReason(data)
	case Selector("Panic(uint256)"):
		return panicReason(data)
	default:
		known, ok := knownReverts()[id]
		if !ok {
			return Reason{Text: "unknown error " + shortHex(data)}
		}
		return customReason(known, data)
	}
}

func textReason(data []byte) Reason {
	text, ok := revertString(data[4:])
	if !ok {
		return Reason{Text: "unreadable text error " + shortHex(data)}
	}
	return Reason{Class: revertText(text), Error: "Error(string)", Text: quoteBounded(text)}
}

func panicReason(data []byte) Reason {
	code, err := DecodeUint256(data[4:])
	if err != nil {
		return Reason{Text: "unreadable panic " + shortHex(data)}
	}
	meaning := "unlisted code"
	if code.IsUint64() {
		meaning = panicMeaning(code.Uint64())
	}
	return Reason{Error: "Panic(uint256)", Text: fmt.Sprintf("panic 0x%02x: %s", code, meaning)}
}

func customReason(known revertError, data []byte) Reason {
	values, err := unpackStatic(known.inputs, data[4:])
	if err != nil {
		// The selector alone is a claim that anybody can make with four bytes;
		// with the wrong arguments it is not that error.
		return Reason{Text: "unreadable " + known.signature + " " + shortHex(data)}
	}
	name, _, _ := strings.Cut(known.signature, "(")
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = reasonValue(known, i, value)
	}
	return Reason{
		Class: known.class,
		Error: known.signature,
		Text:  name + "(" + strings.Join(texts, ", ") + ")",
	}
}

// reasonValue writes an argument, with the name of a role where it is one that
// has a usual name: "PAUSER_ROLE" can be read at night and its hash cannot.
func reasonValue(known revertError, i int, value any) string {
	if known.inputs[i].Type.String() == "bytes32" {
		if id, ok := value.([wordSize]byte); ok {
			if name := roleName(id); name != "" {
				return name
			}
		}
	}
	return valueText(value)
}

func roleName(id common.Hash) string {
	for _, name := range []string{
		DefaultAdminRole, PauserRole, LimiterRole, BlocklisterRole, RecoveryRole,
		"PAUSE_ROLE", "FREEZER", "GATEKEEPER_ROLE", "ASSET_PROTECTION_ROLE",
	} {
		if id == Role(name) {
			return name
		}
	}
	return ""
}

// revertString reads the one dynamic argument of Error(string): an offset that
// is always 32, a length, the bytes. Padding may be missing: Vyper and
// hand-written assembly leave it out.
func revertString(args []byte) (string, bool) {
	if len(args) < 2*wordSize {
		return "", false
	}
	offset := new(big.Int).SetBytes(args[:wordSize])
	if !offset.IsUint64() || offset.Uint64() != wordSize {
		return "", false
	}
	length := new(big.Int).SetBytes(args[wordSize : 2*wordSize])
	rest := args[2*wordSize:]
	if !length.IsUint64() || length.Uint64() > uint64(len(rest)) {
		return "", false
	}
	return string(rest[:length.Uint64()]), true
}

// quoteBounded makes foreign text one line of ASCII. Anything else is written
// as an escape: no line breaks, no right-to-left marks, no letters that look
// like others.
func quoteBounded(text string) string {
	short := text
	if len(short) > maxRevertText {
		short = short[:maxRevertText]
	}
	quoted := strconv.QuoteToASCII(short)
	if short != text {
		quoted += fmt.Sprintf("... (%d bytes)", len(text))
	}
	return quoted
}

func shortHex(data []byte) string {
	if len(data) <= maxRevertHex {
		return fmt.Sprintf("0x%x", data)
	}
	return fmt.Sprintf("0x%x... (%d bytes)", data[:maxRevertHex], len(data))
}
