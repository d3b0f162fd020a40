// Package witness remembers outside Vault what a key has signed, so that a key
// which was rolled back, cloned or used by somebody else is noticed.
//
// A key cannot know that its storage was restored from a snapshot: its counters
// and its spent approvals are as old as the snapshot, and it would count anew.
// Its receipts betray it, to whoever has seen a later one.
package witness

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
)

// Kind is what a contradiction means.
type Kind string

// The kinds of alarm.
const (
	// Rollback: the key has forgotten signatures that were seen. Its limits,
	// budget and spent approvals are those of the past.
	Rollback Kind = "rollback"
	// Fork: two signatures have the same number, or a chain of receipts has
	// two ends. The key exists twice.
	Fork Kind = "fork"
	// Stranger: the key has given signatures that were never seen here.
	// Somebody else has a token for it, or this memory is not whole.
	Stranger Kind = "stranger"
)

// Alarm is one contradiction. It says nothing about the transaction at hand,
// which may be good; it says that the key is no longer what it was.
type Alarm struct {
	Kind Kind
	Key  common.Address
	Text string // what was seen, and what to do
}

// Link is what is remembered of one receipt.
type Link struct {
	Seq     uint64
	Prev    common.Hash
	Receipt common.Hash
}

// LinkOf takes the link out of a signature's receipt.
func LinkOf(r signer.Receipt) Link { return Link{Seq: r.Seq, Prev: r.Prev, Receipt: r.Hash()} }

// Witness holds what was seen of every key. The zero value has seen nothing.
// It is safe for concurrent use. It keeps the links of the last maxLinks
// signatures of a key; its memory is as durable as whatever feeds it.
type Witness struct {
	mu   sync.Mutex
	keys map[common.Address]*memory
}

// maxLinks bounds the memory of one key. Older links are only needed while
// facts of long ago are read in again, and agree then.
const maxLinks = 4096

type memory struct {
	links []Link // by number, one for each
	told  map[string]bool
}

// Saw takes a signature into memory and returns what it contradicts. The order
// does not matter, and seeing one again says nothing.
func (w *Witness) Saw(key common.Address, l Link) []Alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.of(key)
	at, found := m.find(l.Seq)
	if found {
		if m.links[at] == l {
			return nil
		}
		return m.tell(Alarm{Fork, key, fmt.Sprintf("signature %d of key %s exists twice, with receipts %s and %s: Vault was restored from a snapshot, or the key was copied. Freeze it, and compare its receipts with the chain",
			l.Seq, key, m.links[at].Receipt, l.Receipt)})
	}
	m.links = slices.Insert(m.links, at, l)
	var alarms []Alarm
	if at > 0 && m.links[at-1].Seq+1 == l.Seq && m.links[at-1].Receipt != l.Prev ||
		at+1 < len(m.links) && l.Seq+1 == m.links[at+1].Seq && m.links[at+1].Prev != l.Receipt {
		alarms = m.tell(Alarm{Fork, key, fmt.Sprintf("the receipts of key %s do not chain at signature %d: Vault was restored from a snapshot, or the key was copied. Freeze it, and compare its receipts with the chain", key, l.Seq)})
	}
	if len(m.links) > maxLinks {
		m.links = slices.Delete(m.links, 0, len(m.links)-maxLinks)
	}
	return alarms
}

// Compare holds what a key says about itself against what was seen of it. since
// is what Seen returned before the key was asked: a signature that was seen
// while the answer was on its way is no rollback.
func (w *Witness) Compare(info signer.KeyInfo, since Link) []Alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.of(info.Address)
	if info.Seq < since.Seq {
		return m.tell(Alarm{Rollback, info.Address, fmt.Sprintf("key %s says that it has given %d signatures, and signature %d was seen: Vault was restored from a snapshot, so limits and approvals that were used up count again. Freeze the key until its guardians have looked",
			info.Name, info.Seq, since.Seq)})
	}
	at, found := m.find(info.Seq)
	if found && m.links[at].Receipt != info.ReceiptHead {
		return m.tell(Alarm{Fork, info.Address, fmt.Sprintf("key %s ends with receipt %s at signature %d, and %s was seen: the key was rolled back and used again, or copied. Freeze it",
			info.Name, info.ReceiptHead, info.Seq, m.links[at].Receipt)})
	}
	return nil
}

// Missing holds an older answer of the key against what has been seen until
// now. Call it when whatever was signed up to that answer has had time to be
// seen; what has not is a stranger's.
func (w *Witness) Missing(info signer.KeyInfo) []Alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.of(info.Address)
	if len(m.links) == 0 {
		return nil // nothing is known of its past
	}
	last := m.links[len(m.links)-1].Seq
	if info.Seq <= last {
		return nil
	}
	return m.tell(Alarm{Stranger, info.Address, fmt.Sprintf("key %s has given %d signatures, and the last that was seen here is %d: find out who else has a token for it, and read receipts/%s/%d and after in Vault",
		info.Name, info.Seq, last, info.Name, last+1)})
}

// Seen returns the last signature that was seen of a key, the zero Link if none
// was.
func (w *Witness) Seen(key common.Address) Link {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.of(key)
	if len(m.links) == 0 {
		return Link{}
	}
	return m.links[len(m.links)-1]
}

func (w *Witness) of(key common.Address) *memory {
	if w.keys == nil {
		w.keys = map[common.Address]*memory{}
	}
	if w.keys[key] == nil {
		w.keys[key] = &memory{told: map[string]bool{}}
	}
	return w.keys[key]
}

func (m *memory) find(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(m.links, seq, func(l Link, seq uint64) int { return cmp.Compare(l.Seq, seq) })
}

// tell says each contradiction once, however often it is looked for.
func (m *memory) tell(a Alarm) []Alarm {
	if m.told[a.Text] {
		return nil
	}
	m.told[a.Text] = true
	return []Alarm{a}
}
