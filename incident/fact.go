package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Stream names a sequence of facts: one per incident, one for the inbox of
// received alerts, one for the decisions of the router.
type Stream string

// The streams that are not incidents.
const (
	Inbox  Stream = "inbox"
	Router Stream = "router"
)

// Stream returns the stream of an incident's facts.
func (id ID) Stream() Stream { return Stream(id) }

// Kind says what a fact states. Past tense, lower case.
type Kind string

// Body is the typed content of a fact.
type Body interface{ Kind() Kind }

// Claim reserves a key for an owner. Appending a fact whose claim
// another owner holds fails: that is how one alert opens one incident, how one
// nonce carries one intent, and how one click is counted once, whatever
// crashes or replicas there are. The same owner may claim its key again; a
// claim without an owner can never be claimed again by anybody.
type Claim struct{ Key, Owner string }

// Claimer is a Body that reserves keys.
type Claimer interface{ Claims(Stream, int) []Claim }

// Releaser is a Body that gives keys back. A key that the named owner does not
// hold stays as it is.
type Releaser interface{ Releases(Stream, int) []Claim }

// Draft is a fact that is not in the journal yet. Happened, Seen and the
// journal's own Written are kept apart (UTC): when it took place, when we
// learned of it, when it was on disk. A zero Happened means at Seen.
type Draft struct {
	Run      int
	Body     Body
	Happened time.Time
	Seen     time.Time
	Exercise bool
}

// Entry is what one stream gets in one append. After is the sequence number
// of the stream's last fact as its writer knows it, zero for a new stream: if
// another fact got there first the whole append fails with ErrConflict, which
// is the fence between replicas. Open says whether anything is still owed to
// this stream, so that a restart finds its work without reading all history.
type Entry struct {
	Stream Stream
	After  uint64
	Drafts []Draft
	Open   bool
}

// ErrConflict says that a stream has moved on: read it again and decide again.
var ErrConflict = errors.New("another fact was appended first")

// ClaimedError says that a claim belongs to another owner.
type ClaimedError struct {
	Claim  Claim
	Owner  string
	Stream Stream
	Seq    uint64
}

func (e *ClaimedError) Error() string {
	return fmt.Sprintf("%s is already claimed by %s (fact %d of %s)", e.Claim.Key, e.Owner, e.Seq, e.Stream)
}

// Fact is one sealed record of a stream. Raw is the body as it was written;
// the hash covers it and everything beside it, and the hash of the fact before.
type Fact struct {
	Stream   Stream
	Seq      uint64
	Run      int
	Kind     Kind
	Happened time.Time
	Seen     time.Time
	Written  time.Time
	Exercise bool
	Raw      []byte
	Prev     Digest
	Hash     Digest
}

// Position is where a fact goes: the stream, its number, and the hash before.
type Position struct {
	Stream Stream
	Seq    uint64
	Prev   Digest
}

// Seal turns a draft into the fact at a position. Times are cut to
// microseconds, which is what every store keeps exactly.
func (d Draft) Seal(at Position, written time.Time) (Fact, error) {
	if d.Body == nil {
		return Fact{}, errors.New("a fact needs a body")
	}
	raw, err := json.Marshal(d.Body)
	if err != nil {
		return Fact{}, fmt.Errorf("encode %s: %w", d.Body.Kind(), err)
	}
	happened := d.Happened
	if happened.IsZero() {
		happened = d.Seen
	}
	f := Fact{
		Stream: at.Stream, Seq: at.Seq, Run: d.Run, Kind: d.Body.Kind(),
		Happened: instant(happened), Seen: instant(d.Seen), Written: instant(written),
		Exercise: d.Exercise, Raw: raw, Prev: at.Prev,
	}
	f.Hash = f.digest()
	return f, nil
}

// asWritten is the draft as it comes back from the journal. It fails for a
// body that is missing, that JSON cannot take, or that would not decode again.
func (d Draft) asWritten() (Draft, error) {
	f, err := d.Seal(Position{}, time.Time{})
	if err != nil {
		return d, err
	}
	body, err := f.Body()
	if err != nil {
		return d, fmt.Errorf("read back what would be written: %w", err)
	}
	return Draft{Run: d.Run, Body: body, Happened: f.Happened, Seen: f.Seen, Exercise: d.Exercise}, nil
}

func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func (f Fact) digest() Digest {
	h := newHasher("firebreak-fact/1")
	h.text(string(f.Stream))
	h.number(f.Seq)
	h.number(uint64(f.Run))
	h.text(string(f.Kind))
	for _, t := range []time.Time{f.Happened, f.Seen, f.Written} {
		h.number(uint64(t.UnixMicro()))
	}
	h.flag(f.Exercise)
	h.bytes(f.Raw)
	h.bytes(f.Prev[:])
	return h.sum()
}

// Verify tells whether the fact is the one that was sealed after prev.
func (f Fact) Verify(prev Digest) error {
	if f.Prev != prev {
		return fmt.Errorf("fact %d of %s does not follow the one before it: it names %s, that is %s",
			f.Seq, f.Stream, f.Prev.Short(), prev.Short())
	}
	if got := f.digest(); got != f.Hash {
		return fmt.Errorf("fact %d of %s was changed: its content hashes to %s, its record says %s",
			f.Seq, f.Stream, got.Short(), f.Hash.Short())
	}
	return nil
}

// Body decodes the fact strictly: a kind or a field that this version does
// not know is an error. The body is a value, not a pointer.
func (f Fact) Body() (Body, error) {
	decode, ok := bodies[f.Kind]
	if !ok {
		return nil, fmt.Errorf("fact %d of %s has kind %q, which this version does not know", f.Seq, f.Stream, f.Kind)
	}
	body, err := decode(f.Raw)
	if err != nil {
		return nil, fmt.Errorf("decode fact %d of %s (%s): %w", f.Seq, f.Stream, f.Kind, err)
	}
	return body, nil
}
