package incident

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Digest is a SHA-256. The zero value is no digest and equals nothing.
type Digest [32]byte

// IsZero tells whether there is no digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// Equal compares in constant time; two missing digests are not equal.
func (d Digest) Equal(o Digest) bool {
	return !d.IsZero() && subtle.ConstantTimeCompare(d[:], o[:]) == 1
}

// String is 64 hex characters.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short is the first 12 hex characters, as shown on a card.
func (d Digest) Short() string { return d.String()[:12] }

// Words are four words of the digest's first 32 bits, so that two people can
// compare what they see over the phone.
func (d Digest) Words() string {
	words := make([]string, 4)
	for i := range words {
		words[i] = wordList[d[i]]
	}
	return strings.Join(words, "-")
}

// MarshalText writes hex.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hex characters.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 64 {
		return fmt.Errorf("a digest has 64 hex characters, this has %d", len(text))
	}
	if _, err := hex.Decode(d[:], text); err != nil {
		return fmt.Errorf("decode digest: %w", err)
	}
	return nil
}

// DigestOf hashes raw bytes under a domain, so that the digest of a playbook
// can never be taken for the digest of a roster.
func DigestOf(domain string, raw []byte) Digest {
	w := newHasher(domain)
	w.bytes(raw)
	return w.sum()
}

// hasher writes fields in a fixed order, each length-prefixed: no two
// different plans share an encoding. JSON has no canonical form to rely on.
type hasher struct{ buf []byte }

func newHasher(domain string) *hasher {
	h := &hasher{}
	h.text(domain)
	return h
}

func (h *hasher) bytes(b []byte) {
	h.buf = binary.BigEndian.AppendUint64(h.buf, uint64(len(b)))
	h.buf = append(h.buf, b...)
}
func (h *hasher) text(s string)        { h.bytes([]byte(s)) }
func (h *hasher) number(n uint64)      { h.bytes(binary.BigEndian.AppendUint64(nil, n)) }
func (h *hasher) flag(b bool)          { h.number(map[bool]uint64{true: 1}[b]) }
func (h *hasher) span(d time.Duration) { h.number(uint64(d)) }
func (h *hasher) instant(t time.Time)  { h.number(uint64(t.UnixNano())) }
func (h *hasher) quantity(q Quantity)  { h.text(q.String()) }
func (h *hasher) texts(list []string)  { h.list(len(list), func(i int) { h.text(list[i]) }) }
func (h *hasher) list(n int, each func(int)) {
	h.number(uint64(n))
	for i := range n {
		each(i)
	}
}
func (h *hasher) sum() Digest { return sha256.Sum256(h.buf) }

// Digest is what approvals bind to: every field of the plan, in fixed order.
// A test changes each field by reflection and demands another digest, so a new
// field cannot be forgotten here.
func (p *Plan) Digest() Digest {
	h := newHasher("firebreak-plan/1")
	h.text(string(p.Incident))
	h.number(uint64(p.Run))
	h.number(uint64(p.Revision))
	h.text(p.Playbook.Name)
	h.bytes(p.Playbook.Digest[:])
	h.bytes(p.Roster[:])
	h.text(string(p.Mode))
	h.flag(p.Exercise)
	for _, s := range []string{p.Title, p.Reason, p.Requester, p.Summary, p.Runbook, p.AlertID} {
		h.text(s)
	}
	h.texts(p.Notes)
	h.instant(p.PlannedAt)
	chains := slices.Sorted(maps.Keys(p.Blocks))
	h.list(len(chains), func(i int) {
		h.text(chains[i])
		h.number(p.Blocks[chains[i]])
	})
	h.list(len(p.Calls), func(i int) { h.call(p.Calls[i]) })
	h.list(len(p.Verify), func(i int) {
		v := p.Verify[i]
		h.text(v.Of)
		h.check(v.Check)
		h.span(v.Within)
	})
	h.quorum(p.Quorum)
	h.text(p.Signer)
	h.quantity(p.MaxFee)
	h.span(p.Submit)
	h.list(len(p.Notify), func(i int) {
		h.text(p.Notify[i].Channel)
		h.text(p.Notify[i].Text)
	})
	h.texts(p.Recover)
	h.keys(p.Calls)
	h.simulations(p.Calls)
	h.pre(p.Pre)
	h.evidence(p.Evidence)
	h.escalate(p.Quorum.Escalate)
	return h.sum()
}

// keys adds which calls go out by another key. A plan without any ends before
// it, so that its digest is what it was before there were such calls.
func (h *hasher) keys(calls []Call) {
	for i, c := range calls {
		if c.SpareOf != "" || c.Key != "" {
			h.number(uint64(i))
			h.text(c.SpareOf)
			h.text(c.Key)
		}
	}
}

// pre and evidence are named, because a plan without them ends before it: its
// digest is what it was before there was such a thing.
func (h *hasher) pre(p *PreAuthority) {
	if p != nil {
		h.text("pre-authorised")
		h.instant(p.Until)
		h.span(p.Per)
	}
}

func (h *hasher) evidence(list []Evidence) {
	if len(list) == 0 {
		return
	}
	h.text("evidence")
	h.list(len(list), func(i int) {
		e := list[i]
		for _, s := range []string{e.ID, e.Asked, e.Value, e.Doubt} {
			h.text(s)
		}
		h.number(e.Block)
		h.flag(e.Optional)
	})
}

func (h *hasher) call(c Call) {
	for _, s := range []string{c.Step, c.Verb, c.Target, c.Chain, c.Function, c.Effect, c.Undo, c.Warning} {
		h.text(s)
	}
	h.number(c.ChainID)
	h.bytes(c.To[:])
	h.quantity(c.Value)
	h.bytes(c.Data)
	h.list(len(c.Args), func(i int) {
		h.text(c.Args[i].Name)
		h.text(c.Args[i].Type)
		h.text(c.Args[i].Value)
	})
	h.number(c.Gas)
	h.quantity(c.MaxCost)
	h.check(&c.Goal)
	h.texts(c.After)
}

func (h *hasher) check(c *Check) {
	h.flag(c != nil)
	if c == nil {
		return
	}
	for _, s := range []string{c.ID, c.Chain, c.Type, string(c.Op), c.Text} {
		h.text(s)
	}
	h.number(c.ChainID)
	h.bytes(c.To[:])
	h.bytes(c.Data)
	h.quantity(c.Want)
	h.check(c.And)
}

// escalate adds who is told beside those who are asked. A plan without any ends
// before it, so that its digest is what it was before there were such people.
func (h *hasher) escalate(names []string) {
	if len(names) > 0 {
		h.text("escalate")
		h.texts(names)
	}
}

func (h *hasher) quorum(q Quorum) {
	h.number(uint64(q.Need))
	h.texts(q.Teams)
	for _, s := range []string{q.Distinct, string(q.Assurance), q.Channel, q.OnTimeout} {
		h.text(s)
	}
	h.span(q.Within)
}
