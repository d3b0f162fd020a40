package plugin

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

// parseRequest reads the body of sign and check. Numbers are decimal strings,
// nothing has a default, and no refusal repeats what was sent.
func parseRequest(name string, body map[string]any) (signer.Request, *signer.Refusal) {
	p := &parser{body: body}
	p.fixed("type", "2", signer.CodeTxType, "only type 2 (EIP-1559) transactions are signed")
	r := signer.Request{
		Key:                  name,
		ChainID:              p.uint64("chain_id", signer.CodeChain),
		Nonce:                p.uint64("nonce", signer.CodeMalformed),
		Gas:                  p.uint64("gas", signer.CodeMalformed),
		MaxFeePerGas:         p.wei("max_fee_per_gas"),
		MaxPriorityFeePerGas: p.wei("max_priority_fee_per_gas"),
		Incident:             p.optional("incident"),
		Reason:               p.optional("reason"),
		RequestID:            p.optional("request_id"),
	}
	p.fixed("value", "0", signer.CodeValue, "value must be \"0\": this key moves no value")
	p.target(&r)
	p.calldata(&r)
	p.approvals(&r)
	if p.refusal != nil {
		return signer.Request{}, p.refusal
	}
	if err := r.Validate(); err != nil {
		if refusal, ok := err.(*signer.Refusal); ok {
			return signer.Request{}, refusal
		}
		return signer.Request{}, signer.Refuse(signer.CodeMalformed, "the request is not valid")
	}
	return r, nil
}

// parser reads fields one after another; the first refusal sticks.
type parser struct {
	body    map[string]any
	refusal *signer.Refusal
}

func (p *parser) refuse(code, format string, args ...any) {
	if p.refusal == nil {
		p.refusal = signer.Refuse(code, format, args...)
	}
}

func (p *parser) text(field, code string) string {
	value, ok := p.body[field].(string)
	if !ok {
		p.refuse(code, "%s is required, as a string", field)
	}
	return value
}

func (p *parser) optional(field string) string {
	value, ok := p.body[field]
	text, isText := value.(string)
	if ok && !isText {
		p.refuse(signer.CodeMalformed, "%s must be a string", field)
	}
	return text
}

// fixed refuses every value but one. The type may also be the JSON number 2,
// which the Vault command line and JSON libraries write differently.
func (p *parser) fixed(field, want, code, why string) {
	value := p.body[field]
	switch v := value.(type) {
	case string:
		if v == want {
			return
		}
	case json.Number, int, int64, float64:
		if field == "type" && fmt.Sprint(v) == want {
			return
		}
	}
	p.refuse(code, "%s", why)
}

func (p *parser) uint64(field, code string) uint64 {
	n, err := document.Uint64(p.text(field, code))
	if err != nil {
		p.refuse(code, "%s %v", field, err)
	}
	return n
}

func (p *parser) wei(field string) *big.Int {
	n, err := document.Uint256(p.text(field, signer.CodeMalformed))
	if err != nil {
		p.refuse(signer.CodeMalformed, "%s %v", field, err)
	}
	return n
}

func (p *parser) target(r *signer.Request) {
	text := p.text("to", signer.CodeCreate)
	if text == "" {
		p.refuse(signer.CodeCreate, "to is empty; this key creates no contract")
	}
	to, err := document.Address(text)
	if err != nil {
		p.refuse(signer.CodeMalformed, "to %v", err)
	}
	r.To = to
}

func (p *parser) calldata(r *signer.Request) {
	data, err := document.Bytes(p.text("data", signer.CodeMalformed), signer.MaxData)
	if err != nil {
		p.refuse(signer.CodeMalformed, "data %v", err)
	}
	r.Data = data
}

// approvals keeps the list bounded and does not look inside: whether a rule
// needs any, and whether they hold, is decided later.
func (p *parser) approvals(r *signer.Request) {
	value, ok := p.body["approvals"]
	if !ok {
		return
	}
	list, isList := value.([]any)
	if !isList || len(list) > signer.MaxApprovals {
		p.refuse(signer.CodeMalformed, "approvals must be a list of at most %d", signer.MaxApprovals)
		return
	}
	for _, item := range list {
		if _, isObject := item.(map[string]any); !isObject {
			p.refuse(signer.CodeMalformed, "an approval must be an object")
			return
		}
		raw, err := json.Marshal(item)
		if err != nil {
			p.refuse(signer.CodeMalformed, "an approval cannot be read")
			return
		}
		r.Approvals = append(r.Approvals, raw)
	}
}
