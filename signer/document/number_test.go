package document

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumbersAndAddressesAreReadStrictly(t *testing.T) {
	for _, bad := range []string{"", "-1", "+1", "01", "0x1", "1 ", "1e3", "18446744073709551616", "1_000"} {
		_, err := Uint64(bad)
		require.Error(t, err, bad)
	}
	for _, bad := range []string{"115792089237316195423570985008687907853269984665640564039457584007913129639936", "-1", ""} {
		_, err := Uint256(bad)
		require.Error(t, err, bad)
	}
	top, err := Uint256("115792089237316195423570985008687907853269984665640564039457584007913129639935")
	require.NoError(t, err)
	assert.Equal(t, 256, top.BitLen())
	for _, good := range []string{
		"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0xF39FD6E51AAD88F6F4CE6AB8827279CFFFB92266",
	} {
		_, err := Address(good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{"", "0x", "f39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0XF39FD6E51AAD88F6F4CE6AB8827279CFFFB92266", "0xF39fd6e51aad88f6f4ce6ab8827279cfffb92266"} {
		_, err := Address(bad)
		require.Error(t, err, bad)
	}
}
