package app_test

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// TestADaemonTakesAlertsOverTLSAndRecordsWhoWasTurnedAway: through the whole
// daemon, with a list for one source and a stream that is not there for another.
func TestADaemonTakesAlertsOverTLSAndRecordsWhoWasTurnedAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := filepath.Join(s.dir, "firebreak.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	s.put(t, "firebreak.yaml", strings.Replace(string(text), "sources:\n", `tls: {cert_file: tls.crt, key_file: tls.key}
sources:
  watcher: {kind: generic, secret_files: [listed-secret], addresses: [192.0.2.0/24]}
  other: {kind: generic, secret_files: [waits-secret], nats: {url: "nats://127.0.0.1:1", stream: ALERTS}}
`, 1))
	s.put(t, "listed-secret", "listed-secret-of-this-test")
	s.put(t, "waits-secret", "waits-secret-of-this-test")
	app.Certify(t, filepath.Join(s.dir, "tls.crt"), filepath.Join(s.dir, "tls.key"))
	inventory := filepath.Join(s.dir, "inventory.yaml")
	known, err := os.ReadFile(inventory)
	require.NoError(t, err)
	s.put(t, "inventory.yaml", strings.Replace(string(known), "\nsources:\n", "\nsources:\n  other: {rules: [vault.outflow-spike]}\n", 1))
	a := s.start(t)

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	t.Cleanup(client.CloseIdleConnections)
	send := func(source, secret string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+a.Addr().String()+"/v1/alerts/"+source, bytes.NewReader([]byte(drain)))
		require.NoError(t, err)
		r.Header = alerts.SignGeneric(secret, []byte(drain), time.Now())
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", "192.0.2.7") // nobody's word
		answer, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	assert.Equal(t, http.StatusAccepted, send("detector", detectorSecret))
	assert.Equal(t, http.StatusUnauthorized, send("detector", "another-secret-of-somebody"))
	assert.Equal(t, http.StatusForbidden, send("watcher", "listed-secret-of-this-test"))
	assert.Equal(t, http.StatusNotFound, send("other", "waits-secret-of-this-test"), "it is fetched")

	code, ready := get(t, admin(a, "/readyz"))
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Contains(t, ready, "source other", "whose stream cannot be reached")
	_, counted := get(t, admin(a, "/metrics"))
	assert.Contains(t, counted, `firebreak_alerts_total{outcome="foreign_address",source="watcher"} 1`)

	require.Equal(t, []string{"detector unauthenticated", "watcher foreign_address", "other unknown_source"}, s.turnedAway(t, 3))
}

// turnedAway waits for so many records of refused alerts.
func (s *site) turnedAway(t *testing.T, n int) (all []string) {
	t.Helper()
	j, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(s.dir, "firebreak.db"))
	require.NoError(t, err)
	defer j.Close()
	require.Eventually(t, func() bool {
		all = nil
		for f, err := range j.Read(t.Context(), incident.Door, 0) {
			require.NoError(t, err)
			body, err := f.Body()
			require.NoError(t, err)
			away := body.(incident.TurnedAway)
			assert.Contains(t, away.Detail, "from 127.0.0.1")
			all = append(all, away.Who+" "+away.Reason)
		}
		return len(all) == n
	}, 20*time.Second, 25*time.Millisecond)
	return all
}
