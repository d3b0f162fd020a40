package signertest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// Sign has people sign a message about a key.
func Sign(info signer.KeyInfo, message consent.Message, ids ...string) []json.RawMessage {
	digest := message.Digest(consent.Domain{Signer: info.Address, Instance: info.InstanceID})
	var out []json.RawMessage
	for _, id := range ids {
		out = append(out, Wire(Person(id).Sign(digest))...)
	}
	return out
}

// Standing is a change that a KeyState signature allows.
func Standing(info signer.KeyInfo, c signer.Change, state string, ids ...string) signer.Change {
	c.Key, c.ValidUntil = info.Name, uint64(time.Now().Add(time.Hour).Unix())
	c.Approvals = Sign(info, consent.KeyState{Key: info.Name, State: state, Epoch: info.Epoch, ValidUntil: c.ValidUntil}, ids...)
	return c
}

// NextPolicy is the suite's policy as the version after the one in force, with
// one text replaced.
func NextPolicy(info signer.KeyInfo, old, replacement string) string {
	text := strings.Replace(Policy(info.Name), old, replacement, 1)
	text = strings.Replace(text, `"version":1`, `"version":2`, 1)
	return strings.Replace(text, "0x"+strings.Repeat("0", 64), info.PolicyHash.Hex(), 1)
}

// PolicyChange is a change of the policy that people have signed.
func PolicyChange(info signer.KeyInfo, text string, after time.Time, ids ...string) signer.Change {
	old, err := policy.Parse([]byte(Policy(info.Name)), info.Name, info.Class)
	if err != nil {
		panic(err) // the suite's own policy
	}
	next, err := policy.Parse([]byte(text), info.Name, info.Class)
	if err != nil {
		panic(err) // a policy that the suite made
	}
	lines, loosens := policy.Compare(old, next, nil)
	c := signer.Change{Key: info.Name, Verb: signer.ChangePolicy, Document: text, ActivateAfter: uint64(after.Unix())}
	c.Approvals = Sign(info, consent.PolicyChange{
		Key: info.Name, Version: info.PolicyVersion + 1, Previous: info.PolicyHash, New: next.Hash, Guardians: info.GuardiansHash,
		ActivateAfter: c.ActivateAfter, Summary: consent.Summary("policy", lines, loosens),
	}, ids...)
	return c
}

func keyOf(t *testing.T, h Harness) signer.KeyInfo {
	t.Helper()
	info, err := h.Signer.Key(t.Context(), Name)
	require.NoError(t, err)
	return info
}

// change does a change and returns the key, or the refusal's code.
func change(t *testing.T, h Harness, c signer.Change) (signer.KeyInfo, string) {
	t.Helper()
	info, err := h.Custody.Change(t.Context(), c)
	if refusal, ok := errors.AsType[*signer.Refusal](err); ok {
		return info, refusal.Code
	}
	require.NoError(t, err)
	return info, ""
}

const (
	pauseTwice = `"limits":[{"window":"1h","max":2,"per":"to"}]`
	pauseOnce  = `"limits":[{"window":"1h","max":1,"per":"to"}]`
	pauseMore  = `"limits":[{"window":"1h","max":9,"per":"to"}]`
)

func tighteningIsImmediate(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	info := keyOf(t, h)
	tighter := NextPolicy(info, pauseTwice, pauseOnce)
	_, code := change(t, h, PolicyChange(info, tighter, time.Unix(0, 0), "ana"))
	assert.Equal(t, signer.CodeApprovalsRequired, code, "one guardian is not the quorum")
	_, code = change(t, h, PolicyChange(info, tighter, time.Unix(0, 0), "ana", "ana"))
	assert.Equal(t, signer.CodeApprovalsRequired, code, "nor is one twice")
	now, code := change(t, h, PolicyChange(info, tighter, time.Unix(0, 0), "ben", "cleo"))
	require.Empty(t, code)
	assert.EqualValues(t, 2, now.PolicyVersion)
	assert.Nil(t, now.Pending)
	refused(t, h, Pause(Core, 1), signer.CodeRate+":1h") // what was counted stays counted
	document, err := h.Custody.Document(t.Context(), Name, signer.Policy)
	require.NoError(t, err)
	assert.Equal(t, now.PolicyHash, document.Hash)
	_, code = change(t, h, PolicyChange(info, tighter, time.Unix(0, 0), "ben", "cleo"))
	assert.Equal(t, signer.CodePolicy, code, "the same change again")
}

