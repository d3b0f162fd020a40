package app

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

// metrics are what the daemon counts. They are fed from facts, so a restart
// begins at zero and the journal stays the record.
type metrics struct {
	registry *prometheus.Registry
	alerts   *prometheus.CounterVec
	facts    *prometheus.CounterVec
	decided  *prometheus.CounterVec
	ends     *prometheus.CounterVec
	outcomes *prometheus.CounterVec
	refused  *prometheus.CounterVec
	crowded  *prometheus.CounterVec
	effects  *prometheus.CounterVec
	unknown  *prometheus.CounterVec
	answers  *prometheus.HistogramVec
	stages   *prometheus.HistogramVec
	reloads  reloads
	skew     prometheus.Gauge
	waiting  *prometheus.GaugeVec

	mu    sync.Mutex
	since map[incident.ID]*moments
	texts map[string]bool // label values of unknown
}

// moments are when an incident passed the marks that stages lie between.
type moments struct{ accepted, asked, quorum, sent, included time.Time }

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), since: map[incident.ID]*moments{}, texts: map[string]bool{}}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "firebreak", Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	m.alerts = counter("alerts_total", "Alert deliveries by source and outcome.", "source", "outcome")
	m.facts = counter("facts_total", "Facts written to the journal by kind.", "kind")
	m.decided = counter("alerts_decided_total", "What became of received alerts: one per playbook that matched, or unmatched.", "verdict")
	m.ends = counter("runs_ended_total", "Runs that ended, by phase.", "phase", "exercise")
	m.outcomes = counter("broadcast_outcomes_total", "What endpoints said to a broadcast.", "endpoint", "class", "kind")
	m.refused = counter("clicks_refused_total", "Interactions that had no effect, by reason.", "reason")
	m.crowded = counter("connections_refused_total", "Connections closed at once because there were too many, in all or from one address.", "server")
	m.skew = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "firebreak", Name: "slack_clock_skew_seconds",
		Help: "How far this clock was ahead of Slack's by the last signed request; a request more than 300 away is refused."})
	m.waiting = prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "firebreak", Name: "stream_waiting",
		Help: "Messages of a source that waited in its stream behind the last one that was fetched."}, []string{"source"})
	m.registry.MustRegister(m.skew, m.waiting)
	m.effects = counter("submitter_events_total", "What the submitter met: unknown error texts, ceilings, disagreeing endpoints.", "event")
	for _, what := range submitter.Everything() {
		m.effects.WithLabelValues(string(what)) // an alarm on an increase sees the first only where there was a zero
	}
	m.stages = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "firebreak", Name: "stage_seconds",
		Help:    "Time between two marks of an incident: accepted_to_card, quorum_to_broadcast, broadcast_to_included, included_to_verified.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 12, 30, 60, 300},
	}, []string{"stage"})
	m.unknown = counter("unknown_texts_total", "Answers of endpoints that are in no table, digits masked; they count as ambiguous.", "chain", "endpoint", "text")
	m.answers = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "firebreak", Name: "broadcast_answer_seconds", Help: "How long an endpoint takes to answer one broadcast.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"chain", "endpoint", "class"})
	m.registry.MustRegister(m.answers)
	m.reloads = newReloads(m.registry)
	m.registry.MustRegister(m.stages, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// skewed hears how far Slack's clock is away.
func (m *metrics) skewed(by time.Duration) { m.skew.Set(by.Seconds()) }

// incidents exports how many incidents are open, by phase.
func (m *metrics) incidents(e *engine.Engine) {
	for _, phase := range []incident.Phase{incident.PhaseOpened, incident.PhaseConfirming, incident.PhasePlanned,
		incident.PhaseAsking, incident.PhaseExecuting, incident.PhaseVerifying} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "firebreak", Name: "incidents_open", Help: "Incidents that run now, by phase.",
			ConstLabels: prometheus.Labels{"phase": string(phase)},
		}, func() float64 {
			n := 0
			for _, s := range e.Active() {
				if s.Phase() == phase {
					n++
				}
			}
			return float64(n)
		}))
	}
}

// observe is an engine.Observer.
func (m *metrics) observe(s incident.State, facts []incident.Fact) {
	for _, f := range facts {
		m.facts.WithLabelValues(string(f.Kind)).Inc()
		if s.ID == "" {
			continue // the inbox and the router
		}
		if f.Kind == incident.KindBroadcast {
			m.countOutcomes(f)
		}
		m.mark(s, f)
	}
	if run := s.Run(); run.Phase.Ended() && !run.EndedAt.IsZero() && endsHere(run, facts) {
		m.ends.WithLabelValues(string(run.Phase), map[bool]string{true: "yes", false: "no"}[s.Exercise]).Inc()
	}
}

func endsHere(run incident.Run, facts []incident.Fact) bool {
	for _, f := range facts {
		if string(f.Kind) == string(run.Phase) {
			return true
		}
	}
	return false
}

func (m *metrics) countOutcomes(f incident.Fact) {
	body, err := f.Body()
	if err != nil {
		return // it was decoded when it was applied; this cannot happen
	}
	for _, o := range body.(incident.Broadcast).Outcomes {
		m.outcomes.WithLabelValues(o.Endpoint, o.Class, o.Kind).Inc()
	}
}

// mark measures the stages. Only the first of each mark counts.
func (m *metrics) mark(s incident.State, f incident.Fact) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.since[s.ID]
	if at == nil {
		at = &moments{}
		m.since[s.ID] = at
	}
	stage := func(name string, from time.Time, to *time.Time) {
		if to != nil && !to.IsZero() {
			return
		}
		if to != nil {
			*to = f.Written
		}
		if !from.IsZero() {
			m.stages.WithLabelValues(name).Observe(f.Written.Sub(from).Seconds())
		}
	}
	switch f.Kind {
	case incident.KindOpened:
		at.accepted = f.Seen
	case incident.KindCardPosted:
		stage("accepted_to_card", at.accepted, &at.asked)
	case incident.KindAuthorised, incident.KindPreAuthorised:
		at.quorum = f.Written
	case incident.KindBroadcast:
		stage("quorum_to_broadcast", at.quorum, &at.sent)
	case incident.KindIncluded:
		stage("broadcast_to_included", at.sent, &at.included)
	case incident.KindContained:
		stage("included_to_verified", at.included, nil)
	}
	if s.Phase().Ended() {
		delete(m.since, s.ID)
	}
}
