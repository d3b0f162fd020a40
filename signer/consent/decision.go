package consent

import "github.com/ethereum/go-ethereum/common"

// Decision is a guardian's answer to a whole plan, for what the key never sees:
// a denial, and an approval of calls whose rules count no guardians. It proves
// who decided and moves nothing: the key builds what it verifies from a
// transaction, and this is the hash of another type.
//
// A guardian has one way to sign: a passkey signs this digest as it signs an
// Approval's, and not a second format beside it. One encoding and one verifier,
// which is the one inside Vault, are less to get wrong.
type Decision struct {
	Decision   string // "approve" or "deny"
	Reason     string // why, of a denial
	Guardian   string
	Incident   common.Hash // IncidentHash of the incident's name
	Run        uint64
	Revision   uint64
	Plan       common.Hash // the digest of the plan
	ID         common.Hash // names this paper, so that it counts once
	ValidUntil uint64      // Unix seconds
}

// Login says that a guardian wants to read what a console shows. It decides
// nothing: every decision is signed by itself.
type Login struct {
	Origin     string // of the console, "https://approve.example.org"
	Guardian   string
	Nonce      common.Hash // the console's own, good once
	ValidUntil uint64      // Unix seconds
}

// Digest implements Message. The domain never has a chain id.
func (d Decision) Digest(of Domain) common.Hash { return d.TypedData(of).Digest() }

// TypedData implements Message.
func (d Decision) TypedData(of Domain) TypedData {
	return TypedData{of.withoutChain(), structure{"ContainmentDecision", []member{
		text("decision", d.Decision), text("reason", d.Reason), text("guardian", d.Guardian),
		hash("incident", d.Incident), number("run", d.Run), number("revision", d.Revision),
		hash("actionDigest", d.Plan), hash("decisionId", d.ID), number("validUntil", d.ValidUntil),
	}}}
}

// Digest implements Message. The domain never has a chain id.
func (l Login) Digest(of Domain) common.Hash { return l.TypedData(of).Digest() }

// TypedData implements Message.
func (l Login) TypedData(of Domain) TypedData {
	return TypedData{of.withoutChain(), structure{"ConsoleLogin", []member{
		text("origin", l.Origin), text("guardian", l.Guardian), hash("nonce", l.Nonce), number("validUntil", l.ValidUntil),
	}}}
}
