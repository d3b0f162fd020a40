package alerts_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/alerts"
)

// FuzzGenericBody signs whatever the fuzzer writes: it must not panic, and
// what is accepted must be JSON that the standard library reads alike.
func FuzzGenericBody(f *testing.F) {
	f.Add(full)
	f.Add(`{"id":"a1","rule":"r"}`)
	f.Add(`{"id":"a1","ID":"a2","rule":"r"}`)
	f.Add(`[{}]`)
	f.Fuzz(func(t *testing.T, body string) {
		front := newFront(t)
		w := front.send(signed(body, now))
		if w.Code != http.StatusAccepted {
			assert.Empty(t, front.inbox.all)
			return
		}
		var plain struct{ ID, Rule string }
		assert.NoError(t, json.Unmarshal([]byte(body), &plain))
		assert.Equal(t, plain.ID, front.inbox.all[0].Alert.ID)
		assert.Equal(t, plain.Rule, front.inbox.all[0].Alert.Rule)
	})
}

// FuzzAlertmanagerBody is the same for groups.
func FuzzAlertmanagerBody(f *testing.F) {
	f.Add(group)
	f.Add(`{"version":"4","alerts":[{"status":"firing"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		front := newFront(t)
		if front.send(bearer(body, token)).Code == http.StatusAccepted {
			assert.True(t, json.Valid([]byte(body)))
			assert.NotEmpty(t, front.inbox.all)
		}
	})
}

// FuzzProof leaves the body alone and lets the fuzzer write the headers: no
// guess is ever accepted.
func FuzzProof(f *testing.F) {
	f.Add("1785578400", "v1=00", "Bearer x")
	f.Add("", "", "")
	f.Add("1785578400", "v1="+strings.Repeat("0", 64)+",v1=", secret)
	f.Fuzz(func(t *testing.T, timestamp, signature, authorization string) {
		front := newFront(t)
		r := httptest.NewRequest(http.MethodPost, "/v1/alerts/detector", strings.NewReader(full))
		r.Header.Set("Content-Type", "application/json")
		r.Header[alerts.TimestampHeader] = []string{timestamp}
		r.Header[alerts.SignatureHeader] = []string{signature}
		assert.NotEqual(t, http.StatusAccepted, front.send(r).Code)
		r = bearer(group, "")
		r.Header["Authorization"] = []string{authorization}
		if authorization != "Bearer "+token {
			assert.NotEqual(t, http.StatusAccepted, front.send(r).Code)
		}
		assert.True(t, authorization == "Bearer "+token || len(front.inbox.all) == 0)
	})
}
