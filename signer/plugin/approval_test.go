package plugin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestASpentApprovalStaysSpentWhateverTheClockDoes(t *testing.T) {
	m := withKey(t)
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	r = m.approved(t, r, m.terms(r, "a1", 10*time.Minute), people("ana", "ben")...)
	m.grant(t, r)
	next := r
	next.Nonce = 1
	for _, step := range []time.Duration{0, -30 * time.Second, 5 * time.Minute, -5 * time.Minute, time.Hour, -time.Hour} {
		m.clock.turn(step)
		m.open(t)
		assert.Contains(t, []string{signer.CodeApprovalSpent, signer.CodeApprovalExpired}, m.deny(t, next))
	}
	assert.Equal(t, signer.CodeApprovalSpent, m.deny(t, next))
}

func TestAnApprovalHoldsFromItsFirstSecondToItsLast(t *testing.T) {
	m := withKey(t)
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	terms := m.terms(r, "a1", 10*time.Minute)
	terms.ValidAfter = uint64(m.clock.Now().Add(time.Minute).Unix())
	r = m.approved(t, r, terms, people("ana", "ben")...)
	m.clock.turn(59 * time.Second)
	assert.Equal(t, "APPROVAL_BAD:ana:not-yet-valid", m.deny(t, r))
	m.clock.turn(time.Second)
	assert.True(t, m.check(t, r).Allowed)
	m.clock.turn(9 * time.Minute)
	assert.True(t, m.check(t, r).Allowed)
	m.clock.turn(time.Second)
	assert.Equal(t, signer.CodeApprovalExpired, m.deny(t, r))
}

func TestAnApprovalIsAsOldAsTheRuleAllowsAndNoOlder(t *testing.T) {
	m := withKey(t)
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	terms := m.terms(r, "a1", time.Hour)
	terms.ValidAfter = uint64(m.clock.Now().Unix())
	r = m.approved(t, r, terms, people("ana", "ben")...)
	m.clock.turn(15 * time.Minute)
	assert.True(t, m.check(t, r).Allowed)
	m.clock.turn(time.Second)
	assert.Equal(t, signer.CodeApprovalExpired, m.deny(t, r))
}

func TestAWalletOfAGuardianCountsBeforeTheirOtherKeys(t *testing.T) {
	m := newMount(t)
	two := signertest.People()
	two[0].Keys = append([]consenttest.Keyholder{consenttest.NewEd25519("ana")}, two[0].Keys...)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: consenttest.Guardians(signertest.Name, two...)})
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	bare := consenttest.Person{ID: "ana", Keys: two[0].Keys[:1]}
	wallet := consenttest.Person{ID: "ana", Keys: two[0].Keys[1:]}
	ben := signertest.Person("ben")
	terms := m.terms(r, "a1", time.Minute)
	assert.Equal(t, signer.CodeApprovalsRequired, m.deny(t, m.approved(t, r, terms, bare, ben)), "neither shows what it signs")
	for _, order := range [][]consenttest.Person{{bare, wallet, ben}, {wallet, bare, ben}, {ben, bare, wallet}} {
		assert.True(t, m.check(t, m.approved(t, r, terms, order...)).Allowed)
	}
	assert.Len(t, m.grant(t, m.approved(t, r, terms, bare, wallet, ben)).Approvals, 2)
}

func TestTheCounterOfAPasskeyAlsoCountsWhatItSignsForAChange(t *testing.T) {
	m := withKey(t)
	cleo := func(count uint32) consenttest.Person {
		key := consenttest.NewPasskey("cleo", "firebreak.example", "https://firebreak.example")
		key.Counter = count
		return consenttest.Person{ID: "cleo", Keys: []consenttest.Keyholder{key}}
	}
	sign := func(count uint32) signer.Change {
		info := m.info(t)
		c := m.standing(t, signer.Change{Verb: signer.SetNonce, Chain: 1}, consent.StateNonce(1, 0), "ana")
		digest := consent.KeyState{Key: info.Name, State: consent.StateNonce(1, 0), Epoch: info.Epoch, ValidUntil: c.ValidUntil}.
			Digest(consent.Domain{Signer: info.Address, Instance: info.InstanceID})
		c.Approvals = append(c.Approvals, signertest.Wire(cleo(count).Sign(digest))...)
		return c
	}
	m.changed(t, sign(7))
	_, code := m.change(t, sign(7))
	assert.Equal(t, "APPROVAL_BAD:cleo:counter", code)
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	assert.Equal(t, "APPROVAL_BAD:cleo:counter", m.deny(t, m.approved(t, r, m.terms(r, "a1", time.Minute), signertest.Person("ana"), cleo(7))))
	good := m.approved(t, r, m.terms(r, "a1", time.Minute), signertest.Person("ana"), cleo(8))
	m.grant(t, good)
	dearer := m.approved(t, signertest.Fees(r, 110, 3), m.terms(signertest.Fees(r, 200, 20), "a2", time.Minute), signertest.Person("ana"), cleo(9))
	m.grant(t, dearer)
	m.grant(t, signertest.Fees(dearer, 120, 4)) // the same approval again: it was counted
	_, code = m.change(t, sign(9))
	assert.Equal(t, "APPROVAL_BAD:cleo:counter", code)
}

func TestARuleThatNeedsNobodyReadsNoApprovalAndSpendsNone(t *testing.T) {
	m := newMount(t)
	policy := strings.Replace(signertest.Policy(signertest.Name), `"over":[{"count":2,"window":"1h","need":1}]`, `"over":[{"count":2,"window":"1h","need":1}],"delay":"1h"`, 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	block := func(nonce uint64, who string) signer.Request {
		r := signertest.Request(signertest.Token, nonce, signertest.Call("blacklist(address)", who))
		return m.approved(t, r, m.terms(r, "same", 3*time.Hour), people("ana")...)
	}
	assert.Empty(t, m.grant(t, block(0, signertest.Core)).Approvals, "the fast lane neither waits nor spends")
	assert.Empty(t, m.grant(t, block(1, signertest.Vault)).Approvals)
	third := block(2, signertest.Token)
	assert.Equal(t, signer.CodeDelay, m.deny(t, third))
	m.clock.turn(time.Hour - time.Minute)
	assert.Equal(t, signer.CodeDelay, m.deny(t, third))
}
