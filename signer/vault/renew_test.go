package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// clerk answers logins and renewals in the time of a synctest bubble, where
// there is no network.
type clerk struct {
	ttl     int    // of every token, seconds
	kind    string // "service" or "batch"
	renew   int    // what a renewal is answered with
	login   int    // what a login is answered with
	mu      sync.Mutex
	logins  []time.Time
	renewed int
}

func (c *clerk) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	status, body := http.StatusOK, any(nil)
	auth := map[string]any{"auth": map[string]any{"client_token": "hvs.x", "lease_duration": c.ttl, "renewable": c.kind == "service", "token_type": c.kind}}
	switch {
	case strings.HasSuffix(req.URL.Path, "/login"):
		c.logins = append(c.logins, time.Now())
		status, body = c.login, auth
	case strings.HasSuffix(req.URL.Path, "/renew-self"):
		c.renewed++
		status, body = c.renew, auth
	default:
		status = http.StatusNotFound
	}
	if status != http.StatusOK {
		body = map[string]any{"errors": []string{map[int]string{403: "permission denied", 503: "Vault is sealed"}[status]}}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(raw)), Request: req}, nil
}

// serve runs a client over the clerk for so long.
func (c *clerk) serve(t *testing.T, long time.Duration) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "jwt")
	require.NoError(t, os.WriteFile(file, []byte("a.b.c"), 0o600))
	client, err := New(Config{Address: "http://vault.test", Mount: "eth", JWT: &JWT{Role: "bot", JWTFile: file}, under: c})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	require.NoError(t, client.Run(ctx))
	synctest.Wait()
}

// TestHowATokenIsKeptAlive runs a client for an hour: each way in which
// renewing can end leads to another login, and none of them to a loop of them.
func TestHowATokenIsKeptAlive(t *testing.T) {
	for name, c := range map[string]struct {
		*clerk
		minLogins, maxLogins     int
		minRenewals, maxRenewals int
	}{
		"it is renewed":                      {&clerk{ttl: 900, kind: "service", renew: 200, login: 200}, 1, 1, 4, 20},
		"a batch token cannot be":            {&clerk{ttl: 900, kind: "batch", renew: 400, login: 200}, 4, 8, 0, 0},
		"its renewal is refused":             {&clerk{ttl: 900, kind: "service", renew: 403, login: 200}, 4, 8, 4, 8},
		"Vault is sealed":                    {&clerk{ttl: 900, kind: "service", renew: 503, login: 200}, 100, 200, 100, 200},
		"Vault is sealed for logins too":     {&clerk{ttl: 900, kind: "service", renew: 503, login: 503}, 100, 200, 0, 0},
		"neither":                            {&clerk{ttl: 900, kind: "service", renew: 403, login: 403}, 100, 200, 0, 0},
		"tokens end at once":                 {&clerk{ttl: 1, kind: "batch", renew: 400, login: 200}, 100, 200, 0, 0},
		"tokens end at once, renewal errors": {&clerk{ttl: 1, kind: "service", renew: 500, login: 200}, 100, 200, 1, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.serve(t, time.Hour)
				assert.GreaterOrEqual(t, len(c.logins), c.minLogins)
				assert.LessOrEqual(t, len(c.logins), c.maxLogins)
				assert.GreaterOrEqual(t, c.renewed, c.minRenewals)
				assert.LessOrEqual(t, c.renewed, c.maxRenewals)
			})
		})
	}
}

// TestATokenThatCannotBeRenewedIsReplacedBeforeItEnds: between the end of one
// and the next there must be no moment without.
func TestATokenThatCannotBeRenewedIsReplacedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{ttl: 900, kind: "batch", renew: 400, login: 200}
		c.serve(t, 2*time.Hour)
		require.Greater(t, len(c.logins), 4)
		for i, at := range c.logins[1:] {
			assert.Less(t, at.Sub(c.logins[i]), 900*time.Second)
		}
	})
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "86400": longestWait, "99999999999999": 0, "-1": 0, "soon": 0,
		now.Add(9 * time.Second).Format(http.TimeFormat): 9 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):      0,
		now.Add(time.Hour).Format(http.TimeFormat):       longestWait,
	} {
		assert.Equal(t, want, retryAfter(http.Header{"Retry-After": {text}}, now), text)
	}
}
