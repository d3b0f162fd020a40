package app

import (
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

// maxTexts bounds the label values of unknown texts: an endpoint chooses them.
const maxTexts = 64

var digits = regexp.MustCompile(`0x[0-9a-fA-F]+|[0-9]+`)

// submitted counts what the submitter met on a chain of the inventory. It is
// safe for concurrent use.
func (m *metrics) submitted(chain string, e submitter.Event) {
	m.effects.WithLabelValues(string(e.What)).Inc()
	switch e.What {
	case submitter.Answered:
		m.answers.WithLabelValues(chain, e.Endpoint, string(e.Class)).Observe(e.Took.Seconds())
	case submitter.Unknown:
		m.unknown.WithLabelValues(chain, e.Endpoint, m.text(e.Text)).Inc()
	}
}

// text makes a label value of what an endpoint said.
func (m *metrics) text(said string) string {
	masked := incident.OneLine(digits.ReplaceAllString(said, "#"), 80)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.texts[masked] && len(m.texts) >= maxTexts {
		return "others"
	}
	m.texts[masked] = true
	return masked
}

// warmth exports what the submitter knows, as it is at each scrape.
type warmth struct{ of *submitter.Submitter }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("firebreak_"+name, help, labels, nil)
}

var (
	warmAge      = gauge("warm_age_seconds", "Since an endpoint of the chain was read last; -1: never.", "chain")
	warmBaseFee  = gauge("base_fee_wei", "Base fee per gas, extrapolated while no endpoint can be read.", "chain")
	warmTip      = gauge("tip_wei", "Priority fee per gas that the market pays.", "chain")
	laneNonce    = gauge("lane_nonce", "Next nonce of the account, by who says so: lane, mined (agreed), highest (one endpoint alone).", "chain", "key", "view")
	laneInFlight = gauge("lane_in_flight", "Nonces with a price or bytes that are not mined.", "chain", "key")
	laneWaiting  = gauge("lane_waiting", "Incidents that wait for nonces.", "chain", "key")
	laneOldest   = gauge("lane_oldest_seconds", "How long the oldest nonce has been in flight.", "chain", "key")
	laneBalance  = gauge("lane_balance_wei", "Balance of the account; absent while it is not known.", "chain", "key")
	laneCoded    = gauge("lane_delegated", "1 when the account has code (EIP-7702), which only an attacker would give it.", "chain", "key")
	guardHolds   = gauge("guard_holds", "1 when what the guard names is so already: the contract is paused.", "chain", "guard")
	guardAge     = gauge("guard_age_seconds", "Since the guard was read last; -1: never.", "chain", "guard")
)

// Describe implements prometheus.Collector.
func (w warmth) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{warmAge, warmBaseFee, warmTip, laneNonce, laneInFlight, laneWaiting, laneOldest,
		laneBalance, laneCoded, guardHolds, guardAge} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It makes no call.
func (w warmth) Collect(ch chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	chains := map[string]bool{}
	for _, l := range w.of.Warmth() {
		if !chains[l.Chain] {
			chains[l.Chain] = true
			set(warmAge, seconds(l.Age), l.Chain)
			set(warmBaseFee, float(l.BaseFee), l.Chain)
			set(warmTip, float(l.Tip), l.Chain)
		}
		set(laneNonce, float64(l.Nonce), l.Chain, l.Key, "lane")
		set(laneNonce, float64(l.Mined), l.Chain, l.Key, "mined")
		set(laneNonce, float64(l.Highest), l.Chain, l.Key, "highest")
		set(laneInFlight, float64(l.InFlight), l.Chain, l.Key)
		set(laneWaiting, float64(l.Waiting), l.Chain, l.Key)
		set(laneOldest, l.Oldest.Seconds(), l.Chain, l.Key)
		set(laneCoded, flag(l.Coded), l.Chain, l.Key)
		if l.Balance != nil {
			set(laneBalance, float(*l.Balance), l.Chain, l.Key)
		}
	}
	for _, g := range w.of.Guards() {
		set(guardHolds, flag(g.Holds), g.Check.Chain, g.Name)
		set(guardAge, seconds(g.Age), g.Check.Chain, g.Name)
	}
}

// seconds of an age; a negative one is that of what never was.
func seconds(age time.Duration) float64 {
	if age < 0 {
		return -1
	}
	return age.Seconds()
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// float is an amount as Prometheus holds it, rounded.
func float(w incident.Wei) float64 {
	f, _ := w.Big().Float64()
	return f
}