func looseningWaits(t *testing.T, h Harness) {
	create(t, h)
	info := keyOf(t, h)
	looser := NextPolicy(info, pauseTwice, pauseMore)
	for _, soon := range []time.Time{time.Unix(0, 0), time.Now(), time.Now().Add(47 * time.Hour)} {
		_, code := change(t, h, PolicyChange(info, looser, soon, "ana", "ben"))
		assert.Equal(t, signer.CodePolicyPending, code)
	}
	proposed := PolicyChange(info, looser, time.Now().Add(49*time.Hour), "ana", "ben")
	waiting, code := change(t, h, proposed)
	require.Empty(t, code)
	require.NotNil(t, waiting.Pending)
	assert.True(t, waiting.Pending.Loosens)
	assert.Contains(t, waiting.Pending.Summary, "up to 9/h")
	assert.EqualValues(t, 1, waiting.PolicyVersion)
	_, code = change(t, h, signer.Change{Key: Name, Verb: signer.ActivateChange})
	assert.Equal(t, signer.CodePolicyPending, code)
	_, code = change(t, h, PolicyChange(info, looser, time.Now().Add(50*time.Hour), "ana", "ben"))
	assert.Equal(t, signer.CodePolicyPending, code, "one at a time")

	_, code = change(t, h, Standing(waiting, signer.Change{Verb: signer.CancelChange}, consent.StateCancel(common.Hash{1}), "dee"))
	assert.Equal(t, approvalBad("dee", "signature"), code, "a signature for another change")
	gone, code := change(t, h, Standing(waiting, signer.Change{Verb: signer.CancelChange}, consent.StateCancel(waiting.Pending.Digest), "dee"))
	require.Empty(t, code)
	assert.Nil(t, gone.Pending)
	_, code = change(t, h, signer.Change{Key: Name, Verb: signer.ActivateChange})
	assert.Equal(t, signer.CodeNoChange, code)
	_, code = change(t, h, proposed)
	assert.Equal(t, signer.CodePolicy, code, "the signatures are still about, and worth nothing")
	again, code := change(t, h, PolicyChange(info, looser, time.Now().Add(51*time.Hour), "ana", "ben"))
	require.Empty(t, code, "signed anew")
	assert.NotNil(t, again.Pending)
}

func guardiansChange(t *testing.T, h Harness) {
	create(t, h)
	info := keyOf(t, h)
	people := People()
	next := func(people ...consenttest.Person) (string, *consent.Guardians) {
		text := consenttest.NextGuardians(Name, 2, info.GuardiansHash, people...)
		g, err := consent.ParseGuardians([]byte(text), Name)
		require.NoError(t, err)
		return text, g
	}
	was, err := consent.ParseGuardians([]byte(Guardians(Name)), Name)
	require.NoError(t, err)
	signed := func(text string, g *consent.Guardians, after time.Time) signer.Change {
		lines, loosens := consent.Compare(was, g)
		c := signer.Change{Key: Name, Verb: signer.ChangeRoster, Document: text, ActivateAfter: uint64(after.Unix())}
		c.Approvals = Sign(info, consent.PolicyChange{
			Key: Name, Version: 2, Previous: info.PolicyHash, New: info.PolicyHash, Guardians: g.Hash,
			ActivateAfter: c.ActivateAfter, Summary: consent.Summary("guardians", lines, loosens),
		}, "ana", "ben")
		return c
	}
	text, g := next(append(people, consenttest.WithWallet("eve"))...)
	_, code := change(t, h, signed(text, g, time.Unix(0, 0)))
	assert.Equal(t, signer.CodePolicyPending, code, "somebody new waits")
	text, g = next(people[0])
	_, code = change(t, h, signed(text, g, time.Unix(0, 0)))
	assert.Equal(t, signer.CodePolicy, code, "too few for the policy")
	text, g = next(people[:3]...)
	now, code := change(t, h, signed(text, g, time.Unix(0, 0)))
	require.Empty(t, code)
	assert.Equal(t, []string{"ana", "ben", "cleo"}, now.Guardians)
	refused(t, h, approve(t, h, bigRed(0), Terms(bigRed(0), "a1", time.Now()), "ana", "dee"), approvalBad("?", "unknown-guardian"))
}

