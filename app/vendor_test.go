package app_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// vendored is the site with Tenderly in the detector's place.
func vendored(t *testing.T) *site {
	s := newSite(t)
	s.put(t, "firebreak.yaml", strings.Replace(s.text(t, "firebreak.yaml"), "{kind: generic, secret_files: [detector-secret]}",
		"{kind: tenderly, secret_files: [detector-secret], rule: vault.outflow-spike, severity: critical}", 1))
	return s
}

func TestAVendorsOrderOpensAnIncidentAndItsTestDoesNot(t *testing.T) {
	s := vendored(t)
	a := s.start(t)
	url := public(a, "/v1/alerts/detector")
	status, _ := get(t, url)
	assert.Equal(t, http.StatusOK, status, "Tenderly asks whether the URL is there")

	send := func(id, what string, at time.Time) int {
		body := []byte(`{"id":"` + id + `","event_type":"` + what + `","transaction":{"network":"1337","hash":"0x` + strings.Repeat("aa", 32) +
			`","from":"0x2222222222222222222222222222222222222222","to":"0x1111111111111111111111111111111111111111","logs":[]}}`)
		signed, err := alerts.Sign(alerts.Source{Name: "detector", Kind: "tenderly", Secrets: []string{detectorSecret}}, alerts.Trial{Body: body, Now: at})
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(signed.Body))
		require.NoError(t, err)
		req.Header = signed.Header
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	assert.Equal(t, http.StatusOK, send("one", "TEST", time.Now()))
	assert.Equal(t, http.StatusOK, send("two", "ALERT", time.Now().Add(-time.Hour)))
	assert.Equal(t, http.StatusOK, send("three", "ALERT", time.Now()))
	s.matched(t, a, 1)
	_, metrics := get(t, admin(a, "/metrics"))
	for _, line := range []string{`firebreak_alerts_total{outcome="inert",source="detector"} 1`, `firebreak_alerts_total{outcome="stale",source="detector"} 1`,
		`firebreak_alerts_total{outcome="accepted",source="detector"} 1`} {
		assert.Contains(t, metrics, line)
	}
}
