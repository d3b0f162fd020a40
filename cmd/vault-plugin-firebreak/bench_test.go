package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// timeline is storage that notes when the plugin's requests come in and what
// they hold. Between two of them lies the way there and back and whatever the
// plugin does meanwhile.
type timeline struct {
	logical.Storage
	mu    sync.Mutex
	marks []mark
}

type mark struct {
	what  string
	bytes int
	at    time.Time
}

func (l *timeline) note(verb, key string, bytes int) {
	kind, _, _ := strings.Cut(key, "/")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marks = append(l.marks, mark{verb + " " + kind, bytes, time.Now()})
}

func (l *timeline) Get(ctx context.Context, key string) (*logical.StorageEntry, error) {
	entry, err := l.Storage.Get(ctx, key)
	if entry != nil {
		l.note("get", key, len(entry.Value))
	}
	return entry, err
}

func (l *timeline) Put(ctx context.Context, entry *logical.StorageEntry) error {
	l.note("put", entry.Key, len(entry.Value))
	return l.Storage.Put(ctx, entry)
}

// BenchmarkSign times one signature through the process, without Vault and
// without a disk, and splits it at each request to storage.
func BenchmarkSign(b *testing.B) {
	storage := &timeline{Storage: &logical.InmemStorage{}}
	m := startProcess(b, "v0.1.0-test.1").mount(b, storage)
	policy := strings.NewReplacer("KEY", signertest.Name, "CORE", signertest.Core).Replace(`{
 "schema":"firebreak/policy/v1","key":"KEY","version":1,
 "previous":"0x0000000000000000000000000000000000000000000000000000000000000000",
 "fees":{"1":{"max_gas":"500000","max_fee_per_gas":"500000000000","max_priority_fee_per_gas":"50000000000",
   "max_cost_per_tx":"100000000000000000","max_cost_per_day":"1000000000000000000000000"}},
 "limits":[{"window":"1s","max":1000}],"change":{"need":2,"loosen_delay":"48h"},
 "rules":[{"id":"pause","chain":"1","to":["CORE"],"function":"pause()","approvals":{"need":0}}]}`)
	_, err := m.Create(b.Context(), signer.NewKey{
		Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name),
	})
	require.NoError(b, err)
	var nonce uint64
	sign := func() {
		_, err := m.Sign(b.Context(), signertest.Pause(signertest.Core, nonce))
		require.NoError(b, err)
		nonce++
	}
	for range 100 { // until the state grows no more
		sign()
	}
	spent, size := map[string]time.Duration{}, map[string]int{}
	for b.Loop() {
		storage.marks = nil
		last := mark{at: time.Now()}
		sign()
		storage.note("reply", "", 0)
		for _, next := range storage.marks {
			spent["until "+next.what] += next.at.Sub(last.at)
			size[next.what] = next.bytes
			last = next
		}
	}
	for what, took := range spent {
		b.ReportMetric(float64(took.Microseconds())/float64(b.N), strings.ReplaceAll(strings.TrimSpace(what), " ", "-")+"-us")
	}
	for what, bytes := range size {
		if bytes > 0 {
			b.ReportMetric(float64(bytes), strings.ReplaceAll(what, " ", "-")+"-bytes")
		}
	}
}
