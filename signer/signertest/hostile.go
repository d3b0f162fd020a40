package signertest

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// A hostile case is one thing that the holder of the bot's token tries. It
// brings a key to where the attack starts and returns the request, which has
// to be refused with the code.
type hostile struct {
	name    string
	code    string
	request func(t *testing.T, h Harness) signer.Request
}

// hostileChange is one change of a key that its guardians have not agreed to.
type hostileChange struct {
	name   string
	code   string
	change func(t *testing.T, h Harness) signer.Change
}

// RunHostile runs the hostile bot: every request that nobody may have signed,
// and every change that nobody may make. Each is refused with its code, yields
// no bytes, reaches the server once and leaves the key as it was.
func RunHostile(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	requests := slices.Concat(hostileCalls(), hostileCosts(), hostileNonces(), hostileRates(), hostileStates(),
		hostileApprovals(), hostileMessages(), hostileSignatures(), hostilePasskeys(), hostileUses())
	names := map[string]bool{}
	for _, c := range requests {
		require.False(t, names[c.name], "two cases are called %q", c.name)
		names[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			sendHostile(t, h, c.request(t, h), c.code)
		})
	}
	for _, c := range slices.Concat(hostilePolicies(), hostileRosters(), hostileActs()) {
		require.False(t, names[c.name], "two cases are called %q", c.name)
		names[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			sendHostileChange(t, h, c.change(t, h), c.code)
		})
	}
	assert.GreaterOrEqual(t, len(requests), 60)
	t.Run("the same digest fifty times", func(t *testing.T) { fiftyTimes(t, open(t)) })
}

// sendHostile asks check and sign, and looks at the key before and after.
func sendHostile(t *testing.T, h Harness, r signer.Request, code string) {
	t.Helper()
	before := keyOf(t, h)
	verdict, err := h.Signer.Check(t.Context(), r)
	require.NoError(t, err)
	assert.False(t, verdict.Allowed)
	assert.Equal(t, code, verdict.Code, verdict.Reason)
	reached := h.reached()
	signed, err := h.Signer.Sign(t.Context(), r)
	if h.Requests != nil {
		want := 1
		if r.Validate() != nil {
			want = 0 // the client does not send it at all
		}
		assert.Equal(t, want, h.reached()-reached, "requests that reached the server")
	}
	refusal, ok := errors.AsType[*signer.Refusal](err)
	require.True(t, ok, "not a refusal: %v", err)
	assert.Equal(t, code, refusal.Code, refusal.Reason)
	assert.NotErrorIs(t, err, signer.ErrUnavailable)
	assert.Equal(t, signer.Signed{}, signed)
	assert.Equal(t, before, keyOf(t, h), "the key is as it was")
}

// sendHostileChange does the same for a change of the key.
func sendHostileChange(t *testing.T, h Harness, c signer.Change, code string) {
	t.Helper()
	before, reached := keyOf(t, h), h.reached()
	info, err := h.Custody.Change(t.Context(), c)
	if h.Requests != nil && signer.ValidKeyName(c.Key) {
		assert.Equal(t, 1, h.reached()-reached, "requests that reached the server")
	}
	refusal, ok := errors.AsType[*signer.Refusal](err)
	require.True(t, ok, "not a refusal: %v", err)
	assert.Equal(t, code, refusal.Code, refusal.Reason)
	assert.Equal(t, signer.KeyInfo{}, info)
	assert.Equal(t, before, keyOf(t, h), "the key is as it was")
}

func (h Harness) reached() int {
	if h.Requests == nil {
		return 0
	}
	return h.Requests()
}

// fiftyTimes asks for one signature again and again: it is counted once.
func fiftyTimes(t *testing.T, h Harness) {
	create(t, h)
	first := must(t, h, Pause(Core, 0))
	before := keyOf(t, h)
	for range 50 {
		assert.Equal(t, first, must(t, h, Pause(Core, 0)))
	}
	assert.Equal(t, before, keyOf(t, h))
	assert.EqualValues(t, 1, before.Seq)
}

// plain is a request to the suite's key as it is created.
func plain(r signer.Request) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		create(t, h)
		return r
	}
}

// after is a request to the suite's key once others were signed.
func after(r signer.Request, signed ...signer.Request) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		create(t, h)
		for _, s := range signed {
			must(t, h, s)
		}
		return r
	}
}

// under is a request to a key whose policy says something else than the
// suite's in one place, once others were signed.
func under(old, replacement string, r signer.Request, signed ...signer.Request) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		createUnder(t, h, old, replacement)
		for _, s := range signed {
			must(t, h, s)
		}
		return r
	}
}
