package e2e_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/lab"
)

const (
	stormKeys    = 20
	stormSenders = 64
	// stormMemory bounds what the daemon may have resident, in bytes, however
	// long a storm lasts.
	stormMemory = 256 << 20
)

// stormSize is how many alerts a storm has: a few in every test run, and
// 100,000 by `make storm`.
func stormSize(t *testing.T) int {
	text := os.Getenv("FIREBREAK_STORM")
	if text == "" {
		return 2000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "FIREBREAK_STORM is how many alerts a storm has")
	return n
}

// storm is a detector that has gone mad.
type storm struct {
	t      *testing.T
	r      *lab.Range
	name   string
	ids    []int  // of the alerts, in the order in which they are sent
	last   uint64 // in the inbox before it
	client *http.Client

	mu    sync.Mutex
	acked map[string]bool
	taken atomic.Int64 // deliveries that were acknowledged
	tried atomic.Int64 // posts
}

func newStorm(t *testing.T, r *lab.Range, name string) *storm {
	s := &storm{t: t, r: r, name: name, acked: map[string]bool{}, client: &http.Client{Timeout: 10 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: stormSenders}}}
	s.last = uint64(len(s.inbox()))
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// brew makes it n alerts, of so many ids, in no order.
func (s *storm) brew(n, distinct int) {
	for i := range n {
		s.ids = append(s.ids, i%distinct)
	}
	rand.Shuffle(n, func(i, j int) { s.ids[i], s.ids[j] = s.ids[j], s.ids[i] })
}

func (s *storm) alert(id int) map[string]any {
	return map[string]any{"id": fmt.Sprintf("%s-%d", s.name, id), "rule": "storm", "severity": "critical",
		"labels":   map[string]string{"n": fmt.Sprintf("%s-%d", s.name, id%stormKeys)},
		"suspects": []string{fmt.Sprintf("0xfeed%036x", id%stormKeys)}, "summary": "Money leaves the vault"}
}

// send sends all of it, each alert until it is acknowledged, and calls half in
// the middle of it.
func (s *storm) send(ctx context.Context, half func()) {
	var next atomic.Int64
	var wg sync.WaitGroup
	var once sync.Once
	for range stormSenders {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(s.ids)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if int(i) == len(s.ids)/2 {
					once.Do(func() { wg.Go(half) })
				}
				for !s.post(ctx, s.ids[i]) && ctx.Err() == nil {
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	require.NoError(s.t, ctx.Err())
}

// post posts an alert once, and tells whether it was acknowledged.
func (s *storm) post(ctx context.Context, id int) bool {
	s.tried.Add(1)
	message := s.alert(id)
	req, err := s.r.Delivery(ctx, message)
	if err != nil {
		return false
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusAccepted {
		return false
	}
	s.taken.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked[message["id"].(string)] = true
	return true
}

// acknowledged are the ids that were, so far.
func (s *storm) acknowledged() (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.acked {
		ids = append(ids, id)
	}
	return ids
}

// inbox are the ids of the storm in the journal, and how often each is there.
func (s *storm) inbox() map[string]int {
	ids := map[string]int{}
	for f, err := range s.r.Record().Read(s.t.Context(), incident.Inbox, s.last) {
		require.NoError(s.t, err)
		body, err := f.Body()
		require.NoError(s.t, err)
		ids[body.(incident.Received).Alert.ID]++
	}
	return ids
}

// kill ends the daemon by SIGKILL, and holds its journal against what it
// acknowledged, before another one starts.
func (s *storm) kill(ctx context.Context) {
	s.memory()
	promised := s.acknowledged()
	assert.NoError(s.t, s.r.Kill())
	there := s.inbox()
	for _, id := range promised {
		if there[id] != 1 {
			assert.Fail(s.t, "an alert was acknowledged and is not once in the journal", id)
			break
		}
	}
	s.t.Logf("killed after %d of %d: %d ids acknowledged, %d in the journal", s.taken.Load(), len(s.ids), len(promised), len(there))
	assert.NoError(s.t, s.r.Restart(ctx))
}

// memory prints and bounds what the daemon takes.
func (s *storm) memory() {
	if runtime.GOOS != "linux" {
		return
	}
	peak, err := s.r.PeakMemory()
	assert.NoError(s.t, err)
	s.t.Logf("the daemon has had at most %d MiB resident", peak>>20)
	assert.Less(s.t, peak, int64(stormMemory))
}

// settled waits until every receipt was decided, and holds what came of it
// against what was sent.
func (s *storm) settled(ctx context.Context, distinct int) {
	for s.decided() < s.last+uint64(distinct) {
		require.NoError(s.t, ctx.Err())
		time.Sleep(20 * time.Millisecond)
	}
	there := s.inbox()
	assert.Len(s.t, there, distinct)
	for _, id := range s.acknowledged() {
		require.Equal(s.t, 1, there[id], "%s was acknowledged and is once in the journal", id)
	}
	assert.Len(s.t, s.acknowledged(), distinct)
	states, err := s.r.Incidents(ctx)
	require.NoError(s.t, err)
	perKey := map[string]int{}
	for _, state := range states {
		perKey[state.Opened.Key]++
		assert.LessOrEqual(s.t, len(state.Receipts), 256, "a case file is bounded")
	}
	for key, n := range perKey {
		require.Equal(s.t, 1, n, key)
	}
	_, err = journal.Verify(ctx, s.r.Record())
	assert.NoError(s.t, err)
	s.memory()
}

// decided is the last receipt that the router decided.
func (s *storm) decided() (last uint64) {
	for f, err := range s.r.Record().Read(s.t.Context(), incident.Router, 0) {
		require.NoError(s.t, err)
		body, err := f.Body()
		require.NoError(s.t, err)
		last = max(last, body.(incident.Routed).Receipt)
	}
	return last
}

// TestAStormLosesNothingThatWasAcknowledged sends alerts as fast as they are
// taken, some ids a hundred times each, and every alert with an id of its own.
// In the middle of each storm is a SIGKILL, and each has twenty keys.
func TestAStormLosesNothingThatWasAcknowledged(t *testing.T) {
	n := stormSize(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(n)*5*time.Millisecond)
	defer cancel()
	scene, err := lab.Find("vault-drain")
	require.NoError(t, err)
	r, err := lab.Start(ctx, lab.Options{Scenario: scene, BlockTime: time.Second, Binary: binary, Storm: true, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()
	for name, distinct := range map[string]int{"repeated": n / 100, "new": n} {
		t.Run(name, func(t *testing.T) {
			s := newStorm(t, r, name)
			s.brew(n, distinct)
			began := time.Now()
			s.send(ctx, func() { s.kill(ctx) })
			t.Logf("%d alerts of %d ids in %s, %d posts", n, distinct, time.Since(began).Round(time.Millisecond), s.tried.Load())
			s.settled(ctx, distinct)
		})
	}
	states, err := r.Incidents(ctx)
	require.NoError(t, err)
	assert.Equal(t, 2*stormKeys, len(states), "one incident per key")
}
