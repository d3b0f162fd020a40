package alerts_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// TestEveryKind holds every kind of source to the same rules.
func TestEveryKind(t *testing.T) {
	all := sources(t)
	assert.Equal(t, alerts.Kinds(), slices.Sorted(maps.Keys(all)), "every kind is held to them")
	for kind, s := range all {
		body := payload(t, kind, orders[kind])
		for name, rule := range map[string]func(*testing.T, alerts.Source, []byte){
			"takes a good proof, and answers as its sender expects": takesAGoodProof,
			"refuses every changed byte":                            refusesEveryChangedByte,
			"refuses a proof that is missing or comes twice":        refusesNoProof,
			"takes two secrets and no third":                        takesTwoSecrets,
			"knows a repeat":                                        knowsARepeat,
			"keeps what came when its time had passed":              keepsWhatIsLate,
			"never loses what it cannot read":                       neverLosesWhatItCannotRead,
			"keeps its secrets":                                     keepsItsSecrets,
			"is refused without a secret":                           isRefusedWithoutASecret,
		} {
			t.Run(kind+" "+name, func(t *testing.T) { rule(t, s, body) })
		}
	}
}

// transports are the kinds that sign nothing of their messages.
var transports = map[string]bool{"alertmanager": true, "datadog": true, "safe": true}

// taken is what a sender must hear.
var taken = map[string]int{"tenderly": http.StatusOK, "forta": http.StatusOK}

func takenBy(kind string) int {
	if status, ok := taken[kind]; ok {
		return status
	}
	return http.StatusAccepted
}

// opens counts what would open a run.
func opens(f *front) (n int) {
	for _, r := range f.inbox.all {
		if r.Inert == "" {
			n++
		}
	}
	return n
}

func takesAGoodProof(t *testing.T, s alerts.Source, body []byte) {
	f := frontOf(t, s)
	r := signedBy(t, s, body, now)
	w := f.send(r)
	assert.Equal(t, takenBy(s.Kind), w.Code, w.Body)
	require.NotEmpty(t, f.inbox.all)
	assert.Equal(t, s.Kind == "safe", opens(f) == 0, "an event of Safe opens nothing")
	assert.Equal(t, s.Kind == "safe", w.Body.Len() == 0, "Safe wants an empty answer")
	assert.NotEmpty(t, f.inbox.all[0].Raw)

	probe := signedBy(t, s, body, now)
	probe.Method = http.MethodGet
	want := http.StatusMethodNotAllowed
	if s.Kind == "tenderly" {
		want = http.StatusOK
	}
	assert.Equal(t, want, f.send(probe).Code, "whoever asks with GET whether the URL is there")
}

// proofs are the headers that a signed delivery adds.
func proofs(h http.Header) []string {
	h = h.Clone()
	h.Del("Content-Type")
	return slices.Sorted(maps.Keys(h))
}

func refusesEveryChangedByte(t *testing.T, s alerts.Source, body []byte) {
	f := frontOf(t, s)
	signed, err := alerts.Sign(s, trialOf(t, s.Kind, body, now))
	require.NoError(t, err)
	refused := func(d alerts.Signed, format string, args ...any) {
		if !assert.Equal(t, http.StatusUnauthorized, f.send(request(s.Name, d)).Code, fmt.Sprintf(format, args...)) {
			t.FailNow()
		}
	}
	for _, name := range proofs(signed.Header) {
		value := signed.Header.Get(name)
		for i := range value {
			for _, bit := range []byte{1, 0x20} {
				changed := alerts.Signed{Header: signed.Header.Clone(), Body: signed.Body}
				changed.Header.Set(name, value[:i]+string(value[i]^bit)+value[i+1:])
				refused(changed, "%s, byte %d", name, i)
			}
		}
		for _, other := range []string{value + "0", value[1:], value[:len(value)-1], value + value} {
			changed := alerts.Signed{Header: signed.Header.Clone(), Body: signed.Body}
			changed.Header.Set(name, other)
			refused(changed, "%s: %q", name, other)
		}
	}
	if !transports[s.Kind] && s.Kind != "forta" { // the token of a node does not cover the body
		for i := range signed.Body {
			changed := bytes.Clone(signed.Body)
			changed[i] ^= 1
			if s.Kind != "hypernative" || !sameSigned(signed.Body, changed) {
				refused(alerts.Signed{Header: signed.Header, Body: changed}, "byte %d of the body", i)
			}
		}
		refused(alerts.Signed{Header: signed.Header, Body: append(bytes.Clone(signed.Body), '}')}, "a byte more")
		refused(alerts.Signed{Header: signed.Header, Body: signed.Body[:len(signed.Body)-1]}, "a byte less")
	}
	assert.Empty(t, f.inbox.all, "nothing is kept of it")
	assert.Len(t, f.counts, 1)
}

// sameSigned tells whether what Hypernative signs is the same in two bodies: the
// rest of the envelope is a stranger's, and decides nothing.
func sameSigned(a, b []byte) bool {
	var x, y struct{ Data, DigitalSignature string }
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && x == y
}

func refusesNoProof(t *testing.T, s alerts.Source, body []byte) {
	f := frontOf(t, s)
	signed, err := alerts.Sign(s, trialOf(t, s.Kind, body, now))
	require.NoError(t, err)
	for _, name := range proofs(signed.Header) {
		without := request(s.Name, signed)
		without.Header.Del(name)
		assert.Equal(t, http.StatusUnauthorized, f.send(without).Code, "without %s", name)
		twice := request(s.Name, signed)
		twice.Header.Add(name, signed.Header.Get(name))
		assert.Equal(t, http.StatusUnauthorized, f.send(twice).Code, "%s twice", name)
	}
	bare := request(s.Name, alerts.Signed{Header: http.Header{"Content-Type": {"application/json"}}, Body: body})
	if s.Kind == "hypernative" {
		bare = request(s.Name, alerts.Signed{Header: signed.Header, Body: []byte(`{"id":"x","data":"{}"}`)})
	}
	assert.Equal(t, http.StatusUnauthorized, f.send(bare).Code)
	assert.Empty(t, f.inbox.all)
}

