package policy

import (
	"bytes"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnlyCanonicalSignaturesOfStaticTypesAreRead(t *testing.T) {
	for _, good := range []string{"pause()", "_setMintPaused(address,bool)", "f(uint8,uint256,bytes1,bytes32,address)"} {
		_, err := ParseFunction(good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{
		"", "pause", "pause( )", "f(uint)", "f(uint7)", "f(uint08)", "f(uint264)", "f(bytes)", "f(bytes33)", "f(bytes0)",
		"f(string)", "f(address[])", "f(address[2])", "f((address,bool))", "f(int256)", "f(address,)", "f(,)", "f(address a)",
		"f(address) ", "1f()", "f()()", "f(address payable)", "f(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)",
	} {
		_, err := ParseFunction(bad)
		require.Error(t, err, bad)
	}
}

func TestSelectorsMatchTheFieldReference(t *testing.T) {
	for signature, want := range map[string]string{
		"pause()": "8456cb59", "unpause()": "3f4ba83a", "blacklist(address)": "f9f92be4",
		"setReservePause(address,bool)": "48d9fba9", "destroyBlackFunds(address)": "f3bdc228",
		"revokeRole(bytes32,address)": "d547741f", "transferOwnership(address)": "f2fde38b",
	} {
		sel := SelectorOf(signature)
		assert.Equal(t, common.FromHex(want), sel[:], signature)
	}
}

// FuzzCalldataIsCanonicalExactlyWhenTheABIPackageSaysSo compares with another
// implementation: decode, encode again, and the bytes have to be the same.
func FuzzCalldataIsCanonicalExactlyWhenTheABIPackageSaysSo(f *testing.F) {
	fn, err := ParseFunction("f(address,bool,uint64,bytes4,uint256)")
	require.NoError(f, err)
	var inputs abi.Arguments
	for _, arg := range fn.Args {
		typ, err := abi.NewType(arg.Type, "", nil)
		require.NoError(f, err)
		inputs = append(inputs, abi.Argument{Type: typ})
	}
	f.Add(make([]byte, 160))
	f.Add(bytes.Repeat([]byte{0xff}, 160))
	f.Add(make([]byte, 161))
	good := make([]byte, 160)
	good[12], good[63], good[95], good[96], good[128] = 0xaa, 1, 7, 0xde, 0xff
	f.Add(good)
	two := bytes.Clone(good)
	two[63] = 2 // a bool that is neither
	f.Add(two)
	f.Fuzz(func(t *testing.T, args []byte) {
		_, err := fn.Decode(append(fn.Selector[:], args...))
		canonical := false
		if values, unpackErr := inputs.Unpack(args); unpackErr == nil {
			packed, packErr := inputs.Pack(values...)
			canonical = packErr == nil && bytes.Equal(packed, args)
		}
		require.Equal(t, canonical, err == nil)
	})
}
