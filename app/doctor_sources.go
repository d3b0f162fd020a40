package app

import (
	"maps"
	"slices"
)

// sources looks whether somebody would notice that a detector is down: it sends
// then what a quiet night sends.
func (d *doctor) sources(p *page) {
	for _, name := range slices.Sorted(maps.Keys(d.c.Sources)) {
		s := d.c.Sources[name]
		if s.Heartbeat == 0 {
			p.warn("heartbeat "+name, "set heartbeat: to more than the time between its scheduled tests or repeats; docs/ALERTS.md says how", "when it falls silent nobody is told")
			continue
		}
		p.ok("heartbeat "+name, "is %s, and people are told when it says nothing for %s", s.Kind, s.Heartbeat)
	}
}
