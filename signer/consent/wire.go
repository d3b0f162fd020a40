package consent

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

// Bounds on the parts of a signature. They only bound memory; Verify says
// which sizes count.
const (
	maxSignature     = 128
	maxCredential    = 1023 // WebAuthn section 5.1.3: a credential id is at most 1023 bytes
	minCredential    = 16   // WebAuthn section 4, "Credential ID": at least 16 bytes
	maxAuthenticator = 1024
	maxClientData    = 4096
)

// Signature is one guardian's signature over the digest of a message. The last
// three members are for passkeys alone.
type Signature struct {
	Guardian                                        string
	Kind                                            Kind
	Bytes                                           []byte
	CredentialID, AuthenticatorData, ClientDataJSON []byte
}

// Given is one approval as it arrives with a transaction.
type Given struct {
	Terms
	Signature
}

// ParseGiven reads one approval strictly: every member of its kind and mode,
// no other, numbers as decimal strings. Errors never repeat the input.
func ParseGiven(raw json.RawMessage) (Given, error) {
	o, failed, err := open(raw)
	if err != nil {
		return Given{}, err
	}
	g := Given{Signature: readSignature(o)}
	g.Terms = readTerms(o)
	only(o, append(signatureMembers(g.Kind), termsMembers(g.Mode)...))
	if *failed != nil {
		return Given{}, *failed
	}
	return g, nil
}

// ParseSignature reads a signature without terms, as it comes with a change of
// the policy or of the key's state.
func ParseSignature(raw json.RawMessage) (Signature, error) {
	o, failed, err := open(raw)
	if err != nil {
		return Signature{}, err
	}
	s := readSignature(o)
	only(o, signatureMembers(s.Kind))
	if *failed != nil {
		return Signature{}, *failed
	}
	return s, nil
}

var errNotStrict = errors.New("approval must be one JSON object without null, fractions or members that appear twice")

// open hides the reader's own errors: they name members, and these come from
// whoever holds the token to sign.
func open(raw json.RawMessage) (*document.Object, *error, error) {
	if len(raw) > signer.MaxApprovalBytes {
		return nil, nil, errors.New("approval is too long")
	}
	node, err := document.Read(raw)
	if err != nil {
		return nil, nil, errNotStrict
	}
	o, failed := document.Root("approval", node)
	return o, failed, nil
}

// only does what Object.Done does, without repeating the unknown name.
func only(o *document.Object, known []string) {
	for _, key := range o.Keys() {
		if !slices.Contains(known, key) {
			o.Fail("has a member that does not belong to its type and mode")
		}
	}
}

func signatureMembers(k Kind) []string {
	members := []string{"guardian", "type", "signature"}
	if k == WebAuthn {
		members = append(members, "credential_id", "authenticator_data", "client_data_json")
	}
	return members
}

func termsMembers(m Mode) []string {
	members := []string{"mode", "approval_id", "valid_after", "valid_until", "max_uses"}
	if m == Intent {
		members = append(members, "gas", "max_fee_per_gas", "max_priority_fee_per_gas")
	}
	return members
}

func readSignature(o *document.Object) Signature {
	s := Signature{Guardian: o.Text("guardian"), Kind: Kind(o.Text("type"))}
	if !guardianID.MatchString(s.Guardian) {
		o.Fail("\"guardian\" must match %s", guardianID)
	}
	if !s.Kind.known() {
		o.Fail("\"type\" must be eip712, ed25519 or webauthn")
	}
	s.Bytes = readBytes(o, "signature", maxSignature)
	if s.Kind == WebAuthn {
		s.CredentialID = readCredential(o)
		s.AuthenticatorData = readBytes(o, "authenticator_data", maxAuthenticator)
		s.ClientDataJSON = readBytes(o, "client_data_json", maxClientData)
	}
	return s
}

