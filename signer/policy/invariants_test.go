package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

func callData(signature string, words ...Word) []byte {
	selector := SelectorOf(signature)
	data := append([]byte{}, selector[:]...)
	for _, w := range words {
		data = append(data, w[:]...)
	}
	return data
}

// TestWhatTheBinaryRefusesIsKnownByItsHash fails when a list of the binary
// changes: auditors compare this hash, so a change of it is a release note.
func TestWhatTheBinaryRefusesIsKnownByItsHash(t *testing.T) {
	assert.Equal(t, "0x2692e01defa156b06b65b02196a020d3829824480518e1d5b4e4fb298d4889bb", Invariants().Hex())
}

func TestAGuardedArgumentDecidesForAContainmentKeyAlone(t *testing.T) {
	zero, one, two := Word{}, wordOfInt(1), wordOfInt(2)
	for _, c := range []struct {
		signature string
		words     []Word
		code      string
	}{
		{"setReservePause(address,bool)", []Word{two, one}, ""},
		{"setReservePause(address,bool)", []Word{two, zero}, "ARG:1"},
		{"setReservePause(address,bool)", []Word{two, two}, "ARG:1"},
		{"setReserveBorrowing(address,bool)", []Word{two, zero}, ""},
		{"setReserveBorrowing(address,bool)", []Word{two, one}, "ARG:1"},
		{"setPeer(uint32,bytes32)", []Word{one, zero}, ""},
		{"setPeer(uint32,bytes32)", []Word{one, one}, "ARG:1"},
		{"setBorrowCap(address,uint256)", []Word{zero, one}, ""},
		{"setBorrowCap(address,uint256)", []Word{zero, zero}, "ARG:1"},
		{"pause(bool)", []Word{one}, ""},
		{"pause(bool)", []Word{zero}, "ARG:0"},
		{"pause(bool)", nil, ""},                                 // too short: the canonical check refuses it
		{"setReservePause(address,bool)", []Word{one}, ""},       // so is this
		{"blacklist(address)", []Word{zero}, ""},                 // not guarded
		{"unpause()", nil, signer.CodeForbiddenSelector},         // loosens
		{"transfer(address,uint256)", nil, "FORBIDDEN_SELECTOR"}, // for everybody
	} {
		refusal := Call(signer.Containment, callData(c.signature, c.words...))
		assert.Equal(t, c.code == "", refusal == nil, c.signature)
		assert.True(t, c.code == "" || refusal.Code == c.code, c.signature)
		refusal = Call(signer.Recovery, callData(c.signature, c.words...))
		assert.Equal(t, !strings.HasPrefix(c.signature, "transfer"), refusal == nil, "%s for recovery", c.signature)
	}
	for _, short := range [][]byte{nil, {1}, {1, 2, 3}} {
		assert.Nil(t, Call(signer.Containment, short), "shorter than a selector")
	}
}

func TestTypesThatOnlyLookStaticAreRefused(t *testing.T) {
	for _, bad := range []string{"f(uint)", "f(uint0)", "f(uint4)", "f(uint12)", "f(uint8x)", "f(uint08)", "f(bytes)", "f(bytes04)", "f(bytes4x)", "f(bytes00)", "f(int8)", "f(fixed)", "f(function)", "f(x)"} {
		_, err := ParseFunction(bad)
		require.Error(t, err, bad)
	}
}

func TestARefusedFunctionIsToldWhy(t *testing.T) {
	for signature, why := range map[string]string{"pause()": "", "unpause()": "loosens", "transfer(address,uint256)": "no key may sign"} {
		fn, err := ParseFunction(signature)
		require.NoError(t, err)
		_, err = compiledIn().function(signer.Containment, fn)
		if why == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, why)
	}
	fn, err := ParseFunction("unpause()")
	require.NoError(t, err)
	_, err = compiledIn().function(signer.Recovery, fn)
	require.NoError(t, err)
}

// TestEveryArgumentKindHasOneEncoding spoils each byte of padding in turn.
func TestEveryArgumentKindHasOneEncoding(t *testing.T) {
	fn, err := ParseFunction("f(address,bool,uint8,uint64,uint256,bytes1,bytes20,bytes32)")
	require.NoError(t, err)
	good := callData(fn.Signature, make([]Word, len(fn.Args))...)
	_, err = fn.Decode(good)
	require.NoError(t, err)
	for i, arg := range fn.Args {
		for at := range wordSize {
			data := append([]byte{}, good...)
			data[4+wordSize*i+at] = 1
			_, err := fn.Decode(data)
			carries := at >= wordSize-arg.size
			if arg.kind == kindBytes {
				carries = at < arg.size
			}
			assert.Equal(t, carries, err == nil, "%s byte %d", arg.Type, at)
		}
	}
	for _, length := range []int{0, 4, len(good) - wordSize, len(good) - 1, len(good) + 1, len(good) + wordSize} {
		_, err := fn.Decode(append(append([]byte{}, good...), make([]byte, wordSize)...)[:length])
		require.Error(t, err, "%d bytes", length)
	}
}
