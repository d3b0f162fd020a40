package alerts

import (
	"errors"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// tenderly is an alert destination of Tenderly. Its messages name no alert, no
// severity and no target: rule and severity are of the source, and the
// contracts are those that the transaction called or that wrote a log in it.
type tenderly struct{}

// tenderlyHMAC signs the body and, right behind it, the text of the date
// header. The header's form is not documented, so it is read tolerantly.
var tenderlyHMAC = HMAC{Header: "X-Tenderly-Signature", Encoding: "hex", TimestampHeader: "Date", Timestamp: "after", when: tolerantTime}

func tenderlyTrade() trade {
	return trade{
		kind: tenderly{},
		// Set-up asks with GET whether the URL is there; a POST must hear exactly 200.
		answers: answers{taken: http.StatusOK, probe: true},
		// It repeats at most five times and does not say when. Ten minutes hold them.
		window: 10 * time.Minute,
		takes:  []string{"rule", "severity", "suspects", "window"}, needs: []string{"rule"},
		prepare: func(s Source) (kind, []Fault) { return tenderly{}, s.suspectFaults(txFrom) },
		sign: func(s Source, t Trial) (Signed, error) {
			return Signed{tenderlyHMAC.sign(s.Secrets[0], t.Now.UTC().Format(http.TimeFormat), t.Body), t.Body}, nil
		},
	}
}

func (tenderly) evidence() []string { return []string{"Date", "Content-Type"} }

func (tenderly) verify(d delivery) error { return tenderlyHMAC.verify(d) }

type tenderlyAlert struct {
	ID          string `json:"id"`
	EventType   string `json:"event_type"`
	Transaction struct {
		Network string     `json:"network"`
		Hash    string     `json:"hash"`
		From    string     `json:"from"`
		To      string     `json:"to"`
		Logs    []logEntry `json:"logs"`
	} `json:"transaction"`
}

func (tenderly) decode(d delivery) ([]message, error) {
	var t tenderlyAlert
	if err := decodeKnown(d.body, &t); err != nil {
		return nil, err
	}
	at, ok := tenderlyHMAC.at(d.header)
	if !ok {
		return nil, errors.New("the date header is no time that is known here")
	}
	r := reader{names: d.names}
	m := message{alert: incident.Alert{
		Source: d.source.Name, ID: r.id(t.ID), Rule: r.ruleOf(d.source), Severity: d.source.Severity,
		Tx: r.hash("transaction.hash", t.Transaction.Hash), Labels: r.fitting(map[string]string{"network": t.Transaction.Network}),
	}}
	switch t.EventType {
	case "ALERT":
	case "TEST":
		// It may be built on any real transaction: the type decides, not how
		// plausible the rest looks.
		m.inert = incident.InertTest
	default:
		m.inert = incident.InertUpdate
	}
	m.alert.Chain = r.chainID("transaction.network", t.Transaction.Network)
	places := r.placesOf(m.alert.Chain, t.Transaction.To, t.Transaction.Logs)
	if from := t.Transaction.From; from != "" && len(d.source.Suspects) > 0 {
		r.accuse(&m.alert, m.alert.Chain, r.address("transaction.from", from))
	}
	if r.err != nil {
		return nil, r.err
	}
	return sent(d, at, spread(d, m, places)...), nil
}
