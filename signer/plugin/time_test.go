package plugin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestAWindowSlides(t *testing.T) {
	m := withKey(t)
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.clock.turn(30 * time.Minute)
	m.signed(t, signertest.Pause(signertest.Core, 1))
	m.clock.turn(30*time.Minute - time.Nanosecond)
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 2)))
	m.clock.turn(time.Nanosecond)
	m.signed(t, signertest.Pause(signertest.Core, 2))
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 3)))
}

func TestAClockThatStepsBackFreesNothing(t *testing.T) {
	m := withKey(t)
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.signed(t, signertest.Pause(signertest.Core, 1))
	m.clock.turn(-48 * time.Hour)
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 2)))
}

func TestAnExpensiveDayEndsAfterADayAndNotBefore(t *testing.T) {
	m := withKey(t)
	dear := func(to string, nonce uint64) signer.Request {
		r := signertest.Fees(signertest.Pause(to, nonce), 200, 2)
		r.Gas = 500_000 // 0.1 ether
		return r
	}
	m.signed(t, dear(signertest.Core, 0))
	m.signed(t, dear(signertest.Core, 1))
	assert.Equal(t, signer.CodeBudget, m.denied(t, dear(signertest.Vault, 2)))
	m.clock.turn(24*time.Hour - time.Second)
	assert.Equal(t, signer.CodeBudget, m.denied(t, dear(signertest.Vault, 2)))
	m.clock.turn(time.Hour + time.Second)
	m.signed(t, dear(signertest.Vault, 2))
}

func TestNoncesBeyondTheLastSixtyFourAreSpent(t *testing.T) {
	m := newMount(t)
	policy := strings.Replace(signertest.Policy(signertest.Name), `"limits":[{"window":"1h","max":2,"per":"to"}],`, "", 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	for nonce := range uint64(66) {
		m.clock.turn(25 * time.Hour)
		m.signed(t, signertest.Pause(signertest.Core, nonce))
	}
	assert.Equal(t, signer.CodeNonceStale, m.denied(t, signertest.Pause(signertest.Core, 1)), "its receipt is gone")
	m.signed(t, signertest.Pause(signertest.Core, 2))
	m.signed(t, signertest.Fees(signertest.Pause(signertest.Core, 2), 110, 3))
}

func TestFreezingNeedsNoQuorumAndKeepsTheReasonShort(t *testing.T) {
	m := withKey(t)
	resp, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/freeze", map[string]any{"reason": strings.Repeat("x", 1025)})
	require.NoError(t, err)
	require.True(t, resp.IsError())
	resp, err = m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/freeze", nil)
	require.NoError(t, err)
	assert.Equal(t, "frozen", resp.Data["state"])
	m.open(t)
	assert.Equal(t, signer.CodeFrozen, m.denied(t, signertest.Pause(signertest.Core, 0)))
}

func TestThePolicyThatIsReadIsTheOneThatWasHashed(t *testing.T) {
	m := newMount(t)
	info := m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)})
	resp, err := m.do(t, logical.ReadOperation, "keys/"+signertest.Name+"/policy", nil)
	require.NoError(t, err)
	assert.Equal(t, info.PolicyHash.Hex(), resp.Data["hash"])
	other := newMount(t)
	again := other.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: resp.Data["policy"].(string), Guardians: signertest.Guardians(signertest.Name)})
	assert.Equal(t, info.PolicyHash, again.PolicyHash)
	assert.NotEqual(t, info.Address, again.Address)
	assert.NotEqual(t, info.InstanceID, again.InstanceID)
}

func TestAPolicyThatWasChangedInStorageSignsNothing(t *testing.T) {
	m := withKey(t)
	path := "policy/" + signertest.Name + "/" + m.info(t).PolicyHash.Hex()
	entry, err := m.storage.Get(t.Context(), path)
	require.NoError(t, err)
	entry.Value = []byte(strings.Replace(string(entry.Value), `"max":2`, `"max":9`, 1))
	require.NoError(t, m.storage.Put(t.Context(), entry))
	m.signed(t, signertest.Pause(signertest.Core, 0)) // it knows the document of that hash
	m.open(t)
	_, err = m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, with(nil))
	require.ErrorContains(t, err, "not the one in force")
}

func TestInfoNamesThePluginAndWhatItAlwaysRefuses(t *testing.T) {
	m := withKey(t)
	resp, err := m.do(t, logical.ReadOperation, "info", nil)
	require.NoError(t, err)
	assert.Equal(t, "v1.2.3", resp.Data["version"])
	assert.Equal(t, "Containment Approval", resp.Data["domain"])
	assert.Regexp(t, "^0x[0-9a-f]{64}$", resp.Data["invariants_hash"])
	assert.NotRegexp(t, "^0x0{64}$", resp.Data["instance_id"])
	versioned, ok := m.backend.(logical.PluginVersioner)
	require.True(t, ok)
	assert.Equal(t, "v1.2.3", versioned.PluginVersion().Version)
	assert.Equal(t, logical.TypeLogical, m.backend.Type())
}
