package plugin

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

	errDecimal  = errors.New("must be a decimal string without sign, prefix or leading zero")
	errRange    = errors.New("is out of range")
	errAddress  = errors.New("must be 0x and 40 hexadecimal digits")
	errChecksum = errors.New("is in mixed case and fails its EIP-55 checksum")
	errHex      = errors.New("must be 0x and an even number of hexadecimal digits")
)

// parseUint64 reads a decimal string. Signs, spaces, prefixes and leading
// zeros are refused rather than understood, and nothing is ever truncated.
func parseUint64(s string) (uint64, error) {
	if len(s) > 20 {
		return 0, errRange
	}
	if !decimalText.MatchString(s) {
		return 0, errDecimal
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errRange
	}
	return n, nil
}

// parseUint256 reads a decimal string below 2^256.
func parseUint256(s string) (*big.Int, error) {
	if len(s) > 78 {
		return nil, errRange
	}
	if !decimalText.MatchString(s) {
		return nil, errDecimal
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || n.BitLen() > 256 {
		return nil, errRange
	}
	return n, nil
}

// parseAddress reads exactly 20 bytes. common.HexToAddress crops and pads,
// which turns a typing error into another address.
func parseAddress(s string) (common.Address, error) {
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

// parseBytes reads 0x and whole bytes, at most most of them.
func parseBytes(s string, most int) ([]byte, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return nil, errHex
	}
	if len(digits) > 2*most {
		return nil, errRange
	}
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return nil, errHex
	}
	return raw, nil
}
