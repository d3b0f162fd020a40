// Package ceremony prepares what guardians sign about a key, says in words what
// it is, and collects their signatures, on any machine and without Vault.
//
// A proposal carries the documents that it is about, and never the digest: who
// signs computes it from them. The key in Vault computes it once more, from what
// is in force there, so a proposal that shows one thing and asks for another
// gathers signatures that are worth nothing.
package ceremony

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
)

// Schema names the format of the file.
const Schema = "firebreak/proposal/v1"

// MaxFile bounds a proposal, in bytes.
const MaxFile = 1 << 20

// Proposal is one act on a key that guardians have to sign. It holds no
// secret. Which fields are used depends on Verb; see signer.Change.
type Proposal struct {
	Schema string      `json:"schema"`
	Verb   signer.Verb `json:"verb"`

	// The key, as it was when the proposal was made.
	Key       string         `json:"key"`
	Class     signer.Class   `json:"class"`
	Address   common.Address `json:"address"`
	Instance  common.Hash    `json:"instance_id"`
	Epoch     uint64         `json:"epoch"`
	Policy    string         `json:"policy"`    // in force
	Guardians string         `json:"guardians"` // in force

	Document      string      `json:"document,omitempty"` // the new policy or guardians
	ActivateAfter uint64      `json:"activate_after,omitempty"`
	ValidUntil    uint64      `json:"valid_until,omitempty"`
	Chain         uint64      `json:"chain_id,omitempty"`
	Nonce         uint64      `json:"nonce,omitempty"`
	Cancels       common.Hash `json:"cancels,omitzero"` // digest of the change to drop
	Of            string      `json:"of,omitempty"`     // what that change does, in words

	Transaction *Transaction `json:"transaction,omitempty"`

	Signatures []json.RawMessage `json:"signatures"` // as consent.ParseSignature reads them
}

// Sign is the verb of a proposal to sign one transaction. It is no change of
// the key: its approvals go with the request.
const Sign signer.Verb = "sign"

// Parse reads a proposal strictly. It is not judged yet: see Judge.
func Parse(raw []byte) (*Proposal, error) {
	if len(raw) > MaxFile {
		return nil, fmt.Errorf("read proposal: it is longer than %d bytes", MaxFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var p Proposal
	if err := decoder.Decode(&p); err != nil {
		return nil, fmt.Errorf("read proposal: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("read proposal: more than one document")
	}
	if p.Schema != Schema {
		return nil, fmt.Errorf("read proposal: its schema is not %q", Schema)
	}
	return &p, nil
}

// Encode writes the file.
func (p *Proposal) Encode() ([]byte, error) {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write proposal: %w", err)
	}
	return append(raw, '\n'), nil
}

// Source is what a proposal is made from: a key and what is in force for it.
type Source struct {
	Info      signer.KeyInfo
	Policy    string
	Guardians string
}

func (s Source) blank(verb signer.Verb) *Proposal {
	return &Proposal{
		Schema: Schema, Verb: verb, Key: s.Info.Name, Class: s.Info.Class, Address: s.Info.Address,
		Instance: s.Info.InstanceID, Epoch: s.Info.Epoch, Policy: s.Policy, Guardians: s.Guardians,
		Signatures: []json.RawMessage{},
	}
}

// Standing proposes to stop, to release or to retire the key.
func (s Source) Standing(verb signer.Verb, until time.Time) *Proposal {
	p := s.blank(verb)
	p.ValidUntil = uint64(until.Unix())
	return p
}

// NonceOf proposes the next nonce of a chain.
func (s Source) NonceOf(chain, next uint64, until time.Time) *Proposal {
	p := s.Standing(signer.SetNonce, until)
	p.Chain, p.Nonce = chain, next
	return p
}

// Cancel proposes to drop the change that waits.
func (s Source) Cancel(until time.Time) (*Proposal, error) {
	if s.Info.Pending == nil {
		return nil, fmt.Errorf("key %s has no change that waits", s.Info.Name)
	}
	p := s.Standing(signer.CancelChange, until)
	p.Cancels, p.Of = s.Info.Pending.Digest, s.Info.Pending.Summary
	return p, nil
}

// Replace proposes a new policy or new guardians. now and margin set when the
// change may come into force: a change that does not loosen at once, one that
// loosens after the policy's delay and the margin, which is the time that
// people have to sign it.
func (s Source) Replace(verb signer.Verb, document string, now time.Time, margin time.Duration) (*Proposal, error) {
	p := s.blank(verb)
	p.Document = document
	j, err := p.judge()
	if err != nil {
		return nil, err
	}
	delay := j.policy.Change.TightenDelay
	if j.loosens {
		delay = j.policy.Change.LoosenDelay
	}
	if delay > 0 {
		p.ActivateAfter = uint64(now.Add(delay + margin).Unix())
	}
	return p, nil
}
