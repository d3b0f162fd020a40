package alerts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// maxGroup bounds the alerts of one delivery.
const maxGroup = 500

// group is the webhook body of Alertmanager, which Grafana's follows; keys that
// newer versions add are passed over.
type group struct {
	Version   string            `json:"version"`
	GroupKey  string            `json:"groupKey"`
	Truncated int               `json:"truncatedAlerts"`
	Alerts    []json.RawMessage `json:"alerts"`
}

type groupAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    string            `json:"startsAt"`
	Generator   string            `json:"generatorURL"`
	Fingerprint string            `json:"fingerprint"`
	RuleUID     string            `json:"ruleUID"` // Grafana's
}

// readGroup reads every alert of a group by itself: the group's own status is
// firing while any of them fires. inert names what makes one no order, beside
// its status.
func readGroup(d delivery, version string, inert func(groupAlert) string) ([]message, error) {
	var g group
	if err := decodeKnown(d.body, &g); err != nil {
		return nil, err
	}
	switch {
	case g.Version != version:
		return nil, fmt.Errorf(`"version" is not %q: this is not the default webhook body`, version)
	case len(g.Alerts) == 0:
		return nil, errors.New(`"alerts" is empty`)
	case len(g.Alerts) > maxGroup:
		return nil, fmt.Errorf(`"alerts" has more than %d entries; set max_alerts`, maxGroup)
	}
	var messages []message
	for _, part := range g.Alerts {
		var a groupAlert
		err := explain(json.Unmarshal(part, &a))
		m := message{}
		if err == nil {
			m, err = a.message(d, g)
		}
		if err != nil {
			// One label that cannot be read must not cost the others of the
			// group: it is kept, and opens nothing.
			m = message{alert: incident.Alert{Source: d.source.Name, ID: a.id(g.GroupKey)}, inert: malformedPrefix + err.Error()}
		}
		m.inert, m.part, m.truncated = cmp.Or(m.inert, inert(a)), part, g.Truncated
		messages = append(messages, m)
	}
	return messages, nil
}

func (a groupAlert) message(d delivery, g group) (message, error) {
	r := reader{names: d.names}
	alert := incident.Alert{
		Source: d.source.Name, ID: a.id(g.GroupKey), Signal: a.signal(),
		Rule: r.ruleOf(d.source, a.Labels["rule"], a.Labels["alertname"], a.RuleUID), Severity: severityOf(d.source, ownSeverities, a.Labels["severity"]),
		Occurred: r.instant("startsAt", a.StartsAt), Labels: r.fitting(a.Labels),
		Summary: r.excerpt(a.Annotations["summary"]), Link: r.reference(a.Generator),
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
		alert.Summary = r.excerpt(fmt.Sprintf("(%d alerts of this group were left out by its sender) %s", g.Truncated, alert.Summary))
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

// ownSeverities are ours. Others write warning or page; that is unknown and no
// reason to refuse the alert.
var ownSeverities = map[string]incident.Severity{"critical": incident.SeverityCritical, "high": incident.SeverityHigh,
	"medium": incident.SeverityMedium, "low": incident.SeverityLow}

// signal is one firing from its beginning to its resolution: a repeat keeps
// fingerprint and start, and the next firing has another start.
func (a groupAlert) signal() string {
	if a.Fingerprint == "" {
		return ""
	}
	return strings.TrimSuffix(a.Fingerprint+"/"+a.StartsAt, "/")
}

// id is the same for every repeat of one firing, and another for the next:
// group, fingerprint and start stay, and a resolution is another message.
func (a groupAlert) id(key string) string { return idOf(key, a.Fingerprint, a.StartsAt, a.Status) }

// idOf makes an id of several texts, whatever is in them.
func idOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
