package contracts_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func word(last ...byte) []byte { return common.LeftPadBytes(last, 32) }

func TestABoolIsZeroOrOneAndNothingElse(t *testing.T) {
	for want, data := range map[bool][]byte{false: word(0), true: word(1)} {
		got, err := contracts.DecodeBool(data)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for name, data := range map[string][]byte{
		"a bitmap":         word(2),
		"a high bit":       append([]byte{1}, make([]byte, 31)...),
		"one and a bitmap": word(1, 1),
		"all ones":         bytes.Repeat([]byte{0xff}, 32),
		"nothing":          nil,
		"31 bytes":         make([]byte, 31),
		"33 bytes":         append(word(1), 0),
		"two words":        append(word(1), word(1)...),
	} {
		_, err := contracts.DecodeBool(data)
		assert.ErrorIs(t, err, contracts.ErrMalformed, name)
	}
}

func TestANumberIsOneWord(t *testing.T) {
	got, err := contracts.DecodeUint256(bytes.Repeat([]byte{0xff}, 32))
	require.NoError(t, err)
	assert.Equal(t, contracts.UnlimitedWithdrawal(), got)
	for _, size := range []int{0, 1, 31, 33, 64} {
		_, err := contracts.DecodeUint256(make([]byte, size))
		assert.ErrorIs(t, err, contracts.ErrMalformed, size)
		_, err = contracts.DecodeBytes32(make([]byte, size))
		assert.ErrorIs(t, err, contracts.ErrMalformed, size)
		_, err = contracts.DecodeAddress(make([]byte, size))
		assert.ErrorIs(t, err, contracts.ErrMalformed, size)
	}
}

func TestAnAddressWithBitsAboveItIsRefused(t *testing.T) {
	clean := word(alice[:]...)
	got, err := contracts.DecodeAddress(clean)
	require.NoError(t, err)
	assert.Equal(t, alice, got)
	for i := range 12 {
		dirty := bytes.Clone(clean)
		dirty[i] = 1
		_, err := contracts.DecodeAddress(dirty)
		assert.ErrorIs(t, err, contracts.ErrMalformed, i)
	}
}

func TestSecondsThatNoDurationHoldsAreRefused(t *testing.T) {
	got, err := contracts.DecodeSeconds(word(0x0e, 0x10))
	require.NoError(t, err)
	assert.Equal(t, time.Hour, got)
	_, err = contracts.DecodeSeconds(word(1, 0, 0, 0, 0, 0, 0, 0))
	assert.ErrorIs(t, err, contracts.ErrMalformed)
	_, err = contracts.DecodeSeconds(bytes.Repeat([]byte{0xff}, 32))
	assert.ErrorIs(t, err, contracts.ErrMalformed)
}
