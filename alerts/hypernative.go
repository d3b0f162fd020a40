package alerts

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// hypernativeKey is the vendor's public key as its documentation shows it.
const hypernativeKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBgZAJk+OuOzp3sO6B+44gqLDzz/X1KloIQYkqefTYMv+URMIvN97gsoLYrZ9K08uQR0XHLXbB0RCTAt6BNFhzQ=="

// hypernative signs with a key of its own, and only the text in data: the outer
// id and every header are a stranger's.
type hypernative struct{ keys []*ecdsa.PublicKey }

func hypernativeTrade() trade {
	return trade{
		kind: hypernative{}, unkeyed: true,
		// The vendor advises ten minutes, because of replays and reminders.
		window:  10 * time.Minute,
		takes:   []string{"chains", "keys", "rule", "rules", "suspects", "window"},
		prepare: bindHypernative, sign: signHypernative,
	}
}

func bindHypernative(s Source) (kind, []Fault) {
	texts, bound := s.Keys, hypernative{}
	if len(texts) == 0 {
		texts = []string{hypernativeKey}
	}
	for _, text := range texts {
		key, err := p256Key(text)
		if err != nil {
			return nil, []Fault{{"keys", err.Error()}}
		}
		bound.keys = append(bound.keys, key)
	}
	if len(texts) > 4 {
		return nil, []Fault{{"keys", "name at most four"}}
	}
	return bound, nil
}

func p256Key(text string) (*ecdsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(der) != text {
		return nil, errors.New("a key is base64 of DER (SubjectPublicKeyInfo), in one line")
	}
	any, err := x509.ParsePKIXPublicKey(der)
	key, ok := any.(*ecdsa.PublicKey)
	if err != nil || !ok || key.Curve.Params().BitSize != 256 {
		return nil, errors.New("a key is a public key of the curve P-256")
	}
	return key, nil
}

// hypernativeEnvelope is the body.
type hypernativeEnvelope struct {
	ID        string `json:"id"`
	Data      string `json:"data"`
	Signature string `json:"digitalSignature"`
}

func (hypernative) evidence() []string { return []string{"Content-Type"} }

// verify checks data exactly as it was decoded from the envelope.
func (h hypernative) verify(d delivery) error {
	wrong := refusal{Unauthenticated, http.StatusUnauthorized, "digitalSignature does not fit data under any key of this source", 0}
	var e hypernativeEnvelope
	if decodeKnown(d.body, &e) != nil || e.Data == "" {
		wrong.detail = "the body is no object with data and digitalSignature"
		return wrong
	}
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil || base64.StdEncoding.EncodeToString(signature) != e.Signature {
		return wrong
	}
	sum := sha256.Sum256([]byte(e.Data))
	for _, key := range h.keys {
		if ecdsa.VerifyASN1(key, sum[:], signature) {
			return nil
		}
	}
	return wrong
}

type hypernativeData struct {
	Insight struct {
		ID          string           `json:"id"`
		Chain       string           `json:"chain"`
		Name        string           `json:"name"`
		Category    string           `json:"category"`
		Status      string           `json:"status"`
		Timestamp   string           `json:"timestamp"`
		Severity    string           `json:"severity"`
		Details     string           `json:"details"`
		Assets      []hypernativeRef `json:"involvedAssets"`
		RiskType    string           `json:"riskTypeId"`
		Description string           `json:"riskTypeDescription"`
		Tx          string           `json:"txnHash"`
		Stage       string           `json:"stage"`
		Parent      string           `json:"parentRiId"`
		Review      string           `json:"threatIntelReview"`
	} `json:"riskInsight"`
}

type hypernativeRef struct {
	Address     string `json:"address"`
	Type        string `json:"type"`
	Chain       string `json:"chain"`
	Involvement string `json:"involvementType"`
}

// decode reads what is signed and nothing else. What cannot be read is kept
// under an id of what is signed, too.
func (h hypernative) decode(d delivery) ([]message, error) {
	var e hypernativeEnvelope
	if err := decodeKnown(d.body, &e); err != nil {
		return nil, err
	}
	messages, err := readHypernative(d, []byte(e.Data))
	if err != nil {
		return nil, unreadable{[]byte(e.Data), err}
	}
	return messages, nil
}

// hypernativeSeverities: the vendor's highest is High.
var hypernativeSeverities = map[string]incident.Severity{"High": incident.SeverityHigh, "Medium": incident.SeverityMedium, "Low": incident.SeverityLow, "Info": ""}

