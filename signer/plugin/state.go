package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// Storage layout. The state entry is the one that makes a key exist: it is
// written last at creation and is the only one written afterwards, so that one
// Put is the whole of every change.
const (
	keyPrefix    = "key/"    // 32 raw bytes, seal-wrapped
	statePrefix  = "state/"  // JSON of state
	policyPrefix = "policy/" // canonical policy document, by name and version
	instancePath = "instance"
)

// keptNonces is how many signed nonces stay open to replacement and to asking
// again.
const keptNonces = 64

// state is everything about a key that changes, and the few fixed facts that
// go with it.
type state struct {
	Class         signer.Class           `json:"class"`
	Address       common.Address         `json:"address"`
	PublicKey     []byte                 `json:"public_key"`
	Status        signer.State           `json:"status"`
	FrozenAt      int64                  `json:"frozen_at,omitempty"` // unix seconds
	FrozenReason  string                 `json:"frozen_reason,omitempty"`
	PolicyVersion uint64                 `json:"policy_version"`
	PolicyHash    common.Hash            `json:"policy_hash"`
	Seq           uint64                 `json:"seq"`
	Chains        map[uint64]*chainState `json:"chains"`
	Uses          []use                  `json:"uses"`
}

// chainState is one chain's nonce watermark and fee budget.
type chainState struct {
	Next  uint64  `json:"next"`  // the only fresh nonce that is accepted
	Slots []slot  `json:"slots"` // the last keptNonces signed ones, oldest first
	Spent []spent `json:"spent"` // fees at risk, by hour
}

// slot is one signed nonce. Its call never changes; its fees only rise.
type slot struct {
	Nonce    uint64      `json:"nonce"`
	Call     common.Hash `json:"call"` // keccak256 of to and data
	Fee      string      `json:"fee"`  // wei, the highest signed
	Tip      string      `json:"tip"`
	Cost     string      `json:"cost"` // wei, the highest signed
	Receipts []receipt   `json:"receipts"`
}

// receipt is what was answered for a digest, so that asking again gets the
// same answer.
type receipt struct {
	Digest        common.Hash `json:"digest"`
	Rule          string      `json:"rule"`
	PolicyVersion uint64      `json:"policy_version"`
	PolicyHash    common.Hash `json:"policy_hash"`
	Seq           uint64      `json:"seq"`
}

// use is one counted signature.
type use struct {
	At    int64          `json:"at"` // unix nanoseconds
	Rule  string         `json:"rule"`
	Chain uint64         `json:"chain"`
	To    common.Address `json:"to"`
}

// loadState returns nil without an error when there is no such key.
func loadState(ctx context.Context, storage logical.Storage, name string) (*state, error) {
	entry, err := storage.Get(ctx, statePrefix+name)
	if err != nil || entry == nil {
		return nil, wrapStorage("read key state", err)
	}
	var s state
	if err := json.Unmarshal(entry.Value, &s); err != nil {
		return nil, fmt.Errorf("decode key state: %w", err)
	}
	if !s.complete() {
		return nil, fmt.Errorf("decode key state: it is incomplete")
	}
	return &s, nil
}

// complete refuses a state that this plugin did not write. A damaged amount
// must not read as nothing spent.
func (s *state) complete() bool {
	if s.Chains == nil || s.Address == (common.Address{}) {
		return false
	}
	var amounts []string
	for _, c := range s.Chains {
		if c == nil {
			return false
		}
		for _, sl := range c.Slots {
			amounts = append(amounts, sl.Fee, sl.Tip, sl.Cost)
		}
		for _, sp := range c.Spent {
			amounts = append(amounts, sp.Wei)
		}
	}
	return !slices.ContainsFunc(amounts, func(text string) bool {
		_, err := document.Uint256(text)
		return err != nil
	})
}

// save is the durable write that every signature waits for. A crash after it
// loses one count and never a limit: asking again finds the receipt.
func (s *state) save(ctx context.Context, storage logical.Storage, name string) error {
	value, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode key state: %w", err)
	}
	return wrapStorage("write key state", storage.Put(ctx, &logical.StorageEntry{Key: statePrefix + name, Value: value}))
}

// loadPolicy reads the policy in force and refuses a document that is not the
// one the state names.
func (b *backend) loadPolicy(ctx context.Context, storage logical.Storage, name string, s *state) (*policy.Policy, error) {
	entry, err := storage.Get(ctx, policyPath(name, s.PolicyVersion))
	if err != nil || entry == nil {
		if err == nil {
			err = fmt.Errorf("it is missing")
		}
		return nil, wrapStorage("read policy", err)
	}
	p, err := policy.Parse(entry.Value, name, s.Class)
	if err != nil {
		return nil, fmt.Errorf("compile stored policy: %w", err)
	}
	if p.Hash != s.PolicyHash || p.Version != s.PolicyVersion {
		return nil, fmt.Errorf("compile stored policy: its hash is not the one in force")
	}
	return p, nil
}

func policyPath(name string, version uint64) string {
	return policyPrefix + name + "/" + strconv.FormatUint(version, 10)
}

func wrapStorage(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// receiptFor returns the receipt of a digest that was signed before.
func (s *state) receiptFor(chain uint64, digest common.Hash) *receipt {
	c := s.Chains[chain]
	if c == nil {
		return nil
	}
	for i := range c.Slots {
		for j := range c.Slots[i].Receipts {
			if c.Slots[i].Receipts[j].Digest == digest {
				return &c.Slots[i].Receipts[j]
			}
		}
	}
	return nil
}

// used counts the uses that match within the window that ends now. A use in
// the future, left by a clock that stepped back, still counts.
func (s *state) used(now time.Time, window time.Duration, match func(use) bool) uint64 {
	var n uint64
	for _, u := range s.Uses {
		if u.At > now.Add(-window).UnixNano() && match(u) {
			n++
		}
	}
	return n
}
