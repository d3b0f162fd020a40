package contracts

import (
	"fmt"
	"math/big"
	"time"
)

// The calls of a windowed withdrawal limit. Setting the same limit again
// changes nothing and refills nothing; a looser one reverts with
// WithdrawalLimitNotTighter.
const withdrawalLimited = "IWithdrawalLimited"

// SetWithdrawalLimit is calldata for setWithdrawalLimit(uint256,uint256):
// limit in the asset's base units (0 lets nothing leave, 2^256-1 means no
// limit), window in whole seconds, at least one. It fails on anything else.
func SetWithdrawalLimit(limit *big.Int, window time.Duration) ([]byte, error) {
	return packLimit("setWithdrawalLimit", limit, window)
}

// LoosenWithdrawalLimit is calldata for loosenWithdrawalLimit(uint256,uint256),
// which loosens; units as for SetWithdrawalLimit.
func LoosenWithdrawalLimit(limit *big.Int, window time.Duration) ([]byte, error) {
	return packLimit("loosenWithdrawalLimit", limit, window)
}

// WithdrawalLimitQuery is calldata for the view withdrawalLimit(), in base
// units; read the answer with DecodeUint256.
func WithdrawalLimitQuery() []byte { return encode(withdrawalLimited, "withdrawalLimit") }

// WithdrawalWindowQuery is calldata for the view withdrawalWindow(); read the
// answer with DecodeSeconds.
func WithdrawalWindowQuery() []byte { return encode(withdrawalLimited, "withdrawalWindow") }

// WithdrawnInWindowQuery is calldata for the view withdrawnInWindow(), in base
// units; read the answer with DecodeUint256.
func WithdrawnInWindowQuery() []byte { return encode(withdrawalLimited, "withdrawnInWindow") }

// WithdrawableQuery is calldata for the view withdrawable(), in base units;
// read the answer with DecodeUint256.
func WithdrawableQuery() []byte { return encode(withdrawalLimited, "withdrawable") }

// UnlimitedWithdrawal is 2^256-1, the limit that means no limit. The caller
// owns the number.
func UnlimitedWithdrawal() *big.Int {
	return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
}

func packLimit(method string, limit *big.Int, window time.Duration) ([]byte, error) {
	if err := checkUint256("limit", limit); err != nil {
		return nil, fmt.Errorf("pack %s: %w", method, err)
	}
	if window <= 0 || window%time.Second != 0 {
		return nil, fmt.Errorf("pack %s: window %s is not a positive whole number of seconds", method, window)
	}
	return encode(withdrawalLimited, method, limit, big.NewInt(int64(window/time.Second))), nil
}
