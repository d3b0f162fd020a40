package main

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNoChainReadStandsBetweenADecisionAndItsBroadcast(t *testing.T) {
	for _, l := range []line{{1, 0}, {3, 30 * time.Millisecond}} {
		s, err := newStage(t.Context(), l)
		require.NoError(t, err)
		got, err := s.take(t.Context())
		require.NoError(t, err)
		decided, _ := s.book.decision()
		assert.NotZero(t, s.wire.between(time.Time{}, decided), "reads are seen where there are some")
		assert.Zero(t, got.reads)
		assert.Equal(t, 1, got.signs)
		assert.Equal(t, 1, got.commits, "of the signed bytes; the price is in the decision's own")
		assert.Positive(t, got.write)
		assert.Greater(t, got.accept, got.write)
		require.NoError(t, s.close())
	}
}

func TestASendIsSeenAsItsBytesAreWrittenAndAReadIsNoSend(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	w := &wire{}
	c := conn{near, w}
	go func() {
		var all bytes.Buffer
		_, _ = all.ReadFrom(far)
	}()
	before := time.Now()
	for _, text := range []string{`{"id":1,"method":"eth_chainId","params":[]}`, `{"id":2,"method":"eth_sendRawTransaction","params":["0x02"]}`, "body"} {
		_, err := c.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, c.Close())
	assert.Len(t, w.reads, 1)
	assert.Len(t, w.sends, 1)
	assert.False(t, w.first(before).IsZero())
	assert.True(t, w.first(time.Now()).IsZero())
	assert.Equal(t, 1, w.between(time.Time{}, w.first(before)))
	assert.Zero(t, w.between(w.first(before), time.Now()))
}

func TestAPercentileIsAValueThatWasMeasured(t *testing.T) {
	var all []time.Duration
	for i := range 20 {
		all = append(all, time.Duration(i+1))
	}
	assert.Equal(t, []time.Duration{10, 19, 20}, []time.Duration{at(all, 50), at(all, 95), at(all, 100)})
	assert.Equal(t, []time.Duration{7, 7, 7}, []time.Duration{at(all[6:7], 50), at(all[6:7], 95), at(all[6:7], 100)})
	assert.Zero(t, at(nil, 50))
}

// BenchmarkDecisionToFirstWrite reports what more endpoints, later ones and one
// that hangs make of the time to the first byte on a socket, as a ratio to that
// with a single prompt endpoint. It is near 1 on every machine where nothing
// waits for an endpoint; what is above is the disk and the scheduler.
func BenchmarkDecisionToFirstWrite(b *testing.B) {
	one := 0.0
	for _, c := range []struct {
		name string
		line line
	}{
		{"one", line{1, 0}}, {"three-one-hangs", line{3, 0}}, {"eight-one-hangs", line{8, 0}}, {"eight-one-hangs-200ms", line{8, 200 * time.Millisecond}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var writes []time.Duration
			for b.Loop() {
				s, err := newStage(b.Context(), c.line)
				require.NoError(b, err)
				got, err := s.take(b.Context())
				require.NoError(b, err)
				require.Zero(b, got.reads)
				writes = append(writes, got.write)
				require.NoError(b, s.close())
			}
			took := float64(at(sorted(writes), 50))
			if c.name == "one" {
				one = took
			}
			b.ReportMetric(took/1e6, "ms-to-write")
			b.ReportMetric(took/one, "x-of-one")
			b.ReportMetric(0, "ns/op") // setting up the world is no figure
		})
	}
}
