package alerts

import (
	"net/http"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// safe is Safe's events service. It sends once, without waiting for blocks, and
// takes nothing back, so its vendor calls an event a hint. Here none opens
// anything: it tells people that a Safe of ours is moving, and that what was
// signed ahead for its nonce may be void.
type safe struct{}

func safeTrade() trade {
	return trade{
		kind: safe{}, transport: true, basic: true,
		answers: answers{taken: http.StatusAccepted, bare: true}, // 202 with nothing, or it counts as failed
		takes:   []string{"rule"},
		sign: func(s Source, t Trial) (Signed, error) {
			return Signed{http.Header{"Authorization": {basic(s.Secrets[0])}}, t.Body}, nil
		},
	}
}

func (safe) evidence() []string { return []string{"Content-Type"} }

func (safe) verify(d delivery) error {
	if byAuthorization(d, "Basic") {
		return nil
	}
	return noToken("the user and password do not fit; set them for the webhook as HTTP basic authentication")
}

type safeEvent struct {
	Address     string `json:"address"`
	Type        string `json:"type"`
	Owner       string `json:"owner"`
	SafeTx      string `json:"safeTxHash"`
	MessageHash string `json:"messageHash"`
	Tx          string `json:"txHash"`
	Chain       string `json:"chainId"`
	To          string `json:"to"`
	Token       string `json:"tokenAddress"`
	Value       string `json:"value"`
	Delegate    string `json:"delegate"`
	Failed      string `json:"failed"`
}

func (safe) decode(d delivery) ([]message, error) {
	var e safeEvent
	if err := decodeKnown(d.body, &e); err != nil {
		return nil, err
	}
	r := reader{names: d.names}
	a := incident.Alert{
		// It numbers nothing, so the id is all that makes one event another.
		Source: d.source.Name, ID: idOf(e.Type, e.Chain, strings.ToLower(e.Address), e.SafeTx, e.Owner, e.MessageHash, e.Tx, e.To, e.Token, e.Value, e.Delegate),
		Rule: r.ruleOf(d.source), Signal: e.SafeTx, Chain: r.chainID("chainId", e.Chain), Tx: r.hash("txHash", e.Tx),
		Labels:  r.fitting(map[string]string{"type": e.Type, "safeTxHash": e.SafeTx, "owner": e.Owner, "failed": e.Failed}),
		Summary: r.excerpt(strings.ToLower(strings.ReplaceAll(e.Type, "_", " "))),
	}
	if e.Type == "" {
		r.fail("type", "is missing")
	}
	if e.Address != "" {
		r.contract(&a, e.Address)
	}
	if r.err != nil {
		return nil, r.err
	}
	return []message{{alert: a, inert: incident.InertUpdate}}, nil
}
