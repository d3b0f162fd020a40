package alerts

import (
	_ "embed" // for the schema
	"fmt"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// The headers of the generic source.
const (
	TimestampHeader = "X-Firebreak-Timestamp"
	SignatureHeader = "X-Firebreak-Signature"
)

//go:embed generic.schema.json
var genericSchema []byte

// schema serves the generic source's JSON schema.
func schema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/schema+json")
	w.Write(genericSchema) // the client has gone if it fails
}

// generic is the source that anything can speak: JSON by a documented schema,
// HMAC-SHA256 over timestamp, a dot and the raw body.
type generic struct{}

// genericHMAC takes a list of proofs, so that a sender may sign with the old and
// the new secret while it is changed.
var genericHMAC = HMAC{Header: SignatureHeader, Encoding: "hex", Prefix: "v1=",
	TimestampHeader: TimestampHeader, Timestamp: "before", Separator: ".", Unit: "s", several: true}

func genericTrade() trade {
	return trade{
		kind: generic{}, answers: answers{refuses: true}, window: 5 * time.Minute, // every attempt is signed anew
		takes: []string{"exercises", "rules", "window"},
		sign: func(s Source, t Trial) (Signed, error) {
			return Signed{SignGeneric(s.Secrets[0], t.Body, t.Now), t.Body}, nil
		},
	}
}

// SignGeneric makes the headers of a generic delivery.
func SignGeneric(secret string, body []byte, at time.Time) http.Header {
	return genericHMAC.sign(secret, genericHMAC.stamp(at), body)
}

func (generic) evidence() []string { return []string{TimestampHeader, "Content-Type"} }

func (generic) verify(d delivery) error { return genericHMAC.verify(d) }

// genericAlert is the message, as generic.schema.json documents it.
type genericAlert struct {
	ID         string            `json:"id"`
	Rule       string            `json:"rule"`
	Severity   string            `json:"severity"`
	Chain      string            `json:"chain"`
	ChainID    uint64            `json:"chain_id"`
	Contract   string            `json:"contract"`
	Suspects   []string          `json:"suspects"`
	Loss       *genericLoss      `json:"loss"`
	Confidence *float64          `json:"confidence"`
	Tx         string            `json:"tx"`
	Occurred   string            `json:"occurred"`
	Labels     map[string]string `json:"labels"`
	Summary    string            `json:"summary"`
	Link       string            `json:"link"`
	Signal     string            `json:"signal"`
	Test       bool              `json:"test"`
	Resolved   bool              `json:"resolved"`
	Exercise   bool              `json:"exercise"`
}

type genericLoss struct {
	Amount string `json:"amount"`
	Token  string `json:"token"`
}

func (generic) decode(d delivery) ([]message, error) {
	at, ok := genericHMAC.at(d.header)
	if !ok {
		return nil, fmt.Errorf("%s is the time in unix seconds", TimestampHeader)
	}
	var g genericAlert
	if err := decodeStrict(d.body, &g); err != nil {
		return nil, err
	}
	m, err := g.read(d)
	if err != nil {
		return nil, err
	}
	return sent(d, at, m), nil
}

// read makes the typed form.
func (g genericAlert) read(d delivery) (message, error) {
	if g.Exercise && !d.source.Exercises {
		return message{}, fmt.Errorf(`"exercise": this source may not send drills; allow it in the configuration`)
	}
	r := reader{names: d.names}
	a := incident.Alert{
		Source: d.source.Name, ID: r.id(g.ID), Rule: r.rule(d.source, g.Rule), Severity: r.severity(g.Severity),
		Suspects: r.addresses("suspects", g.Suspects), Confidence: r.confidence(g.Confidence), Tx: r.hash("tx", g.Tx),
		Occurred: r.instant("occurred", g.Occurred), Labels: r.labels(g.Labels), Summary: r.prose("summary", g.Summary),
		Link: r.link(g.Link), Exercise: g.Exercise,
	}
	if g.Signal != "" {
		a.Signal = r.text("signal", g.Signal)
	}
	a.Chain = r.chain(g.Chain, g.ChainID)
	r.contract(&a, g.Contract)
	if g.Loss != nil {
		a.Loss = r.amount("loss", g.Loss.Amount, g.Loss.Token)
	}
	m := message{alert: a}
	switch {
	case g.Test:
		m.inert = incident.InertTest
	case g.Resolved:
		m.inert = incident.InertResolved
	}
	return m, r.err
}
