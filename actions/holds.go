package actions

import (
	"fmt"
	"strconv"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

// Holds holds one endpoint's answer against a check; a check that And names is
// another answer and another call of Holds. It is the one method that tells
// "already so" before sending and "it held" afterwards.
//
// The decoder is strict, because one selector answers different types on
// different contracts: anything but one canonical word of the check's type is
// an error and not false. Empty data is an error: it means that there is no
// code. Pure.
func Holds(answer Answer, check incident.Check) (incident.Observation, bool, error) {
	seen := incident.Observation{Check: check.Text, Block: answer.Block, BlockHash: answer.BlockHash, Endpoint: answer.Endpoint}
	got, words, err := word(check.Type, answer.Data)
	if err != nil {
		return seen, false, fmt.Errorf("read %s from %s: %w", check.Text, answer.Endpoint, err)
	}
	seen.Got = words
	ok, err := compare(check, got)
	return seen, ok, err
}

// compare refuses an order on what has none: an address is not above another.
func compare(check incident.Check, got incident.Quantity) (bool, error) {
	ordered := check.Type != "bool" && check.Type != "address" && check.Type != "bytes32"
	switch {
	case check.Op == incident.Equals:
		return got.Cmp(check.Want) == 0, nil
	case check.Op == incident.AtMost && ordered:
		return got.Cmp(check.Want) <= 0, nil
	case check.Op == incident.AtLeast && ordered:
		return got.Cmp(check.Want) >= 0, nil
	}
	return false, fmt.Errorf("check %s: %q does not compare a %s", check.Text, check.Op, check.Type)
}

// Word reads an answer as one word of the type, as an unsigned number; true is 1.
// It is as strict as Holds. Pure.
func Word(kind string, data []byte) (incident.Quantity, error) {
	q, _, err := word(kind, data)
	return q, err
}

// word decodes one word as an unsigned number and as people read it.
func word(kind string, data []byte) (incident.Quantity, string, error) {
	var zero incident.Quantity
	if len(data) == 0 {
		return zero, "", fmt.Errorf("no data: there is no such function or no code at the address: %w", contracts.ErrMalformed)
	}
	switch kind {
	case "bool":
		yes, err := contracts.DecodeBool(data)
		if err != nil {
			return zero, "", err
		}
		if yes {
			return incident.NewQuantity(1), "true", nil
		}
		return zero, "false", nil
	case "address":
		a, err := contracts.DecodeAddress(data)
		if err != nil {
			return zero, "", err
		}
		return quantity(data, a.Hex())
	case "bytes32":
		h, err := contracts.DecodeBytes32(data)
		if err != nil {
			return zero, "", err
		}
		return quantity(data, h.Hex())
	}
	bits, ok := uintBits(kind)
	if !ok {
		return zero, "", fmt.Errorf("a check cannot read type %q: use bool, uint8 to uint256, address or bytes32", kind)
	}
	n, err := contracts.DecodeUint256(data)
	if err != nil {
		return zero, "", err
	}
	if n.BitLen() > bits {
		return zero, "", fmt.Errorf("%s does not fit a %s: %w", n, kind, contracts.ErrMalformed)
	}
	return quantity(data, n.String())
}

func quantity(data []byte, words string) (incident.Quantity, string, error) {
	q, err := incident.QuantityFromBig(common.BytesToHash(data).Big())
	return q, words, err
}

// Readable tells whether a check can read a word of the ABI type.
func Readable(kind string) bool {
	_, ok := uintBits(kind)
	return ok || kind == "bool" || kind == "address" || kind == "bytes32"
}

// uintBits gives the size of "uint8" to "uint256".
func uintBits(kind string) (int, bool) {
	if len(kind) < 5 || kind[:4] != "uint" || kind[4] == '0' {
		return 0, false
	}
	bits, err := strconv.Atoi(kind[4:])
	return bits, err == nil && bits >= 8 && bits <= 256 && bits%8 == 0
}
