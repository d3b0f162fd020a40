package consent

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer/document"
)

// Authenticator data, WebAuthn level 2 section 6.1: 32 bytes of rp id hash, one
// of flags, four of counter.
const (
	authenticatorSize = 37
	flagUserPresent   = 1 << 0
	flagUserVerified  = 1 << 2
	flagAttested      = 1 << 6
	flagExtensions    = 1 << 7
)

// verifyPasskey follows WebAuthn level 2 section 7.2, steps 5 to 21. A passkey
// shows its owner nothing of the digest: what was approved rests on the page
// of the enrolled origin.
func (k Key) verifyPasskey(digest common.Hash, s Signature, seen func([]byte) uint32) (uint32, Fault) {
	if !bytes.Equal(s.CredentialID, k.CredentialID) {
		return 0, FaultCredential
	}
	if fault := k.clientData(s.ClientDataJSON, digest); fault != "" {
		return 0, fault
	}
	count, fault := k.authenticatorData(s.AuthenticatorData)
	if fault != "" {
		return 0, fault
	}
	public, err := parseCOSE(k.PublicKey)
	if err != nil {
		return 0, FaultSignature
	}
	clientHash := sha256.Sum256(s.ClientDataJSON)
	signed := sha256.Sum256(slices.Concat(s.AuthenticatorData, clientHash[:]))
	// Strict DER (crypto/ecdsa reads no other). High s is allowed here:
	// WebAuthn section 6.5.6 does not forbid it and authenticators make it.
	if !ecdsa.VerifyASN1(public, signed[:], s.Bytes) {
		return 0, FaultSignature
	}
	return count, counted(count, k.CredentialID, seen)
}

// clientData checks what the browser says it did, steps 7 to 10. Members that
// we do not know are allowed: section 5.8.1 lets browsers add some, and they
// are signed.
func (k Key) clientData(raw []byte, digest common.Hash) Fault {
	node, err := document.Read(raw) // no duplicates: two readers could choose differently
	if err != nil {
		return FaultClientData
	}
	members, isObject := node.(map[string]any)
	if !isObject {
		return FaultClientData
	}
	origin, _ := members["origin"].(string) // nobody enrols an empty origin
	_, topOrigin := members["topOrigin"]
	crossOrigin, present := members["crossOrigin"]
	switch {
	case members["type"] != "webauthn.get":
		return FaultType
	case members["challenge"] != base64.RawURLEncoding.EncodeToString(digest[:]):
		return FaultChallenge
	case !slices.Contains(k.Origins, origin):
		return FaultOrigin
	case topOrigin || present && crossOrigin != false:
		return FaultCrossOrigin
	}
	return ""
}

// authenticatorData checks what the authenticator says it did, steps 11 to 13
// and 18. An assertion holds no attested credential. Extensions are refused,
// which step 18 allows: we ask for none, they would only be bytes that nobody
// reads under a guardian's signature, and reading them takes a CBOR parser
// beside the key. So the data has exactly one length.
func (k Key) authenticatorData(data []byte) (uint32, Fault) {
	if len(data) < authenticatorSize {
		return 0, FaultLength
	}
	rp, flags := sha256.Sum256([]byte(k.RPID)), data[32]
	switch {
	case !bytes.Equal(data[:32], rp[:]):
		return 0, FaultRPID
	case flags&flagUserPresent == 0:
		return 0, FaultUserPresence
	case flags&flagUserVerified == 0:
		return 0, FaultUserVerification
	case flags&(flagAttested|flagExtensions) != 0:
		return 0, FaultFlags
	case len(data) != authenticatorSize:
		return 0, FaultLength
	}
	return binary.BigEndian.Uint32(data[33:authenticatorSize]), ""
}

// counted is step 21. Synced passkeys always count 0; one that ever counted has
// to go on counting. Without memory there is no telling, so no memory refuses.
func counted(count uint32, credential []byte, seen func([]byte) uint32) Fault {
	if seen == nil {
		return FaultCounter
	}
	if last := seen(credential); last != 0 && count <= last {
		return FaultCounter
	}
	return ""
}
