package signertest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// bytesOf spoils the signature of one guardian.
func bytesOf(id string, spoil func([]byte) []byte) func(*forgery) {
	return func(f *forgery) {
		f.claims = func(g *consent.Given) {
			if g.Guardian == id {
				g.Bytes = spoil(g.Bytes)
			}
		}
	}
}

// by lets ana or ben sign with another key holder of the same key.
func by(index int, holder consenttest.Keyholder) func(*forgery) {
	return func(f *forgery) { f.people[index].Keys = []consenttest.Keyholder{holder} }
}

func hostileSignatures() []hostile {
	highS, noPrefix := consenttest.NewWallet("ana"), consenttest.NewEd25519("ben")
	highS.HighS, noPrefix.NoPrefix = true, true
	v := func(to func(byte) byte) func(*forgery) {
		return bytesOf("ana", func(b []byte) []byte { b[64] = to(b[64]); return b })
	}
	set := func(n byte) func(byte) byte { return func(byte) byte { return n } }
	return []hostile{
		{"a wallet signature of 64 bytes", approvalBad("ana", "length"), forged(bytesOf("ana", func(b []byte) []byte { return b[:64] }))},
		{"a wallet signature of 66 bytes", approvalBad("ana", "length"), forged(bytesOf("ana", func(b []byte) []byte { return append(b, 0) }))},
		{"a wallet signature with high s", approvalBad("ana", "high-s"), forged(by(0, highS))},
		{"a wallet signature with the other v", approvalBad("ana", "signature"), forged(v(func(b byte) byte { return 55 - b }))},
		{"a wallet signature with the other raw v", approvalBad("ana", "signature"), forged(v(func(b byte) byte { return 28 - b }))},
		{"a wallet signature with v 2", approvalBad("ana", "v"), forged(v(set(2)))},
		{"a wallet signature with v 26", approvalBad("ana", "v"), forged(v(set(26)))},
		{"a wallet signature with v 29", approvalBad("ana", "v"), forged(v(set(29)))},
		{"a wallet signature with v of EIP-155", approvalBad("ana", "v"), forged(v(set(37)))},
		{"a wallet signature of zeros", approvalBad("ana", "signature"), forged(bytesOf("ana", func([]byte) []byte { return make([]byte, 65) }))},
		{"an ed25519 signature of the bare digest", approvalBad("ben", "signature"), forged(by(1, noPrefix))},
		{"an ed25519 signature of 63 bytes", approvalBad("ben", "length"), forged(bytesOf("ben", func(b []byte) []byte { return b[:63] }))},
		{"an ed25519 signature with one bit changed", approvalBad("ben", "signature"), forged(bytesOf("ben", func(b []byte) []byte { b[40] ^= 1; return b }))},
		{"a PolicyChange signature as an approval", approvalBad("ana", "signature"), offered(func(info signer.KeyInfo) consent.Message {
			return consent.PolicyChange{Key: Name, Version: 2, Previous: info.PolicyHash, New: info.PolicyHash, Guardians: info.GuardiansHash}
		})},
		{"a KeyState signature as an approval", approvalBad("ana", "signature"), offered(func(info signer.KeyInfo) consent.Message {
			return consent.KeyState{Key: Name, State: consent.StateActive, Epoch: info.Epoch, ValidUntil: uint64(now().Unix() + 60)}
		})},
		{"a Decision signature as an approval", approvalBad("ana", "signature"), offered(func(signer.KeyInfo) consent.Message {
			return consent.Decision{Decision: "approve", Guardian: "ana", Incident: consent.IncidentHash("INC-1"), ValidUntil: uint64(now().Unix() + 60)}
		})},
		{"a Login signature as an approval", approvalBad("ana", "signature"), offered(func(signer.KeyInfo) consent.Message {
			return consent.Login{Origin: "https://approve.example.org", Guardian: "ana", ValidUntil: uint64(now().Unix() + 60)}
		})},
	}
}

// offered puts a signature over another message where an approval belongs.
func offered(message func(signer.KeyInfo) consent.Message) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		create(t, h)
		info := keyOf(t, h)
		other := message(info).Digest(consent.Domain{Signer: info.Address, Instance: info.InstanceID})
		return forge(t, h, func(f *forgery) {
			f.claims = func(g *consent.Given) { g.Signature = Person(g.Guardian).Sign(other) }
		})
	}
}

