package alerts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

func pulledFront(t *testing.T, change ...func(*alerts.Config)) (*front, *alerts.Doors) {
	f := newFront(t, append(change, func(c *alerts.Config) { c.Sources[0].Pulled = true })...)
	return f, f.handler.(*alerts.Doors)
}

func pulled(body string, signedAt, at time.Time) alerts.Pulled {
	return alerts.Pulled{Header: alerts.SignGeneric(secret, []byte(body), signedAt), Body: []byte(body), At: at, From: "ALERTS:1"}
}

func TestAFetchedMessageIsTakenAsOneThatWasPosted(t *testing.T) {
	f, doors := pulledFront(t)
	assert.Equal(t, alerts.Verdict{Outcome: alerts.Accepted, Stored: true}, doors.Take(t.Context(), "detector", pulled(full, now, now)))
	assert.Equal(t, alerts.Verdict{Outcome: alerts.Duplicate, Stored: true}, doors.Take(t.Context(), "detector", pulled(full, now, now)))
	require.Len(t, f.inbox.all, 1)
	assert.Equal(t, "250000.5 USDX", f.inbox.all[0].Alert.Loss.String())
	assert.Equal(t, full, string(f.inbox.all[0].Raw))
}

func TestWhatWasSignedLongBeforeTheStreamTookItIsKeptAsLate(t *testing.T) {
	f, doors := pulledFront(t)
	v := doors.Take(t.Context(), "detector", pulled(full, now.Add(-time.Hour), now))
	assert.Equal(t, alerts.Verdict{Outcome: alerts.Inert, Stored: true}, v)
	require.Len(t, f.inbox.all, 1)
	assert.Equal(t, "late", f.inbox.all[0].Inert)
}

func TestAFetchedMessageThatCannotBeTakenIsToldOf(t *testing.T) {
	forged := pulled(full, now, now)
	forged.Header.Set(alerts.SignatureHeader, "v1="+strings.Repeat("0", 64))
	for name, c := range map[string]struct {
		source  string
		p       alerts.Pulled
		outcome alerts.Outcome
	}{
		"forged":             {"detector", forged, alerts.Unauthenticated},
		"too large":          {"detector", pulled(strings.Repeat("x", 300<<10), now, now), alerts.TooLarge},
		"for nobody":         {"nobody", pulled(full, now, now), alerts.UnknownSource},
		"for one that posts": {"am", pulled(full, now, now), alerts.UnknownSource},
	} {
		t.Run(name, func(t *testing.T) {
			var told []alerts.Refusal
			f, doors := pulledFront(t, func(c *alerts.Config) { c.Refused = func(r alerts.Refusal) { told = append(told, r) } })
			v := doors.Take(t.Context(), c.source, c.p)
			assert.Equal(t, c.outcome, v.Outcome)
			assert.False(t, v.Stored)
			assert.True(t, v.Never)
			assert.Zero(t, v.Again)
			assert.Empty(t, f.inbox.all)
			require.Len(t, told, 1)
			assert.Equal(t, "ALERTS:1", told[0].From)
			assert.Len(t, told[0].Body, 64)
		})
	}
}

// TestAFetchedMessageThatNobodyUnderstandsIsKept: who published it reads no
// answers, so ending it in the stream would lose it.
func TestAFetchedMessageThatNobodyUnderstandsIsKept(t *testing.T) {
	f, doors := pulledFront(t)
	v := doors.Take(t.Context(), "detector", pulled(`{"id":"a1","rule":"r","surprise":1}`, now, now))
	assert.True(t, v.Stored)
	require.Len(t, f.inbox.all, 1)
	assert.Contains(t, f.inbox.all[0].Inert, "malformed: ")
	assert.Contains(t, string(f.inbox.all[0].Raw), "surprise")
	assert.Equal(t, 1, f.counts[alerts.Unreadable])
}

func TestAFetchedMessageWaitsWhileItCannotBeStored(t *testing.T) {
	f, doors := pulledFront(t, func(c *alerts.Config) {
		c.Sources[0].Burst, c.Sources[0].Rate = 1, 1
		c.Refused = func(alerts.Refusal) { t.Error("what is only late is nobody's fault") }
	})
	f.inbox.fate = func(incident.Received) (bool, error) { return false, errors.New("disk full") }
	v := doors.Take(t.Context(), "detector", pulled(full, now, now))
	assert.Equal(t, alerts.Unavailable, v.Outcome)
	assert.Positive(t, v.Again)
	assert.False(t, v.Never)
	v = doors.Take(t.Context(), "detector", pulled(full, now, now))
	assert.Equal(t, alerts.RateLimited, v.Outcome)
	assert.Positive(t, v.Again)
	assert.False(t, v.Never)
}

// TestWhatWaitedInTheStreamIsJudgedByWhenItCameThere: the daemon was away, and
// the signature is no worse for it. After an hour it is news and no order.
func TestWhatWaitedInTheStreamIsJudgedByWhenItCameThere(t *testing.T) {
	for waited, inert := range map[time.Duration]string{0: "", 59 * time.Minute: "", 61 * time.Minute: incident.InertLate, 48 * time.Hour: incident.InertLate} {
		f, doors := pulledFront(t)
		came := now.Add(-waited)
		require.True(t, doors.Take(t.Context(), "detector", pulled(full, came.Add(-time.Minute), came)).Stored)
		assert.Equal(t, inert, f.inbox.all[0].Inert, waited)
	}
	f, doors := pulledFront(t)
	require.True(t, doors.Take(t.Context(), "detector", pulled(full, now.Add(-48*time.Hour), now.Add(-48*time.Hour))).Stored)
	require.Equal(t, alerts.Accepted, doors.Take(t.Context(), "detector", pulled(full, now, now)).Outcome, "published anew, it counts")
	assert.Empty(t, f.inbox.all[1].Inert)

	f, doors = pulledFront(t)
	require.True(t, doors.Take(t.Context(), "detector", pulled(full, now, now.Add(time.Hour))).Stored, "its clock is ahead")
	assert.Empty(t, f.inbox.all[0].Inert)
}

func TestASourceThatIsPulledCannotBePostedTo(t *testing.T) {
	f, _ := pulledFront(t)
	assert.Equal(t, 404, f.send(signed(full, now)).Code)
	assert.Empty(t, f.inbox.all)
}
