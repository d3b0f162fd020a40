// Command submit times and counts what stands between a decision and the first
// byte of a transaction on a socket: the engine, the journal on disk, a signer
// in this process, and real JSON-RPC over HTTP to endpoints on this machine
// whose answers are late or never come. With -load it lets many intents loose
// on a few lanes at once.
//
// Counts are taken at the sockets and come first: they are the same on every
// machine. Times are this machine's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.IntVar(&o.runs, "runs", 20, "how often each line of the table is run")
	flag.BoolVar(&o.load, "load", false, "let many intents loose on a few lanes instead")
	flag.IntVar(&o.intents, "intents", 1000, "with -load: how many transactions")
	flag.IntVar(&o.keys, "keys", 8, "with -load: how many lanes")
	flag.DurationVar(&o.block, "block", 2*time.Second, "with -load: how long a block takes")
	flag.Parse()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "submit:", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	runs, intents, keys int
	load                bool
	block               time.Duration
}

// run prints a table. An aim that is missed is printed and is no error.
func run(ctx context.Context, o options, out io.Writer) error {
	if o.runs < 1 || o.keys < 1 || o.intents < 1 || o.block <= 0 {
		return errors.New("runs, keys and intents are at least 1, and a block takes time")
	}
	if o.load {
		return runLoad(ctx, o, out)
	}
	return runTable(ctx, o, out)
}

// A line of the table: so many endpoints, so late, one of them hanging where
// there are several.
type line struct {
	endpoints int
	latency   time.Duration
}

func lines() []line {
	var all []line
	for _, n := range []int{1, 3, 8} {
		for _, latency := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond} {
			all = append(all, line{n, latency})
		}
	}
	return all
}