// hostilePasskeys are things that cleo's browser or authenticator did wrong.
func hostilePasskeys() []hostile {
	cases := []hostile{{"a passkey whose counter stands still", approvalBad("cleo", "counter"), counterGoesBack(7)},
		{"a passkey whose counter goes back", approvalBad("cleo", "counter"), counterGoesBack(6)}}
	for _, c := range []struct {
		name, fault string
		spoil       func(*consenttest.Passkey)
	}{
		{"of another origin", "origin", func(p *consenttest.Passkey) { p.SignOrigin = "https://firebreak.example.evil" }},
		{"of a longer origin", "origin", func(p *consenttest.Passkey) { p.SignOrigin = "https://firebreak.example:8443" }},
		{"in a frame of another origin", "cross-origin", func(p *consenttest.Passkey) { p.CrossOrigin = true }},
		{"under another top origin", "cross-origin", func(p *consenttest.Passkey) { p.Members = map[string]any{"topOrigin": "https://evil.example"} }},
		{"for another relying party", "rp-id", func(p *consenttest.Passkey) { p.SignRPID = "evil.example" }},
		{"that nobody touched", "user-presence", func(p *consenttest.Passkey) { p.NoUserPresent = true }},
		{"that asked for no PIN", "user-verification", func(p *consenttest.Passkey) { p.NoUserVerified = true }},
		{"over another challenge", "challenge", func(p *consenttest.Passkey) { p.Challenge = make([]byte, 32) }},
		{"that was made, not used", "type", func(p *consenttest.Passkey) { p.Type = "webauthn.create" }},
		{"with extensions", "flags", func(p *consenttest.Passkey) { p.Flags = 1 << 7 }},
		{"with trailing data", "length", func(p *consenttest.Passkey) { p.Trailing = []byte{0} }},
	} {
		cases = append(cases, hostile{"a passkey " + c.name, approvalBad("cleo", c.fault), forged(func(f *forgery) {
			key := cleosPasskey()
			c.spoil(key)
			f.people[1] = consenttest.Person{ID: "cleo", Keys: []consenttest.Keyholder{key}}
		})})
	}
	return cases
}

func cleosPasskey() *consenttest.Passkey {
	return consenttest.NewPasskey("cleo", "firebreak.example", "https://firebreak.example")
}

// counterGoesBack signs once with the counter at 7, and then with another.
func counterGoesBack(count uint32) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		create(t, h)
		at := func(nonce uint64, id string, count uint32) signer.Request {
			key := cleosPasskey()
			key.Counter = count
			return forge(t, h, func(f *forgery) {
				f.signs.Nonce, f.sends.Nonce = nonce, nonce
				f.terms = Terms(f.sends, id, now())
				f.people[1] = consenttest.Person{ID: "cleo", Keys: []consenttest.Keyholder{key}}
			})
		}
		must(t, h, at(0, "a1", 7))
		return at(1, "a2", count)
	}
}

// hostileUses take an approval further than it goes.
func hostileUses() []hostile {
	used := func(uses uint64, times uint64, then func(r signer.Request) signer.Request) func(*testing.T, Harness) signer.Request {
		return func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			r := forge(t, h, func(f *forgery) { f.terms.MaxUses = uses })
			for nonce := range times {
				r.Nonce = nonce
				must(t, h, r)
			}
			return then(r)
		}
	}
	next := func(r signer.Request) signer.Request { r.Nonce++; return r }
	return []hostile{
		{"an approval used for the next nonce", signer.CodeApprovalSpent, used(1, 1, next)},
		{"an approval used a third time of two", signer.CodeApprovalSpent, used(2, 2, next)},
		{"an approval used for another incident", approvalBad("ana", "signature"), used(2, 1, func(r signer.Request) signer.Request {
			r = next(r)
			r.Incident = "INC-2"
			return r
		})},
		{"a replacement above the approved ceiling", approvalBad("ana", "ceiling"), used(1, 1, func(r signer.Request) signer.Request { return Fees(r, 110, 3) })},
		{"a replacement without its approvals", signer.CodeApprovalsRequired, used(1, 1, func(r signer.Request) signer.Request {
			r.Approvals = nil
			return Fees(r, 110, 3)
		})},
		{"an approval's id used for another call", signer.CodeApprovalSpent, sameIDForAnotherCall},
		{"a spent approval beside a good one", signer.CodeApprovalSpent, func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			old := forge(t, h, func(*forgery) {})
			must(t, h, old)
			r := forge(t, h, func(f *forgery) {
				f.signs.Nonce, f.sends.Nonce = 1, 1
				f.terms = Terms(f.sends, "a2", now())
				f.people = f.people[1:]
			})
			r.Approvals = append([]json.RawMessage{old.Approvals[0]}, r.Approvals...)
			return r
		}},
	}
}

// sameIDForAnotherCall has the guardians sign another call under an id that
// was spent: the id stands for one message.
func sameIDForAnotherCall(t *testing.T, h Harness) signer.Request {
	createUnder(t, h, `"function":"shutdown()","approvals":{"need":2,"min_eip712":1,"max_age":"15m"}}`,
		`"function":"shutdown()","approvals":{"need":2}},{"id":"stop","chain":"1","to":["`+Vault+`"],"function":"stop()","approvals":{"need":2}}`)
	must(t, h, forge(t, h, func(f *forgery) { f.terms.MaxUses = 9 }))
	r := Request(Vault, 1, Call("stop()"))
	terms := Terms(r, "a1", now())
	terms.MaxUses = 9
	return approve(t, h, r, terms, "ana", "ben")
}

// waitingPolicy is a request to a key on which a change waits.
func waitingPolicy(r signer.Request) func(*testing.T, Harness) signer.Request {
	return func(t *testing.T, h Harness) signer.Request {
		create(t, h)
		info := keyOf(t, h)
		text := NextPolicy(info, `"to":["`+Core+`"],"function":"shutdown()"`, `"to":["`+Core+`","`+Vault+`"],"function":"shutdown()"`)
		waiting, code := change(t, h, PolicyChange(info, text, now().Add(49*time.Hour), "ana", "ben"))
		require.Empty(t, code)
		require.NotNil(t, waiting.Pending)
		require.NotEqual(t, common.Hash{}, waiting.Pending.Hash)
		return r
	}
}