func releaseNeedsTheQuorum(t *testing.T, h Harness) {
	create(t, h)
	early := Standing(keyOf(t, h), signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana", "ben")
	info, code := change(t, h, signer.Change{Key: Name, Verb: signer.Freeze, Reason: "drill"})
	require.Empty(t, code)
	assert.Equal(t, "drill", info.FrozenReason)
	_, code = change(t, h, early)
	assert.Equal(t, approvalBad("ana", "signature"), code, "signed before the freeze")
	_, code = change(t, h, Standing(info, signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana"))
	assert.Equal(t, signer.CodeApprovalsRequired, code)
	_, code = change(t, h, Standing(info, signer.Change{Verb: signer.Unfreeze}, consent.StateRetired, "ana", "ben"))
	assert.Equal(t, approvalBad("ana", "signature"), code, "signed for another act")
	release := Standing(info, signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana", "ben")
	info, code = change(t, h, release)
	require.Empty(t, code)
	assert.Equal(t, signer.Active, info.State)
	must(t, h, Pause(Core, 0))
	_, code = change(t, h, signer.Change{Key: Name, Verb: signer.Freeze})
	require.Empty(t, code)
	_, code = change(t, h, release)
	assert.Equal(t, approvalBad("ana", "signature"), code, "used before")
}

func oneGuardianHalts(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	info := keyOf(t, h)
	_, code := change(t, h, Standing(info, signer.Change{Verb: signer.Halt}, consent.StateFrozen))
	assert.Equal(t, signer.CodeApprovalsRequired, code)
	_, code = change(t, h, Standing(info, signer.Change{Verb: signer.Halt}, consent.StateRetired, "ben"))
	assert.Equal(t, approvalBad("ben", "signature"), code, "signed for another act")
	order := Standing(info, signer.Change{Verb: signer.Halt}, consent.StateFrozen, "ben")
	info, code = change(t, h, order)
	require.Empty(t, code)
	assert.Equal(t, signer.Frozen, info.State)
	refused(t, h, Pause(Core, 0), signer.CodeFrozen)
	info, code = change(t, h, Standing(info, signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana", "ben"))
	require.Empty(t, code)
	_, code = change(t, h, order)
	assert.Equal(t, approvalBad("ben", "signature"), code, "an order is for once")
	assert.Equal(t, signer.Active, info.State)
}

func aRetiredKeyIsOver(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	info := keyOf(t, h)
	_, code := change(t, h, Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana"))
	assert.Equal(t, signer.CodeApprovalsRequired, code)
	info, code = change(t, h, Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben"))
	require.Empty(t, code)
	assert.Equal(t, signer.Retired, info.State)
	refused(t, h, Pause(Core, 0), signer.CodeRetired)
	for verb, state := range map[signer.Verb]string{signer.Unfreeze: consent.StateActive, signer.Retire: consent.StateRetired, signer.SetNonce: consent.StateNonce(1, 0)} {
		_, code = change(t, h, Standing(info, signer.Change{Verb: verb, Chain: 1}, state, "ana", "ben"))
		assert.NotEmpty(t, code, verb)
	}
	info, code = change(t, h, signer.Change{Key: Name, Verb: signer.Freeze})
	require.Empty(t, code)
	assert.Equal(t, signer.Retired, info.State, "a freeze does not revive it")
}

func peopleSetANonce(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	must(t, h, Pause(Vault, 1))
	info := keyOf(t, h)
	to := func(n uint64, ids ...string) signer.Change {
		return Standing(info, signer.Change{Verb: signer.SetNonce, Chain: 1, Nonce: n}, consent.StateNonce(1, n), ids...)
	}
	_, code := change(t, h, to(1, "ana"))
	assert.Equal(t, signer.CodeApprovalsRequired, code)
	moved := to(1, "ana", "ben")
	moved.Nonce = 5
	_, code = change(t, h, moved)
	assert.Equal(t, approvalBad("ana", "signature"), code, "another nonce than was signed")
	info, code = change(t, h, to(1, "ana", "ben"))
	require.Empty(t, code)
	assert.EqualValues(t, 1, info.Nonces[0].Next)
	must(t, h, Pause(Core, 1)) // another call than before
	assert.EqualValues(t, 3, seq(t, h))
}
