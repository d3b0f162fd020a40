package signertest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// create makes the suite's key and returns its address.
func create(t *testing.T, h Harness) common.Address {
	t.Helper()
	info, err := h.Custody.Create(t.Context(), signer.NewKey{Name: Name, Class: signer.Containment, Policy: Policy(Name), Guardians: Guardians(Name)})
	require.NoError(t, err)
	return info.Address
}

// must signs and fails the test on any error.
func must(t *testing.T, h Harness, r signer.Request) signer.Signed {
	t.Helper()
	signed, err := h.Signer.Sign(t.Context(), r)
	require.NoError(t, err)
	return signed
}

// refused asserts that Sign and Check refuse with a code, that no bytes come
// back and that the refusal is not retryable.
func refused(t *testing.T, h Harness, r signer.Request, code string) {
	t.Helper()
	verdict, err := h.Signer.Check(t.Context(), r)
	require.NoError(t, err)
	assert.False(t, verdict.Allowed)
	assert.Equal(t, code, verdict.Code)
	signed, err := h.Signer.Sign(t.Context(), r)
	refusal, ok := errors.AsType[*signer.Refusal](err)
	require.True(t, ok, "not a refusal: %v", err)
	assert.Equal(t, code, refusal.Code)
	assert.NotEmpty(t, refusal.Reason)
	assert.NotErrorIs(t, err, signer.ErrUnavailable)
	assert.Empty(t, signed.Raw)
}

// seq is how many signatures the key says that it gave.
func seq(t *testing.T, h Harness) uint64 {
	t.Helper()
	info, err := h.Signer.Key(t.Context(), Name)
	require.NoError(t, err)
	return info.Seq
}

func allowedCall(t *testing.T, h Harness) {
	from := create(t, h)
	r := Pause(Core, 0)
	signed := must(t, h, r)
	require.NoError(t, r.Accept(signed, from))
	assert.Equal(t, "pause-core", signed.Rule)
	assert.EqualValues(t, 1, signed.Seq)
	assert.EqualValues(t, 1, signed.PolicyVersion)
	info, err := h.Signer.Key(t.Context(), Name)
	require.NoError(t, err)
	assert.Equal(t, from, info.Address)
	assert.Equal(t, signer.Containment, info.Class)
	assert.Equal(t, signer.Active, info.State)
	assert.Equal(t, signed.PolicyHash, info.PolicyHash)
	require.Len(t, info.Nonces, 1)
	assert.EqualValues(t, 1, info.Nonces[0].Next)
	assert.Equal(t, r.Cost(), info.Nonces[0].SpentDay)
}

func sameRequest(t *testing.T, h Harness) {
	create(t, h)
	first := must(t, h, Pause(Core, 0))
	for range 5 {
		assert.Equal(t, first, must(t, h, Pause(Core, 0)))
	}
	assert.EqualValues(t, 1, seq(t, h))
	must(t, h, Pause(Core, 1)) // the second of two: the five were not counted
	assert.Equal(t, first, must(t, h, Pause(Core, 0)), "also after a later nonce")
}

func refusedNotCounted(t *testing.T, h Harness) {
	create(t, h)
	for range 5 {
		refused(t, h, Pause(Token, 0), signer.CodeNoRule)
		refused(t, h, Fees(Pause(Core, 0), 501, 2), signer.CodeFee)
	}
	assert.Zero(t, seq(t, h))
	must(t, h, Pause(Core, 0))
	must(t, h, Pause(Core, 1))
}

func checkCountsNothing(t *testing.T, h Harness) {
	create(t, h)
	for range 5 {
		verdict, err := h.Signer.Check(t.Context(), Pause(Core, 0))
		require.NoError(t, err)
		assert.Equal(t, signer.Verdict{
			Allowed: true, Rule: "pause-core", Digest: Pause(Core, 0).Digest(),
			Action: "pause() on " + Core + " (chain 1)", PolicyHash: keyOf(t, h).PolicyHash,
		}, verdict)
	}
	assert.Zero(t, seq(t, h))
	must(t, h, Pause(Core, 0))
}

func failedWrite(t *testing.T, h Harness) {
	create(t, h)
	h.FailWrites(true)
	signed, err := h.Signer.Sign(t.Context(), Pause(Core, 0))
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.Empty(t, signed.Raw)
	h.FailWrites(false)
	assert.Zero(t, seq(t, h))
	assert.EqualValues(t, 1, must(t, h, Pause(Core, 0)).Seq)
}

// parallel asks for twenty different transactions at a limit of one.
func parallel(t *testing.T, h Harness) {
	create(t, h)
	var group sync.WaitGroup
	var signed, denied atomic.Int64
	for i := range 20 {
		r := Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", i, 3600))
		group.Go(func() {
			_, err := h.Signer.Sign(t.Context(), r)
			if err == nil {
				signed.Add(1)
			} else if _, ok := errors.AsType[*signer.Refusal](err); ok {
				denied.Add(1)
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 1, signed.Load())
	assert.EqualValues(t, 19, denied.Load())
	assert.EqualValues(t, 1, seq(t, h))
}
