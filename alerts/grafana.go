package alerts

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// grafana is a webhook contact point of Grafana. Its signature is off until
// somebody sets it, and is required here; the header of the time is a second
// switch, which the source's configuration says is on.
type grafana struct{ hmac HMAC }

func grafanaTrade() trade {
	return trade{
		kind: grafana{}, answers: answers{again: http.StatusServiceUnavailable},
		window:  5 * time.Minute, // every attempt is signed anew
		takes:   []string{"hmac", "rule", "rules", "severity", "window"},
		prepare: bindGrafana,
		sign: func(s Source, t Trial) (Signed, error) {
			m := grafanaHMAC(s)
			return Signed{m.sign(s.Secrets[0], m.stamp(t.Now), t.Body), t.Body}, nil
		},
	}
}

// grafanaHMAC is what Grafana does; only the headers' names are its operator's.
func grafanaHMAC(s Source) HMAC {
	own := HMAC{}
	if s.HMAC != nil {
		own = *s.HMAC
	}
	m := HMAC{Header: cmp.Or(own.Header, "X-Grafana-Alerting-Signature"), Encoding: "hex", TimestampHeader: own.TimestampHeader}
	if m.TimestampHeader != "" {
		m.Timestamp, m.Separator = "before", ":"
	}
	return m
}

func bindGrafana(s Source) (kind, []Fault) {
	if m := s.HMAC; m != nil {
		if m.Encoding+m.Prefix+m.Timestamp+m.Separator+m.Unit != "" {
			return nil, []Fault{{"hmac", "takes header and timestamp_header for kind grafana; the rest is Grafana's own"}}
		}
		if found := m.headerFaults(); found != nil {
			return nil, found
		}
	}
	m := grafanaHMAC(s)
	if s.Window != 0 && !m.dated() {
		return nil, []Fault{{"window", "means nothing where nothing is dated; set hmac.timestamp_header, here and in the contact point"}}
	}
	return grafana{m}, nil
}

func (g grafana) evidence() []string {
	if g.hmac.dated() {
		return []string{g.hmac.TimestampHeader, "Content-Type"}
	}
	return []string{"Content-Type"}
}

func (g grafana) verify(d delivery) error { return g.hmac.verify(d) }

func (g grafana) decode(d delivery) ([]message, error) {
	messages, err := readGroup(d, "1", grafanaTest)
	if err != nil || !g.hmac.dated() {
		return messages, err
	}
	at, ok := g.hmac.at(d.header)
	if !ok {
		return nil, errors.New("the time in " + g.hmac.TimestampHeader + " is not in seconds since 1970")
	}
	return sent(d, at, messages...), nil
}

// grafanaTest: the test button of a contact point sends a firing alert, whose
// labels the person who tests may choose. What a rule sends has the rule's
// identifier, or a label that its author set for us.
func grafanaTest(a groupAlert) string {
	plain := a.Labels["alertname"] == "TestAlert" && a.Labels["instance"] == "Grafana"
	if plain || a.RuleUID == "" && a.Labels["rule"] == "" {
		return incident.InertTest
	}
	return ""
}
