package verifier_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzAnAnswerToASimulationIsReadOrRefused holds that no answer makes the
// reader panic, and that what it accepts is of the question's shape.
func FuzzAnAnswerToASimulationIsReadOrRefused(f *testing.F) {
	good, err := answering(nil)(nil)
	require.NoError(f, err)
	text, err := json.Marshal(good)
	require.NoError(f, err)
	f.Add(text)
	for _, seed := range []string{`null`, `[]`, `[{"calls":null}]`, `[null]`, `[{"calls":[null,null,null]}]`,
		`[{"calls":[{"status":"0x0","gasUsed":"0x1","error":{"data":5}},{"status":"0x0","gasUsed":"0xffffffffffffffff","error":{}},{"status":"0x1","gasUsed":"0x0","logs":[null]}]}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if !json.Valid(answer) {
			return
		}
		got, err := reads(t, doing("eth_simulateV1", func([]any) (any, error) { return json.RawMessage(answer), nil })).
			Simulate(t.Context(), chainID, tries())
		if err != nil {
			return
		}
		assert.True(t, got.Stateful)
		assert.Len(t, got.Calls, 1)
		assert.Len(t, got.Before, 1)
		assert.Len(t, got.After, 1)
	})
}

// FuzzAnAnswerToLogsIsReadOrRefused holds the same of transfers: what is
// accepted is between those who were asked for, in the window, in order.
func FuzzAnAnswerToLogsIsReadOrRefused(f *testing.F) {
	text, err := json.Marshal([]any{entry(99_990, 1, contract, thief, 1)})
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`[null]`))
	f.Add([]byte(`[{"topics":["0x"],"data":"0x"}]`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if !json.Valid(answer) {
			return
		}
		got, err := reads(t, doing("eth_getLogs", func([]any) (any, error) { return json.RawMessage(answer), nil })).
			Transfers(t.Context(), chainID, outflow(60_000_000_000))
		if err != nil {
			return
		}
		for i, l := range got[0].List {
			assert.Equal(t, contract, l.From)
			assert.GreaterOrEqual(t, l.Block, got[0].FromBlock)
			assert.LessOrEqual(t, l.Block, got[0].ToBlock)
			if i > 0 {
				assert.GreaterOrEqual(t, l.Block, got[0].List[i-1].Block)
			}
		}
	})
}
