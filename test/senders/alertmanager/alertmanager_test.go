package alertmanager_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/test/senders/sendertest"
)

const token = "the-token-of-this-alertmanager"

func source() alerts.Source {
	return alerts.Source{Name: "am", Kind: "alertmanager", Secrets: []string{token}, Rules: map[string]string{"BridgeOutflow": "bridge.outflow"}}
}

// configured is Alertmanager's own configuration, as docs/SOURCES.md tells people
// to write it, with shorter intervals.
func configured(url, token string) string {
	return fmt.Sprintf(`
route:
  receiver: firebreak
  group_by: [alertname]
  group_wait: 10ms
  group_interval: 200ms
  repeat_interval: 4h
receivers:
  - name: firebreak
    webhook_configs:
      - url: %q
        http_config:
          authorization: {type: Bearer, credentials: %q}
`, url, token)
}

// fire posts one alert into an Alertmanager, as Prometheus does; a past end
// resolves it.
func fire(t *testing.T, api string, started time.Time, ended string) {
	t.Helper()
	body := fmt.Sprintf(`[{"startsAt":%q%s,"generatorURL":"https://prometheus.example/graph",
	 "labels":{"alertname":"BridgeOutflow","severity":"critical","chain_id":"1337","contract":%q},
	 "annotations":{"summary":"more goes out than came in"}}]`, started.UTC().Format(time.RFC3339), ended, sendertest.Vault.Hex())
	answer, err := http.Post(api, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

func TestARealAlertmanagersAlertIsStoredInItsNormalForm(t *testing.T) {
	r := sendertest.Start(t, source())
	api := start(t, configured(r.URL, token))
	started := time.Now().Add(-time.Minute).Truncate(time.Second)
	fire(t, api, started, "")

	got := r.Until(t, 1)[0]
	assert.Empty(t, got.Inert, "it is an order to act")
	a := got.Alert
	assert.Equal(t, "am", a.Source)
	assert.Equal(t, "bridge.outflow", a.Rule)
	assert.Equal(t, incident.SeverityCritical, a.Severity)
	assert.Equal(t, "lab", a.Chain)
	assert.Equal(t, "lab-vault", a.Contract)
	assert.Equal(t, sendertest.Vault, *a.Address)
	assert.Equal(t, started.UTC(), a.Occurred)
	assert.Equal(t, "more goes out than came in", a.Summary)
	assert.Equal(t, "https://prometheus.example/graph", a.Link)
	assert.NotEmpty(t, a.Signal)
	assert.Contains(t, string(got.Raw), `"version":"4"`)
	assert.NotContains(t, fmt.Sprint(got.Headers), token)

	fire(t, api, started, fmt.Sprintf(`,"endsAt":%q`, time.Now().Add(-time.Second).UTC().Format(time.RFC3339)))
	resolved := r.Until(t, 2)[1]
	assert.Equal(t, incident.InertResolved, resolved.Inert)
	assert.Equal(t, a.Signal, resolved.Alert.Signal, "it closes what it opened")
	assert.NotEqual(t, a.ID, resolved.Alert.ID)

	fire(t, api, time.Now().Truncate(time.Second), "")
	again := r.Until(t, 3)[2]
	assert.Empty(t, again.Inert, "the next firing is another")
	assert.NotEqual(t, a.ID, again.Alert.ID)
	assert.Zero(t, r.Refused.Load())
}

// TestARealAlertmanagerComesAgainWhenTheDiskWasFull: it repeats what met a 503,
// and not what met a 429 (its own rule).
func TestARealAlertmanagerComesAgainWhenTheDiskWasFull(t *testing.T) {
	r := sendertest.Start(t, source())
	r.Failing.Store(2)
	fire(t, start(t, configured(r.URL, token)), time.Now(), "")
	assert.Len(t, r.Until(t, 1), 1)
	assert.Negative(t, r.Failing.Load(), "it came a third time")
}

func TestARealAlertmanagerWithAnotherTokenStoresNothing(t *testing.T) {
	r := sendertest.Start(t, source())
	fire(t, start(t, configured(r.URL, "another-token-of-somebody")), time.Now(), "")
	require.Eventually(t, func() bool { return r.Refused.Load() > 0 }, 60*time.Second, 20*time.Millisecond)
	assert.Empty(t, r.Stored(t))
}
