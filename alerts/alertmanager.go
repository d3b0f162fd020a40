package alerts

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// maxGroup bounds the alerts of one delivery.
const maxGroup = 500

// alertmanager is Prometheus Alertmanager's webhook, version 4, with its
// default body and a bearer token. The token proves the Alertmanager, not the
// alert: whoever can post into it can post here.
type alertmanager struct{}

func (alertmanager) evidence() []string { return []string{"Content-Type"} }

// verify compares digests, so that neither content nor length of the token
// shows in the time it takes.
func (alertmanager) verify(d delivery) error {
	token, ok := strings.CutPrefix(d.header.Get("Authorization"), "Bearer ")
	fits := 0
	got := sha256.Sum256([]byte(token))
	for _, secret := range d.source.Secrets {
		want := sha256.Sum256([]byte(secret))
		fits |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	if !ok || fits != 1 || len(d.header.Values("Authorization")) != 1 {
		return refusal{Unauthenticated, http.StatusUnauthorized,
			"the bearer token does not fit; set it in http_config.authorization of the receiver", 0}
	}
	return nil
}

// amGroup is the webhook's body; keys that newer versions add are passed over.
type amGroup struct {
	Version   string            `json:"version"`
	GroupKey  string            `json:"groupKey"`
	Truncated int               `json:"truncatedAlerts"`
	Alerts    []json.RawMessage `json:"alerts"`
}

type amAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    string            `json:"startsAt"`
	Generator   string            `json:"generatorURL"`
	Fingerprint string            `json:"fingerprint"`
}

func (alertmanager) decode(d delivery) ([]message, error) {
	var g amGroup
	if err := decodeKnown(d.body, &g); err != nil {
		return nil, err
	}
	switch {
	case g.Version != "4":
		return nil, errors.New(`"version" is not "4": this is not Alertmanager's default webhook body`)
	case len(g.Alerts) == 0:
		return nil, errors.New(`"alerts" is empty`)
	case len(g.Alerts) > maxGroup:
		return nil, fmt.Errorf(`"alerts" has more than %d entries; set max_alerts`, maxGroup)
	}
	var messages []message
	for _, part := range g.Alerts {
		var a amAlert
		if err := explain(json.Unmarshal(part, &a)); err != nil {
			return nil, err
		}
		m, err := a.message(d.source, d.names, g)
		if err != nil {
			// One label that cannot be read must not cost the others of the
			// group: it is kept, and opens nothing.
			m = message{alert: incident.Alert{Source: d.source.Name, ID: a.id(g.GroupKey)}, inert: "malformed: " + err.Error()}
		}
		m.part = part
		messages = append(messages, m)
	}
	return messages, nil
}

// message reads one alert of the group by itself: the group's own status is
// firing while any of them fires.
func (a amAlert) message(s Source, n Names, g amGroup) (message, error) {
	r := reader{names: n}
	name := a.Labels["rule"]
	if name == "" {
		name = a.Labels["alertname"]
	}
	alert := incident.Alert{
		Source: s.Name, ID: a.id(g.GroupKey), Rule: r.rule(s, name), Severity: a.severity(),
		Occurred: r.instant("startsAt", a.StartsAt), Labels: r.labels(a.Labels),
		Summary: r.prose("summary", a.Annotations["summary"]), Link: r.link(a.Generator),
	}
	id, err := strconv.ParseUint(a.Labels["chain_id"], 10, 64)
	if a.Labels["chain_id"] != "" && err != nil {
		r.fail("chain_id", "is no chain id")
	}
	chain := a.Labels["chain"]
	if id != 0 {
		chain = ""
	}
	alert.Chain = r.chain(chain, id)
	r.contract(&alert, a.Labels["contract"])
	if g.Truncated > 0 {
		alert.Summary = strings.TrimSpace(fmt.Sprintf("(%d alerts of this group were left out by Alertmanager) %s", g.Truncated, alert.Summary))
	}
	m := message{alert: alert}
	switch a.Status {
	case "firing":
	case "resolved":
		m.inert = incident.InertResolved
	default:
		r.fail("status", "is neither firing nor resolved")
	}
	return m, r.err
}

// severity is what the label says, when it is one of ours. Others write
// warning or page; that is unknown and no reason to refuse the alert.
func (a amAlert) severity() incident.Severity {
	for _, known := range incident.Severities() {
		if string(known) == a.Labels["severity"] {
			return known
		}
	}
	return ""
}

// id is the same for every repeat of one firing, and another for the next:
// group, fingerprint and start stay, and a resolution is another message.
func (a amAlert) id(group string) string {
	h := sha256.New()
	for _, part := range []string{group, a.Fingerprint, a.StartsAt, a.Status} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
