package alerts_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// group is the default body of Alertmanager's webhook, one alert firing and
// one resolved.
const group = `{"receiver":"containment","status":"firing","alerts":[
 {"status":"firing","labels":{"alertname":"BridgeOutflow","severity":"critical","chain_id":"1337","contract":"0x1111111111111111111111111111111111111111"},
  "annotations":{"summary":"outflow"},"startsAt":"2026-08-01T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom.example/g","fingerprint":"c0ffee1234567890"},
 {"status":"resolved","labels":{"alertname":"Other","severity":"page"},"annotations":{},"startsAt":"2026-08-01T09:00:00Z","endsAt":"2026-08-01T09:30:00Z","generatorURL":"","fingerprint":"aa"}],
 "notification_reason":"first notification","groupLabels":{"alertname":"BridgeOutflow"},"commonLabels":{},"commonAnnotations":{},
 "externalURL":"http://am.example","version":"4","groupKey":"{}:{alertname=\"BridgeOutflow\"}","truncatedAlerts":2}`

func bearer(body, token string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/alerts/am", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func TestEachAlertOfAGroupIsItsOwn(t *testing.T) {
	f := newFront(t)
	w := f.send(bearer(group, token))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	require.Len(t, f.inbox.all, 2)
	firing, resolved := f.inbox.all[0], f.inbox.all[1]
	assert.Empty(t, firing.Inert)
	assert.Equal(t, "bridge.outflow", firing.Alert.Rule, "the source's names are mapped")
	assert.Equal(t, incident.SeverityCritical, firing.Alert.Severity)
	assert.Equal(t, "lab-vault", firing.Alert.Contract)
	assert.Contains(t, firing.Alert.Summary, "2 alerts of this group were left out")
	assert.Equal(t, 1, f.counts[alerts.Truncated], "somebody must raise the sender's limit")
	assert.Equal(t, "resolved", resolved.Inert, "a resolution is no order, and no permission to undo")
	assert.Empty(t, resolved.Alert.Severity, "a severity that is not ours is unknown")
	assert.NotContains(t, firing.Headers, "Authorization")
}

func TestARepeatIsADuplicateAndANewFiringIsNot(t *testing.T) {
	f := newFront(t)
	f.send(bearer(group, token))
	f.send(bearer(strings.Replace(group, "first notification", "repeat interval elapsed", 1), token))
	assert.Len(t, f.inbox.all, 2)
	f.send(bearer(strings.Replace(group, `"startsAt":"2026-08-01T10:00:00Z"`, `"startsAt":"2026-08-01T11:00:00Z"`, 1), token))
	assert.Len(t, f.inbox.all, 3)
}

func TestABearerTokenMustFit(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"none":        func(r *http.Request) { r.Header.Del("Authorization") },
		"another":     func(r *http.Request) { r.Header.Set("Authorization", "Bearer nope") },
		"empty":       func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") },
		"basic":       func(r *http.Request) { r.Header.Set("Authorization", "Basic "+token) },
		"bare":        func(r *http.Request) { r.Header.Set("Authorization", token) },
		"two of them": func(r *http.Request) { r.Header.Add("Authorization", "Bearer nope") },
	} {
		f := newFront(t)
		r := bearer(group, token)
		change(r)
		w := f.send(r)
		assert.Equal(t, http.StatusUnauthorized, w.Code, name)
		assert.NotContains(t, w.Body.String(), token)
		assert.Empty(t, f.inbox.all)
		assert.Equal(t, map[alerts.Outcome]int{alerts.Unauthenticated: 1}, f.counts)
	}
}

func TestAGroupThatIsNotAlertmanagersIsKeptAndOpensNothing(t *testing.T) {
	for name, c := range map[string]struct{ from, to string }{
		"another version": {`"version":"4"`, `"version":"5"`},
		"no version":      {`"version":"4",`, ``},
		"a key twice":     {`"version":"4"`, `"version":"4","version":"4"`},
		"no alerts":       {`"alerts":[`, `"alerts":[],"more":[`},
		"half of it":      {`"truncatedAlerts":2}`, ``},
		"status twice":    {`{"status":"firing","labels"`, `{"status":"resolved","Status":"firing","labels"`},
	} {
		f := newFront(t)
		w := f.send(bearer(strings.Replace(group, c.from, c.to, 1), token))
		assert.Equal(t, http.StatusAccepted, w.Code, "a 4xx would lose it: "+name)
		require.Len(t, f.inbox.all, 1, name)
		assert.Contains(t, f.inbox.all[0].Inert, "malformed: ", name)
		assert.Equal(t, map[alerts.Outcome]int{alerts.Unreadable: 1}, f.counts, name)
	}
}

func TestOneBadAlertDoesNotCostTheOthersOfItsGroup(t *testing.T) {
	f := newFront(t)
	w := f.send(bearer(strings.Replace(group, `"alertname":"Other"`, `"alertname":"Other","contract":"0x12"`, 1), token))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	require.Len(t, f.inbox.all, 2)
	assert.Empty(t, f.inbox.all[0].Inert)
	assert.Contains(t, f.inbox.all[1].Inert, "malformed")
}
