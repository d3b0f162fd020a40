package signertest

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func now() time.Time { return time.Now() }

// forgery is what guardians sign, and what is said to the key about it. Each
// case tells one lie.
type forgery struct {
	signs   signer.Request // what the guardians are shown
	info    signer.KeyInfo // of the key that they are told it is for
	verdict signer.Verdict // rule, policy and words that they are shown
	terms   consent.Terms  // that they sign

	sends  signer.Request // what the key is asked for
	claims func(*consent.Given)
	people []consenttest.Person
}

// forged is a request with approvals that hold but for one lie. Untouched,
// ana and ben approve the suite's shutdown().
func forged(lie func(*forgery)) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		create(t, h)
		return forge(t, h, lie)
	}
}

func forge(t *testing.T, h Harness, lie func(*forgery)) signer.Request {
	t.Helper()
	info := keyOf(t, h)
	verdict, err := h.Signer.Check(t.Context(), bigRed(info.Nonces[0].Next))
	require.NoError(t, err)
	f := &forgery{
		signs: bigRed(0), info: info, verdict: verdict, terms: Terms(bigRed(0), "a1", now()),
		sends: bigRed(0), claims: func(*consent.Given) {}, people: []consenttest.Person{Person("ana"), Person("ben")},
	}
	lie(f)
	digest := Message(f.info, f.verdict, f.terms, f.signs)
	r := f.sends
	for _, person := range f.people {
		given := person.Approve(f.terms, digest)
		f.claims(&given)
		r.Approvals = append(r.Approvals, Wire(given)...)
	}
	return r
}

// hostileApprovals are approvals of something else than what is asked for.
func hostileApprovals() []hostile {
	signature := approvalBad("ana", "signature")
	return []hostile{
		{"no approval", signer.CodeApprovalsRequired, plain(bigRed(0))},
		{"one approval of two", signer.CodeApprovalsRequired, forged(func(f *forgery) { f.people = f.people[:1] })},
		{"one guardian twice", signer.CodeApprovalsRequired, forged(func(f *forgery) { f.people[1] = f.people[0] })},
		{"one guardian with two keys", signer.CodeApprovalsRequired, oneGuardianWithTwoKeys},
		{"no wallet among them", signer.CodeApprovalsRequired, forged(func(f *forgery) { f.people[0] = Person("cleo") })},
		{"a stranger", approvalBad("?", "unknown-guardian"), forged(func(f *forgery) { f.people[0] = consenttest.WithWallet("eve") })},
		{"a stranger in a guardian's name", signature, forged(func(f *forgery) {
			f.people[0].Keys = []consenttest.Keyholder{consenttest.NewWallet("eve")}
		})},
		{"a guardian in another's name", approvalBad("dee", "signature"), forged(func(f *forgery) {
			f.claims = func(g *consent.Given) {
				if g.Guardian == "ana" {
					g.Guardian = "dee"
				}
			}
		})},
		{"a key of a kind that the guardian has not", approvalBad("ana", "kind"), forged(func(f *forgery) {
			f.people[0].Keys = []consenttest.Keyholder{consenttest.NewEd25519("ana")}
		})},
		{"an approval of another function", signature, forged(func(f *forgery) { f.signs.Data = Call("pause()") })},
		{"an approval of another contract", signature, forged(func(f *forgery) { f.signs.To = common.HexToAddress(Vault) })},
		{"an approval of another chain", signature, forged(func(f *forgery) { f.signs.ChainID = 10 })},
		{"an approval of another incident", signature, forged(func(f *forgery) { f.signs.Incident = "INC-2" })},
		{"an approval for another rule", signature, forged(func(f *forgery) { f.verdict.Rule = "pause-core" })},
		{"an approval for another policy", signature, forged(func(f *forgery) { f.verdict.PolicyHash = common.Hash{1} })},
		{"an approval of other words", signature, forged(func(f *forgery) { f.verdict.Action = "pause() on " + Core + " (chain 1)" })},
		{"an approval for another key", signature, forged(func(f *forgery) { f.info.Address = common.HexToAddress(Core) })},
		{"an approval for another mount", signature, forged(func(f *forgery) { f.info.InstanceID = common.Hash{1} })},
		{"an approval under the policy before", signature, approvedUnderTheOldPolicy},
		{"something that is no approval", approvalBad("?", "malformed"), func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			r := bigRed(0)
			r.Approvals = []json.RawMessage{json.RawMessage(`{"guardian":"ana"}`), json.RawMessage(`{}`)}
			return r
		}},
		{"an approval that is no JSON", signer.CodeMalformed, func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			r := bigRed(0)
			r.Approvals = []json.RawMessage{json.RawMessage(`{`)}
			return r
		}},
		{"seventeen approvals", signer.CodeMalformed, func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			r := forge(t, h, func(*forgery) {})
			for len(r.Approvals) <= signer.MaxApprovals {
				r.Approvals = append(r.Approvals, r.Approvals[0])
			}
			return r
		}},
	}
}

