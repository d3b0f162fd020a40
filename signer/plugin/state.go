package plugin

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

// Storage layout. The state entry is the one that makes a key exist: it is
// written last at creation and last at every change, so that one Put is the
// whole of every change. What it names (a policy, guardians, a page of
// receipts) is written before it and never changed once it is named.
const (
	keyPrefix      = "key/"       // 32 raw bytes, seal-wrapped
	statePrefix    = "state/"     // stateFormat and the RLP of state
	policyPrefix   = "policy/"    // canonical policy document, by name and hash
	rosterPrefix   = "guardians/" // canonical guardian document, by name and hash
	receiptsPrefix = "receipts/"  // RLP of a page of receipts, by name and page
	instancePath   = "instance"
)

// stateFormat is the first byte of a state entry.
const stateFormat = 1

// keptNonces is how many signed nonces stay open to replacement and to asking
// again.
const keptNonces = 64

// state is everything about a key that changes, and the few fixed facts that
// go with it. RLP keeps it small, because it is written before every
// signature, and has one encoding for one value.
type state struct {
	Class     string
	Address   common.Address
	PublicKey []byte

	Status       string
	Epoch        uint64 // of KeyState messages
	FrozenReason string

	PolicyVersion uint64
	PolicyHash    common.Hash
	RosterVersion uint64
	RosterHash    common.Hash
	Pending       []pendingChange // none or one
	Dropped       []common.Hash   // digests of the last changes that a guardian cancelled

	Seq      uint64
	Head     common.Hash      // hash of the last receipt
	Receipts []signer.Receipt // of the page that is not full yet
	Chains   []*chainState    // by chain id
	Uses     []useGroup

	Spent    []spentApproval
	Waiting  []waiting
	Passkeys []passkey
}

// chainState is one chain's nonce watermark and fee budget.
type chainState struct {
	ID    uint64
	Next  uint64  // the only fresh nonce that is accepted
	Slots []slot  // the last keptNonces signed ones, oldest first
	Spent []spent // fees at risk, by hour
}

// slot is one signed nonce. Its call never changes; its fees only rise.
type slot struct {
	Nonce  uint64
	Call   common.Hash // keccak256 of to and data
	Fee    *big.Int    // wei, the highest signed
	Tip    *big.Int
	Cost   *big.Int // wei, the highest signed
	Signed []answered
}

// answered finds the receipt of a digest, so that asking again gets the same
// answer.
type answered struct {
	Digest common.Hash
	Seq    uint64
}

// loadState returns nil without an error when there is no such key.
func loadState(ctx context.Context, storage logical.Storage, name string) (*state, error) {
	entry, err := storage.Get(ctx, statePrefix+name)
	if err != nil || entry == nil {
		return nil, wrapStorage("read key state", err)
	}
	if len(entry.Value) == 0 || entry.Value[0] != stateFormat {
		return nil, fmt.Errorf("decode key state: it is of another format; install the plugin version that wrote it")
	}
	var s state
	if err := rlp.DecodeBytes(entry.Value[1:], &s); err != nil {
		return nil, fmt.Errorf("decode key state: %w", err)
	}
	if !s.complete() {
		return nil, fmt.Errorf("decode key state: it is incomplete")
	}
	return &s, nil
}

// complete refuses a state that this plugin did not write.
func (s *state) complete() bool {
	return s.Address != (common.Address{}) && s.PolicyVersion > 0 && s.RosterVersion > 0 &&
		len(s.Pending) <= 1 && !slices.Contains(s.Chains, nil)
}

// save is the durable write that every signature waits for. A crash after it
// loses one count and never a limit: asking again finds the receipt.
func (s *state) save(ctx context.Context, storage logical.Storage, name string) error {
	value, err := rlp.EncodeToBytes(s)
	if err != nil {
		return fmt.Errorf("encode key state: %w", err)
	}
	entry := &logical.StorageEntry{Key: statePrefix + name, Value: append([]byte{stateFormat}, value...)}
	return wrapStorage("write key state", storage.Put(ctx, entry))
}

func wrapStorage(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// chain returns what is known of a chain, nothing for one that is new.
func (s *state) chain(id uint64) *chainState {
	for _, c := range s.Chains {
		if c.ID == id {
			return c
		}
	}
	return &chainState{ID: id}
}

// keep puts a chain back that chain gave out.
func (s *state) keep(c *chainState) {
	for i := range s.Chains {
		if s.Chains[i].ID == c.ID {
			s.Chains[i] = c
			return
		}
	}
	s.Chains = append(s.Chains, c)
	slices.SortFunc(s.Chains, func(a, b *chainState) int { return cmp.Compare(a.ID, b.ID) })
}

// answeredAs returns the number of the signature that a digest got.
func (s *state) answeredAs(chain uint64, digest common.Hash) (seq uint64, found bool) {
	for _, sl := range s.chain(chain).Slots {
		for _, a := range sl.Signed {
			if a.Digest == digest {
				return a.Seq, true
			}
		}
	}
	return 0, false
}
