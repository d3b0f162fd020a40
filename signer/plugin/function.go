package plugin

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/crypto"
)

const (
	wordSize     = 32
	maxArguments = 16
)

var functionText = regexp.MustCompile(`^([A-Za-z_$][A-Za-z0-9_$]{0,63})\(([a-z0-9,()\[\]]*)\)$`)

// selector is the first four bytes of keccak256 of a function's signature.
type selector [4]byte

// word is one ABI word of calldata.
type word [wordSize]byte

func (w word) number() *big.Int { return new(big.Int).SetBytes(w[:]) }

func wordOf(n *big.Int) word {
	var w word
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

// argument is one static elementary type. Dynamic types, tuples, arrays and
// signed integers are refused: their canonical form or their order would have
// to be explained before anybody could rely on a constraint over them.
type argument struct {
	text string
	kind kind
	size int // bytes that carry information
}

// function is a parsed signature such as "blacklist(address)".
type function struct {
	signature string
	name      string
	args      []argument
	selector  selector
}

func selectorOf(signature string) selector {
	return selector(crypto.Keccak256([]byte(signature))[:4])
}

// parseFunction reads a canonical signature: full type names, no spaces, no
// argument names, static elementary types only.
func parseFunction(signature string) (function, error) {
	match := functionText.FindStringSubmatch(signature)
	if match == nil {
		return function{}, fmt.Errorf("must be a canonical signature such as \"pause()\" or \"blacklist(address)\"")
	}
	fn := function{signature: signature, name: match[1], selector: selectorOf(signature)}
	if match[2] == "" {
		return fn, nil
	}
	texts := strings.Split(match[2], ",")
	if len(texts) > maxArguments {
		return function{}, fmt.Errorf("has more than %d arguments", maxArguments)
	}
	for _, text := range texts {
		arg, err := parseArgument(text)
		if err != nil {
			return function{}, err
		}
		fn.args = append(fn.args, arg)
	}
	return fn, nil
}

func parseArgument(text string) (argument, error) {
	switch text {
	case "address":
		return argument{text: text, kind: kindAddress, size: 20}, nil
	case "bool":
		return argument{text: text, kind: kindBool, size: 1}, nil
	}
	if digits, ok := strings.CutPrefix(text, "uint"); ok {
		bits, err := strconv.Atoi(digits)
		if err == nil && bits >= 8 && bits <= 256 && bits%8 == 0 && strconv.Itoa(bits) == digits {
			return argument{text: text, kind: kindUint, size: bits / 8}, nil
		}
	}
	if digits, ok := strings.CutPrefix(text, "bytes"); ok {
		size, err := strconv.Atoi(digits)
		if err == nil && size >= 1 && size <= wordSize && strconv.Itoa(size) == digits {
			return argument{text: text, kind: kindBytes, size: size}, nil
		}
	}
	return argument{}, fmt.Errorf("argument types must be address, bool, uintN or bytesN, written in full; send one call per item instead of a list")
}

// decode splits calldata into words and refuses every encoding but the
// canonical one: wrong length, dirty padding, a bool other than 0 or 1. For
// static elementary types that is the same as decode, encode, compare.
func (f function) decode(data []byte) ([]word, error) {
	if len(data) != 4+wordSize*len(f.args) {
		return nil, fmt.Errorf("calldata of %s must be %d bytes", f.signature, 4+wordSize*len(f.args))
	}
	words := make([]word, len(f.args))
	for i, arg := range f.args {
		words[i] = word(data[4+wordSize*i:])
		if !arg.canonical(words[i]) {
			return nil, fmt.Errorf("argument %d is not a canonical %s", i, arg.text)
		}
	}
	return words, nil
}

func (a argument) canonical(w word) bool {
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
func (a argument) parse(node any) (word, error) {
	if a.kind == kindBool {
		b, ok := node.(bool)
		if !ok {
			return word{}, fmt.Errorf("must be true or false")
		}
		if b {
			return wordOf(big.NewInt(1)), nil
		}
		return word{}, nil
	}
	text, ok := node.(string)
	if !ok {
		return word{}, fmt.Errorf("must be a string")
	}
	var w word
	switch a.kind {
	case kindAddress:
		address, err := parseAddress(text)
		copy(w[wordSize-len(address):], address[:])
		return w, err
	case kindUint:
		n, err := parseUint256(text)
		if err != nil {
			return w, err
		}
		w = wordOf(n)
	case kindBytes:
		raw, err := parseBytes(text, a.size)
		if err != nil || len(raw) != a.size {
			return w, fmt.Errorf("must be 0x and %d bytes", a.size)
		}
		copy(w[:], raw)
	}
	if !a.canonical(w) {
		return word{}, errRange
	}
	return w, nil
}
