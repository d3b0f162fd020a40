package contracts

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// The calls of ERC-20. Amounts are in the token's base units. Transfers and
// approvals move value: a responder only reads; the lab's people do the rest.
const token = "IToken"

// TotalSupplyQuery is calldata for the view totalSupply(); read the answer with
// DecodeUint256.
func TotalSupplyQuery() []byte { return encode(token, "totalSupply") }

// DecimalsQuery is calldata for the view decimals(); read the answer with
// DecodeUint256 and expect at most 255.
func DecimalsQuery() []byte { return encode(token, "decimals") }

// BalanceOfQuery is calldata for the view balanceOf(address); read the answer
// with DecodeUint256.
func BalanceOfQuery(account common.Address) []byte { return encode(token, "balanceOf", account) }

// AllowanceQuery is calldata for the view allowance(address,address); read the
// answer with DecodeUint256.
func AllowanceQuery(owner, spender common.Address) []byte {
	return encode(token, "allowance", owner, spender)
}

// Transfer is calldata for transfer(address,uint256). It fails when the amount
// is not a uint256.
func Transfer(to common.Address, amount *big.Int) ([]byte, error) {
	if err := checkUint256("amount", amount); err != nil {
		return nil, fmt.Errorf("pack transfer: %w", err)
	}
	return encode(token, "transfer", to, amount), nil
}

// Approve is calldata for approve(address,uint256). It fails when the amount is
// not a uint256.
func Approve(spender common.Address, amount *big.Int) ([]byte, error) {
	if err := checkUint256("amount", amount); err != nil {
		return nil, fmt.Errorf("pack approve: %w", err)
	}
	return encode(token, "approve", spender, amount), nil
}

// TransferFrom is calldata for transferFrom(address,address,uint256). It fails
// when the amount is not a uint256.
func TransferFrom(from, to common.Address, amount *big.Int) ([]byte, error) {
	if err := checkUint256("amount", amount); err != nil {
		return nil, fmt.Errorf("pack transferFrom: %w", err)
	}
	return encode(token, "transferFrom", from, to, amount), nil
}
