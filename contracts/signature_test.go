package contracts_test

import (
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func TestACanonicalSignatureGivesItsSelector(t *testing.T) {
	for signature, selector := range map[string]string{
		"paused()":                                   "5c975abb",
		"blacklist(address)":                         "f9f92be4",
		"setReservePause(address,bool,uint40)":       "b42d793b",
		"uncurse(bytes16)":                           "6d2d3993",
		"hasRole(bytes32,address)":                   "91d14854",
		"updateLimitConfig(address,uint256,uint256)": "19d39126",
	} {
		method, err := contracts.Function(signature)
		require.NoError(t, err, signature)
		assert.Equal(t, signature, method.Sig)
		assert.Equal(t, selector, hex.EncodeToString(method.ID))
	}
}

func TestASignatureThatIsNotCanonicalIsRefused(t *testing.T) {
	for _, signature := range []string{
		"", "paused", "paused(", "paused)", "()", "1paused()", "paused() ", " paused()",
		"f(uint)", "f(int)", "f(byte)", "f(bytes)", "f(string)", "f(address[])", "f(address[2])",
		"f((bool,uint8))", "f(uint256 x)", "f(uint256, bool)", "f(,)", "f(bool,)", "f(,bool)",
		"f(uint7)", "f(uint08)", "f(uint264)", "f(uint0)", "f(bytes0)", "f(bytes33)", "f(bytes032)",
		"f(function)", "f(fixed128x18)", "f(Address)", "f()()", "f()\n", "f\x00()", "pause\u200b()",
		"f(" + strings.Repeat("bool,", 16) + "bool)",
		strings.Repeat("f", 65) + "()", "f(" + strings.Repeat("address,", 200) + "address)",
	} {
		_, err := contracts.Function(signature)
		assert.ErrorIs(t, err, contracts.ErrSignature, "%q", signature)
	}
}

func TestPackRefusesWhatTheTypeCannotHold(t *testing.T) {
	one := big.NewInt(1)
	lsh := func(n uint) *big.Int { return new(big.Int).Lsh(one, n) }
	for signature, values := range map[string][]any{
		"f(uint256)": {lsh(256), big.NewInt(-1), (*big.Int)(nil), nil, uint64(1), "1"},
		"f(uint40)":  {lsh(40), big.NewInt(-1)},
		"f(int256)":  {lsh(255), new(big.Int).Neg(new(big.Int).Add(lsh(255), one))},
		"f(int24)":   {lsh(23), new(big.Int).Neg(new(big.Int).Add(lsh(23), one))},
		"f(address)": {nil, alice.Hex(), [32]byte{}},
		"f(bool)":    {nil, 1, "true"},
		"f(bytes16)": {nil, [32]byte{}, "0x"},
	} {
		method, err := contracts.Function(signature)
		require.NoError(t, err)
		for _, value := range values {
			_, err := contracts.Pack(method, value)
			assert.Error(t, err, "%s %v", signature, value)
		}
		_, err = contracts.Pack(method)
		assert.Error(t, err, "%s without arguments", signature)
	}
}

func TestPackWritesTheExtremesThatDoFit(t *testing.T) {
	method, err := contracts.Function("f(int24,uint40,address,bool,bytes4)")
	require.NoError(t, err)
	data, err := contracts.Pack(method, big.NewInt(-1<<23), big.NewInt(1<<40-1), alice, true, [4]byte{1, 2, 3, 4})
	require.NoError(t, err)
	words := strings.Join([]string{
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff800000",
		"000000000000000000000000000000000000000000000000000000ffffffffff",
		aliceWord,
		hex.EncodeToString(word(1)),
		"01020304" + strings.Repeat("0", 56),
	}, "")
	assert.Equal(t, words, hex.EncodeToString(data[4:]))
}

func TestAParsedSignaturePacksAsTheTypedCallDoes(t *testing.T) {
	method, err := contracts.Function("hasRole(bytes32,address)")
	require.NoError(t, err)
	role := contracts.Role(contracts.PauserRole)
	data, err := contracts.Pack(method, [32]byte(role), common.Address(alice))
	require.NoError(t, err)
	assert.Equal(t, contracts.HasRoleQuery(role, alice), data)
}

func FuzzFunction(f *testing.F) {
	for _, seed := range []string{
		"paused()", "f(uint8,bytes32)", "f(uint)", "f((bool))", "f(bool,)", "$(int256)", "f(bytes33)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, signature string) {
		method, err := contracts.Function(signature)
		if err != nil {
			require.ErrorIs(t, err, contracts.ErrSignature)
			return
		}
		// What was accepted is exactly what is hashed.
		require.Equal(t, signature, method.Sig)
		id := contracts.Selector(signature)
		require.Equal(t, id[:], method.ID)
	})
}
