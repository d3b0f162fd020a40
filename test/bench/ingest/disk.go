package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// syncs is how many syncs tell what one costs.
const syncs = 500

// describe prints the machine: without it no figure means anything.
func describe(dir string, out io.Writer) error {
	grown, same, err := syncCost(filepath.Join(dir, "sync"))
	if err != nil {
		return fmt.Errorf("time a sync: %w", err)
	}
	fmt.Fprintf(out, "%s, %d cores, %s/%s, %s\n", model(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Fprintf(out, "load before: %s\n", firstLine("/proc/loadavg"))
	fmt.Fprintf(out, "write 8 KiB and sync, ms (p50 / p95 / max): %s where the file grows, %s where it does not\n\n", spread(grown), spread(same))
	return nil
}

// syncCost times a write and a sync, alone on the disk: where the file grows by
// it, and where it does not, which is what a WAL that is used again does.
func syncCost(path string) (grown, same []time.Duration, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	defer os.Remove(path)
	defer f.Close()
	block := make([]byte, 8<<10)
	for i := range 2 * syncs {
		began := time.Now()
		if _, err := f.WriteAt(block, int64(i%syncs*len(block))); err != nil {
			return nil, nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, nil, err
		}
		if took := time.Since(began); i < syncs {
			grown = append(grown, took)
		} else {
			same = append(same, took)
		}
	}
	slices.Sort(grown)
	slices.Sort(same)
	return grown, same, nil
}

func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // only Linux has it
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path) // only Linux has it
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
