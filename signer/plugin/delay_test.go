package plugin_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// withRecovery is a mount with a recovery key: unpause() takes two guardians
// and an hour.
func withRecovery(t *testing.T) *mount {
	t.Helper()
	m := newMount(t)
	policy := strings.Replace(signertest.RecoveryPolicy(signertest.Name), `"limits":[{"window":"1h","max":4}]`,
		`"limits":[{"window":"1h","max":40}],"replace":{"same_nonce":true,"max_bumps":2}`, 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Recovery, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	return m
}

func unpause(nonce uint64, incident string) signer.Request {
	r := signertest.Request(signertest.Core, nonce, signertest.Call("unpause()"))
	r.Incident = incident
	return r
}

// released is an unpause that two guardians approved for three hours.
func (m *mount) released(t *testing.T, nonce uint64, incident string) signer.Request {
	t.Helper()
	r := unpause(nonce, incident)
	dear := signertest.Fees(r, 200, 20)
	return m.approved(t, r, m.terms(dear, incident+strconv.FormatUint(nonce, 10), 3*time.Hour), people("ana", "ben")...)
}

func TestADelayBeginsWithTheFirstCompleteRequestAndEndsByTheClock(t *testing.T) {
	m := withRecovery(t)
	early := unpause(0, "INC-1")
	assert.Equal(t, signer.CodeApprovalsRequired, m.deny(t, early))
	m.clock.turn(2 * time.Hour)
	r := m.released(t, 0, "INC-1")
	assert.Equal(t, signer.CodeDelay, m.check(t, r).Code)
	m.clock.turn(time.Hour)
	assert.Equal(t, signer.CodeDelay, m.deny(t, r), "neither an incomplete request nor a check began it")
	m.clock.turn(time.Hour - time.Second)
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	m.clock.turn(time.Second)
	assert.Equal(t, "unpause-core", m.grant(t, r).Rule)
}

func TestADelayIsWrittenOnceAndSurvivesARestart(t *testing.T) {
	m := withRecovery(t)
	r := m.released(t, 0, "INC-1")
	before := m.brittle.writes.Load()
	for range 3 {
		assert.Equal(t, signer.CodeDelay, m.deny(t, r))
		m.clock.turn(time.Minute)
	}
	assert.Equal(t, before+1, m.brittle.writes.Load())
	m.open(t)
	m.clock.turn(57 * time.Minute)
	m.grant(t, r)
}

func TestADelayThatIsNotDurableHasNotBegun(t *testing.T) {
	m := withRecovery(t)
	r := m.released(t, 0, "INC-1")
	m.brittle.failing.Store(true)
	_, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, asked(t, r))
	require.Error(t, err)
	m.brittle.failing.Store(false)
	m.clock.turn(time.Hour)
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
}

func TestADelayDoesNotEndByAClockThatGoesBack(t *testing.T) {
	m := withRecovery(t)
	r := m.released(t, 0, "INC-1")
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	m.clock.turn(-30 * time.Second)
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
}

func TestAFreezeEndsEveryDelay(t *testing.T) {
	m := withRecovery(t)
	r := m.released(t, 0, "INC-1")
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	m.changed(t, signer.Change{Verb: signer.Freeze})
	m.clock.turn(time.Hour)
	assert.Equal(t, signer.CodeFrozen, m.deny(t, r))
	m.changed(t, m.standing(t, signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana", "ben", "cleo"))
	assert.Equal(t, signer.CodeDelay, m.deny(t, r), "it begins anew")
	m.clock.turn(time.Hour)
	m.grant(t, r)
}

func TestADelayIsOfOneCallAndOneIncidentAtAnyFee(t *testing.T) {
	m := withRecovery(t)
	first, second := m.released(t, 0, "INC-1"), m.released(t, 0, "INC-2")
	assert.Equal(t, signer.CodeDelay, m.deny(t, first))
	m.clock.turn(time.Hour)
	assert.Equal(t, signer.CodeDelay, m.deny(t, second), "another incident")
	dearer := signertest.Fees(first, 150, 10)
	m.grant(t, dearer)
	m.grant(t, signertest.Fees(first, 160, 11)) // and a replacement does not wait at all
	m.clock.turn(time.Hour)
	later := m.released(t, 1, "INC-2")
	m.grant(t, later)
}

func TestADelayIsUsedUpByItsSignature(t *testing.T) {
	m := withRecovery(t)
	r := m.released(t, 0, "INC-1")
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	m.clock.turn(time.Hour)
	first := m.grant(t, r)
	again := m.released(t, 1, "INC-1")
	assert.Equal(t, signer.CodeDelay, m.deny(t, again), "the next signature waits for itself")
	assert.Equal(t, first, m.grant(t, r), "and the first can still be had")
	m.clock.turn(time.Hour)
	m.grant(t, again)
}

func TestADelayOfLongAgoIsForgotten(t *testing.T) {
	m := withRecovery(t)
	assert.Equal(t, signer.CodeDelay, m.deny(t, m.released(t, 0, "INC-1")))
	m.clock.turn(48 * time.Hour)
	r := m.released(t, 0, "INC-1")
	m.clock.turn(time.Second)
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	m.clock.turn(time.Hour)
	m.grant(t, r)
}

func TestADelayHoldsForTwoDays(t *testing.T) {
	m := withRecovery(t)
	assert.Equal(t, signer.CodeDelay, m.deny(t, m.released(t, 0, "INC-1")))
	m.clock.turn(48 * time.Hour)
	m.grant(t, m.released(t, 0, "INC-1"))
}

func TestOnlySoManyRequestsWaitAtOnce(t *testing.T) {
	m := withRecovery(t)
	var all []signer.Request
	for i := range 17 {
		all = append(all, m.released(t, 0, "INC-"+strconv.Itoa(i)))
	}
	for _, r := range all {
		assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	}
	before := m.brittle.writes.Load()
	resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, asked(t, all[16]))
	require.NoError(t, err)
	require.ErrorContains(t, resp.Error(), "16 requests wait already")
	assert.Equal(t, before, m.brittle.writes.Load())
	m.clock.turn(time.Hour)
	assert.Equal(t, signer.CodeDelay, m.deny(t, all[16]), "it never began")
	m.grant(t, all[15])
	assert.Equal(t, signer.CodeDelay, m.deny(t, m.released(t, 1, "INC-16")), "there is room now")
	m.clock.turn(48*time.Hour + time.Second)
	last := m.released(t, 1, "INC-99")
	assert.Equal(t, signer.CodeDelay, m.deny(t, last), "those of long ago made room")
	m.clock.turn(time.Hour)
	m.grant(t, last)
}

func TestARetirementEndsEveryDelay(t *testing.T) {
	m := withRecovery(t)
	r := m.released(t, 0, "INC-1")
	assert.Equal(t, signer.CodeDelay, m.deny(t, r))
	m.changed(t, m.standing(t, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben", "cleo"))
	m.clock.turn(time.Hour)
	assert.Equal(t, signer.CodeRetired, m.deny(t, r))
}
