package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab"
)

// BenchmarkAlertToBroadcast sends one alert after the other through the whole
// daemon, each about another suspect, with two guardians who vote at once, and
// measures from the alert's acknowledgement to the first bytes at an endpoint.
// What a person would add is not in it. The time from quorum to broadcast must
// not grow with the latency: no chain read lies between (the submitter's tests
// count them). rpc-calls-meanwhile is polling in the background.
func BenchmarkAlertToBroadcast(b *testing.B) {
	for _, latency := range []time.Duration{0, 50 * time.Millisecond} {
		b.Run(fmt.Sprintf("rpc=%s", latency), func(b *testing.B) {
			r, ctx := bench(b, lab.Options{Proxies: 2, Latency: latency})
			var card, decided time.Duration
			calls := 0
			b.ReportAllocs()
			for b.Loop() {
				one, err := r.Once(ctx)
				require.NoError(b, err)
				card += one.AcceptedToCard
				decided += one.QuorumToBroadcast
				calls += one.CallsMeanwhile
			}
			n := float64(b.N)
			b.ReportMetric(float64(card.Microseconds())/n/1000, "ms-alert-to-card")
			b.ReportMetric(float64(decided.Microseconds())/n/1000, "ms-quorum-to-broadcast")
			b.ReportMetric(float64(calls)/n, "rpc-calls-meanwhile")
		})
	}
}

// BenchmarkAlertToCard measures from an alert's acknowledgement to the card that
// Slack has taken, by how long Slack takes to answer. One call of Slack's is on
// that path: with a slower Slack the time grows by one answer and no more.
func BenchmarkAlertToCard(b *testing.B) {
	for _, latency := range []time.Duration{0, 200 * time.Millisecond} {
		b.Run(fmt.Sprintf("slack=%s", latency), func(b *testing.B) {
			r, ctx := bench(b, lab.Options{Proxies: 2, SlackDelay: latency})
			var all []time.Duration
			for b.Loop() {
				one, err := r.Once(ctx)
				require.NoError(b, err)
				all = append(all, one.AcceptedToCard)
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(all[len(all)*95/100].Microseconds())/1000, "ms-p95")
			if latency > 0 {
				b.ReportMetric(float64(all[len(all)/2])/float64(latency), "median/slack-answer")
			}
		})
	}
}

// BenchmarkIngest posts alerts that match no playbook, over HTTP, and counts
// those that are durable per second.
func BenchmarkIngest(b *testing.B) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			r, ctx := bench(b, lab.Options{})
			var n atomic.Int64
			b.SetParallelism(max(1, clients/2)) // times GOMAXPROCS, which is two here
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
			b.ReportAllocs()
			b.ResetTimer() // the range took longer to start than the benchmark takes
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := fmt.Sprintf("bench-%d-%d", b.N, n.Add(1))
					if err := r.PostAlert(ctx, client, map[string]any{"id": id, "rule": "no.such.rule"}); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "alerts/s")
		})
	}
}

func bench(b *testing.B, o lab.Options) (*lab.Range, context.Context) {
	scene, err := lab.Find("allowance-phish")
	require.NoError(b, err)
	o.Scenario, o.BlockTime, o.Storm = scene, 200*time.Millisecond, true
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	b.Cleanup(cancel)
	r, err := lab.Start(ctx, o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, r.Close()) })
	return r, ctx
}
