package ballot_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// others change one thing of a question. What is signed for the one must be
// worth nothing for the other, in both directions.
func others(t *testing.T, v *vault) map[string]func(*ballot.Ask) {
	keys := v.keys(t)
	of := func(how func(*incident.Plan)) func(*ballot.Ask) {
		return func(a *ballot.Ask) { a.State = asking(t, how) }
	}
	return map[string]func(*ballot.Ask){
		"incident":       of(func(p *incident.Plan) { p.Incident = "01JEQ7V5M2K30001" }),
		"revision":       of(func(p *incident.Plan) { p.Revision = 2 }),
		"digest":         of(func(p *incident.Plan) { p.Summary = "something else" }),
		"money":          of(func(p *incident.Plan) { p.Calls[0].MaxCost = incident.NewQuantity(2e16) }),
		"gas":            of(func(p *incident.Plan) { p.Calls[0].Gas++ }),
		"key of the run": of(func(p *incident.Plan) { p.Signer = "spare-1" }),
		"paper":          func(a *ballot.Ask) { a.ID = common.Hash{8} },
		"instance": func(a *ballot.Ask) {
			a.Keys = spoilt(keys, func(k *ballot.Key) { k.Info.InstanceID[0]++ })
		},
		"address": func(a *ballot.Ask) {
			a.Keys = spoilt(keys, func(k *ballot.Key) { k.Info.Address[0]++ })
		},
	}
}

func TestASignatureOverAnyOtherPaperIsNoVote(t *testing.T) {
	v := newVault(t)
	for _, decision := range []incident.Decision{incident.Approve, incident.Deny} {
		mine := ask(asking(t), v.keys(t))
		if mine.Decision = decision; decision == incident.Deny {
			mine.Reason = "a false alarm"
		}
		changes := others(t, v)
		changes["decision"] = func(a *ballot.Ask) {
			if a.Decision == incident.Deny {
				a.Decision, a.Reason = incident.Approve, ""
				return
			}
			a.Decision, a.Reason = incident.Deny, "a false alarm"
		}
		if decision == incident.Approve {
			changes["time"] = func(a *ballot.Ask) { a.Now = a.Now.Add(time.Second) } // a denial ends with the vote
		} else {
			changes["reason"] = func(a *ballot.Ask) { a.Reason += "." }
		}
		for name, change := range changes {
			t.Run(string(decision)+" "+name, func(t *testing.T) {
				other := mine
				change(&other)
				for _, pair := range [][2]ballot.Ask{{mine, other}, {other, mine}} {
					p, err := ballot.Write(pair[0])
					require.NoError(t, err)
					_, err = ballot.Read(pair[1], signed(p))
					assert.ErrorContains(t, err, "not recorded")
				}
			})
		}
	}
}

// TestAVoteInAnothersNameIsNoVote: whoever holds a key can sign that it is
// somebody else's, and it must not count for either.
func TestAVoteInAnothersNameIsNoVote(t *testing.T) {
	a := ask(asking(t), newVault(t).keys(t))
	p, err := ballot.Write(a)
	require.NoError(t, err)
	a.Person = "dee"
	_, err = ballot.Read(a, signed(p))
	assert.ErrorContains(t, err, `in the name of "ana"`)
	_, err = ballot.Read(a, []consent.Signature{consenttest.NewWallet("ana").Sign("dee", p.Sheets[0].Digest)})
	assert.ErrorContains(t, err, "not recorded")
}

func TestASignInIsNoVote(t *testing.T) {
	v := newVault(t)
	info := v.keys(t)["responder-1"].Info
	login := consent.Login{Origin: "https://approve.example.org", Guardian: "ana", Nonce: common.Hash{7}, ValidUntil: 1<<40 - 1}.
		Digest(consent.Domain{Signer: info.Address, Instance: info.InstanceID})
	for _, decision := range []incident.Decision{incident.Approve, incident.Deny} {
		a := ask(asking(t), v.keys(t))
		if a.Decision = decision; decision == incident.Deny {
			a.Reason = "a false alarm"
		}
		_, err := ballot.Read(a, []consent.Signature{person("ana").Sign(login)})
		assert.ErrorContains(t, err, "not recorded")
	}
}

func FuzzNoBytesButTheSignatureAreAVote(f *testing.F) {
	v := newVault(f)
	a := ask(asking(f), v.keys(f))
	p, err := ballot.Write(a)
	require.NoError(f, err)
	good := signed(p)[0]
	passkey := person("cleo").Sign(p.Sheets[0].Digest)
	f.Add("ana", "eip712", good.Bytes, []byte{}, []byte{}, []byte{})
	f.Add("cleo", "webauthn", passkey.Bytes, passkey.CredentialID, passkey.AuthenticatorData, passkey.ClientDataJSON)
	f.Add("", "", []byte{}, []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, who, kind string, raw, credential, authenticator, client []byte) {
		s := consent.Signature{Guardian: who, Kind: consent.Kind(kind), Bytes: raw,
			CredentialID: credential, AuthenticatorData: authenticator, ClientDataJSON: client}
		vote, err := ballot.Read(a, []consent.Signature{s})
		if err != nil {
			return
		}
		// Only one signature of hers exists: the one with either way to write v.
		require.Equal(t, "ana", vote.Person)
		require.Equal(t, good.Bytes[:64], raw[:64])
	})
}
