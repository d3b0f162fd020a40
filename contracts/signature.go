package contracts

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/crypto"
)

// ErrSignature says that a text is not a canonical function signature of
// static elementary types.
var ErrSignature = errors.New("not a canonical function signature")

// maxSignature and maxParameters bound what is parsed; the longest signature
// among known containment functions has 5 parameters.
const (
	maxSignature  = 256
	maxParameters = 16
)

var (
	signatureForm = regexp.MustCompile(`^([A-Za-z_$][A-Za-z0-9_$]{0,63})\(([a-z0-9,]*)\)$`)
	typeForm      = regexp.MustCompile(`^(uint|int|bytes)([1-9][0-9]{0,2})$`)
)

// Function parses a canonical signature such as "blacklist(address)" into a
// method that can be packed. Parameters are address, bool, uintN, intN and
// bytesN; no spaces, no names, no aliases such as uint, because each of these
// would make another selector than the reader expects. It fails with
// ErrSignature.
//
// The method has no outputs and no mutability: a signature does not say them,
// and one selector answers different types on different contracts. The caller
// chooses the decoder.
func Function(signature string) (abi.Method, error) {
	if len(signature) > maxSignature {
		return abi.Method{}, fmt.Errorf("parse signature of %d bytes: longer than %d: %w",
			len(signature), maxSignature, ErrSignature)
	}
	parts := signatureForm.FindStringSubmatch(signature)
	if parts == nil {
		return abi.Method{}, fmt.Errorf("parse %q: write it as name(type,type), without spaces: %w",
			signature, ErrSignature)
	}
	inputs, err := parameters(parts[2])
	if err != nil {
		return abi.Method{}, fmt.Errorf("parse %q: %w", signature, err)
	}
	name := parts[1]
	return abi.NewMethod(name, name, abi.Function, "", false, false, inputs, nil), nil
}

// Selector is the first four bytes of the Keccak-256 hash of a signature. It
// does not check the signature; Function does.
func Selector(signature string) [4]byte {
	return [4]byte(crypto.Keccak256([]byte(signature))[:4])
}

// Pack encodes a call of a method whose parameters are static elementary
// types, from exactly the Go types that the abi package decodes them to:
// common.Address, bool, [N]byte, *big.Int, and uint8, int64 and so on for those
// sizes. Unlike that package it refuses a number that its type cannot hold,
// which would wrap around; a nil, which would panic; and an array of another
// size. It fails on a method with parameters of other types.
func Pack(method abi.Method, args ...any) ([]byte, error) {
	if len(args) != len(method.Inputs) {
		return nil, fmt.Errorf("pack %s: %d arguments where %d are due",
			method.Sig, len(args), len(method.Inputs))
	}
	for i, arg := range args {
		if !canonicalType(method.Inputs[i].Type.String()) {
			return nil, fmt.Errorf("pack %s: parameter %d is not a static elementary type", method.Sig, i)
		}
		if err := checkArgument(method.Inputs[i].Type, arg); err != nil {
			return nil, fmt.Errorf("pack %s: argument %d: %w", method.Sig, i, err)
		}
	}
	packed, err := method.Inputs.Pack(args...)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", method.Sig, err)
	}
	id := Selector(method.Sig)
	return append(id[:], packed...), nil
}

func parameters(list string) (abi.Arguments, error) {
	if list == "" {
		return nil, nil
	}
	names := strings.Split(list, ",")
	if len(names) > maxParameters {
		return nil, fmt.Errorf("%d parameters, more than %d: %w", len(names), maxParameters, ErrSignature)
	}
	inputs := make(abi.Arguments, len(names))
	for i, name := range names {
		if !canonicalType(name) {
			return nil, fmt.Errorf("parameter %d: type %q is not address, bool, uintN, intN or bytesN: %w",
				i, name, ErrSignature)
		}
		t, err := abi.NewType(name, "", nil)
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i, errors.Join(err, ErrSignature))
		}
		inputs[i] = abi.Argument{Type: t}
	}
	return inputs, nil
}

func canonicalType(name string) bool {
	if name == "address" || name == "bool" {
		return true
	}
	parts := typeForm.FindStringSubmatch(name)
	if parts == nil {
		return false
	}
	size, err := strconv.Atoi(parts[2])
	if err != nil {
		return false
	}
	if parts[1] == "bytes" {
		return size <= wordSize
	}
	return size <= 256 && size%8 == 0
}

// checkArgument wants exactly the Go type that the abi package decodes to:
// common.Address, bool, [N]byte, *big.Int, and uint8 to int64 for those sizes.
// That package would take any array for an address and write too many bytes.
func checkArgument(t abi.Type, arg any) error {
	if want := t.GetType(); reflect.TypeOf(arg) != want {
		return fmt.Errorf("%T where %s (as %s) is due", arg, t, want)
	}
	number, ok := arg.(*big.Int)
	if !ok {
		return nil
	}
	if number == nil {
		return fmt.Errorf("nil where %s is due", t)
	}
	fits := false
	switch t.T {
	case abi.UintTy:
		fits = number.Sign() >= 0 && number.BitLen() <= t.Size
	case abi.IntTy:
		// Two's complement keeps one bit for the sign; complementing a
		// negative number gives the magnitude that the others must hold.
		magnitude := number
		if number.Sign() < 0 {
			magnitude = new(big.Int).Not(number)
		}
		fits = magnitude.BitLen() < t.Size
	}
	if !fits {
		return fmt.Errorf("number does not fit %s", t)
	}
	return nil
}
