package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// state is what a door says of itself.
type state struct {
	CPU                      time.Duration
	Facts, Received, Commits uint64
	Peak                     int64
}

// beDoor is the front door in this process, until the context ends.
func beDoor(ctx context.Context, dir, profile string, out io.Writer) (err error) {
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	j, err := sqlite.Open(ctx, filepath.Join(dir, "firebreak.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	p, err := newParts()
	if err != nil {
		return err
	}
	var facts, received atomic.Uint64
	e, err := engine.New(ctx, engine.Options{Journal: j, Playbooks: p, Authority: p, Desk: p, Sender: p, Watcher: p, Verifier: p,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Observe: func(_ incident.State, all []incident.Fact) {
			facts.Add(uint64(len(all)))
			if all[0].Kind == incident.KindReceived {
				received.Add(uint64(len(all)))
			}
		}})
	if err != nil {
		return err
	}
	e.Start()
	defer e.Stop()
	h, err := alerts.Handler(alerts.Config{Inbox: e, Names: names(), Sources: []alerts.Source{
		{Name: sourceName, Kind: "generic", Secrets: []string{secret}, Rate: 1e9, Burst: 1e9}}})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", h)
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) {
		head, _ := j.Head(r.Context()) // zero is seen at once
		json.NewEncoder(w).Encode(state{cpu(), facts.Load(), received.Load(), head.N, peak(os.Getpid())})
	})
	return serve(ctx, mux, e, out)
}

// serve listens, says where, and ends with the context or with the engine.
func serve(ctx context.Context, h http.Handler, e *engine.Engine, out io.Writer) error {
	engine.CollectSeldom() // as the daemon does
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	case <-e.Done():
	}
	return errors.Join(server.Close(), e.Err())
}

func names() alerts.Names {
	vault := common.HexToAddress("0x1111111111111111111111111111111111111111")
	return alerts.Names{
		ChainByID:  func(id uint64) (string, bool) { return "lab", id == 1337 },
		KnownChain: func(name string) bool { return name == "lab" },
		ContractAt: func(chain string, a common.Address) (string, bool) { return "lab-vault", a == vault },
		Contract:   func(name string) (string, common.Address, bool) { return "lab", vault, name == "lab-vault" },
		Decimals:   func(token string) (uint8, bool) { return 6, token == "USDX" },
	}
}

// readLine is the first line of r.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("it said %q: %w", line, err)
	}
	return line[:len(line)-1], nil
}
