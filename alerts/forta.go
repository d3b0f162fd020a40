package alerts

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/incident"
)

// forta is a Forta scanner node. Its token proves the node, which signs with its
// own Ethereum key and is known by its address. The token does not cover the
// body: until it ends, a minute at most, whoever has it can send another. So the
// way from the node needs TLS.
type forta struct{ scanners []common.Address }

func fortaTrade() trade {
	return trade{
		kind: forta{}, unkeyed: true, answers: answers{taken: http.StatusOK},
		window: 10 * time.Minute,
		takes:  []string{"rule", "rules", "scanners", "suspects", "window"}, needs: []string{"scanners"},
		prepare: bindForta, sign: signForta,
	}
}

func bindForta(s Source) (kind, []Fault) {
	r, bound := reader{}, forta{}
	for _, text := range s.Scanners {
		bound.scanners = append(bound.scanners, r.address("scanners", text))
	}
	if r.err != nil {
		return nil, []Fault{{"scanners", "a node is named by its address: 0x and 40 hex digits, with a right checksum or without one"}}
	}
	return bound, nil
}

func (forta) evidence() []string { return []string{"Content-Type"} }

func (f forta) verify(d delivery) error {
	header, ok := single(d.header, "Authorization")
	token, bearer := strings.CutPrefix(header, "Bearer ")
	if !ok || !bearer {
		return noToken("send the node's token in Authorization: Bearer, once")
	}
	node, err := readEthToken(token, d.now)
	if err != nil {
		return noToken(err.Error())
	}
	if !slices.Contains(f.scanners, node) {
		return noToken("the token is of a node that is not among this source's scanners")
	}
	return nil
}

type fortaAlert struct {
	Hash        string `json:"hash"`
	CreatedAt   string `json:"createdAt"`
	AlertID     string `json:"alertId"`
	Name        string `json:"name"`
	Description string `json:"description"`
	FindingType string `json:"findingType"`
	Severity    string `json:"severity"`
	Protocol    string `json:"protocol"`
	Source      struct {
		Tx  string `json:"transactionHash"`
		Bot struct {
			ID string `json:"id"`
		} `json:"bot"`
		Block struct {
			Timestamp string `json:"timestamp"`
			ChainID   uint64 `json:"chainId"`
		} `json:"block"`
	} `json:"source"`
	Addresses []string     `json:"addresses"`
	Labels    []fortaLabel `json:"labels"`
}

type fortaLabel struct {
	Label      string `json:"label"`
	Entity     string `json:"entity"`
	EntityType string `json:"entityType"`
	Remove     bool   `json:"remove"`
}

func (forta) decode(d delivery) ([]message, error) {
	var batch struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	if err := decodeKnown(d.body, &batch); err != nil {
		return nil, err
	}
	if len(batch.Alerts) > maxGroup {
		return nil, errors.New(`"alerts" has too many entries`)
	}
	var all []message
	for _, part := range batch.Alerts {
		var a fortaAlert
		messages, err := a.read(d, part)
		if err != nil {
			messages = kept(d, part, err) // it must not cost the others of the batch
		}
		for i := range messages {
			messages[i].part = part
		}
		all = append(all, messages...)
	}
	return all, nil
}

var fortaSeverities = map[string]incident.Severity{"CRITICAL": incident.SeverityCritical, "HIGH": incident.SeverityHigh,
	"MEDIUM": incident.SeverityMedium, "LOW": incident.SeverityLow, "INFO": "", "UNKNOWN": ""}

func (a fortaAlert) read(d delivery, part []byte) ([]message, error) {
	if err := explain(json.Unmarshal(part, &a)); err != nil {
		return nil, err
	}
	r := reader{names: d.names}
	created := r.instant("createdAt", a.CreatedAt)
	m := message{alert: incident.Alert{
		Source: d.source.Name, ID: r.id(strings.ToLower(a.Hash)), Rule: r.ruleOf(d.source, a.AlertID),
		Severity: severityOf(d.source, fortaSeverities, a.Severity), Chain: r.chain("", a.Source.Block.ChainID), Tx: r.hash("transactionHash", a.Source.Tx),
		Occurred: r.instant("block.timestamp", a.Source.Block.Timestamp), Summary: r.excerpt(a.Name + "\n" + a.Description),
		Labels: r.fitting(map[string]string{"alertId": a.AlertID, "findingType": a.FindingType, "bot": a.Source.Bot.ID, "protocol": a.Protocol}),
	}}
	if created.IsZero() {
		r.fail("createdAt", "is missing, so nobody can tell how old it is")
	}
	var places []place
	for _, text := range a.Addresses {
		if address, ok := legible(text); ok {
			places = append(places, place{m.alert.Chain, address})
		}
	}
	for _, l := range a.Labels {
		account, ok := legible(l.Entity)
		if ok && l.EntityType == "ADDRESS" && !l.Remove && slices.Contains(d.source.Suspects, l.Label) {
			r.accuse(&m.alert, m.alert.Chain, account)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return happened(d, created, spread(d, m, places)...), nil
}

// signForta makes a node's token for a trial, with a private key in hex.
func signForta(_ Source, t Trial) (Signed, error) {
	key, err := trialKey(t.Key)
	if err != nil {
		return Signed{}, err
	}
	token, err := signEthToken(key, t.Now)
	h := http.Header{}
	h.Set("Authorization", "Bearer "+token)
	return Signed{h, t.Body}, err
}

func trialKey(text []byte) (*ecdsa.PrivateKey, error) {
	key, err := crypto.HexToECDSA(strings.TrimPrefix(strings.TrimSpace(string(text)), "0x"))
	if err != nil {
		return nil, errors.New("a node signs with its Ethereum key: name a file of a private key, 64 hex digits, whose address is among the source's scanners")
	}
	return key, nil
}
