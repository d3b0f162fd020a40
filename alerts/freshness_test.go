package alerts_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

func TestOutsideTheWindowAnAlertIsKeptAndNeverActedOn(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Duration
		want string
	}{"301 s old": {-301 * time.Second, "late"}, "a day old": {-24 * time.Hour, "late"}, "301 s ahead": {301 * time.Second, "early"}, "a year ahead": {8760 * time.Hour, "early"}} {
		f := newFront(t)
		w := f.send(signed(full, now.Add(c.at)))
		assert.Equal(t, http.StatusAccepted, w.Code, name)
		require.Len(t, f.inbox.all, 1, name)
		assert.Equal(t, c.want, f.inbox.all[0].Inert, name)
		assert.Equal(t, now.Add(c.at), f.inbox.all[0].Alert.Sent, name)
		assert.Equal(t, map[alerts.Outcome]int{alerts.Stale: 1}, f.counts, name)

		assert.Equal(t, http.StatusAccepted, f.send(signed(full, now)).Code)
		require.Len(t, f.inbox.all, 2, "signed anew, it is not the duplicate of what came late")
		assert.Empty(t, f.inbox.all[1].Inert)
	}
}

func TestTheEdgesOfTheWindowAreTaken(t *testing.T) {
	for _, at := range []time.Time{now.Add(-300 * time.Second), now.Add(300 * time.Second)} {
		assert.Equal(t, http.StatusAccepted, newFront(t).send(signed(full, at)).Code)
	}
}

func TestTheWindowIsTheSourcesOwn(t *testing.T) {
	s := sources(t)["tenderly"]
	body := payload(t, "tenderly", "alert")
	for window, want := range map[time.Duration]string{0: "", 30 * time.Second: "late", time.Hour: ""} {
		s.Window = window
		f := frontOf(t, s)
		f.send(signedBy(t, s, body, now.Add(-9*time.Minute)))
		assert.Equal(t, want, f.inbox.all[0].Inert, window)
	}
	for _, window := range []time.Duration{-time.Second, time.Second, time.Hour + 1} {
		s.Window = window
		assert.NotEmpty(t, s.Faults(), window)
	}
}
