package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// table is what is printed.
type table struct {
	*tabwriter.Writer
	out io.Writer
}

func newTable(out io.Writer) *table {
	fmt.Fprintln(out, "Times are ms (p50 / p95 / p99 / max), from the first byte of a request, or in the open loop from when it was\ndue, to its answer. Cores are those that the door and the load kept busy.")
	fmt.Fprintln(out)
	t := &table{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), out}
	fmt.Fprintln(t, "LINE\tDURABLE/S\tAIM\tANSWER\tFACTS/COMMIT\tDOOR CORES\tDOOR µs EACH\tLOAD CORES\tDOOR MiB")
	return t
}

func (t *table) row(l line, r result) {
	aim := "-"
	if l.aim > 0 {
		aim = fmt.Sprintf("%.0f", l.aim)
	}
	if l.rate > 0 {
		aim = "p99 < 25"
	}
	wall := r.took.Seconds()
	fmt.Fprintf(t, "%s\t%.0f\t%s\t%s / %s / %s / %s\t%.1f\t%.2f\t%.0f\t%.2f\t%d\n", l.name, float64(len(r.times))/wall, aim,
		ms(at(r.times, 50)), ms(at(r.times, 95)), ms(at(r.times, 99)), ms(at(r.times, 100)),
		float64(r.facts)/float64(max(r.commits, 1)), r.door.Seconds()/wall, float64(r.door.Microseconds())/float64(len(r.times)), r.load.Seconds()/wall, r.peak>>20)
	t.Flush() // a line takes seconds; it is shown when it is there
}

func (t *table) end() error { return t.Flush() }

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

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)) }
