package contracts_test

import (
	"bytes"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func TestDecodeSaysWhatACallDoes(t *testing.T) {
	call, err := contracts.Decode(contracts.Blacklist(alice))
	require.NoError(t, err)
	assert.Equal(t, contracts.Call{
		Signature: "blacklist(address)",
		Name:      "blacklist",
		Args:      []contracts.Arg{{Name: "account", Type: "address", Value: alice.Hex()}},
	}, call)

	data, err := contracts.SetWithdrawalLimit(contracts.UnlimitedWithdrawal(), time.Hour)
	require.NoError(t, err)
	call, err = contracts.Decode(data)
	require.NoError(t, err)
	assert.Equal(t, []contracts.Arg{
		{Name: "limit", Type: "uint256", Value: contracts.UnlimitedWithdrawal().String()},
		{Name: "window", Type: "uint256", Value: "3600"},
	}, call.Args)

	call, err = contracts.Decode(contracts.HasRoleQuery(contracts.Role(contracts.PauserRole), alice))
	require.NoError(t, err)
	assert.Equal(t, "0x65d7a28e3265b37a6474929f336521b332c1681b933f6cb9f3376673440d862a", call.Args[0].Value)

	call, err = contracts.Decode(contracts.Pause())
	require.NoError(t, err)
	assert.Equal(t, "pause()", call.Signature)
	assert.Empty(t, call.Args)
}

func TestACallOfNoKnownFunctionIsRefused(t *testing.T) {
	harvest, err := contracts.Deployment{}.Harvest(alice, big.NewInt(1))
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"the attacker's call":       harvest.Data,
		"a selector that is nobody": {1, 2, 3, 4},
		"text":                      []byte("pause()"),
	} {
		_, err := contracts.Decode(data)
		assert.ErrorIs(t, err, contracts.ErrUnknownFunction, name)
	}
}

func TestAnEncodingThatIsNotCanonicalIsRefused(t *testing.T) {
	good := contracts.Blacklist(alice)
	dirty := bytes.Clone(good)
	dirty[4] = 1
	lastDirty := bytes.Clone(good)
	lastDirty[15] = 0x80
	for name, data := range map[string][]byte{
		"nothing":                 nil,
		"half a selector":         good[:3],
		"arguments cut off":       good[:len(good)-1],
		"no arguments":            good[:4],
		"a byte left over":        append(bytes.Clone(good), 0),
		"a word left over":        append(bytes.Clone(good), make([]byte, 32)...),
		"an argument to pause()":  append(contracts.Pause(), make([]byte, 32)...),
		"a byte after pause()":    append(contracts.Pause(), 0),
		"highest bit above":       dirty,
		"lowest bit above":        lastDirty,
		"far too long":            append(bytes.Clone(good), make([]byte, 1<<20)...),
		"arguments of other size": append(bytes.Clone(good[:4]), make([]byte, 64)...),
	} {
		_, err := contracts.Decode(data)
		assert.ErrorIs(t, err, contracts.ErrMalformed, name)
	}
}

func FuzzDecode(f *testing.F) {
	set, err := contracts.SetWithdrawalLimit(big.NewInt(1), time.Second)
	require.NoError(f, err)
	for _, seed := range [][]byte{
		nil, contracts.Pause(), contracts.Blacklist(alice), set,
		contracts.GrantRole(contracts.Role(contracts.PauserRole), alice),
		append(contracts.Pause(), 1),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		call, err := contracts.Decode(data)
		if err != nil {
			require.Zero(t, call)
			return
		}
		// Built again from what a person would have read, the call is the same
		// bytes: nothing of it was hidden.
		require.Equal(t, data, rebuild(t, call))
	})
}

// rebuild packs a call from its words alone, by way of another code path.
func rebuild(t *testing.T, call contracts.Call) []byte {
	method, err := contracts.Function(call.Signature)
	require.NoError(t, err)
	args := make([]any, len(call.Args))
	for i, arg := range call.Args {
		args[i] = parseValue(t, arg)
	}
	data, err := contracts.Pack(method, args...)
	require.NoError(t, err)
	return data
}
