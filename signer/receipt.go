package signer

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// receiptDomain separates receipts from everything else that is hashed.
const receiptDomain = "firebreak/receipt/v1"

// Receipt is the key's record of one signature. Each holds the hash of the one
// before it, so a key cannot forget one: a restored snapshot repeats a number,
// and whoever kept the receipts sees it. It is public.
type Receipt struct {
	Seq           uint64      // number of this signature in the key's life, from 1
	Prev          common.Hash // hash of the receipt before; of the key's origin in the first
	Digest        common.Hash // the hash that was signed
	Rule          string      // id of the policy rule that allowed it
	PolicyVersion uint64
	PolicyHash    common.Hash
	Approvals     []Consent // what guardians it used up, sorted by guardian
	Time          uint64    // unix seconds, by the clock of the Vault node
}

// Consent is one guardian's approval that a signature rests on.
type Consent struct {
	Guardian string
	Approval common.Hash // the approval's id
}

// Origin is the hash that a key's first receipt holds as Prev: it names the
// mount and the key, so that no two keys share a chain of receipts.
func Origin(instance common.Hash, key common.Address) common.Hash {
	return crypto.Keccak256Hash([]byte(receiptDomain), instance[:], key[:])
}

// Hash is keccak256 over the fields in a fixed order. Texts and lists carry
// their length, so that no two receipts read the same.
func (r Receipt) Hash() common.Hash {
	out := []byte(receiptDomain)
	out = append(out, r.Prev[:]...)
	out = binary.BigEndian.AppendUint64(out, r.Seq)
	out = append(out, r.Digest[:]...)
	out = appendText(out, r.Rule)
	out = binary.BigEndian.AppendUint64(out, r.PolicyVersion)
	out = append(out, r.PolicyHash[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(len(r.Approvals)))
	for _, c := range r.Approvals {
		out = append(appendText(out, c.Guardian), c.Approval[:]...)
	}
	out = binary.BigEndian.AppendUint64(out, r.Time)
	return crypto.Keccak256Hash(out)
}

func appendText(out []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(out, uint64(len(text))), text...)
}
