package alerts

import (
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// pagerduty is a webhook subscription of PagerDuty, version 3. It drops what
// meets a 4xx and is switched off for a day after three drops, so whatever is
// authentic is taken. It repeats for two days with the first time.
type pagerduty struct{}

// pagerdutyHMAC is a list with a proof for each active secret.
var pagerdutyHMAC = HMAC{Header: "X-PagerDuty-Signature", Encoding: "hex", Prefix: "v1=", several: true}

func pagerdutyTrade() trade {
	return trade{
		kind: pagerduty{}, window: 10 * time.Minute,
		takes: []string{"rule", "rules", "window"}, anyOf: []string{"rule", "rules"},
		sign: func(s Source, t Trial) (Signed, error) {
			return Signed{pagerdutyHMAC.sign(s.Secrets[0], "", t.Body), t.Body}, nil
		},
	}
}

func (pagerduty) evidence() []string { return []string{"Content-Type", "X-Webhook-Id"} }

func (pagerduty) verify(d delivery) error { return pagerdutyHMAC.verify(d) }

type pagerdutyEvent struct {
	ID       string `json:"id"`
	Type     string `json:"event_type"`
	Occurred string `json:"occurred_at"`
	Data     struct {
		ID       string        `json:"id"`
		Type     string        `json:"type"`
		Title    string        `json:"title"`
		Link     string        `json:"html_url"`
		Urgency  string        `json:"urgency"`
		Service  *pagerdutyRef `json:"service"`
		Incident *pagerdutyRef `json:"incident"`
	} `json:"data"`
}

type pagerdutyRef struct {
	ID string `json:"id"`
}

// pagerdutySeverities: urgency has two words. A priority's name is the
// customer's own.
var pagerdutySeverities = map[string]incident.Severity{"high": incident.SeverityHigh, "low": incident.SeverityLow}

func (pagerduty) decode(d delivery) ([]message, error) {
	var body struct {
		Event pagerdutyEvent `json:"event"`
	}
	if err := decodeKnown(d.body, &body); err != nil {
		return nil, err
	}
	e, r := body.Event, reader{names: d.names}
	service := ""
	if e.Data.Service != nil {
		service = e.Data.Service.ID
	}
	m := message{inert: e.inert(), alert: incident.Alert{
		Source: d.source.Name, ID: r.id(e.ID), Rule: r.ruleOf(d.source, service), Severity: severityOf(d.source, pagerdutySeverities, e.Data.Urgency),
		Occurred: r.instant("occurred_at", e.Occurred), Summary: r.excerpt(e.Data.Title), Link: r.reference(e.Data.Link),
		Labels: r.fitting(map[string]string{"event_type": e.Type, "service": service}),
	}}
	switch {
	case e.Data.Incident != nil:
		m.alert.Signal = e.Data.Incident.ID
	case e.Data.Type == "incident":
		m.alert.Signal = e.Data.ID
	}
	if e.Occurred == "" && m.inert == "" {
		r.fail("occurred_at", "is missing, so nobody can tell how old it is")
	}
	if r.err != nil {
		return nil, r.err
	}
	if m.inert != "" {
		return []message{m}, nil
	}
	return happened(d, m.alert.Occurred, m), nil
}

// inert: only an incident that begins is an alert. The vendor adds types, and
// all the others are news.
func (e pagerdutyEvent) inert() string {
	switch {
	case e.Type == "incident.triggered":
		return ""
	case e.Type == "incident.resolved":
		return incident.InertResolved
	case strings.HasPrefix(e.Type, "pagey."):
		return incident.InertTest
	}
	return incident.InertUpdate
}
