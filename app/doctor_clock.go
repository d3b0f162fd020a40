package app

import (
	"maps"
	"slices"
	"time"
)

// From when on a clock is called wrong. Slack signs clicks with its time, and
// what is five minutes off is refused as a forgery.
const (
	clockOff   = 30 * time.Second
	clockUnfit = 5 * time.Minute
)

// compareClocks holds this machine's clock against Slack's. Where Slack did not
// tell, the newest head has to do. It tells only one way: a head may be old for
// many reasons, and from the future for two.
func (d *doctor) compareClocks(p *page) {
	const check = "clock"
	mend := "keep the clock with NTP (chronyd, systemd-timesyncd); Slack's clicks are refused when it is five minutes off"
	if d.slack.date.IsZero() {
		d.compareWithHeads(p, mend)
		return
	}
	// Slack's date has whole seconds, cut off.
	behind := d.slack.date.Add(500 * time.Millisecond).Sub(d.slack.at)
	where := "behind"
	if behind < 0 {
		where = "ahead"
	}
	size := max(behind.Abs(), time.Second).Round(time.Second)
	switch {
	case behind.Abs() >= clockUnfit:
		p.fail(check, mend, "it is %s %s, says Slack", size, where)
	case behind.Abs() > clockOff:
		p.warn(check, mend, "it is %s %s, says Slack", size, where)
	default:
		p.ok(check, "within %s of Slack's", size)
	}
}

func (d *doctor) compareWithHeads(p *page, mend string) {
	const check = "clock"
	heads := 0
	for _, name := range slices.Sorted(maps.Keys(d.chains)) {
		for _, e := range d.chains[name].usable {
			heads++
			if ahead := time.Unix(int64(e.head.Time), 0).Sub(e.at); ahead > clockOff {
				p.warn(check, mend, "the head of %s/%s is %s in its future, and Slack did not tell the time: one of the two clocks is wrong", name, e.name, ahead.Round(time.Second))
				return
			}
		}
	}
	if heads == 0 {
		p.notTold(check, "neither Slack nor a chain told the time")
		return
	}
	p.ok(check, "no head is from its future; Slack did not tell the time")
}