// oneGuardianWithTwoKeys enrols a second key for ana.
func oneGuardianWithTwoKeys(t *testing.T, h Harness) signer.Request {
	people := People()
	people[0].Keys = append(people[0].Keys, consenttest.NewEd25519("ana"))
	_, err := h.Custody.Create(t.Context(), signer.NewKey{
		Name: Name, Class: signer.Containment, Policy: Policy(Name), Guardians: consenttest.Guardians(Name, people...),
	})
	require.NoError(t, err)
	return forge(t, h, func(f *forgery) {
		f.people = []consenttest.Person{people[0], {ID: "ana", Keys: people[0].Keys[1:]}}
	})
}

// approvedUnderTheOldPolicy tightens the policy between approval and request.
func approvedUnderTheOldPolicy(t *testing.T, h Harness) signer.Request {
	create(t, h)
	r := forge(t, h, func(*forgery) {})
	info := keyOf(t, h)
	_, code := change(t, h, PolicyChange(info, NextPolicy(info, pauseTwice, pauseOnce), time.Unix(0, 0), "ana", "ben"))
	require.Empty(t, code)
	return r
}

// hostileMessages are approvals whose terms do not hold, or are not those that
// were signed.
func hostileMessages() []hostile {
	signature, terms := approvalBad("ana", "signature"), approvalBad("ana", "terms")
	ceiling := approvalBad("ana", "ceiling")
	seconds := func() uint64 { return uint64(now().Unix()) }
	exact := func(f *forgery) {
		f.terms.Mode, f.terms.Gas, f.terms.MaxFeePerGas, f.terms.MaxPriorityFeePerGas = consent.Exact, 0, nil, nil
	}
	return []hostile{
		{"an approval that expired a second ago", signer.CodeApprovalExpired, forged(func(f *forgery) { f.terms.ValidUntil = seconds() - 1 })},
		{"an approval of tomorrow", approvalBad("ana", "not-yet-valid"), forged(func(f *forgery) {
			f.terms.ValidAfter, f.terms.ValidUntil = seconds()+3600, seconds()+7200
		})},
		{"an approval that lives a second more than a day", terms, forged(func(f *forgery) {
			f.terms.ValidUntil = f.terms.ValidAfter + 24*3600 + 1
		})},
		{"an approval that ends before it begins", terms, forged(func(f *forgery) { f.terms.ValidUntil = f.terms.ValidAfter })},
		{"an approval without an id", terms, forged(func(f *forgery) { f.terms.ID = common.Hash{} })},
		{"an approval for no use", terms, forged(func(f *forgery) { f.terms.MaxUses = 0 })},
		{"an approval for very many uses", terms, forged(func(f *forgery) { f.terms.MaxUses = consent.MaxUses + 1 })},
		{"an approval older than the rule's age", signer.CodeApprovalExpired, forged(func(f *forgery) { f.terms.ValidAfter = seconds() - 16*60 })},
		{"an approval with a longer life than was signed", signature, forged(func(f *forgery) {
			f.claims = func(g *consent.Given) { g.ValidUntil += 60 }
		})},
		{"an approval with an earlier start than was signed", signature, forged(func(f *forgery) {
			f.claims = func(g *consent.Given) { g.ValidAfter -= 60 }
		})},
		{"an approval with more uses than were signed", signature, forged(func(f *forgery) { f.claims = func(g *consent.Given) { g.MaxUses++ } })},
		{"an approval with another id than was signed", signature, forged(func(f *forgery) { f.claims = func(g *consent.Given) { g.ID[0] ^= 1 } })},
		{"an approval with a higher ceiling than was signed", signature, forged(func(f *forgery) {
			f.sends.Gas++
			f.claims = func(g *consent.Given) { g.Gas++ }
		})},
		{"an approval by intent shown as exact", signature, forged(func(f *forgery) {
			f.claims = func(g *consent.Given) {
				g.Mode, g.Gas, g.MaxFeePerGas, g.MaxPriorityFeePerGas = consent.Exact, 0, nil, nil
			}
		})},
		{"gas above the approved ceiling", ceiling, forged(func(f *forgery) { f.sends.Gas++ })},
		{"a fee above the approved ceiling", ceiling, forged(func(f *forgery) { wei(100*gwei+1, 2*gwei)(&f.sends) })},
		{"a tip above the approved ceiling", ceiling, forged(func(f *forgery) { wei(100*gwei, 2*gwei+1)(&f.sends) })},
		{"an exact approval of another gas limit", signature, forged(func(f *forgery) {
			exact(f)
			f.sends.Gas--
		})},
		{"an exact approval of another fee", signature, forged(func(f *forgery) {
			exact(f)
			f.sends.MaxFeePerGas = new(big.Int).Sub(f.sends.MaxFeePerGas, big.NewInt(1))
		})},
		{"an exact approval of another nonce", signature, forged(func(f *forgery) {
			exact(f)
			f.signs.Nonce = 1
		})},
	}
}
