package plugin_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// TestABodyThatNoClientSendsIsRefused gives every field every JSON type that it
// does not have, and some bodies that only a hand would write.
func TestABodyThatNoClientSendsIsRefused(t *testing.T) {
	cases := map[string]map[string]any{
		"nothing":                       {},
		"only a type":                   {"type": json.Number("2")},
		"an access list that is filled": with(map[string]any{"access_list": []any{map[string]any{"address": signertest.Core}}}),
		"an authorisation list":         with(map[string]any{"authorization_list": []any{}}),
		"a blob":                        with(map[string]any{"blob_versioned_hashes": []any{}}),
		"raw bytes":                     with(map[string]any{"raw": "0x02"}),
		"a message":                     with(map[string]any{"message": "0x00"}),
		"typed data":                    with(map[string]any{"typed_data": "{}"}),
		"a from":                        with(map[string]any{"from": signertest.Core}),
		"a list of lists":               with(map[string]any{"approvals": []any{[]any{}}}),
		"a list of nulls":               with(map[string]any{"approvals": []any{nil}}),
		"an approval of many bytes":     with(map[string]any{"approvals": []any{map[string]any{"x": strings.Repeat("x", signer.MaxApprovalBytes)}}}),
		"seventeen approvals":           with(map[string]any{"approvals": sixteen(17)}),
		"type 2 as a hex string":        with(map[string]any{"type": "0x2"}),
		"type 02":                       with(map[string]any{"type": "02"}),
		"type 2e0":                      with(map[string]any{"type": json.Number("2e0")}),
		"a target in 0X":                with(map[string]any{"to": strings.Replace(signertest.Core, "0x", "0X", 1)}),
		"data in 0X":                    with(map[string]any{"data": "0X8456cb59"}),
		"data with a space":             with(map[string]any{"data": "0x8456cb59 "}),
		"data with full-width digits":   with(map[string]any{"data": "0x８456cb59"}),
		"a long incident":               with(map[string]any{"incident": strings.Repeat("x", signer.MaxText+1)}),
		"a long reason":                 with(map[string]any{"reason": strings.Repeat("x", signer.MaxReason+1)}),
		"a long request id":             with(map[string]any{"request_id": strings.Repeat("x", signer.MaxText+1)}),
		"an incident that is no text":   with(map[string]any{"incident": "\xff"}),
		"a newline in an incident":      with(map[string]any{"incident": "a\nb"}),
	}
	for field := range with(nil) {
		for name, value := range map[string]any{"null": nil, "true": true, "an object": map[string]any{}, "a number": json.Number("1"), "a fraction": 1.5, "a list": []any{}} {
			if field == "type" && name == "a list" || field == "approvals" {
				continue
			}
			body := with(nil)
			body[field] = value
			cases[field+" is "+name] = body
		}
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			m := withKey(t)
			before, writes := m.info(t), m.brittle.writes.Load()
			signed, code := m.sign(t, body)
			assert.Contains(t, []string{signer.CodeMalformed, signer.CodeTxType, signer.CodeChain}, code)
			assert.Empty(t, signed.Raw)
			assert.Equal(t, before, m.info(t))
			assert.Equal(t, writes, m.brittle.writes.Load())
			resp, err := m.do(t, logical.UpdateOperation, "check/"+signertest.Name, body)
			require.NoError(t, err)
			if !resp.IsError() {
				assert.Equal(t, false, resp.Data["allowed"])
				assert.Equal(t, code, resp.Data["code"])
			}
		})
	}
}

func sixteen(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{}
	}
	return list
}

func TestSixteenApprovalsAreRead(t *testing.T) {
	m := withKey(t)
	_, code := m.sign(t, with(map[string]any{"approvals": sixteen(16), "data": "0x" + hexOf(signertest.Call("shutdown()"))}))
	assert.Equal(t, "APPROVAL_BAD:?:malformed", code)
	_, code = m.sign(t, with(map[string]any{"approvals": sixteen(16)}))
	assert.Empty(t, code, "a rule that needs nobody reads none")
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

func TestCheckGivesNoBytesAndCountsNothing(t *testing.T) {
	m := withKey(t)
	before, writes := m.info(t), m.brittle.writes.Load()
	for range 50 {
		resp, err := m.do(t, logical.UpdateOperation, "check/"+signertest.Name, with(nil))
		require.NoError(t, err)
		assert.Equal(t, true, resp.Data["allowed"])
		for field, value := range resp.Data {
			text, _ := value.(string)
			assert.NotContains(t, field, "raw")
			assert.Less(t, len(text), 70, "%s is longer than a hash", field)
		}
	}
	assert.Equal(t, before, m.info(t))
	assert.Equal(t, writes, m.brittle.writes.Load())
}

// TestTwentyAtOnceAfterARestartGiveWhatIsLeft has one use left, and a backend
// that has just started.
func TestTwentyAtOnceAfterARestartGiveWhatIsLeft(t *testing.T) {
	m := withKey(t)
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.open(t)
	var group sync.WaitGroup
	results := make(chan bool, 20)
	for i := range 20 {
		r := signertest.Fees(signertest.Pause(signertest.Core, 1), int64(100+i), int64(2+i))
		if i%2 == 0 {
			r = signertest.Fees(signertest.Pause(signertest.Vault, 1), int64(100+i), int64(2+i))
		}
		group.Go(func() {
			resp, err := m.backend.HandleRequest(t.Context(), &logical.Request{
				Operation: logical.UpdateOperation, Path: "sign/" + signertest.Name, Data: r.Fields(), Storage: m.storage,
			})
			results <- err == nil && !resp.IsError()
		})
	}
	group.Wait()
	close(results)
	var signed uint64
	for ok := range results {
		if ok {
			signed++
		}
	}
	info := m.info(t)
	assert.LessOrEqual(t, signed, uint64(3), "one nonce and two replacements")
	assert.Equal(t, signed+1, info.Seq)
	assert.EqualValues(t, 2, info.Nonces[0].Next)
	assert.EqualValues(t, 2, info.Windows[0].Used, "counted once")
}

func TestLimitsHoldOverFiftyRestarts(t *testing.T) {
	m := withKey(t)
	first := m.signed(t, signertest.Pause(signertest.Core, 0))
	m.signed(t, signertest.Pause(signertest.Core, 1))
	for range 50 {
		m.open(t)
		assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 2)))
		assert.Equal(t, first, m.signed(t, signertest.Pause(signertest.Core, 0)))
	}
	assert.EqualValues(t, 2, m.seq(t))
}
