package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed" // for the schema
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// The headers of the generic source.
const (
	TimestampHeader = "X-Firebreak-Timestamp"
	SignatureHeader = "X-Firebreak-Signature"
)

// window is how far a timestamp may be from our clock, either way.
const window = 5 * time.Minute

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

// SignGeneric makes the headers of a generic delivery.
func SignGeneric(secret string, body []byte, at time.Time) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set(TimestampHeader, timestamp)
	h.Set(SignatureHeader, "v1="+hex.EncodeToString(genericMAC(secret, timestamp, body)))
	return h
}

func genericMAC(secret, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}

func (generic) evidence() []string { return []string{TimestampHeader, "Content-Type"} }

func (generic) verify(d delivery) error {
	timestamp := d.header.Get(TimestampHeader)
	if len(d.header.Values(TimestampHeader)) != 1 || len(d.header.Values(SignatureHeader)) != 1 {
		return refusal{Unauthenticated, http.StatusUnauthorized, "send " + TimestampHeader + " and " + SignatureHeader + ", each once", 0}
	}
	if !anySignature(d.source.Secrets, d.header.Get(SignatureHeader), timestamp, d.body) {
		return refusal{Unauthenticated, http.StatusUnauthorized,
			"the signature does not fit; sign the timestamp, a dot and the body exactly as sent, with this source's secret", 0}
	}
	// The timestamp is authentic now; before, it was a stranger's text.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != timestamp || seconds < 0 || seconds > 1<<40 {
		return refusal{Malformed, http.StatusBadRequest, TimestampHeader + " is the time in unix seconds", 0}
	}
	if age := d.now.Sub(time.Unix(seconds, 0)); age > window || age < -window {
		return refusal{Stale, http.StatusUnauthorized,
			fmt.Sprintf("the timestamp is %s from this clock, allowed are %s; sign anew, and check both clocks", age.Abs().Round(time.Second), window), 0}
	}
	return nil
}

// anySignature tries every entry with every secret, always all of them, so
// that time says nothing about which one fits.
func anySignature(secrets []string, header, timestamp string, body []byte) bool {
	entries := strings.Split(header, ",")
	if len(entries) > 4 {
		return false
	}
	fits := false
	for _, secret := range secrets {
		want := genericMAC(secret, timestamp, body)
		for _, entry := range entries {
			text, ok := strings.CutPrefix(strings.TrimSpace(entry), "v1=")
			if !ok || len(text) != 2*sha256.Size || strings.ToLower(text) != text {
				continue
			}
			got, err := hex.DecodeString(text)
			if err == nil && hmac.Equal(got, want) {
				fits = true
			}
		}
	}
	return fits
}

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
	Test       bool              `json:"test"`
	Exercise   bool              `json:"exercise"`
}

type genericLoss struct {
	Amount string `json:"amount"`
	Token  string `json:"token"`
}

func (generic) decode(d delivery) ([]message, error) {
	var g genericAlert
	if err := decodeStrict(d.body, &g); err != nil {
		return nil, err
	}
	if g.Exercise && !d.source.Exercises {
		return nil, fmt.Errorf(`"exercise": this source may not send drills; allow it in the configuration`)
	}
	r := reader{names: d.names}
	a := incident.Alert{
		Source: d.source.Name, ID: r.id(g.ID), Rule: r.rule(d.source, g.Rule), Severity: r.severity(g.Severity),
		Suspects: r.addresses("suspects", g.Suspects), Confidence: r.confidence(g.Confidence), Tx: r.hash("tx", g.Tx),
		Occurred: r.instant("occurred", g.Occurred), Labels: r.labels(g.Labels), Summary: r.prose("summary", g.Summary),
		Link: r.link(g.Link), Exercise: g.Exercise,
	}
	a.Chain = r.chain(g.Chain, g.ChainID)
	r.contract(&a, g.Contract)
	if g.Loss != nil {
		a.Loss = r.amount("loss", g.Loss.Amount, g.Loss.Token)
	}
	if r.err != nil {
		return nil, r.err
	}
	m := message{alert: a}
	if g.Test {
		m.inert = incident.InertTest
	}
	return []message{m}, nil
}
