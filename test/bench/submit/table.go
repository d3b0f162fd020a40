package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// column is what one line of the table was measured as.
type column struct {
	line    line
	samples []sample
	commits []time.Duration // how long each commit took
}

// measure runs one line. A world in which an endpoint hangs is left to end by
// itself while the next one runs: all that is left in it are waits.
func measure(ctx context.Context, l line, runs int) (column, error) {
	c := column{line: l, samples: make([]sample, runs)}
	var wg sync.WaitGroup
	errs := make(chan error, runs)
	for i := range runs {
		s, err := newStage(ctx, l)
		if err != nil {
			return c, err
		}
		if c.samples[i], err = s.take(ctx); err != nil {
			return c, fmt.Errorf("run %d with %d endpoints: %w", i+1, l.endpoints, err)
		}
		c.commits = append(c.commits, s.book.durations()...)
		wg.Go(func() {
			if err := s.finish(ctx, &c.samples[i]); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	return c, <-errs
}

// most is the greatest count of all runs.
func (c column) most(of func(sample) int) int {
	n := 0
	for _, s := range c.samples {
		n = max(n, of(s))
	}
	return n
}

// times are those of all runs, sorted.
func (c column) times(of func(sample) time.Duration) []time.Duration {
	var all []time.Duration
	for _, s := range c.samples {
		all = append(all, of(s))
	}
	return sorted(all)
}

func sorted(all []time.Duration) []time.Duration {
	slices.Sort(all)
	return all
}

// at is a percentile of sorted times: the smallest that so many are not above.
func at(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

func spread(sorted []time.Duration) string {
	return fmt.Sprintf("%s / %s / %s", ms(at(sorted, 50)), ms(at(sorted, 95)), ms(at(sorted, 100)))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }

func runTable(ctx context.Context, o options, out io.Writer) error {
	fmt.Fprintf(out, "From the decision on disk to the first byte of eth_sendRawTransaction on a socket, %d runs a line.\n", o.runs)
	fmt.Fprintln(out, "Counts are the most of any run, times are ms (p50 / p95 / max). Where there are several endpoints, one hangs:\nothers are those that do not.")
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ENDPOINTS\tLATENCY\tCHAIN READS\tSIGNER CALLS\tCOMMITS\tFIRST WRITE\tFIRST ACCEPT\tOTHERS ANSWERED\tALL ANSWERED")
	var commits []time.Duration
	reads := 0
	for _, l := range lines() {
		c, err := measure(ctx, l, o.runs)
		if err != nil {
			return err
		}
		commits = append(commits, c.commits...)
		most := c.most(func(s sample) int { return s.reads })
		reads = max(reads, most)
		fmt.Fprintf(t, "%d\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", l.endpoints, l.latency, most,
			c.most(func(s sample) int { return s.signs }), c.most(func(s sample) int { return s.commits }),
			spread(c.times(func(s sample) time.Duration { return s.write })),
			spread(c.times(func(s sample) time.Duration { return s.accept })),
			spread(c.times(func(s sample) time.Duration { return s.others })),
			spread(c.times(func(s sample) time.Duration { return s.all })))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nchain reads between decision and broadcast: %d, aim 0\na commit of the journal takes %s ms here (p50 / p95 / max)\n", reads, spread(sorted(commits)))
	return nil
}
