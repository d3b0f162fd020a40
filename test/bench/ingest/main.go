// Command ingest times how alerts become durable: one signed alert per POST
// over real loopback HTTP with keep-alive, through the whole front door, the
// engine with its router and real playbooks, and a SQLite journal that syncs
// every commit to a real file. An alert counts when its 2xx is read.
//
// The door is a process of its own, as the daemon is, so what it costs in CPU
// and memory is told apart from what the load costs. Times are this machine's;
// it prints what a sync costs there.
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
	flag.IntVar(&o.alerts, "alerts", 30_000, "how many alerts a line sends; one client alone sends a third of them")
	flag.IntVar(&o.rate, "rate", 1000, "how many a second the open loop sends")
	flag.DurationVar(&o.open, "open", 10*time.Second, "how long the open loop sends")
	flag.IntVar(&o.runs, "runs", 3, "how often each line is run")
	flag.BoolVar(&o.library, "library", false, "send with net/http's client, which costs more than the door's own work, instead of plain sockets")
	flag.StringVar(&o.dir, "dir", "", "where the journals are made and removed again; default: a temporary folder")
	flag.StringVar(&o.profile, "cpuprofile", "", "write the door's CPU profile of the last line to this file")
	flag.StringVar(&o.only, "only", "", "run the line of this name alone")
	serve := flag.String("serve", "", "be the door, with its journal in this folder (the bench starts itself so)")
	flag.Parse()
	var err error
	if *serve != "" {
		err = beDoor(ctx, *serve, o.profile, os.Stdout)
	} else {
		err = run(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	alerts, rate, runs int
	open               time.Duration
	library            bool
	dir, profile, only string
}

// line is one line of the table.
type line struct {
	name    string
	clients int
	repeats int // how often each id is sent
	rate    int // alerts a second, whatever the answers; zero: the next when the last was answered
	aim     float64
}

// lines are what is measured. The aims are what Alertmanager takes into memory
// on two cores that it shares with its load.
func (o options) lines() []line {
	return []line{
		{"1 client", 1, 1, 0, 3300},
		{"8 clients", 8, 1, 0, 9000},
		{"64 clients", 64, 1, 0, 10400},
		{"64 clients, 1 % distinct", 64, 100, 0, 0},
		{fmt.Sprintf("%d/s whatever comes back", o.rate), 64, 1, o.rate, 0},
	}
}

// run prints a table. An aim that is missed is printed and is no error.
func run(ctx context.Context, o options, out io.Writer) error {
	if o.alerts < 100 || o.rate < 1 || o.runs < 1 || o.open <= 0 {
		return errors.New("there are at least 100 alerts, 1 a second and 1 run, and an open loop takes time")
	}
	dir, err := os.MkdirTemp(o.dir, "firebreak-ingest-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := describe(dir, out); err != nil {
		return err
	}
	t := newTable(out)
	for _, l := range o.lines() {
		if o.only != "" && o.only != l.name {
			continue
		}
		for range o.runs {
			r, err := measure(ctx, o, l, dir)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			t.row(l, r)
		}
	}
	return t.end()
}
