package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// runLoad lets a load loose in real time, over three endpoints reached by HTTP and
// with the journal on disk.
func runLoad(ctx context.Context, o options, out io.Writer) (err error) {
	l := load{intents: o.intents, keys: o.keys, blockTime: o.block}
	f := newField(l, 3)
	s := servers{}
	defer s.close()
	if f.endpoints, err = s.connect(ctx, f.scripted); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "firebreak.db")
	disk, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	f.journal = disk
	m := watchMemory(ctx)
	mine := mining(ctx, f.chain, l.blockTime)
	got, err := l.let(ctx, f)
	mine()
	memory := m.end()
	if err != nil {
		return err
	}
	size, err := os.Stat(path)
	if err != nil {
		return err
	}
	got.print(out, l)
	fmt.Fprintf(out, "memory: heap in use %d MiB before, %d MiB at most; resident %d MiB at most (servers, chain and clients included)\n",
		memory.before>>20, memory.most>>20, memory.resident>>20)
	fmt.Fprintf(out, "journal: %d MiB\n", size.Size()>>20)
	return nil
}

// print says what came of a load.
func (o outcome) print(out io.Writer, l load) {
	seconds, blocks := o.seconds(), o.blocks()
	share := func(percent int) int { return blocks[max(0, (len(blocks)*percent+99)/100-1)] }
	fmt.Fprintf(out, "%d intents of %d incidents over %d lanes, all approved at once, a block every %s: all landed, the last incident was contained after %.1f s\n",
		len(o.journeys), o.incidents, l.keys, l.blockTime, o.took.Seconds())
	fmt.Fprintf(out, "most open on one lane at once: %d; so at least %d blocks\n", o.deepest, l.least())
	fmt.Fprintf(out, "decision to inclusion, blocks:  p50 %d, p90 %d, p99 %d, max %d\n", share(50), share(90), share(99), share(100))
	fmt.Fprintf(out, "decision to inclusion, seconds: p50 %.1f, p90 %.1f, p99 %.1f, max %.1f\n",
		at(seconds, 50).Seconds(), at(seconds, 90).Seconds(), at(seconds, 99).Seconds(), at(seconds, 100).Seconds())
}

// mining makes a block every so often until the returned function is called.
func mining(ctx context.Context, c *submittertest.Chain, every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				c.Mine()
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// servers are endpoints over HTTP and the clients of them.
type servers struct {
	clients    []*rpc.Client
	transports []*http.Transport
	all        []*httptest.Server
}

func (s *servers) connect(ctx context.Context, scripted []*submittertest.Endpoint) ([]submitter.Endpoint, error) {
	var endpoints []submitter.Endpoint
	for _, e := range scripted {
		server := httptest.NewServer(&node{endpoint: e})
		s.all = append(s.all, server)
		client, transport, err := (&wire{}).dial(ctx, server.URL)
		if err != nil {
			return nil, err
		}
		s.clients, s.transports = append(s.clients, client), append(s.transports, transport)
		endpoints = append(endpoints, submitter.Endpoint{Name: e.Name, Client: client})
	}
	return endpoints, nil
}

func (s *servers) close() {
	for i := range s.clients {
		s.clients[i].Close()
		s.transports[i].CloseIdleConnections()
	}
	for _, server := range s.all {
		server.Close()
	}
}

// memory is what the process held, bytes.
type memory struct{ before, most, resident uint64 }

// meter samples the heap.
type meter struct {
	stop func()
	memory
}

func watchMemory(ctx context.Context) *meter {
	ctx, cancel := context.WithCancel(ctx)
	m := &meter{memory: memory{before: heap()}}
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			m.most = max(m.most, heap())
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	m.stop = func() { cancel(); wg.Wait() }
	return m
}

func (m *meter) end() memory {
	m.stop()
	m.resident = highWater()
	return m.memory
}

func heap() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse
}

// highWater is the most that was ever resident, bytes; zero where the system
// does not tell.
func highWater() uint64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kib uint64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
