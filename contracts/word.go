package contracts

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// ErrMalformed says that bytes are not the one canonical ABI encoding of the
// type that was expected. It is permanent: asking the same contract again gives
// the same bytes, and the contract is not the one that was meant.
var ErrMalformed = errors.New("not a canonical abi encoding")

const wordSize = 32

// DecodeBool reads what a view that returns one bool answered. Anything but 32
// bytes holding 0 or 1 is refused: the same selector answers a bitmap on some
// contracts, and a bitmap read as a bool says "paused" for the wrong reason.
func DecodeBool(data []byte) (bool, error) {
	if err := checkResult(abi.Type{T: abi.BoolTy, Size: 1}, data); err != nil {
		return false, fmt.Errorf("decode bool: %w", err)
	}
	return data[wordSize-1] == 1, nil
}

// DecodeUint256 reads what a view that returns one uint256 answered. It
// refuses anything but 32 bytes.
func DecodeUint256(data []byte) (*big.Int, error) {
	if err := checkResult(abi.Type{T: abi.UintTy, Size: 256}, data); err != nil {
		return nil, fmt.Errorf("decode uint256: %w", err)
	}
	return new(big.Int).SetBytes(data), nil
}

// DecodeAddress reads what a view that returns one address answered. It refuses
// anything but 32 bytes, and any bit set above the address.
func DecodeAddress(data []byte) (common.Address, error) {
	if err := checkResult(abi.Type{T: abi.AddressTy, Size: 20}, data); err != nil {
		return common.Address{}, fmt.Errorf("decode address: %w", err)
	}
	return common.BytesToAddress(data), nil
}

// DecodeBytes32 reads what a view that returns one bytes32 answered. It refuses
// anything but 32 bytes.
func DecodeBytes32(data []byte) (common.Hash, error) {
	if err := checkResult(abi.Type{T: abi.FixedBytesTy, Size: wordSize}, data); err != nil {
		return common.Hash{}, fmt.Errorf("decode bytes32: %w", err)
	}
	return common.BytesToHash(data), nil
}

// DecodeSeconds reads what a view that returns a uint256 of seconds answered.
// It refuses anything but 32 bytes, and a number of seconds that a Duration
// (292 years) cannot hold.
func DecodeSeconds(data []byte) (time.Duration, error) {
	seconds, err := DecodeUint256(data)
	if err != nil {
		return 0, fmt.Errorf("decode seconds: %w", err)
	}
	if !seconds.IsInt64() || seconds.Int64() > math.MaxInt64/int64(time.Second) {
		return 0, fmt.Errorf("decode seconds: %s s does not fit a duration: %w", seconds, ErrMalformed)
	}
	return time.Duration(seconds.Int64()) * time.Second, nil
}

func checkResult(t abi.Type, data []byte) error {
	if len(data) != wordSize {
		return fmt.Errorf("%d bytes where 32 are due: %w", len(data), ErrMalformed)
	}
	return checkWord(t, data)
}

// checkWord refuses a word that no encoder would write for a value of a static
// elementary type. The abi package alone is not enough: it drops what is above
// an address and keeps what is above, say, a uint40.
func checkWord(t abi.Type, word []byte) error {
	clean := false
	switch t.T {
	case abi.BoolTy:
		clean = allBytes(word[:wordSize-1], 0) && word[wordSize-1] <= 1
	case abi.AddressTy:
		clean = allBytes(word[:wordSize-common.AddressLength], 0)
	case abi.UintTy:
		clean = allBytes(word[:wordSize-t.Size/8], 0)
	case abi.IntTy:
		first := wordSize - t.Size/8
		sign := byte(0)
		if word[first]&0x80 != 0 {
			sign = 0xff
		}
		clean = allBytes(word[:first], sign)
	case abi.FixedBytesTy:
		clean = allBytes(word[t.Size:], 0)
	}
	if !clean {
		return fmt.Errorf("word 0x%x has bits that its type has not: %w", word, ErrMalformed)
	}
	return nil
}

func allBytes(data []byte, want byte) bool {
	for _, b := range data {
		if b != want {
			return false
		}
	}
	return true
}

// checkUint256 refuses what a uint256 cannot hold; the abi package would wrap
// it around, and a limit of 2^256 would become 0.
func checkUint256(what string, value *big.Int) error {
	if value == nil {
		return fmt.Errorf("%s is missing; give a number from 0 to 2^256-1", what)
	}
	if value.Sign() < 0 || value.BitLen() > 256 {
		return fmt.Errorf("%s is outside 0 to 2^256-1", what)
	}
	return nil
}
