package incident_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestTheLeastGasOfACallIsGethsRule(t *testing.T) {
	osaka := params.Rules{IsHomestead: true, IsIstanbul: true, IsBerlin: true, IsLondon: true, IsShanghai: true,
		IsCancun: true, IsPrague: true, IsOsaka: true}
	to := common.Address{2}
	for name, row := range map[string]struct {
		data []byte
		want uint64
	}{
		"nothing":                {nil, 21_000},
		"pause()":                {common.FromHex("0x8456cb59"), 21_160},
		"a zero byte":            {[]byte{0}, 21_010},
		"a byte":                 {[]byte{1}, 21_040},
		"blacklist(address)":     {common.FromHex("0xf9f92be4" + "000000000000000000000000" + "ee00000000000000000000000000000000000001"), 21_160 + 12*10 + 2*40 + 18*10},
		"a thousand zero bytes":  {make([]byte, 1000), 31_000},
		"a thousand other bytes": {bytes.Repeat([]byte{7}, 1000), 61_000},
	} {
		assert.Equal(t, row.want, incident.LeastGas(row.data), name)
		intrinsic, err := core.IntrinsicGas(row.data, nil, nil, common.Address{1}, &to, new(uint256.Int), osaka)
		require.NoError(t, err)
		floor, err := core.FloorDataGas(osaka, common.Address{1}, &to, new(uint256.Int), row.data, nil)
		require.NoError(t, err)
		assert.Equal(t, max(intrinsic, floor), incident.LeastGas(row.data), "%s, by geth's own functions", name)
	}
	assert.EqualValues(t, params.TxGas, incident.LeastGas(nil))
}

func TestAPlanWhoseGasDoesNotPayForItsCalldataIsRefused(t *testing.T) {
	p := plan("pause", "block")
	p.Calls[0].Data = slices.Concat(p.Calls[0].Data, bytes.Repeat([]byte{7}, 1000))
	least := incident.LeastGas(p.Calls[0].Data)
	p.Calls[0].Gas = least - 1
	assert.ErrorContains(t, incident.CheckPlan(planned(p)), "1004 bytes of calldata")
	p.Calls[0].Gas = least
	assert.NoError(t, incident.CheckPlan(planned(p)))
}
