package alerts

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// TokenHeader holds the secret of a source that cannot sign.
const TokenHeader = "X-Firebreak-Token"

// datadog is a webhook of Datadog with the body that `firebreak source test`
// prints. Nothing is signed: a token in a header proves the sender. Variables
// are put into the body as they are, so a quote in one of them can break it;
// then it is kept, and nothing is guessed.
type datadog struct{}

func datadogTrade() trade {
	return trade{
		kind: datadog{}, transport: true,
		answers: answers{again: http.StatusServiceUnavailable}, // it repeats 5xx alone
		window:  15 * time.Minute,
		takes:   []string{"rule", "rules", "severity", "window"}, anyOf: []string{"rule", "rules"},
		sign: func(s Source, t Trial) (Signed, error) {
			h := http.Header{}
			h.Set(TokenHeader, s.Secrets[0])
			return Signed{h, t.Body}, nil
		},
	}
}

func (datadog) evidence() []string { return []string{"Content-Type"} }

func (datadog) verify(d delivery) error {
	if byHeader(d, TokenHeader) || byAuthorization(d, "Bearer", "Basic") {
		return nil
	}
	return noToken("the token does not fit; set " + TokenHeader + " in the webhook's custom headers")
}

const datadogSchema = "firebreak-datadog-1"

type datadogAlert struct {
	Schema     string `json:"schema"`
	AlertID    string `json:"alert_id"`
	Cycle      string `json:"cycle"`
	Transition string `json:"transition"`
	Priority   string `json:"priority"`
	Scope      string `json:"scope"`
	Tags       string `json:"tags"`
	Title      string `json:"title"`
	EventID    string `json:"event_id"`
	Posix      string `json:"date_posix"`
	Link       string `json:"link"`
}

// datadogSeverities: priorities of monitors. P5 is for information.
var datadogSeverities = map[string]incident.Severity{"P1": incident.SeverityCritical, "P2": incident.SeverityHigh,
	"P3": incident.SeverityMedium, "P4": incident.SeverityLow, "P5": ""}

func (datadog) decode(d delivery) ([]message, error) {
	var a datadogAlert
	if err := decodeKnown(d.body, &a); err != nil {
		return nil, err
	}
	if a.Schema != datadogSchema {
		return nil, errors.New(`"schema" is not ` + datadogSchema + ": paste the body that firebreak source test prints")
	}
	for _, field := range []*string{&a.AlertID, &a.Cycle, &a.Priority, &a.Scope, &a.Tags, &a.EventID, &a.Posix} {
		if strings.HasPrefix(*field, "$") {
			*field = "" // a variable that nothing was put into
		}
	}
	r := reader{names: d.names}
	tags := datadogTags(a.Tags)
	alert := incident.Alert{
		Source: d.source.Name, Signal: a.Cycle, Rule: r.ruleOf(d.source, a.AlertID, tags["rule"]),
		Severity: severityOf(d.source, datadogSeverities, a.Priority), Labels: r.fitting(tags), Summary: r.excerpt(a.Title), Link: r.reference(a.Link),
		Chain: r.chainID("tags", tags["chain_id"]),
	}
	if tags["chain_id"] == "" {
		alert.Chain = r.chain(tags["chain"], 0)
	}
	r.contract(&alert, tags["contract"])
	switch {
	case a.Cycle != "":
		alert.ID = idOf(a.AlertID, a.Cycle, a.Transition)
	case a.EventID != "":
		alert.ID = idOf(a.EventID)
	default:
		r.fail("cycle", "and event_id are both missing, so a repeat cannot be told from another alert")
	}
	at, dated := unixTime(a.Posix, time.Second)
	if alert.Occurred = at; !dated {
		r.fail("date_posix", "is no time in seconds since 1970")
	}
	if r.err != nil {
		return nil, r.err
	}
	m := message{alert: alert, inert: a.inert()}
	if m.inert != "" {
		return []message{m}, nil
	}
	return happened(d, at, m), nil
}

// inert: only the beginning of a cycle is an alert. The rest of the cycle,
// warnings and missing data are not.
func (a datadogAlert) inert() string {
	switch {
	case strings.HasPrefix(a.Title, "[TEST"):
		return incident.InertTest
	case a.Transition == "Triggered":
		return ""
	case a.Transition == "Recovered":
		return incident.InertResolved
	case a.Transition == "Re-Triggered", a.Transition == "Renotify":
		return incident.InertReminder
	}
	return incident.InertUpdate
}

// datadogTags splits a list of key:value. A key that comes twice is left out:
// there is no telling which one counts.
func datadogTags(list string) map[string]string {
	tags, twice := map[string]string{}, map[string]bool{}
	for tag := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(tag), ":")
		if !ok {
			continue
		}
		_, before := tags[key]
		twice[key] = twice[key] || before
		tags[key] = value
	}
	for key, is := range twice {
		if is {
			delete(tags, key)
		}
	}
	return tags
}
