package alerts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// stuck is an inbox whose disk hangs for one source.
type stuck struct {
	*inbox
	source string
	until  chan struct{}
}

func (s stuck) Receive(ctx context.Context, r incident.Received) (uint64, bool, error) {
	if r.Alert.Source == s.source {
		select {
		case <-s.until:
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
	}
	return s.inbox.Receive(ctx, r)
}

func numbered(i int) *http.Request {
	return signed(strings.Replace(full, `"a1"`, fmt.Sprintf(`"n%d"`, i), 1), now)
}

func TestASourceInTroubleLeavesTheOthersTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		f := newFront(t, func(c *alerts.Config) {
			c.MaxConcurrent = 16
			c.Inbox = stuck{c.Inbox.(*inbox), "detector", until}
			c.Count = nil
		})
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() { assert.Equal(t, http.StatusAccepted, f.send(numbered(i)).Code) })
		}
		synctest.Wait()
		w := f.send(numbered(4))
		assert.Equal(t, http.StatusTooManyRequests, w.Code, "a quarter of sixteen are on their way")
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.Equal(t, http.StatusAccepted, f.send(bearer(group, token)).Code, "the other has its own")
		close(until)
		wg.Wait()
		assert.Equal(t, http.StatusAccepted, f.send(numbered(4)).Code, "and nothing was lost")
	})
}

func TestADiskThatHangsIsAnsweredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, func(c *alerts.Config) { c.Inbox = stuck{c.Inbox.(*inbox), "detector", nil} })
		start := time.Now()
		w := f.send(numbered(1))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.NotEmpty(t, w.Header().Get("Retry-After"))
		assert.Equal(t, 4*time.Second, time.Since(start), "senders give up after five")
	})
}

// TestWhoHasProvedNothingHoldsNoPlace: hundreds of strangers, who know the URL
// and send the beginnings of bodies, are in nobody's way.
func TestWhoHasProvedNothingHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, func(c *alerts.Config) { c.MaxConcurrent = 4; c.Count = nil; c.MaxBytes = 8 << 20 })
		var wg sync.WaitGroup
		var doors []*io.PipeWriter
		var mu sync.Mutex
		met := map[int]int{}
		for range 400 {
			body, door := io.Pipe()
			doors = append(doors, door)
			wg.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/v1/alerts/detector", body)
				r.Header = signed(full, now).Header
				r.RemoteAddr = "198.51.100.7:4444"
				code := f.send(r).Code
				mu.Lock()
				met[code]++
				mu.Unlock()
			})
		}
		synctest.Wait()
		assert.Equal(t, http.StatusAccepted, f.send(numbered(1)).Code, "from another address")
		assert.Equal(t, http.StatusAccepted, f.send(bearer(group, token)).Code)
		mu.Lock()
		assert.Equal(t, map[int]int{http.StatusTooManyRequests: 400 - 64}, met, "4 KiB each, and 256 KiB for one address")
		mu.Unlock()
		for _, door := range doors {
			door.CloseWithError(errors.New("gone"))
		}
		wg.Wait()
		assert.Equal(t, map[int]int{http.StatusTooManyRequests: 400}, met, "those that were cut off may come again, too")
		r := numbered(2)
		r.RemoteAddr = "198.51.100.7:4444"
		assert.Equal(t, http.StatusAccepted, f.send(r).Code, "what they held was given back")
	})
}

// TestStrangersFromEverywhereAreInNobodysWayWhereAnAddressIsAskedFor: they use up
// what there is for strangers; who passed a list needs none of it.
func TestStrangersFromEverywhereAreInNobodysWayWhereAnAddressIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, func(c *alerts.Config) {
			c.Count, c.MaxBytes = nil, 2<<20
			c.Sources[0].Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
		})
		var wg sync.WaitGroup
		var doors []*io.PipeWriter
		for i := range 300 {
			body, door := io.Pipe()
			doors = append(doors, door)
			wg.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/v1/alerts/am", body)
				r.RemoteAddr = fmt.Sprintf("198.51.100.%d:4444", i%250)
				f.send(r)
			})
		}
		synctest.Wait()
		r := numbered(1)
		r.RemoteAddr = "203.0.113.9:4444"
		assert.Equal(t, http.StatusAccepted, f.send(r).Code)
		assert.Equal(t, http.StatusServiceUnavailable, f.send(bearer(group, token)).Code, "who may come from anywhere comes again")
		for _, door := range doors {
			door.CloseWithError(errors.New("gone"))
		}
		wg.Wait()
		assert.Equal(t, http.StatusAccepted, f.send(bearer(group, token)).Code)
	})
}

func TestABodyOfAnyLengthIsReadWhole(t *testing.T) {
	for _, length := range []int{len(full), 4095, 4096, 4097, 8192, 100_000, 256 << 10} {
		f := newFront(t)
		body := full + strings.Repeat(" ", length-len(full))
		require.Equal(t, http.StatusAccepted, f.send(signed(body, now)).Code, length)
		assert.Equal(t, body, string(f.inbox.all[0].Raw))
	}
}

