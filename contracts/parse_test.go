package contracts_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

// parseValue reads an argument back from the text that people are shown.
func parseValue(t *testing.T, arg contracts.Arg) any {
	switch arg.Type {
	case "address":
		require.True(t, common.IsHexAddress(arg.Value), arg.Value)
		return common.HexToAddress(arg.Value)
	case "bytes32":
		raw, err := hexutil.Decode(arg.Value)
		require.NoError(t, err)
		return [32]byte(raw)
	case "uint256":
		number, ok := new(big.Int).SetString(arg.Value, 10)
		require.True(t, ok, arg.Value)
		return number
	}
	require.Fail(t, "no known function has such an argument", arg.Type)
	return nil
}
