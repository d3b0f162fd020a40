package app_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

const drain = `{"id":"drain-1","rule":"vault.outflow-spike","severity":"critical","chain":"lab","contract":"lab-vault",
	"loss":{"amount":"24000","token":"USDX"},"confidence":0.97}`

// only waits until the journal's only incident is as wanted.
func (s *site) only(t *testing.T, wanted func(incident.State) bool) incident.State {
	t.Helper()
	j, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(s.dir, "firebreak.db"))
	require.NoError(t, err)
	defer j.Close()
	var states []incident.State
	for range 800 {
		states, err = journal.Incidents(t.Context(), j)
		require.NoError(t, err)
		if len(states) == 1 && wanted(states[0]) {
			return states[0]
		}
		time.Sleep(25 * time.Millisecond)
	}
	for _, state := range states {
		t.Errorf("incident %s is %s: %s", state.ID, state.Phase(), state.Run().End)
	}
	t.Fatalf("the journal has %d incidents and none as wanted", len(states))
	return incident.State{}
}

func TestAStopWithAnOpenIncidentIsQuickAndARestartGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.start(t)
	require.Equal(t, http.StatusAccepted, post(t, a, drain))
	before := s.only(t, func(s incident.State) bool { return s.Phase() == incident.PhaseAsking })

	stopped := make(chan error, 1)
	go func() { stopped <- a.Stop() }()
	select {
	case err := <-stopped:
		require.NoError(t, err)
	case <-time.After(8 * time.Second): // less than an orchestrator's patience
		t.Fatal("it does not stop")
	}
	assert.NoError(t, a.Err(), "it was told to stop")
	select {
	case <-a.Done():
	default:
		t.Error("who waits for its end is told")
	}
	_, err := net.Dial("tcp", a.Addr().String())
	assert.Error(t, err, "nobody listens any more")

	people := s.openSlack(t) // it comes back meanwhile
	s.start(t)
	after := s.only(t, func(s incident.State) bool { return s.Seq > before.Seq })
	assert.Equal(t, before.ID, after.ID)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = people.WaitMessage(ctx, channel, func(m slacktest.Message) bool { return len(m.Buttons()) > 0 })
	assert.NoError(t, err, "the card that was owed is posted")
	report := s.verify(t)
	assert.Positive(t, report.Facts)
}

func (s *site) verify(t *testing.T) journal.Report {
	t.Helper()
	j, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(s.dir, "firebreak.db"))
	require.NoError(t, err)
	defer j.Close()
	report, err := journal.Verify(t.Context(), j)
	require.NoError(t, err)
	return report
}

func TestAClientThatHangsDoesNotMakeAStopFail(t *testing.T) {
	t.Parallel() // it waits for the client's end
	a := newSite(t).start(t)
	conn, err := net.Dial("tcp", a.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST /v1/alerts/detector HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{"))
	require.NoError(t, err)
	eventually(t, public(a, "/healthz"), http.StatusOK, "ok") // it has been accepted by now
	assert.NoError(t, a.Stop())
	assert.NoError(t, a.Stop(), "a second stop does nothing")
}

func TestANewThatFailsLeavesEverythingFreeForTheNext(t *testing.T) {
	s := newSite(t)
	c, err := app.LoadConfig(filepath.Join(s.dir, "firebreak.yaml"))
	require.NoError(t, err)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c.Listen, c.Admin = free.Addr().String(), taken.Addr().String() // the last thing that New opens
	require.NoError(t, free.Close())
	for range 3 {
		_, err = app.New(t.Context(), c, app.Options{})
		require.ErrorContains(t, err, "address already in use", "and not the journal's lock nor the first port")
		require.ErrorContains(t, err, "health and metrics")
	}
	require.NoError(t, taken.Close())
	a, err := app.New(t.Context(), c, app.Options{})
	require.NoError(t, err)
	assert.NoError(t, a.Stop(), "one that was never started can be stopped")
	s.start(t)
}
