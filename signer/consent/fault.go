package consent

// Fault is why a signature or its terms do not count. It is a fixed word: it
// goes into a refusal code, APPROVAL_BAD:<guardian>:<fault>, and never repeats
// what was sent.
type Fault string

// Error returns the word.
func (f Fault) Error() string { return string(f) }

// Faults of a signature, as Guardians.Verify returns them.
const (
	FaultUnknownGuardian  Fault = "unknown-guardian"  // no such id in the set
	FaultKind             Fault = "kind"              // the guardian has no key of this kind
	FaultLength           Fault = "length"            // signature or authenticator data of another size
	FaultV                Fault = "v"                 // recovery id outside {0, 1, 27, 28}
	FaultHighS            Fault = "high-s"            // s above n/2 (EIP-2)
	FaultSignature        Fault = "signature"         // not by the guardian's key over this digest
	FaultCredential       Fault = "credential"        // a passkey that the guardian has not enrolled
	FaultClientData       Fault = "client-data"       // not one strict JSON object
	FaultType             Fault = "type"              // not "webauthn.get"
	FaultChallenge        Fault = "challenge"         // not the digest
	FaultOrigin           Fault = "origin"            // not an enrolled origin
	FaultCrossOrigin      Fault = "cross-origin"      // made inside a frame of another origin
	FaultRPID             Fault = "rp-id"             // for another relying party
	FaultUserPresence     Fault = "user-presence"     // nobody touched the authenticator
	FaultUserVerification Fault = "user-verification" // nobody proved who they are to it
	FaultFlags            Fault = "flags"             // attested data or extensions that nobody asked for
	FaultCounter          Fault = "counter"           // the signature counter did not rise: a clone
)

// Faults of terms, as Terms.Check and Terms.Covers return them.
const (
	ErrNotYetValid Fault = "not-yet-valid"
	ErrExpired     Fault = "expired"
	ErrTerms       Fault = "terms"   // malformed: no mode, no id, a bad window or number of uses
	ErrCeiling     Fault = "ceiling" // gas or fees above what the guardian signed
)
