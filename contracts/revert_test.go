package contracts_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func unhex(t testing.TB, text string) []byte {
	data, err := hex.DecodeString(text)
	require.NoError(t, err)
	return data
}

// errorText is revert data as require(false, text) makes it.
func errorText(text string) []byte {
	length := make([]byte, 32)
	binary.BigEndian.PutUint64(length[24:], uint64(len(text)))
	padded := make([]byte, (len(text)+31)/32*32)
	copy(padded, text)
	id := contracts.Selector("Error(string)")
	return bytes.Join([][]byte{id[:], word(0x20), length, padded}, nil)
}

// Selectors as the vendors' sources give them, arguments all zero.
func TestEveryDocumentedErrorHasItsClass(t *testing.T) {
	for class, errors := range map[contracts.RevertClass]map[string]int{
		contracts.RevertAlreadySo: {
			"d93c0665": 0, "8dfc202b": 0, "1785c681": 0, "0a976e8b": 0, "14378398": 0, "da9f8b34": 0,
			"d971f597": 1, "13c7a1e6": 0, "f09e3afd": 1, "990c1656": 0, "24812247": 0, "7e198c93": 1, "19d5c79b": 1,
		},
		contracts.RevertExpired: {"0e4460b7": 0, "eb5a1217": 1, "0a59e02f": 0, "eb237267": 0, "664af4ed": 0},
		contracts.RevertUnauthorized: {
			"e2517d3f": 2, "118cdaa7": 1, "f07e038f": 2, "82b42900": 0, "23dada53": 0, "31fe3919": 0, "75df51dc": 0,
			"08e2ce17": 0, "e2a08e5d": 1, "934f6050": 0, "66e574d7": 0, "803ddb7b": 0, "dcae1750": 1,
		},
		contracts.RevertBadArguments: {
			"c61dca5d": 0, "bdeafe07": 0, "04c27fbf": 0, "8020d124": 3, "d68af9cc": 3, "f5964809": 0, "ad58bfc7": 0,
		},
		contracts.RevertInnerCall: {"d27b44a9": 0, "50ea78a8": 0},
	} {
		for selector, words := range errors {
			reason := contracts.DecodeRevert(append(unhex(t, selector), make([]byte, 32*words)...))
			assert.Equal(t, class, reason.Class, selector)
			assert.NotEmpty(t, reason.Error, selector)
		}
	}
}

func TestARevertReadsAsWords(t *testing.T) {
	role := contracts.Role(contracts.PauserRole)
	missing := bytes.Join([][]byte{unhex(t, "e2517d3f"), word(alice[:]...), role[:]}, nil)
	overflow := append(unhex(t, "4e487b71"), word(0x11)...)
	for want, data := range map[string][]byte{
		"EnforcedPause() (probably already so: read the state again)":                             unhex(t, "d93c0665"),
		"AccessControlUnauthorizedAccount(" + alice.Hex() + ", PAUSER_ROLE) (role lost or wrong)": missing,
		"panic 0x11: arithmetic overflow or underflow":                                            overflow,
		`"Pausable: paused" (probably already so: read the state again)`:                          errorText("Pausable: paused"),
		`"GS013" (the inner call failed: simulate it by itself)`:                                  errorText("GS013"),
		`"out of luck"`: errorText("out of luck"),
		"no reason given: a bare require, out of gas, or no code at the address": nil,
		"unknown error 0xdeadbeef":    unhex(t, "deadbeef"),
		"unreadable reason 0xdead":    unhex(t, "dead"),
		"panic 0x99: unlisted code":   append(unhex(t, "4e487b71"), word(0x99)...),
		"unreadable panic 0x4e487b71": unhex(t, "4e487b71"),
	} {
		assert.Equal(t, want, contracts.Revert(data))
	}
}

func TestTheErrorsOfTheLabAreNamed(t *testing.T) {
	for _, name := range []string{"LabVault", "LabToken", "BlocklistRegistry", "RewardHarvester", "Drainer"} {
		artifact, err := contracts.LoadArtifact(name)
		require.NoError(t, err)
		named := 0
		for _, e := range artifact.ABI.Errors {
			id := contracts.Selector(e.Sig)
			reason := contracts.DecodeRevert(append(id[:], make([]byte, 32*len(e.Inputs))...))
			if reason.Error == e.Sig {
				named++
			}
		}
		assert.Positive(t, named, name)
	}
	tighter := contracts.Selector("WithdrawalLimitNotTighter(uint256,uint256,uint256,uint256)")
	assert.Equal(t, contracts.RevertBadArguments,
		contracts.DecodeRevert(append(tighter[:], make([]byte, 128)...)).Class)
}

func TestASelectorWithTheWrongArgumentsIsNotThatError(t *testing.T) {
	for _, data := range [][]byte{
		append(unhex(t, "d93c0665"), 0),
		append(unhex(t, "d93c0665"), make([]byte, 32)...),
		unhex(t, "e2517d3f"),
		append(unhex(t, "d971f597"), bytes.Repeat([]byte{0xff}, 32)...),
	} {
		reason := contracts.DecodeRevert(data)
		assert.Equal(t, contracts.RevertUnknown, reason.Class)
		assert.Contains(t, reason.Text, "unreadable")
	}
}

func TestALengthInRevertDataIsNeverTrusted(t *testing.T) {
	id := contracts.Selector("Error(string)")
	huge := bytes.Repeat([]byte{0xff}, 32)
	for name, data := range map[string][]byte{
		"only the selector": id[:],
		"offset elsewhere":  bytes.Join([][]byte{id[:], word(0x40), word(0), word(0)}, nil),
		"huge offset":       bytes.Join([][]byte{id[:], huge, word(1), word(1)}, nil),
		"huge length":       bytes.Join([][]byte{id[:], word(0x20), huge, word(1)}, nil),
		"length too long":   bytes.Join([][]byte{id[:], word(0x20), word(33), word(1)}, nil),
	} {
		reason := contracts.DecodeRevert(data)
		assert.Equal(t, contracts.RevertUnknown, reason.Class, name)
		assert.Contains(t, reason.Text, "unreadable text error", name)
	}
}

func TestTextFromTheChainIsOneBoundedLineOfASCII(t *testing.T) {
	text := contracts.Revert(errorText("ok\n\u202eevil\x00 \U0001F600" + strings.Repeat("x", 5000)))
	assert.True(t, printableASCII(text), text)
	assert.NotContains(t, text, "\n")
	assert.Less(t, len(text), 1000)
	assert.Contains(t, text, `\u202e`)
}

func printableASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

func FuzzRevert(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(errorText("Pausable: paused"))
	f.Add(unhex(f, "d93c0665"))
	f.Add(append(unhex(f, "4e487b71"), word(0x11)...))
	f.Add(append(unhex(f, "8020d124"), make([]byte, 96)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		text := contracts.Revert(data)
		require.NotEmpty(t, text)
		require.Less(t, len(text), 1000)
		require.True(t, printableASCII(text), "%q", text)
	})
}
