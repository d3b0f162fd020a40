package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of a reload.
const (
	reloadChanged = "changed" // another set is in force
	reloadSame    = "same"    // the files hold what is in force
	reloadRefused = "refused" // the last good set stays in force
)

// reloads are what is counted of reloads.
type reloads struct {
	good, at prometheus.Gauge
	info     *prometheus.GaugeVec
	total    *prometheus.CounterVec
	shown    string // digest of info, under App.reloading
}

func newReloads(registry *prometheus.Registry) reloads {
	gauge := func(name, help string) prometheus.GaugeOpts {
		return prometheus.GaugeOpts{Namespace: "firebreak", Subsystem: "playbooks", Name: name, Help: help}
	}
	r := reloads{
		good: prometheus.NewGauge(gauge("last_reload_successful", "Whether the files were good when they were last read: 1, or 0 while an earlier set is in force.")),
		at:   prometheus.NewGauge(gauge("last_reload_success_timestamp_seconds", "When the files were last read and good.")),
		info: prometheus.NewGaugeVec(gauge("info", "The inventory and playbooks in force, by the digest of their files."), []string{"digest"}),
		total: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "firebreak", Subsystem: "playbooks", Name: "reloads_total",
			Help: "Reloads by outcome: changed, same, refused."}, []string{"outcome"}),
	}
	for _, outcome := range []string{reloadChanged, reloadSame, reloadRefused} {
		r.total.WithLabelValues(outcome) // an alarm on an increase sees the first only where there was a zero
	}
	registry.MustRegister(r.good, r.at, r.info, r.total)
	return r
}

// published notes the edition in force.
func (m *metrics) published(e *edition) {
	m.reloads.info.WithLabelValues(e.shown()).Set(1)
	if old := m.reloads.shown; old != e.shown() {
		m.reloads.info.DeleteLabelValues(old) // after the other, so that there is always one
	}
	m.reloads.shown = e.shown()
	m.reloads.good.Set(1)
	m.reloads.at.Set(float64(time.Now().Unix()))
}

// reloaded counts a reload.
func (m *metrics) reloaded(outcome string) {
	m.reloads.total.WithLabelValues(outcome).Inc()
	if outcome == reloadRefused {
		m.reloads.good.Set(0)
	}
}