func readHypernative(d delivery, data []byte) ([]message, error) {
	var doc hypernativeData
	if err := decodeKnown(data, &doc); err != nil {
		return nil, err
	}
	i, r := doc.Insight, reader{names: d.names}
	stage, review := strings.ToLower(i.Stage), strings.ToLower(i.Review)
	m := message{inert: doc.inert(stage, review), alert: incident.Alert{
		Source: d.source.Name, ID: r.id(i.ID + "/" + stage + "/" + review), Signal: i.Parent,
		Rule: r.ruleOf(d.source, i.RiskType, i.Name), Severity: severityOf(d.source, hypernativeSeverities, i.Severity),
		Chain: r.vendorChain(d.source, i.Chain), Tx: r.hash("txnHash", i.Tx), Occurred: r.instant("timestamp", i.Timestamp),
		Labels: r.fitting(map[string]string{"name": i.Name, "category": i.Category, "riskTypeId": i.RiskType, "chain": i.Chain}),
	}}
	m.alert.Summary = r.excerpt(i.Name + "\n" + i.Details)
	if i.Parent == "" {
		m.alert.Signal = i.ID
	}
	if i.ID == "" {
		r.fail("riskInsight.id", "is missing")
	}
	if i.Timestamp == "" && m.inert == "" {
		r.fail("riskInsight.timestamp", "is missing, so nobody can tell how old it is")
	}
	places := doc.places(d.source, &r, &m.alert)
	if r.err != nil {
		return nil, r.err
	}
	messages := spread(d, m, places)
	if m.inert != "" {
		return messages, nil
	}
	return happened(d, m.alert.Occurred, messages...), nil
}

// inert says which of the vendor's messages are no orders. What it may add is
// none either.
func (doc hypernativeData) inert(stage, review string) string {
	i := doc.Insight
	switch {
	case strings.EqualFold(i.RiskType, "T-9999"), i.Name == "TEST MESSAGE", i.ID != "" && strings.Trim(i.ID, "0") == "":
		return incident.InertTest
	case i.Status == "Historical":
		return incident.InertReplay
	case stage == "reminder":
		return incident.InertReminder
	case stage == "end":
		return incident.InertEnd
	case review == "dismissed":
		return incident.InertDismissed
	case review == "reviewed":
		return incident.InertReview
	case i.Status != "" && i.Status != "Active",
		!slices.Contains([]string{"", "oneshot", "undefined", "start"}, stage),
		!slices.Contains([]string{"", "notreviewed"}, review):
		return incident.InertUpdate
	}
	return ""
}

// places are the contracts that the insight involves. Accounts are accused when
// their part in it is one that the source's configuration names.
func (doc hypernativeData) places(s Source, r *reader, a *incident.Alert) (places []place) {
	for _, asset := range doc.Insight.Assets {
		if asset.Address == "" {
			continue // a protocol has a name alone
		}
		chain := a.Chain
		if asset.Chain != "" {
			chain = r.vendorChain(s, asset.Chain)
		}
		own := reader{}
		address := own.address("involvedAssets.address", asset.Address)
		if own.err != nil {
			continue // of a chain that is not ours to read
		}
		if asset.Type == "Contract" {
			places = append(places, place{chain, address})
		}
		for part := range strings.SplitSeq(asset.Involvement, ",") {
			if slices.ContainsFunc(s.Suspects, func(word string) bool { return strings.EqualFold(word, strings.TrimSpace(part)) }) {
				r.accuse(a, chain, address)
			}
		}
	}
	return places
}

// signHypernative wraps and signs a trial: a whole envelope, whose data is
// signed anew, or the content of data.
func signHypernative(_ Source, t Trial) (Signed, error) {
	var e hypernativeEnvelope
	if err := decodeKnown(t.Body, &e); err != nil {
		return Signed{}, err
	}
	if e.Data == "" {
		e = hypernativeEnvelope{ID: "00000000-0000-4000-8000-000000000000", Data: string(t.Body)}
	}
	block, _ := pem.Decode(t.Key)
	if block == nil {
		return Signed{}, errors.New("hypernative signs with a private key: name a PEM file of one whose public key is in the source's keys (openssl ecparam -genkey -name prime256v1)")
	}
	key, err := privateP256(block.Bytes)
	if err != nil {
		return Signed{}, err
	}
	sum := sha256.Sum256([]byte(e.Data))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return Signed{}, err
	}
	e.Signature = base64.StdEncoding.EncodeToString(signature)
	body, err := json.Marshal(e)
	return Signed{http.Header{}, body}, err
}

func privateP256(der []byte) (*ecdsa.PrivateKey, error) {
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	any, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := any.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve.Params().BitSize != 256 {
		return nil, errors.New("the private key is not one of the curve P-256")
	}
	return key, nil
}
