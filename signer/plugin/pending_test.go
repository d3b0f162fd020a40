package plugin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

const (
	twice = `"limits":[{"window":"1h","max":2,"per":"to"}]`
	once  = `"limits":[{"window":"1h","max":1,"per":"to"}]`
	often = `"limits":[{"window":"1h","max":9,"per":"to"}]`
)

// loosening is a change of the policy in force that two guardians signed.
func (m *mount) loosening(t *testing.T, after time.Duration) signer.Change {
	t.Helper()
	info := m.info(t)
	return signertest.PolicyChange(info, signertest.NextPolicy(info, twice, often), m.clock.Now().Add(after), "ana", "ben")
}

func (m *mount) tightening(t *testing.T, after time.Duration) signer.Change {
	t.Helper()
	info := m.info(t)
	return signertest.PolicyChange(info, signertest.NextPolicy(info, twice, once), m.clock.Now().Add(after), "ana", "ben")
}

var activate = signer.Change{Verb: signer.ActivateChange}

func TestALooseningComesIntoForceAfterItsDelayAndNotBefore(t *testing.T) {
	m := withKey(t)
	_, code := m.change(t, m.loosening(t, 48*time.Hour-time.Second))
	assert.Equal(t, signer.CodePolicyPending, code)
	waiting := m.changed(t, m.loosening(t, 48*time.Hour))
	require.NotNil(t, waiting.Pending)
	assert.Equal(t, []string{"ana", "ben"}, waiting.Pending.ApprovedBy)
	m.clock.turn(48*time.Hour - time.Second)
	m.open(t)
	_, code = m.change(t, activate)
	assert.Equal(t, signer.CodePolicyPending, code)
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.signed(t, signertest.Pause(signertest.Core, 1))
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 2)))
	m.clock.turn(time.Second)
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 2)), "nobody has put it in force")
	now := m.changed(t, activate)
	assert.EqualValues(t, 2, now.PolicyVersion)
	assert.Equal(t, waiting.Pending.Hash, now.PolicyHash)
	assert.Nil(t, now.Pending)
	m.signed(t, signertest.Pause(signertest.Core, 2))
	_, code = m.change(t, activate)
	assert.Equal(t, signer.CodeNoChange, code)
}

func TestAChangeThatWaitsIsHandedInOnce(t *testing.T) {
	m := withKey(t)
	c := m.loosening(t, 50*time.Hour)
	first := m.changed(t, c)
	m.clock.turn(time.Hour)
	assert.Equal(t, first.Pending, m.changed(t, c).Pending)
	_, code := m.change(t, m.loosening(t, 49*time.Hour+time.Second))
	assert.Equal(t, signer.CodePolicyPending, code, "another time is another change")
}

func TestAChangeMayNotWaitForMoreThanAMonthLonger(t *testing.T) {
	m := withKey(t)
	const most = 48*time.Hour + 31*24*time.Hour
	_, code := m.change(t, m.loosening(t, most+time.Second))
	assert.Equal(t, signer.CodeMalformed, code)
	m.changed(t, m.loosening(t, most))
}

func TestATighteningOvertakesWhatWaits(t *testing.T) {
	m := withKey(t)
	m.changed(t, m.loosening(t, 49*time.Hour))
	_, code := m.change(t, m.tightening(t, time.Hour))
	assert.Equal(t, signer.CodePolicyPending, code, "only one that holds at once")
	now := m.changed(t, m.tightening(t, 0))
	assert.EqualValues(t, 2, now.PolicyVersion)
	assert.Nil(t, now.Pending)
	m.clock.turn(49 * time.Hour)
	_, code = m.change(t, activate)
	assert.Equal(t, signer.CodeNoChange, code)
}

func TestATighteningCanBeSetForLater(t *testing.T) {
	m := withKey(t)
	assert.NotNil(t, m.changed(t, m.tightening(t, time.Hour)).Pending)
	m.clock.turn(time.Hour)
	assert.EqualValues(t, 2, m.changed(t, activate).PolicyVersion)
}

