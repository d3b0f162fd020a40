package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eventually asks until the answer is the status and has the words.
func eventually(t *testing.T, url string, status int, words string) string {
	t.Helper()
	var code int
	var text string
	for range 400 {
		if code, text = get(t, url); code == status && strings.Contains(text, words) {
			return text
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("%s answers %d %s, not %d %s", url, code, text, status, words)
	return ""
}

func TestReadinessNamesWhatIsMissingAndComesBack(t *testing.T) {
	t.Parallel() // answers are remembered for a moment
	s := newSite(t)
	a := s.ready(t)
	text := eventually(t, admin(a, "/readyz"), http.StatusOK, `"ready":true`)
	assert.JSONEq(t, `{"ready":true,"checks":{"chains":"ok","journal":"ok","signer":"ok"}}`, text)

	s.vault.Faults.Seal(true)
	text = eventually(t, admin(a, "/readyz"), http.StatusServiceUnavailable, "sealed")
	assert.Contains(t, text, `"journal":"ok"`)
	assert.Contains(t, text, `"chains":"ok"`)
	assert.NotContains(t, text, vaultToken)
	code, _ := get(t, admin(a, "/healthz"))
	assert.Equal(t, http.StatusOK, code, "a restart would mend nothing")

	s.vault.Faults.Seal(false)
	s.down.Store(true)
	text = eventually(t, admin(a, "/readyz"), http.StatusServiceUnavailable, "chain lab")
	assert.Contains(t, text, `"journal":"ok"`)

	s.down.Store(false)
	eventually(t, admin(a, "/readyz"), http.StatusOK, `"ready":true`)
}

func TestAnEndpointThatIsDownDoesNotKeepTheDaemonFromStarting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.down.Store(true)
	a := s.start(t)
	assert.Equal(t, http.StatusAccepted, post(t, a, `{"id":"a-1","rule":"no.such.rule"}`))
	s.down.Store(false)
	eventually(t, admin(a, "/readyz"), http.StatusOK, `"ready":true`)
}

func TestWhatIsGuardedIsToldOnThePrivateAddressAlone(t *testing.T) {
	a := newSite(t).start(t)
	for _, path := range []string{"/metrics", "/readyz", "/", "/debug/pprof/", "/debug/vars"} {
		code, _ := get(t, public(a, path))
		assert.Equal(t, http.StatusNotFound, code, path)
	}
	code, text := get(t, public(a, "/healthz"))
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "ok\n", text)
	for _, path := range []string{"/v1/alerts/schema", "/slack/interactions", "/debug/pprof/"} {
		code, _ := get(t, admin(a, path))
		assert.Equal(t, http.StatusNotFound, code, path)
	}
}

func TestMetricsCountAnAlertAndTakeNoLabelFromStrangers(t *testing.T) {
	a := newSite(t).start(t)
	require.Equal(t, http.StatusAccepted, post(t, a, `{"id":"a-1","rule":"no.such.rule"}`))
	require.Equal(t, http.StatusAccepted, post(t, a, `{"id":"a-1","rule":"no.such.rule"}`))
	for i := range 20 {
		resp, err := http.Post(public(a, fmt.Sprintf("/v1/alerts/nobody-%d", i)), "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusNotFound, resp.StatusCode)
	}
	text := eventually(t, admin(a, "/metrics"), http.StatusOK, `firebreak_facts_total{kind="routed"} 1`)
	for _, line := range []string{
		`firebreak_alerts_total{outcome="accepted",source="detector"} 1`,
		`firebreak_alerts_total{outcome="duplicate",source="detector"} 1`,
		`firebreak_facts_total{kind="received"} 1`,
		`firebreak_incidents_open{phase="opened"} 0`,
		`process_open_fds`, `go_goroutines`,
	} {
		assert.Contains(t, text, line)
	}
	assert.NotContains(t, text, "nobody")
	assert.NotContains(t, text, "a-1")
}

func TestAClientThatSendsItsHeadersSlowlyIsCutOff(t *testing.T) {
	t.Parallel() // it waits for the limit
	a := newSite(t).start(t)
	for _, addr := range []net.Addr{a.Addr(), a.AdminAddr()} {
		conn, err := net.Dial("tcp", addr.String())
		require.NoError(t, err)
		defer conn.Close()
		_, err = conn.Write([]byte("POST /v1/alerts/detector HTTP/1.1\r\nHost: x\r\nX-Slow: "))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
		_, err = bufio.NewReader(conn).ReadString('\n')
		if timeout, ok := err.(net.Error); ok {
			assert.False(t, timeout.Timeout(), "the server ends it, not the test")
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	a := newSite(t).start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, public(a, "/healthz"), nil)
	require.NoError(t, err)
	req.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
}
