package contracts

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// ErrUnknownFunction says that calldata starts with a selector that none of
// the known interfaces has. Its meaning cannot be shown, so it must not be
// signed on the strength of having been shown.
var ErrUnknownFunction = errors.New("selector of no known function")

// Call is calldata in words, for people to read before they approve it.
type Call struct {
	// Signature is canonical, as "blacklist(address)".
	Signature string
	// Name is the part before the parenthesis.
	Name string
	Args []Arg
}

// Arg is one argument of a call.
type Arg struct {
	Name string
	Type string
	// Value is decimal for numbers, checksummed for addresses, true or false,
	// 0x and lower case hex for bytes.
	Value string
}

// Decode says in words what calldata does. It knows the functions of the
// interfaces under src/interfaces and no other, and fails with
// ErrUnknownFunction for the rest. It fails with ErrMalformed for any bytes that
// packing the same values would not give: bytes left over, bits above a value.
func Decode(data []byte) (Call, error) {
	if len(data) < 4 {
		return Call{}, fmt.Errorf("decode call of %d bytes: shorter than a selector: %w", len(data), ErrMalformed)
	}
	id := [4]byte(data[:4])
	method, ok := knownFunctions()[id]
	if !ok {
		return Call{}, fmt.Errorf("decode call 0x%x: %w", id, ErrUnknownFunction)
	}
	values, err := unpackStatic(method.Inputs, data[4:])
	if err != nil {
		return Call{}, fmt.Errorf("decode call of %s: %w", method.Sig, err)
	}
	// The words were checked one by one; this holds the whole against the
	// encoder that signs, whatever that check may have missed.
	again, err := method.Inputs.Pack(values...)
	if err != nil {
		return Call{}, fmt.Errorf("decode call of %s: encode again: %w", method.Sig, errors.Join(err, ErrMalformed))
	}
	if !bytes.Equal(again, data[4:]) {
		return Call{}, fmt.Errorf("decode call of %s: encoding again gives other bytes: %w", method.Sig, ErrMalformed)
	}
	call := Call{Signature: method.Sig, Name: method.RawName, Args: make([]Arg, len(values))}
	for i, value := range values {
		input := method.Inputs[i]
		call.Args[i] = Arg{Name: input.Name, Type: input.Type.String(), Value: valueText(value)}
	}
	return call, nil
}

// knownFunctions has the functions of every interface by selector. Built at
// first use, never changed afterwards.
var knownFunctions = sync.OnceValue(func() map[[4]byte]abi.Method {
	known := make(map[[4]byte]abi.Method)
	for _, name := range []string{pausable, blacklistable, withdrawalLimited, roles, trustedIssuers, token} {
		for _, method := range artifacts()[name].ABI.Methods {
			known[[4]byte(method.ID)] = method
		}
	}
	return known
})

// unpackStatic decodes exactly the words that static elementary types take.
func unpackStatic(inputs abi.Arguments, data []byte) ([]any, error) {
	if len(data) != len(inputs)*wordSize {
		return nil, fmt.Errorf("%d bytes of arguments where %d are due: %w",
			len(data), len(inputs)*wordSize, ErrMalformed)
	}
	for i, input := range inputs {
		if err := checkWord(input.Type, data[i*wordSize:(i+1)*wordSize]); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
	}
	if len(inputs) == 0 {
		return nil, nil
	}
	values, err := inputs.Unpack(data)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", errors.Join(err, ErrMalformed))
	}
	return values, nil
}

// valueText writes a value that unpackStatic gave.
func valueText(value any) string {
	switch v := value.(type) {
	case common.Address:
		return v.Hex()
	case *big.Int:
		return v.String()
	}
	// bytesN comes as an array of N bytes.
	if v := reflect.ValueOf(value); v.Kind() == reflect.Array {
		raw := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(raw), v)
		return "0x" + hex.EncodeToString(raw)
	}
	return fmt.Sprint(value)
}
