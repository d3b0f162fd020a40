package alerts_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// frontForFuzz takes messages without end.
func frontForFuzz(f *testing.F, kind string) (*front, alerts.Source) {
	s := sources(f)[kind]
	s.Rate, s.Burst, s.Quota = 1e9, 1<<30, 1<<50
	return frontOf(f, s), s
}

// fuzzBody signs whatever the fuzzer writes. It must not panic, is always
// answered, and what it opens must be one JSON document in which nobody finds a
// key twice.
func fuzzBody(f *testing.F, kind string) {
	front, s := frontForFuzz(f, kind)
	for _, name := range payloads(f, kind) {
		f.Add(signedPart(f, kind, payload(f, kind, name)))
	}
	f.Add([]byte(`{"id":"a1","ID":"a2","rule":"r"}`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, part []byte) {
		front.inbox.all = nil
		body := part
		if kind == "hypernative" {
			if !utf8Whole(part) || len(part) == 0 {
				return // cannot be the text in an envelope
			}
			var err error
			body, err = json.Marshal(map[string]string{"id": "x", "data": string(part)})
			require.NoError(t, err)
		}
		w := front.send(signedBy(t, s, body, now))
		if kind == "generic" && w.Code == http.StatusBadRequest {
			assert.Empty(t, front.inbox.all)
			return
		}
		assert.Equal(t, takenBy(kind), w.Code)
		for _, r := range front.inbox.all {
			assert.NotEmpty(t, r.Alert.ID)
			assert.Equal(t, s.Name, r.Alert.Source)
			if r.Inert == "" {
				assert.True(t, json.Valid(part))
				assert.True(t, utf8Whole(part))
				assert.Empty(t, doubled(json.NewDecoder(strings.NewReader(string(part)))))
			}
		}
	})
}

// signedPart is what a kind signs of a body.
func signedPart(t testing.TB, kind string, body []byte) []byte {
	if kind != "hypernative" {
		return body
	}
	var e struct{ Data string }
	require.NoError(t, json.Unmarshal(body, &e))
	return []byte(e.Data)
}

func utf8Whole(text []byte) bool { return strings.ToValidUTF8(string(text), "") == string(text) }

// doubled finds a key that is in an object twice, in whatever case. It is
// another reading than the one that the decoders rely on.
func doubled(dec *json.Decoder) string {
	type object struct {
		keys []string
		key  bool // the next text is a key
		is   bool // not a list
	}
	var open []object
	for {
		token, err := dec.Token()
		if err != nil {
			return ""
		}
		top := len(open) - 1
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				open = append(open, object{key: v == '{', is: v == '{'})
				continue
			}
			open = open[:top]
			top--
		case string:
			if top >= 0 && open[top].key {
				for _, k := range open[top].keys {
					if strings.EqualFold(k, v) {
						return v
					}
				}
				open[top].keys, open[top].key = append(open[top].keys, v), false
				continue
			}
		}
		if top >= 0 && open[top].is {
			open[top].key = true // a value has ended
		}
	}
}

// fuzzProof leaves the body alone and lets the fuzzer write the proof: no guess
// is ever accepted.
func fuzzProof(f *testing.F, kind string) {
	front, s := frontForFuzz(f, kind)
	body := payload(f, kind, orders[kind])
	good, err := alerts.Sign(s, trialOf(f, kind, body, now))
	require.NoError(f, err)
	names := proofs(good.Header)
	f.Add("", "")
	f.Add("1785578400", "v1=00")
	f.Add("Bearer x", "Basic eDp5")
	f.Add("v1="+strings.Repeat("0", 64)+",v1=", strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, first, second string) {
		front.inbox.all = nil
		guess := alerts.Signed{Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
		for i, name := range names {
			guess.Header[name] = []string{[]string{first, second}[i%2]}
		}
		if kind == "hypernative" {
			var e map[string]string
			require.NoError(t, json.Unmarshal(body, &e))
			e["digitalSignature"] = first
			guess.Body, err = json.Marshal(e)
			require.NoError(t, err)
		}
		assert.Equal(t, http.StatusUnauthorized, front.send(request(kind, guess)).Code)
		assert.Empty(t, front.inbox.all)
	})
}
