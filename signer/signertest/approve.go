package signertest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// Person returns a guardian of the suite.
func Person(id string) consenttest.Person {
	people := People()
	return people[slices.IndexFunc(people, func(p consenttest.Person) bool { return p.ID == id })]
}

// Terms are intent terms around a request's own gas and fees, good from a
// minute before now for ten minutes, and used once.
func Terms(r signer.Request, id string, now time.Time) consent.Terms {
	return consent.Terms{
		Mode: consent.Intent, ID: crypto.Keccak256Hash([]byte(id)), MaxUses: 1,
		ValidAfter: uint64(now.Unix() - 60), ValidUntil: uint64(now.Unix() + 540),
		Gas: r.Gas, MaxFeePerGas: r.MaxFeePerGas, MaxPriorityFeePerGas: r.MaxPriorityFeePerGas,
	}
}

// Message is what guardians of a key sign for a request, by what Check says of
// it.
func Message(info signer.KeyInfo, v signer.Verdict, terms consent.Terms, r signer.Request) common.Hash {
	return terms.Approval(r, v.Rule, v.PolicyHash, v.Action).Digest(consent.Domain{
		ChainID: r.ChainID, Signer: info.Address, Instance: info.InstanceID,
	})
}

// Wire encodes what goes into Approvals.
func Wire(given ...json.Marshaler) []json.RawMessage {
	var out []json.RawMessage
	for _, g := range given {
		raw, err := g.MarshalJSON()
		if err != nil {
			panic(err) // every Given of consenttest encodes
		}
		out = append(out, raw)
	}
	return out
}

// approve has people sign a request under terms.
func approve(t *testing.T, h Harness, r signer.Request, terms consent.Terms, ids ...string) signer.Request {
	t.Helper()
	info, err := h.Signer.Key(t.Context(), r.Key)
	require.NoError(t, err)
	verdict, err := h.Signer.Check(t.Context(), r)
	require.NoError(t, err)
	digest := Message(info, verdict, terms, r)
	for _, id := range ids {
		r.Approvals = append(r.Approvals, Wire(Person(id).Approve(terms, digest))...)
	}
	return r
}

// bigRed is the suite's call that needs two guardians, one with a wallet.
func bigRed(nonce uint64) signer.Request { return Request(Core, nonce, Call("shutdown()")) }

func approvalsOpenTheRule(t *testing.T, h Harness) {
	create(t, h)
	now := time.Now()
	r := approve(t, h, bigRed(0), Terms(bigRed(0), "a1", now), "ana", "cleo")
	signed := must(t, h, r)
	assert.Equal(t, "big-red", signed.Rule)
	require.Len(t, signed.Approvals, 2)
	assert.Equal(t, "ana", signed.Approvals[0].Guardian)
	assert.Equal(t, "cleo", signed.Approvals[1].Guardian)
	assert.Equal(t, signed, must(t, h, r), "asking again")
	must(t, h, approve(t, h, bigRed(1), Terms(bigRed(1), "a2", now), "dee", "ben"))
	assert.EqualValues(t, 2, seq(t, h))
}

func approvalsAreSpent(t *testing.T, h Harness) {
	create(t, h)
	r := bigRed(0)
	terms := Terms(Fees(r, 200, 20), "a1", time.Now())
	r = approve(t, h, r, terms, "ana", "ben")
	must(t, h, r)
	bumped := Fees(r, 150, 10)
	must(t, h, bumped) // below the ceilings, the same nonce
	refused(t, h, Fees(r, 210, 30), approvalBad("ana", "ceiling"))
	later := r
	later.Nonce = 1
	refused(t, h, later, signer.CodeApprovalSpent)
	other := bigRed(1)
	other.Incident = "INC-2"
	other.Approvals = r.Approvals
	refused(t, h, other, approvalBad("ana", "signature"))
}

func approvalBad(who, why string) string { return signer.CodeApprovalBad + ":" + who + ":" + why }

func approvalsThatDoNotHold(t *testing.T, h Harness) {
	create(t, h)
	now := time.Now()
	for name, c := range map[string]struct {
		request func() signer.Request
		code    string
	}{
		"one guardian": {func() signer.Request {
			return approve(t, h, bigRed(0), Terms(bigRed(0), "x", now), "ana")
		}, signer.CodeApprovalsRequired},
		"the same guardian twice": {func() signer.Request {
			return approve(t, h, bigRed(0), Terms(bigRed(0), "x", now), "ana", "ana")
		}, signer.CodeApprovalsRequired},
		"no wallet among them": {func() signer.Request {
			return approve(t, h, bigRed(0), Terms(bigRed(0), "x", now), "ben", "cleo")
		}, signer.CodeApprovalsRequired},
		"expired": {func() signer.Request {
			return approve(t, h, bigRed(0), Terms(bigRed(0), "x", now.Add(-10*time.Minute)), "ana", "ben")
		}, signer.CodeApprovalExpired},
		"older than the rule's age": {func() signer.Request {
			terms := Terms(bigRed(0), "x", now)
			terms.ValidAfter -= 15 * 60
			return approve(t, h, bigRed(0), terms, "ana", "ben")
		}, signer.CodeApprovalExpired},
		"not yet valid": {func() signer.Request {
			return approve(t, h, bigRed(0), Terms(bigRed(0), "x", now.Add(time.Hour)), "ana", "ben")
		}, approvalBad("ana", "not-yet-valid")},
		"another chain's": {func() signer.Request {
			r := approve(t, h, bigRed(0), Terms(bigRed(0), "x", now), "ana", "ben")
			r.Data = Call("pause()")
			s := approve(t, h, Pause(Core, 0), Terms(bigRed(0), "x", now), "ana", "ben")
			out := bigRed(0)
			out.Approvals = s.Approvals
			return out
		}, approvalBad("ana", "signature")},
		"no approval at all": {func() signer.Request {
			r := bigRed(0)
			r.Approvals = []json.RawMessage{json.RawMessage(`{"guardian":"ana","signature":"0x00"}`), json.RawMessage(`{"guardian":"ben"}`)}
			return r
		}, approvalBad("?", "malformed")},
	} {
		t.Run(name, func(t *testing.T) { refused(t, h, c.request(), c.code) })
	}
	assert.Zero(t, seq(t, h))
}

// recoveryWaits: a recovery key signs with its guardians, and only after the
// rule's delay.
func recoveryWaits(t *testing.T, h Harness) {
	_, err := h.Custody.Create(t.Context(), signer.NewKey{Name: Name, Class: signer.Recovery, Policy: RecoveryPolicy(Name), Guardians: Guardians(Name)})
	require.NoError(t, err)
	r := Request(Core, 0, Call("unpause()"))
	refused(t, h, approve(t, h, r, Terms(r, "a1", time.Now()), "ana"), signer.CodeApprovalsRequired)
	for range 2 {
		refused(t, h, approve(t, h, r, Terms(r, "a1", time.Now()), "ana", "ben"), signer.CodeDelay)
	}
	assert.Zero(t, seq(t, h))
}