func takesTwoSecrets(t *testing.T, s alerts.Source, body []byte) {
	second, third := s, s
	both := s
	switch s.Kind {
	case "forta":
		both.Scanners = []string{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", scanner}
		s.Scanners = both.Scanners[:1]
	case "hypernative":
		both.Keys = append([]string{"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBgZAJk+OuOzp3sO6B+44gqLDzz/X1KloIQYkqefTYMv+URMIvN97gsoLYrZ9K08uQR0XHLXbB0RCTAt6BNFhzQ=="}, s.Keys...)
		s.Keys = both.Keys[:1]
	case "safe":
		both.Secrets, second.Secrets, third.Secrets = []string{safePair, newPair}, []string{newPair}, []string{oldPair}
	default:
		both.Secrets, second.Secrets, third.Secrets = []string{secret, newSecret}, []string{newSecret}, []string{oldSecret}
	}
	assert.Equal(t, takenBy(s.Kind), frontOf(t, both).send(signedBy(t, second, body, now)).Code)
	if len(both.Secrets) == 0 {
		assert.Equal(t, http.StatusUnauthorized, frontOf(t, s).send(signedBy(t, second, body, now)).Code, "another key")
		return
	}
	assert.Equal(t, takenBy(s.Kind), frontOf(t, both).send(signedBy(t, s, body, now)).Code)
	assert.Equal(t, http.StatusUnauthorized, frontOf(t, both).send(signedBy(t, third, body, now)).Code, "a third")
}

func knowsARepeat(t *testing.T, s alerts.Source, body []byte) {
	f := frontOf(t, s)
	require.Equal(t, takenBy(s.Kind), f.send(signedBy(t, s, body, now)).Code)
	before := len(f.inbox.all)
	assert.Equal(t, takenBy(s.Kind), f.send(signedBy(t, s, body, now.Add(time.Second))).Code, "its sender is told that all is well")
	assert.Len(t, f.inbox.all, before)
	assert.Equal(t, before, f.counts[alerts.Duplicate])
}

func keepsWhatIsLate(t *testing.T, s alerts.Source, body []byte) {
	clock := now.Add(2 * time.Hour)
	f := frontOf(t, s, func(c *alerts.Config) { c.Now = func() time.Time { return clock } })
	at := now
	if s.Kind == "forta" {
		at = clock // its token must be of now; the alert is old
	}
	w := f.send(signedBy(t, s, body, at))
	assert.Equal(t, takenBy(s.Kind), w.Code, w.Body)
	require.NotEmpty(t, f.inbox.all)
	for _, r := range f.inbox.all {
		switch s.Kind {
		case "alertmanager":
			assert.Empty(t, r.Inert, "nothing dates it: a repeat keeps startsAt")
		case "safe":
			assert.Equal(t, "update", r.Inert)
		default:
			assert.Equal(t, "late", r.Inert)
		}
	}
	ahead := frontOf(t, s, func(c *alerts.Config) { c.Now = func() time.Time { return now.Add(-2 * time.Hour) } })
	if s.Kind != "alertmanager" && s.Kind != "safe" && s.Kind != "forta" {
		assert.Equal(t, takenBy(s.Kind), ahead.send(signedBy(t, s, body, now)).Code)
		require.NotEmpty(t, ahead.inbox.all)
		assert.Equal(t, "early", ahead.inbox.all[0].Inert)
	}
}

func neverLosesWhatItCannotRead(t *testing.T, s alerts.Source, body []byte) {
	for name, broken := range map[string]string{
		"half of it":          string(body[:len(body)/2]),
		"no JSON":             "pause everything",
		"nothing":             "",
		"an array":            "[]",
		"a key twice":         `{"id":"a","id":"b"}`,
		"a key in two cases":  `{"status":"a","STATUS":"b"}`,
		"a key in an old s":   "{\"status\":\"a\",\"\u017ftatus\":\"b\"}",
		"two documents":       string(body) + string(body),
		"a byte that is none": "{\"id\":\"\xff\"}",
		"very deep":           strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		f := frontOf(t, s)
		raw := []byte(broken)
		if s.Kind == "hypernative" {
			if name == "a byte that is none" || name == "nothing" {
				continue // cannot be in a JSON text, and the envelope is one
			}
			raw, _ = json.Marshal(map[string]string{"id": "x", "data": broken})
		}
		w := f.send(signedBy(t, s, raw, now))
		assert.Zero(t, opens(f), name)
		if s.Kind == "generic" {
			assert.Equal(t, http.StatusBadRequest, w.Code, "its author reads answers: "+name)
			assert.Empty(t, f.inbox.all)
			continue
		}
		assert.Equal(t, takenBy(s.Kind), w.Code, "a 4xx would lose it: "+name)
		require.Len(t, f.inbox.all, 1, name)
		assert.Contains(t, f.inbox.all[0].Inert, "malformed: ", name)
		if s.Kind != "hypernative" {
			assert.Equal(t, broken, string(f.inbox.all[0].Raw), name)
		}
		f.send(signedBy(t, s, raw, now))
		assert.Len(t, f.inbox.all, 1, "a repeat of it is a duplicate: "+name)
	}
}
