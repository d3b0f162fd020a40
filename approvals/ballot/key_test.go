package ballot_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

// voted is the state after these people have approved, each by their own key.
func voted(t *testing.T, v *vault, s incident.State, ids ...string) incident.State {
	t.Helper()
	for i, id := range ids {
		a := ask(s, v.keys(t))
		a.Person, a.ID = id, common.Hash{byte(i + 1)}
		s = add(t, s, incident.Voted{Vote: cast(t, a)})
	}
	return s
}

func TestTheKeySignsWhatTwoPapersAllow(t *testing.T) {
	for name, ids := range map[string][]string{
		"two wallets": {"ana", "dee"}, "a wallet and a passkey": {"ana", "cleo"}, "a passkey and an ed25519 key": {"cleo", "ben"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t)
			s := voted(t, v, asking(t), ids...)
			v.clock = t0.Add(5 * time.Minute)
			signed, err := v.Sign(t.Context(), request(s, "pause", 0, 30))
			require.NoError(t, err)
			assert.Len(t, signed.Approvals, 2)
			_, err = v.Sign(t.Context(), request(s, "pause", 0, 60))
			assert.NoError(t, err, "a fee bump within the budget")
			_, err = v.Sign(t.Context(), request(s, "pause", 0, 100))
			assert.NoError(t, err, "and one that takes all of it")
		})
	}
}

func TestOnePaperIsNotEnoughForARuleThatCountsTwo(t *testing.T) {
	v := newVault(t)
	s := voted(t, v, asking(t), "ana")
	_, err := v.Sign(t.Context(), request(s, "pause", 0, 30))
	assert.True(t, refusedWith(err, signer.CodeApprovalsRequired), "%v", err)
	again := voted(t, v, asking(t), "ana").Run().Consents("pause")
	r := request(s, "pause", 0, 30)
	r.Approvals = append(r.Approvals, again...)
	_, err = v.Sign(t.Context(), r)
	assert.True(t, refusedWith(err, signer.CodeApprovalsRequired), "one person's two papers are one person: %v", err)
}

func TestAPaperIsGoodForThreeNonces(t *testing.T) {
	v := newVault(t)
	s := voted(t, v, asking(t), "ana", "dee")
	for nonce := range uint64(3) {
		_, err := v.Sign(t.Context(), request(s, "pause", nonce, 30))
		require.NoError(t, err, "nonce %d", nonce)
	}
	_, err := v.Sign(t.Context(), request(s, "pause", 3, 30))
	assert.True(t, refusedWith(err, signer.CodeApprovalSpent), "%v", err)
}

func TestAPaperIsWorthNothingForAnythingElse(t *testing.T) {
	v := newVault(t)
	s := voted(t, v, asking(t, func(p *incident.Plan) {
		p.Calls = append(p.Calls, pause("pause-vault", policytest.Vault))
	}), "ana", "dee")
	for name, spoil := range map[string]func(*signer.Request){
		"another contract":      func(r *signer.Request) { r.To = common.HexToAddress(policytest.Vault) },
		"another incident":      func(r *signer.Request) { r.Incident = "01JEQ7V5M2K30001" },
		"another key":           func(r *signer.Request) { r.Key = "spare-1" },
		"more gas":              func(r *signer.Request) { r.Gas++ },
		"a fee above the plan":  func(r *signer.Request) { r.MaxFeePerGas.SetInt64(101e9) },
		"another step's papers": func(r *signer.Request) { r.Approvals = s.Run().Consents("pause-vault") },
	} {
		t.Run(name, func(t *testing.T) {
			r := request(s, "pause", 0, 30)
			spoil(&r)
			verdict, err := v.Check(t.Context(), r)
			require.NoError(t, err)
			assert.False(t, verdict.Allowed)
			assert.Contains(t, verdict.Code, signer.CodeApprovalBad)
		})
	}
	v.clock = t0.Add(31 * time.Minute)
	verdict, err := v.Check(t.Context(), request(s, "pause", 0, 30))
	require.NoError(t, err)
	assert.Equal(t, signer.CodeApprovalExpired, verdict.Code, "older than the rule allows")
	v.clock = t0.Add(-5 * time.Minute)
	verdict, err = v.Check(t.Context(), request(s, "pause", 0, 30))
	require.NoError(t, err)
	assert.Contains(t, verdict.Code, "not-yet-valid")
}

func TestASpareCallIsSignedForWithItsOwnKey(t *testing.T) {
	v := newVault(t)
	s := voted(t, v, asking(t, func(p *incident.Plan) {
		spare := pause("pause/spare", policytest.Core)
		spare.SpareOf, spare.Key = "pause", "spare-1"
		p.Calls = append(p.Calls, spare)
	}), "ana", "cleo")
	for _, step := range []string{"pause", "pause/spare"} {
		_, err := v.Sign(t.Context(), request(s, step, 0, 30))
		assert.NoError(t, err, step)
	}
}

func TestWhoDeniesAfterwardsConsentsNoMore(t *testing.T) {
	v := newVault(t)
	s := voted(t, v, asking(t), "ana", "dee")
	a := ask(s, v.keys(t))
	a.Decision, a.Reason, a.ID = incident.Deny, "a false alarm", common.Hash{9}
	s = add(t, s, incident.Voted{Vote: cast(t, a)})
	_, err := v.Sign(t.Context(), request(s, "pause", 0, 30))
	assert.True(t, refusedWith(err, signer.CodeApprovalsRequired), "%v", err)
}