func TestWhatASourceMayStoreInADayIsBounded(t *testing.T) {
	clock := now
	f := newFront(t, func(c *alerts.Config) {
		c.Sources[0].Quota = 2000
		c.Now = func() time.Time { return clock }
	})
	send := func(i int) *httptest.ResponseRecorder {
		return f.send(signed(strings.Replace(full, `"a1"`, fmt.Sprintf(`"n%d"`, i), 1), clock))
	}
	require.Equal(t, http.StatusAccepted, send(0).Code)
	for range 50 {
		require.Equal(t, http.StatusAccepted, send(0).Code, "what is there already costs nothing")
	}
	require.Equal(t, http.StatusAccepted, send(1).Code, "the last one may go over")
	w := send(2)
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
	require.NoError(t, err, "it says when")
	assert.Equal(t, 1, f.counts[alerts.OverQuota])
	assert.Equal(t, http.StatusAccepted, f.send(bearer(group, token)).Code, "each has its own")
	clock = clock.Add(time.Duration(wait-1) * time.Second)
	assert.Equal(t, http.StatusTooManyRequests, send(2).Code)
	clock = clock.Add(time.Second)
	assert.Equal(t, http.StatusAccepted, send(2).Code)
}

// TestUnderAnyWeatherWhatWasAcknowledgedIsThere: the disk is slow, fails, or
// fails after it wrote. Every answer says yes or come again, and after they came
// again everything is stored once.
func TestUnderAnyWeatherWhatWasAcknowledgedIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &weather{inbox: &inbox{}}
		f := newFront(t, func(c *alerts.Config) {
			c.Inbox, c.Now, c.Count, c.MaxConcurrent = disk, time.Now, nil, 8
			c.Sources[0].Rate, c.Sources[0].Burst = 200, 20
		})
		var wg sync.WaitGroup
		for client := range 16 {
			wg.Go(func() {
				for i := range 25 {
					id := fmt.Sprintf("c%d-%d", client, i)
					disk.until(t, f, strings.Replace(full, `"a1"`, `"`+id+`"`, 1), id)
				}
			})
		}
		wg.Wait()
		assert.Len(t, disk.inbox.all, 400)
	})
}

type weather struct{ inbox *inbox }

func (w *weather) Receive(ctx context.Context, r incident.Received) (uint64, bool, error) {
	switch rand.IntN(5) {
	case 0:
		return 0, false, errors.New("the disk is full")
	case 1:
		w.inbox.Receive(ctx, r) // it landed, and nobody knows
		return 0, false, errors.New("the disk is slow")
	case 2:
		time.Sleep(time.Duration(rand.IntN(6000)) * time.Millisecond)
	}
	if err := ctx.Err(); err != nil {
		return 0, false, err
	}
	return w.inbox.Receive(ctx, r)
}

// until sends until it is acknowledged, and then looks whether it is there.
func (w *weather) until(t *testing.T, f *front, body, id string) {
	for range 1000 {
		answer := f.send(signed(body, time.Now()))
		if answer.Code == http.StatusAccepted {
			w.inbox.mu.Lock()
			defer w.inbox.mu.Unlock()
			for _, r := range w.inbox.all {
				if r.Alert.ID == id {
					return
				}
			}
			t.Errorf("%s was acknowledged and is not there", id)
			return
		}
		if !assert.Contains(t, []int{http.StatusTooManyRequests, http.StatusServiceUnavailable}, answer.Code, answer.Body) ||
			!assert.NotEmpty(t, answer.Header().Get("Retry-After")) {
			return
		}
		time.Sleep(time.Second)
	}
	t.Errorf("%s was never taken", id)
}

// TestASourceWhoseSenderDatesNothingTakesAlerts: the window that its kind has by
// default means nothing to it, and is no fault of its configuration.
func TestASourceWhoseSenderDatesNothingTakesAlerts(t *testing.T) {
	body := `{"version":"1","groupKey":"g","alerts":[{"status":"firing","labels":{"alertname":"A","rule":"r"},"startsAt":"2026-08-01T10:00:00Z","fingerprint":"1"}],"name":"a1"}`
	for _, s := range []alerts.Source{
		{Name: "grafana", Kind: "grafana", Secrets: []string{secret}},
		{Name: "custom", Kind: "custom", Secrets: []string{secret}, Map: map[string]string{"id": "body.name", "rule": "body.name"}},
	} {
		f := newFront(t, func(c *alerts.Config) { c.Sources = []alerts.Source{s} })
		proof, err := alerts.Sign(s, alerts.Trial{Body: []byte(body), Now: now})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/v1/alerts/"+s.Name, strings.NewReader(string(proof.Body)))
		r.Header = proof.Header
		r.Header.Set("Content-Type", "application/json")
		w := f.send(r)
		assert.Less(t, w.Code, 300, w.Body)
		assert.Len(t, f.inbox.all, 1)
	}
}
