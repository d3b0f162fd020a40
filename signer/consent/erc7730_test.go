package consent

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The descriptor's formats are keyed by encodeType (ERC-7730 version 2).
func TestTheClearSigningDescriptorShowsOurMessages(t *testing.T) {
	raw, err := os.ReadFile("../../docs/erc7730-containment-approval.json")
	require.NoError(t, err)
	var descriptor struct {
		Context struct {
			EIP712 struct {
				Domain map[string]string
			}
		}
		Display struct {
			Formats map[string]struct {
				Intent string
				Fields []struct{ Path, Label, Format, Visible string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &descriptor))
	assert.Equal(t, map[string]string{"name": DomainName, "version": DomainVersion}, descriptor.Context.EIP712.Domain)
	messages := []structure{Approval{}.TypedData(Domain{}).message, PolicyChange{}.TypedData(Domain{}).message, KeyState{}.TypedData(Domain{}).message,
		Decision{}.TypedData(Domain{}).message, Login{}.TypedData(Domain{}).message}
	assert.Len(t, descriptor.Display.Formats, len(messages))
	formats := map[string][]string{
		"string": {"raw"}, "bytes": {"raw"}, "bytes32": {"raw"}, "address": {"addressName"}, "uint256": {"raw", "date", "amount", "unit"},
	}
	for _, message := range messages {
		var names, shown []string
		for _, m := range message.members {
			names = append(names, m.kind+" "+m.name)
		}
		format, found := descriptor.Display.Formats[message.name+"("+strings.Join(names, ",")+")"]
		require.True(t, found, "%s has other fields or types", message.name)
		assert.NotEmpty(t, format.Intent)
		for _, field := range format.Fields {
			shown = append(shown, field.Path)
			at := slices.IndexFunc(message.members, func(m member) bool { return m.name == field.Path })
			require.GreaterOrEqual(t, at, 0, field.Path)
			assert.Contains(t, formats[message.members[at].kind], field.Format, field.Path)
			assert.NotEmpty(t, field.Label)
			assert.Contains(t, []string{"always", "optional"}, field.Visible)
		}
		for _, m := range message.members {
			assert.Contains(t, shown, m.name)
		}
		assert.Len(t, shown, len(message.members), "each field once")
	}
}
