package alerts_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

func TestWhatTwoReadersCouldUnderstandDifferentlyIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"not JSON":                    {`pause`, "not valid JSON"},
		"nothing":                     {``, "not valid JSON"},
		"half of it":                  {`{"id":"a1"`, "not valid JSON"},
		"an array":                    {`[]`, "cannot be a array"},
		"a key twice":                 {`{"id":"a1","rule":"r","rule":"s"}`, `"rule" and "rule"`},
		"a key in two cases":          {`{"id":"a1","rule":"r","RULE":"s"}`, `"rule" and "RULE"`},
		"a nested key twice":          {`{"id":"a1","rule":"r","loss":{"amount":"1","amount":"2","token":"USDX"}}`, "/loss"},
		"something after it":          {`{"id":"a1","rule":"r"} {"id":"a2"}`, "after the JSON document"},
		"a second document":           {`{"id":"a1","rule":"r"}true`, "after the JSON document"},
		"bytes that are no UTF-8":     {"{\"id\":\"a1\",\"rule\":\"r\",\"summary\":\"\xff\"}", "UTF-8"},
		"nesting without end":         {`{"id":"a1","rule":"r","labels":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "nests deeper"},
		"an unknown key":              {`{"id":"a1","rule":"r","calldata":"0x8456cb59"}`, "calldata"},
		"a number for text":           {`{"id":7,"rule":"r"}`, `"id" cannot be a number`},
		"no id":                       {`{"rule":"r"}`, `"id"`},
		"no rule":                     {`{"id":"a1"}`, `"rule"`},
		"an id with a space":          {`{"id":"a 1","rule":"r"}`, `"id"`},
		"an id that is too long":      {`{"id":"` + strings.Repeat("x", 129) + `","rule":"r"}`, `"id"`},
		"an unknown severity":         {`{"id":"a1","rule":"r","severity":"sev1"}`, `"severity"`},
		"a severity in upper case":    {`{"id":"a1","rule":"r","severity":"CRITICAL"}`, `"severity"`},
		"chain and chain_id":          {`{"id":"a1","rule":"r","chain":"lab","chain_id":1337}`, "send one"},
		"a negative chain id":         {`{"id":"a1","rule":"r","chain_id":-1}`, `"chain_id"`},
		"a contract elsewhere":        {`{"id":"a1","rule":"r","chain":"other","contract":"lab-vault"}`, "another chain"},
		"a short address":             {`{"id":"a1","rule":"r","contract":"0x1234"}`, "40 hex digits"},
		"an address that is no hex":   {`{"id":"a1","rule":"r","suspects":["0xzzzz111111111111111111111111111111111111"]}`, `"suspects/0"`},
		"a wrong checksum":            {`{"id":"a1","rule":"r","suspects":["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"]}`, "checksum"},
		"an address without 0x":       {`{"id":"a1","rule":"r","suspects":["5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"]}`, `"suspects/0"`},
		"too many suspects":           {`{"id":"a1","rule":"r","suspects":[` + strings.TrimSuffix(strings.Repeat(`"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",`, 257), ",") + `]}`, "256"},
		"an amount as a number":       {`{"id":"a1","rule":"r","loss":{"amount":250000,"token":"USDX"}}`, "loss.amount"},
		"an amount with commas":       {`{"id":"a1","rule":"r","loss":{"amount":"250,000","token":"USDX"}}`, `"loss"`},
		"an amount in hex":            {`{"id":"a1","rule":"r","loss":{"amount":"0x10","token":"USDX"}}`, `"loss"`},
		"a negative amount":           {`{"id":"a1","rule":"r","loss":{"amount":"-1","token":"USDX"}}`, `"loss"`},
		"an exponent":                 {`{"id":"a1","rule":"r","loss":{"amount":"1e6","token":"USDX"}}`, `"loss"`},
		"more decimals than it has":   {`{"id":"a1","rule":"r","loss":{"amount":"1.0000001","token":"USDX"}}`, "more decimals"},
		"a confidence above one":      {`{"id":"a1","rule":"r","confidence":1.5}`, `"confidence"`},
		"a confidence below zero":     {`{"id":"a1","rule":"r","confidence":-0.1}`, `"confidence"`},
		"a short hash":                {`{"id":"a1","rule":"r","tx":"0x12"}`, `"tx"`},
		"a time that is none":         {`{"id":"a1","rule":"r","occurred":"yesterday"}`, `"occurred"`},
		"a time before Bitcoin":       {`{"id":"a1","rule":"r","occurred":"1999-01-01T00:00:00Z"}`, `"occurred"`},
		"a link to a script":          {`{"id":"a1","rule":"r","link":"javascript:alert(1)"}`, `"link"`},
		"a long summary":              {`{"id":"a1","rule":"r","summary":"` + strings.Repeat("x", 2001) + `"}`, `"summary"`},
		"a long label":                {`{"id":"a1","rule":"r","labels":{"k":"` + strings.Repeat("x", 1025) + `"}}`, `"labels"`},
		"a drill that is not allowed": {`{"id":"a1","rule":"r","exercise":true}`, "may not send drills"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			w := f.send(signed(c.body, now))
			assert.Equal(t, http.StatusBadRequest, w.Code, w.Body)
			var p struct{ Detail string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			assert.Contains(t, p.Detail, c.want)
			assert.Empty(t, f.inbox.all)
			assert.Equal(t, map[alerts.Outcome]int{alerts.Malformed: 1}, f.counts)
		})
	}
}

func TestWhatTheInventoryDoesNotKnowStaysUnknown(t *testing.T) {
	f := newFront(t)
	w := f.send(signed(`{"id":"a1","rule":"new.rule","chain_id":5,"contract":"0x2222222222222222222222222222222222222222","loss":{"amount":"1","token":"WAT"}}`, now))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	a := f.inbox.all[0].Alert
	assert.Empty(t, a.Chain)
	assert.Empty(t, a.Contract)
	assert.Nil(t, a.Loss)
	assert.Equal(t, "0x2222222222222222222222222222222222222222", a.Address.Hex())
	w = f.send(signed(`{"id":"a2","rule":"r","contract":"no-such-contract"}`, now))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	assert.Empty(t, f.inbox.all[1].Alert.Contract)
}

func TestATestIsStoredAndMarked(t *testing.T) {
	f := newFront(t, func(c *alerts.Config) { c.Sources[0].Exercises = true })
	require.Equal(t, http.StatusAccepted, f.send(signed(`{"id":"a1","rule":"r","test":true}`, now)).Code)
	require.Equal(t, http.StatusAccepted, f.send(signed(`{"id":"a2","rule":"r","exercise":true}`, now)).Code)
	assert.Equal(t, "test", f.inbox.all[0].Inert)
	assert.Empty(t, f.inbox.all[1].Inert)
	assert.True(t, f.inbox.all[1].Alert.Exercise)
	assert.Equal(t, 1, f.counts[alerts.Inert])
}

func TestControlCharactersDoNotReachPeople(t *testing.T) {
	f := newFront(t)
	require.Equal(t, http.StatusAccepted, f.send(signed(`{"id":"a1","rule":"r","summary":"a\u0000b\u001b[31m\nc"}`, now)).Code)
	assert.Equal(t, "ab[31m\nc", f.inbox.all[0].Alert.Summary)
}

func TestTheSchemaIsServedAndNamesEveryKey(t *testing.T) {
	w := newFront(t).send(httptest.NewRequest("GET", "/v1/alerts/schema", nil))
	require.Equal(t, http.StatusOK, w.Code)
	var schema struct{ Properties map[string]any }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &schema))
	for key := range schema.Properties {
		// A key of the schema is one that the decoder knows: null is a value of every type.
		f := newFront(t)
		f.send(signed(`{"id":"a1","rule":"r","x`+key+`":null}`, now))
		assert.Equal(t, 1, f.counts[alerts.Malformed], "x%s is not a key", key)
		if key == "id" || key == "rule" {
			continue
		}
		f = newFront(t)
		assert.Equal(t, http.StatusAccepted, f.send(signed(`{"id":"a1","rule":"r","`+key+`":null}`, now)).Code, key)
	}
	assert.Len(t, schema.Properties, 18)
}