func TestATighteningWaitsWhereThePolicySaysSo(t *testing.T) {
	m := newMount(t)
	policy := strings.Replace(signertest.RecoveryPolicy(signertest.Name), `"loosen_delay":"48h"`, `"loosen_delay":"48h","tighten_delay":"1h"`, 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Recovery, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	next := func(after time.Duration) signer.Change {
		return m.rosterChange(t, after, signertest.People()[:3], "ana", "ben", "cleo")
	}
	_, code := m.change(t, next(time.Hour-time.Second))
	assert.Equal(t, signer.CodePolicyPending, code)
	m.changed(t, next(time.Hour))
	_, code = m.change(t, activate)
	assert.Equal(t, signer.CodePolicyPending, code)
	m.clock.turn(time.Hour)
	now := m.changed(t, activate)
	assert.EqualValues(t, 2, now.GuardiansVersion)
	assert.EqualValues(t, 1, now.PolicyVersion)
	assert.Equal(t, []string{"ana", "ben", "cleo"}, now.Guardians)
}

// rosterChange makes people the guardians, signed by some of the present ones.
func (m *mount) rosterChange(t *testing.T, after time.Duration, people []consenttest.Person, ids ...string) signer.Change {
	t.Helper()
	info := m.info(t)
	text := consenttest.NextGuardians(signertest.Name, 2, info.GuardiansHash, people...)
	was, err := consent.ParseGuardians([]byte(signertest.Guardians(signertest.Name)), signertest.Name)
	require.NoError(t, err)
	g, err := consent.ParseGuardians([]byte(text), signertest.Name)
	require.NoError(t, err)
	lines, loosens := consent.Compare(was, g)
	c := signer.Change{Verb: signer.ChangeRoster, Document: text, ActivateAfter: uint64(m.clock.Now().Add(after).Unix())}
	c.Approvals = signertest.Sign(info, consent.PolicyChange{
		Key: info.Name, Version: 2, Previous: info.PolicyHash, New: info.PolicyHash, Guardians: g.Hash,
		ActivateAfter: c.ActivateAfter, Summary: consent.Summary("guardians", lines, loosens),
	}, ids...)
	return c
}

// newcomer adds eve to the guardians.
func (m *mount) newcomer(t *testing.T) signer.Change {
	t.Helper()
	return m.rosterChange(t, 48*time.Hour, append(signertest.People(), consenttest.WithWallet("eve")), "ana", "ben")
}

func TestANewGuardianCountsAfterTheDelay(t *testing.T) {
	m := withKey(t)
	m.changed(t, m.newcomer(t))
	eve := consenttest.WithWallet("eve")
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	with := func() signer.Request {
		return m.approved(t, r, m.terms(r, "a1", time.Minute), signertest.Person("ben"), eve)
	}
	assert.Equal(t, "APPROVAL_BAD:?:unknown-guardian", m.deny(t, with()))
	m.clock.turn(48 * time.Hour)
	assert.Equal(t, "APPROVAL_BAD:?:unknown-guardian", m.deny(t, with()))
	assert.EqualValues(t, 2, m.changed(t, activate).GuardiansVersion)
	m.grant(t, with())
}

// TestADocumentThatWasAlteredWhileItWaitedIsNotPutInForce also covers one that
// is gone.
func TestADocumentThatWasAlteredWhileItWaitedIsNotPutInForce(t *testing.T) {
	for _, c := range []struct {
		name, path string
		change     func(*mount) signer.Change
		alter      func(string) string
	}{
		{"a policy", "policy/", func(m *mount) signer.Change { return m.loosening(t, 48*time.Hour) },
			func(s string) string { return strings.Replace(s, `"max":9`, `"max":30`, 1) }},
		{"a policy that is no JSON", "policy/", func(m *mount) signer.Change { return m.loosening(t, 48*time.Hour) },
			func(string) string { return "{" }},
		{"guardians", "guardians/", func(m *mount) signer.Change { return m.newcomer(t) },
			func(s string) string { return strings.Replace(s, `"id":"eve"`, `"id":"mal"`, 1) }},
		{"guardians that are no JSON", "guardians/", func(m *mount) signer.Change { return m.newcomer(t) },
			func(string) string { return "{" }},
		{"a policy that is gone", "policy/", func(m *mount) signer.Change { return m.loosening(t, 48*time.Hour) }, nil},
		{"guardians that are gone", "guardians/", func(m *mount) signer.Change { return m.newcomer(t) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := withKey(t)
			m.changed(t, c.change(m))
			m.clock.turn(48 * time.Hour)
			path := c.path + signertest.Name + "/" + m.info(t).Pending.Hash.Hex()
			if c.alter == nil {
				require.NoError(t, m.storage.Delete(t.Context(), path))
			} else {
				entry, err := m.storage.Get(t.Context(), path)
				require.NoError(t, err)
				altered := c.alter(string(entry.Value))
				require.NotEqual(t, string(entry.Value), altered)
				entry.Value = []byte(altered)
				require.NoError(t, m.storage.Put(t.Context(), entry))
			}
			before := m.info(t)
			_, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/policy/activate", nil)
			require.ErrorContains(t, err, "document")
			assert.Equal(t, before, m.info(t), "what was in force stays")
			m.signed(t, signertest.Pause(signertest.Core, 0))
			gone := m.changed(t, m.standing(t, signer.Change{Verb: signer.CancelChange}, consent.StateCancel(before.Pending.Digest), "dee"))
			assert.Nil(t, gone.Pending, "and it can be dropped")
		})
	}
}

// A tightening may overtake what waits. If its own write fails, what waits is
// as good as before.
func TestAnOvertakingChangeThatFailsLeavesTheOneThatWaits(t *testing.T) {
	m := withKey(t)
	m.changed(t, m.loosening(t, 48*time.Hour))
	overtaking := m.tightening(t, 0)
	overtaking.Key = signertest.Name
	m.brittle.failState.Store(true)
	_, err := m.do(t, logical.UpdateOperation, overtaking.Path(), wire(t, overtaking.Fields()))
	require.Error(t, err)
	m.brittle.failState.Store(false)
	m.clock.turn(48 * time.Hour)
	m.changed(t, activate)
	assert.EqualValues(t, 2, m.info(t).PolicyVersion)
}

func TestAFrozenKeyCanChangeAndARetiredOneCannot(t *testing.T) {
	m := withKey(t)
	m.changed(t, signer.Change{Verb: signer.Freeze})
	m.changed(t, m.tightening(t, 0))
	assert.Equal(t, signer.Frozen, m.info(t).State)
	other := withKey(t)
	other.changed(t, other.loosening(t, 48*time.Hour))
	other.changed(t, other.standing(t, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben"))
	assert.Nil(t, other.info(t).Pending, "nothing waits any more")
	other.clock.turn(48 * time.Hour)
	_, code := other.change(t, activate)
	assert.Equal(t, signer.CodeNoChange, code)
	for _, c := range []signer.Change{other.tightening(t, 0), other.newcomer(t)} {
		_, code = other.change(t, c)
		assert.Equal(t, signer.CodeRetired, code)
	}
}
