package plugin

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ethereum/go-ethereum/rlp"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

// receiptsPerPage bounds how many receipts travel with the state.
const receiptsPerPage = 32

func pagePath(name string, seq uint64) string {
	return receiptsPrefix + name + "/" + strconv.FormatUint((seq-1)/receiptsPerPage, 10)
}

// turnPage moves a full page of receipts out of the state, before the next
// signature is recorded. All of them are in force already, so a crash after
// the write leaves the page twice, and the same page both times.
func (s *state) turnPage(ctx context.Context, storage logical.Storage, name string) error {
	if len(s.Receipts) < receiptsPerPage {
		return nil
	}
	value, err := rlp.EncodeToBytes(s.Receipts)
	if err != nil {
		return fmt.Errorf("encode receipts: %w", err)
	}
	entry := &logical.StorageEntry{Key: pagePath(name, s.Receipts[0].Seq), Value: value}
	if err := storage.Put(ctx, entry); err != nil {
		return wrapStorage("write receipts", err)
	}
	s.Receipts = nil
	return nil
}

// receipt finds the receipt of a signature: with the state, or on its page.
func (s *state) receipt(ctx context.Context, storage logical.Storage, at receiptID) (*signer.Receipt, error) {
	for i := range s.Receipts {
		if s.Receipts[i].Seq == at.seq {
			return &s.Receipts[i], nil
		}
	}
	entry, err := storage.Get(ctx, pagePath(at.name, at.seq))
	if err != nil || entry == nil {
		if err == nil {
			err = fmt.Errorf("its page is missing")
		}
		return nil, wrapStorage("read receipt", err)
	}
	var page []signer.Receipt
	if err := rlp.DecodeBytes(entry.Value, &page); err != nil {
		return nil, fmt.Errorf("read receipt: decode: %w", err)
	}
	for i := range page {
		if page[i].Seq == at.seq {
			return &page[i], nil
		}
	}
	return nil, fmt.Errorf("read receipt: it is not on its page")
}

// receiptID names one signature of one key.
type receiptID struct {
	name string
	seq  uint64
}

// record appends the receipt of a signature to the chain.
func (s *state) record(rec signer.Receipt) signer.Receipt {
	s.Seq++
	rec.Seq, rec.Prev = s.Seq, s.Head
	s.Head = rec.Hash()
	s.Receipts = append(s.Receipts, rec)
	return rec
}
