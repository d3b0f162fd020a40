package signertest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// receiptsChain follows the chain of receipts from the key's origin to its
// head.
func receiptsChain(t *testing.T, h Harness) {
	create(t, h)
	info := keyOf(t, h)
	head := signer.Origin(info.InstanceID, info.Address)
	assert.Equal(t, head, info.ReceiptHead)
	var all []signer.Signed
	for fee := range int64(3) {
		for i, to := range []string{Core, Vault} {
			all = append(all, must(t, h, Fees(Pause(to, uint64(i)), 100+10*fee, 2+fee)))
		}
	}
	for _, signed := range all {
		assert.Equal(t, head, signed.Prev, "number %d", signed.Seq)
		head = signed.Receipt.Hash()
		stored, err := h.Receipt(t.Context(), Name, signed.Seq)
		require.NoError(t, err)
		assert.Equal(t, signed.Receipt, stored)
	}
	assert.Equal(t, head, keyOf(t, h).ReceiptHead)
	for _, seq := range []uint64{0, uint64(len(all)) + 1} {
		_, err := h.Receipt(t.Context(), Name, seq)
		refusal, ok := errors.AsType[*signer.Refusal](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, signer.CodeNoReceipt, refusal.Code)
	}
}