func readTerms(o *document.Object) Terms {
	t := Terms{
		Mode: Mode(o.Text("mode")), ID: readHash(o, "approval_id"),
		ValidAfter: readNumber(o, "valid_after"), ValidUntil: readNumber(o, "valid_until"),
		MaxUses: readNumber(o, "max_uses"),
	}
	switch t.Mode {
	case Intent:
		t.Gas = readNumber(o, "gas")
		t.MaxFeePerGas = readAmount(o, "max_fee_per_gas")
		t.MaxPriorityFeePerGas = readAmount(o, "max_priority_fee_per_gas")
	case Exact:
	default:
		o.Fail("\"mode\" must be intent or exact")
	}
	return t
}

func readBytes(o *document.Object, key string, most int) []byte {
	b, err := document.Bytes(o.Text(key), most)
	if err != nil || len(b) == 0 {
		o.Fail("%q must be 0x and 1 to %d bytes", key, most)
	}
	return b
}

func readHash(o *document.Object, key string) common.Hash {
	b, err := document.Bytes(o.Text(key), common.HashLength)
	if err != nil || len(b) != common.HashLength {
		o.Fail("%q must be 0x and 32 bytes", key)
	}
	return common.BytesToHash(b)
}

func readNumber(o *document.Object, key string) uint64 {
	n, err := document.Uint64(o.Text(key))
	if err != nil {
		o.Fail("%q %v", key, err)
	}
	return n
}

func readAmount(o *document.Object, key string) *big.Int {
	n, err := document.Uint256(o.Text(key))
	if err != nil {
		o.Fail("%q %v", key, err)
	}
	return n
}

func readCredential(o *document.Object) []byte {
	s := o.Text("credential_id")
	id, err := base64.RawURLEncoding.DecodeString(s)
	// Go's decoder skips line breaks and ignores stray bits; the same id in two
	// spellings could be enrolled twice.
	if err != nil || base64.RawURLEncoding.EncodeToString(id) != s || len(id) < minCredential || len(id) > maxCredential {
		o.Fail("\"credential_id\" must be base64url without padding, %d to %d bytes", minCredential, maxCredential)
	}
	return id
}

// MarshalJSON writes the form that ParseGiven reads.
func (g Given) MarshalJSON() ([]byte, error) {
	if g.Mode != Intent && g.Mode != Exact {
		return nil, errors.New("an approval needs a mode")
	}
	members, err := g.Signature.properties()
	if err != nil {
		return nil, err
	}
	members = append(members, property{"mode", g.Mode}, property{"approval_id", g.ID.Hex()},
		property{"valid_after", decimal(g.ValidAfter)}, property{"valid_until", decimal(g.ValidUntil)},
		property{"max_uses", decimal(g.MaxUses)})
	if g.Mode == Intent {
		if !inRange(g.MaxFeePerGas) || !inRange(g.MaxPriorityFeePerGas) {
			return nil, errors.New("an approval by intent needs fee ceilings")
		}
		members = append(members, property{"gas", decimal(g.Gas)},
			property{"max_fee_per_gas", g.MaxFeePerGas.String()},
			property{"max_priority_fee_per_gas", g.MaxPriorityFeePerGas.String()})
	}
	return members.MarshalJSON()
}

// UnmarshalJSON is ParseGiven, so that encoding/json is no looser way in.
func (g *Given) UnmarshalJSON(raw []byte) (err error) {
	*g, err = ParseGiven(raw)
	return err
}

// UnmarshalJSON is ParseSignature.
func (s *Signature) UnmarshalJSON(raw []byte) (err error) {
	*s, err = ParseSignature(raw)
	return err
}

// MarshalJSON writes the form that ParseSignature reads.
func (s Signature) MarshalJSON() ([]byte, error) {
	members, err := s.properties()
	if err != nil {
		return nil, err
	}
	return members.MarshalJSON()
}

func (s Signature) properties() (object, error) {
	if !s.Kind.known() {
		return nil, errors.New("a signature needs a kind")
	}
	members := object{{"guardian", s.Guardian}, {"type", s.Kind}, {"signature", hexutil.Encode(s.Bytes)}}
	if s.Kind == WebAuthn {
		members = append(members, property{"credential_id", base64.RawURLEncoding.EncodeToString(s.CredentialID)},
			property{"authenticator_data", hexutil.Encode(s.AuthenticatorData)},
			property{"client_data_json", hexutil.Encode(s.ClientDataJSON)})
	}
	return members, nil
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
