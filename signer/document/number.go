package document

import (
	"encoding/hex"
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

var (
	decimalText = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
	addressText = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)

	// ErrRange says that a well-formed value is too large.
	ErrRange = errors.New("is out of range")

	errDecimal  = errors.New("must be a decimal string without sign, prefix or leading zero")
	errAddress  = errors.New("must be 0x and 40 hexadecimal digits")
	errChecksum = errors.New("is in mixed case and fails its EIP-55 checksum")
	errHex      = errors.New("must be 0x and an even number of hexadecimal digits")
)

// Uint64 reads a decimal string. Signs, spaces, prefixes and leading
// zeros are refused rather than understood, and nothing is ever truncated.
func Uint64(s string) (uint64, error) {
	if len(s) > 20 {
		return 0, ErrRange
	}
	if !decimalText.MatchString(s) {
		return 0, errDecimal
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, ErrRange
	}
	return n, nil
}

// Uint256 reads a decimal string below 2^256.
func Uint256(s string) (*big.Int, error) {
	if len(s) > 78 {
		return nil, ErrRange
	}
	if !decimalText.MatchString(s) {
		return nil, errDecimal
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || n.BitLen() > 256 {
		return nil, ErrRange
	}
	return n, nil
}

// Address reads exactly 20 bytes. common.HexToAddress crops and pads,
// which turns a typing error into another address.
func Address(s string) (common.Address, error) {
	if !addressText.MatchString(s) {
		return common.Address{}, errAddress
	}
	address := common.HexToAddress(s)
	digits := s[2:]
	mixed := digits != strings.ToLower(digits) && digits != strings.ToUpper(digits)
	if mixed && address.Hex() != s {
		return common.Address{}, errChecksum
	}
	return address, nil
}

// Bytes reads 0x and whole bytes, at most most of them.
func Bytes(s string, most int) ([]byte, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return nil, errHex
	}
	if len(digits) > 2*most {
		return nil, ErrRange
	}
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return nil, errHex
	}
	return raw, nil
}
