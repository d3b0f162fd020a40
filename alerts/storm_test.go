package alerts_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// TestAStrangerCannotUseUpASourcesRate: the limit protects us from a source;
// whoever knows its URL must not be able to silence it.
func TestAStrangerCannotUseUpASourcesRate(t *testing.T) {
	f := newFront(t, func(c *alerts.Config) { c.Sources[0].Rate, c.Sources[0].Burst = 1, 1 })
	for range 50 {
		r := signed(full, now)
		r.Header.Set(alerts.SignatureHeader, "v1="+strings.Repeat("0", 64))
		require.Equal(t, http.StatusUnauthorized, f.send(r).Code)
	}
	assert.Equal(t, http.StatusAccepted, f.send(signed(full, now)).Code)
}

// groupOf is a delivery of n alerts.
func groupOf(n, from int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"A","n":"%d"},"startsAt":"2026-08-01T10:00:00Z","fingerprint":"%d"}`, i, from+i))
	}
	return `{"version":"4","groupKey":"g","alerts":[` + strings.Join(all, ",\n ") + `]}`
}

func TestADeliveryIsStoredOnceAndNotOncePerAlert(t *testing.T) {
	f := newFront(t, func(c *alerts.Config) { c.Sources[1].Burst = 1000 })
	body := groupOf(400, 0)
	require.Equal(t, http.StatusAccepted, f.send(bearer(body, token)).Code)
	require.Len(t, f.inbox.all, 400)
	assert.Equal(t, body, string(f.inbox.all[0].Raw), "the first alert has the whole delivery, byte for byte")
	sum := 0
	for i, r := range f.inbox.all {
		sum += len(r.Raw)
		if i > 0 {
			assert.JSONEq(t, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"A","n":"%d"},"startsAt":"2026-08-01T10:00:00Z","fingerprint":"%d"}`, i, i), string(r.Raw))
		}
		assert.Contains(t, body, string(r.Raw), "what is kept is a part of what came")
		assert.Equal(t, f.inbox.all[0].Headers["Body-SHA256"], r.Headers["Body-SHA256"], "the parts say of what")
	}
	assert.Less(t, sum, 2*len(body)+1)
	assert.Len(t, f.inbox.all[0].Headers["Body-SHA256"], 64)

	// The first is known already: the whole comes with the first that is new.
	grown := groupOf(401, 0)
	require.Equal(t, http.StatusAccepted, f.send(bearer(grown, token)).Code)
	require.Len(t, f.inbox.all, 401)
	assert.Equal(t, grown, string(f.inbox.all[400].Raw))
}

func TestTheLimitCountsAlertsAndNotDeliveries(t *testing.T) {
	clock := now
	f := newFront(t, func(c *alerts.Config) {
		c.Sources[1].Rate, c.Sources[1].Burst = 10, 20
		c.Now = func() time.Time { return clock }
	})
	require.Equal(t, http.StatusAccepted, f.send(bearer(groupOf(50, 0), token)).Code, "a group above the burst is taken whole, or it could never come")
	w := f.send(bearer(groupOf(1, 900), token))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code, "Alertmanager repeats what met a 5xx, and drops what met a 429")
	assert.Equal(t, "4", w.Header().Get("Retry-After"), "30 too many and the next one, at 10 a second")
	clock = clock.Add(4 * time.Second)
	assert.Equal(t, http.StatusAccepted, f.send(bearer(groupOf(1, 900), token)).Code)
}

// TestATimeThatNoJournalCanKeepIsRefused: in UTC it lies in the year 10000,
// which JSON cannot say, and the sender would be asked to repeat it for ever.
func TestATimeThatNoJournalCanKeepIsRefused(t *testing.T) {
	f := newFront(t)
	body := strings.Replace(full, "2026-08-01T09:59:30Z", "9999-12-31T23:59:59-01:00", 1)
	assert.Equal(t, http.StatusBadRequest, f.send(signed(body, now)).Code)
	assert.Empty(t, f.inbox.all)
}

// TestAKeyInLettersThatFoldIsAKeyTwice: encoding/json takes the long s and the
// Kelvin sign for s and k.
func TestAKeyInLettersThatFoldIsAKeyTwice(t *testing.T) {
	for _, twice := range []string{"\u017feverity", "SEVERITY", "lin\u212a", "\\u017fummary"} {
		f := newFront(t)
		body := strings.Replace(full, `"severity"`, `"`+twice+`":"low","severity"`, 1)
		w := f.send(signed(body, now))
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.Contains(t, w.Body.String(), "one key to some readers", twice)
	}
}
