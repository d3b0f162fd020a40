// Command bench times what a signature through a real Vault costs, counters
// written to raft, next to a KV v2 put on the same server in the same run, and
// says what the plugin's process holds of memory after many signatures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
)

// What the figures are held against.
const (
	ratioAim  = 1.3       // p50 of a signature to p50 of a KV v2 put
	memoryAim = 64 * 1024 // KiB of the plugin's process
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.IntVar(&o.samples, "samples", 2000, "how often each call is timed")
	flag.IntVar(&o.signatures, "signatures", 100_000, "after how many signatures the memory is read")
	flag.IntVar(&o.workers, "workers", 4, "how many keys sign at once on the way there")
	flag.IntVar(&o.audit, "audit", 0, "how many audit devices write to files meanwhile")
	flag.BoolVar(&o.noCache, "no-cache", false, "mount the plugin with force-no-cache")
	flag.Parse()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	samples, signatures, workers, audit int
	noCache                             bool
}

// run starts a server of its own and prints what was measured. That an aim is
// missed is printed, not an error: figures depend on the machine.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if o.samples < 1 || o.workers < 1 || o.signatures < o.workers {
		return errors.New("samples and workers are at least 1, signatures at least as many as workers")
	}
	c := vaultserver.Config{NoCache: o.noCache}
	if c.Binary, err = vaultserver.FindBinary(""); err != nil {
		return err
	}
	if c.Plugin, err = vaultserver.FindPlugin(""); err != nil {
		return err
	}
	v, err := vaultserver.Start(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()

	for i := range o.audit {
		if _, err := v.EnableAudit(ctx, fmt.Sprintf("audit-%d", i)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "one node, raft on disk, %d audit devices, force-no-cache %t, %d of each call in turn\n", o.audit, o.noCache, o.samples)
	synced, err := syncedWrite(v.Dir())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "a write of 4 KiB and its sync take %.2f ms here (p50); set TMPDIR for another disk\n\n", ms(synced))
	times, err := latency(ctx, v, o.samples)
	if err != nil {
		return err
	}
	times.print(out)
	ratio := float64(times[sign].at(50)) / float64(times[put].at(50))
	fmt.Fprintf(out, "\np50 of sign / p50 of kv put: %.2f (aim %.2f: %s)\n", ratio, ratioAim, met(ratio <= ratioAim))

	fmt.Fprintf(out, "\n%d signatures by %d keys at once\n", o.signatures, o.workers)
	before, _, err := v.First().PluginMemory()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := many(ctx, v, o); err != nil {
		return err
	}
	took := time.Since(began)
	now, most, err := v.First().PluginMemory()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%.0f signatures per second\n", float64(o.signatures)/took.Seconds())
	fmt.Fprintf(out, "memory of the plugin's process: %.1f MiB before, %.1f MiB after, %.1f MiB at most (aim %d MiB: %s)\n",
		mib(before), mib(now), mib(most), memoryAim/1024, met(most <= memoryAim))
	return nil
}

// syncedWrite is what the disk alone costs. A put waits for several, a signature
// for one, so the slower the disk the better the ratio looks.
func syncedWrite(dir string) (time.Duration, error) {
	file, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return 0, err
	}
	var took durations
	for range 100 {
		began := time.Now()
		_, err = file.Write(make([]byte, 4096))
		if err = errors.Join(err, file.Sync()); err != nil {
			break
		}
		took = append(took, time.Since(began))
	}
	if err = errors.Join(err, file.Close(), os.Remove(file.Name())); err != nil {
		return 0, err
	}
	slices.Sort(took)
	return took.at(50), nil
}

func mib(kib uint64) float64 { return float64(kib) / 1024 }

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "missed"
}
