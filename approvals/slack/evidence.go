package slack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// bearer lists the fields of a payload that let whoever reads them act as the
// app or answer in its name. The journal is for ever, so they stay out of it.
var bearer = []string{"token", "response_url", "response_urls", "trigger_id"}

// evidence is what the journal keeps about a vote: enough to settle later who
// sent what, and that it was checked.
type evidence struct {
	Transport string          `json:"transport"`
	Payload   json.RawMessage `json:"payload"` // as sent, but for bearer values
	Body      string          `json:"body"`    // SHA-256 of the whole body as received
	Timestamp string          `json:"timestamp"`
	Signature string          `json:"signature"`
	Secret    int             `json:"secret"`             // which of the configured secrets, from 1
	Envelope  string          `json:"envelope,omitempty"` // of Socket Mode, which has no signature
	Checked   time.Time       `json:"checked"`
	Account   account         `json:"account"` // as Slack described it at that moment
}

func (e evidence) encode() (json.RawMessage, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode evidence: %w", err)
	}
	return raw, nil
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// deliveryOf names a delivery: the same submission of the same view has the
// same name however often it arrives. The ids have no | in them.
func deliveryOf(parts ...string) string { return hashOf([]byte(strings.Join(parts, "|"))) }

// maxDepth bounds how deep a payload may nest; Slack's own do not reach 20.
const maxDepth = 64

// redact replaces the values of bearer fields, wherever they are, and changes
// nothing else but blanks: fields keep their order, numbers and texts their
// bytes. The same payload always gives the same result.
func redact(raw []byte) (json.RawMessage, error) {
	var out bytes.Buffer
	if err := redactInto(&out, raw, 0); err != nil {
		return nil, fmt.Errorf("redact payload: %w", err)
	}
	return out.Bytes(), nil
}

func redactInto(out *bytes.Buffer, raw []byte, depth int) error {
	if depth > maxDepth {
		return errors.New("it nests too deeply")
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || (raw[0] != '{' && raw[0] != '[') {
		if !json.Valid(raw) {
			return errors.New("it is not JSON")
		}
		out.Write(raw)
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return err
	}
	out.WriteByte(raw[0])
	for first := true; dec.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		key := ""
		if raw[0] == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			key, _ = name.(string)
			encoded, err := json.Marshal(key)
			if err != nil {
				return err
			}
			out.Write(append(encoded, ':'))
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if slices.ContainsFunc(bearer, func(b string) bool { return strings.EqualFold(b, key) }) {
			out.WriteString(`"` + redacted + `"`)
			continue
		}
		if err := redactInto(out, value, depth+1); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	out.WriteByte(raw[0] + 2) // ] and } follow [ and { by two in ASCII
	return nil
}
