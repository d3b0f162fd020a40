// Package journal is the memory of Firebreak: an append-only, sequenced,
// hash-chained record of every fact, which is at the same time the audit log.
//
// Each stream (an incident, the inbox, the router) is a chain of facts, and
// each commit, of one append or of several that share it, is a link of one
// chain of checkpoints over all of them. So a
// fact that is changed, dropped, moved or added afterwards breaks a chain, and
// Verify names the first place where. Stores live in subpackages and share
// the suite in journaltest.
package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Anywhere, as an Entry's After, appends at the end whatever was there before.
// It is for streams whose facts do not depend on each other: the inbox.
const Anywhere = ^uint64(0)

// ErrBroken says that the store can no longer be trusted with a write: a
// commit failed for a reason that waiting does not mend. Nothing is appended
// any more until the process is started again; the incident that needed the
// write stops.
var ErrBroken = errors.New("the journal cannot be written")

// Store is what an implementation offers. All methods may be called
// concurrently.
//
// Append writes all entries or none, and returns only when they are on disk
// in the sense of a full sync; what it returns survives a power failure. It
// fails with incident.ErrConflict when a stream has moved on, with
// *incident.ClaimedError when a claim belongs to another owner, with ErrBroken
// when the store is lost. On any other error the outcome is known: nothing was
// written. Once begun it is not cancelled by its context. Nobody retries
// inside; callers read and decide again.
//
// Read yields the facts of a stream after a sequence number, in order.
//
// Open lists, sorted, the streams to which something is owed and those whose
// last fact is not older than since.
type Store interface {
	Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error)
	Read(ctx context.Context, stream incident.Stream, after uint64) iter.Seq2[incident.Fact, error]
	Open(ctx context.Context, since time.Time) ([]incident.Stream, error)
}

// Mark is a stream's head as a checkpoint records it.
type Mark struct {
	Stream incident.Stream `json:"stream"`
	Seq    uint64          `json:"seq"`
	Hash   incident.Digest `json:"hash"`
}

// Checkpoint chains the heads that one commit made. Its hash stands for the
// whole journal up to here: publish it somewhere else and history can no
// longer be rewritten, not even by whoever holds the disk.
type Checkpoint struct {
	N       uint64
	Written time.Time
	Marks   []Mark
	Prev    incident.Digest
	Hash    incident.Digest
}

// Sum computes the hash of a checkpoint from its content.
func (c Checkpoint) Sum() incident.Digest {
	h := sha256.New()
	h.Write([]byte("firebreak-checkpoint/1"))
	h.Write(c.Prev[:])
	var n [8]byte
	put := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	put(c.N)
	put(uint64(c.Written.UnixMicro()))
	put(uint64(len(c.Marks)))
	for _, m := range c.Marks {
		put(uint64(len(m.Stream)))
		h.Write([]byte(m.Stream))
		put(m.Seq)
		h.Write(m.Hash[:])
	}
	return incident.Digest(h.Sum(nil))
}

// Archive is what Verify reads. All lists every stream, sorted. Checkpoints
// yields those after n, in order.
type Archive interface {
	Store
	All(ctx context.Context) ([]incident.Stream, error)
	Checkpoints(ctx context.Context, after uint64) iter.Seq2[Checkpoint, error]
}

// Damage names the first record that does not fit its chain.
type Damage struct {
	Where string
	Why   error
}

func (d *Damage) Error() string {
	if why := d.Why.Error(); strings.HasPrefix(why, d.Where) {
		return why // it names the place itself
	}
	return fmt.Sprintf("%s: %v", d.Where, d.Why)
}

// Unwrap gives the reason.
func (d *Damage) Unwrap() error { return d.Why }
