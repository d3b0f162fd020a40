package policy

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer/document"
)

const (
	wordSize     = 32
	maxArguments = 16
)

var functionText = regexp.MustCompile(`^([A-Za-z_$][A-Za-z0-9_$]{0,63})\(([a-z0-9,()\[\]]*)\)$`)

// Selector is the first four bytes of keccak256 of a function's signature.
type Selector [4]byte

// Word is one ABI word of calldata.
type Word [wordSize]byte

func (w Word) number() *big.Int { return new(big.Int).SetBytes(w[:]) }

func wordOf(n *big.Int) Word {
	var w Word
	n.FillBytes(w[:])
	return w
}

// kind is the family of a static elementary type.
type kind int

const (
	kindAddress kind = iota + 1
	kindBool
	kindUint
	kindBytes // bytesN: left aligned
)

// Argument is one static elementary type. Dynamic types, tuples, arrays and
// signed integers are refused: their canonical form or their order would have
// to be explained before anybody could rely on a constraint over them.
type Argument struct {
	Type string
	kind kind
	size int // bytes that carry information
}

var addressArgument = Argument{Type: "address", kind: kindAddress, size: 20}

// Function is a parsed signature such as "blacklist(address)".
type Function struct {
	Signature string
	Name      string
	Args      []Argument
	Selector  Selector
}

// SelectorOf hashes a canonical signature.
func SelectorOf(signature string) Selector {
	return Selector(crypto.Keccak256([]byte(signature))[:4])
}

// ParseFunction reads a canonical signature: full type names, no spaces, no
// argument names, static elementary types only.
func ParseFunction(signature string) (Function, error) {
	match := functionText.FindStringSubmatch(signature)
	if match == nil {
		return Function{}, fmt.Errorf("must be a canonical signature such as \"pause()\" or \"blacklist(address)\"")
	}
	fn := Function{Signature: signature, Name: match[1], Selector: SelectorOf(signature)}
	if match[2] == "" {
		return fn, nil
	}
	texts := strings.Split(match[2], ",")
	if len(texts) > maxArguments {
		return Function{}, fmt.Errorf("has more than %d arguments", maxArguments)
	}
	for _, text := range texts {
		arg, err := parseArgument(text)
		if err != nil {
			return Function{}, err
		}
		fn.Args = append(fn.Args, arg)
	}
	return fn, nil
}

func parseArgument(text string) (Argument, error) {
	switch text {
	case "address":
		return addressArgument, nil
	case "bool":
		return Argument{Type: text, kind: kindBool, size: 1}, nil
	}
	if digits, ok := strings.CutPrefix(text, "uint"); ok {
		bits, err := strconv.Atoi(digits)
		if err == nil && bits >= 8 && bits <= 256 && bits%8 == 0 && strconv.Itoa(bits) == digits {
			return Argument{Type: text, kind: kindUint, size: bits / 8}, nil
		}
	}
	if digits, ok := strings.CutPrefix(text, "bytes"); ok {
		size, err := strconv.Atoi(digits)
		if err == nil && size >= 1 && size <= wordSize && strconv.Itoa(size) == digits {
			return Argument{Type: text, kind: kindBytes, size: size}, nil
		}
	}
	return Argument{}, fmt.Errorf("argument types must be address, bool, uintN or bytesN, written in full; send one call per item instead of a list")
}

// Decode splits calldata into words and refuses every encoding but the
// canonical one: wrong length, dirty padding, a bool other than 0 or 1. For
// static elementary types that is the same as decode, encode, compare.
func (f Function) Decode(data []byte) ([]Word, error) {
	if len(data) != 4+wordSize*len(f.Args) {
		return nil, fmt.Errorf("calldata of %s must be %d bytes", f.Signature, 4+wordSize*len(f.Args))
	}
	words := make([]Word, len(f.Args))
	for i, arg := range f.Args {
		words[i] = Word(data[4+wordSize*i:])
		if !arg.canonical(words[i]) {
			return nil, fmt.Errorf("argument %d is not a canonical %s", i, arg.Type)
		}
	}
	return words, nil
}

func (a Argument) canonical(w Word) bool {
	padding := w[:wordSize-a.size]
	if a.kind == kindBytes {
		padding = w[a.size:]
	}
	for _, b := range padding {
		if b != 0 {
			return false
		}
	}
	return a.kind != kindBool || w[wordSize-1] <= 1
}

// parse reads a constraint's value of the argument's type.
func (a Argument) parse(node any) (Word, error) {
	if a.kind == kindBool {
		b, ok := node.(bool)
		if !ok {
			return Word{}, fmt.Errorf("must be true or false")
		}
		if b {
			return wordOf(big.NewInt(1)), nil
		}
		return Word{}, nil
	}
	text, ok := node.(string)
	if !ok {
		return Word{}, fmt.Errorf("must be a string")
	}
	var w Word
	switch a.kind {
	case kindAddress:
		address, err := document.Address(text)
		copy(w[wordSize-len(address):], address[:])
		return w, err
	case kindUint:
		n, err := document.Uint256(text)
		if err != nil {
			return w, err
		}
		w = wordOf(n)
	case kindBytes:
		raw, err := document.Bytes(text, a.size)
		if err != nil || len(raw) != a.size {
			return w, fmt.Errorf("must be 0x and %d bytes", a.size)
		}
		copy(w[:], raw)
	}
	if !a.canonical(w) {
		return Word{}, document.ErrRange
	}
	return w, nil
}
