package console

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/common"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// The JSON of an enrolment. Nothing of it is kept: what counts is the entry, once
// guardians have signed a guardian document that holds it.
type (
	// EnrolChallenge is what a browser is told to make a passkey by.
	EnrolChallenge struct {
		Person    string      `json:"person"`
		Nonce     common.Hash `json:"nonce"`
		Challenge string      `json:"challenge"` // base64url, as below
		UserID    string      `json:"user_id"`
		RPID      string      `json:"rp_id"`
	}

	// Enrolment is a new passkey, as a browser gives it.
	Enrolment struct {
		Person     string          `json:"person"`
		Nonce      common.Hash     `json:"nonce"`
		Credential json.RawMessage `json:"credential"` // RegistrationResponseJSON
	}

	// Enrolled is the entry for the guardian document.
	Enrolled struct {
		Person string      `json:"person"`
		Entry  consent.Key `json:"entry"`
		Words  string      `json:"words"` // of the entry, to be compared over the telephone
	}
)

// enrolChallenge begins an enrolment. Anybody may: it gives no right to anything.
func (c *Console) enrolChallenge(w http.ResponseWriter, r *http.Request) (any, *refusal) {
	var who WhoAsks
	if no := c.attempt(w, r, &who); no != nil {
		return nil, no
	}
	if no := named(who.Person); no != nil {
		return nil, no
	}
	nonce, _ := c.challenges.make(forEnrol, who.Person, c.o.Now())
	user := sha256.Sum256([]byte("firebreak guardian " + who.Person)) // the same again replaces the old one
	return EnrolChallenge{Person: who.Person, Nonce: nonce, Challenge: base64.RawURLEncoding.EncodeToString(nonce[:]),
		UserID: base64.RawURLEncoding.EncodeToString(user[:]), RPID: c.o.RPID}, nil
}

// enrol turns a new passkey into the entry that the guardian document wants.
func (c *Console) enrol(w http.ResponseWriter, r *http.Request) (any, *refusal) {
	var in Enrolment
	if no := c.attempt(w, r, &in); no != nil {
		return nil, no
	}
	if no := named(in.Person); no != nil {
		return nil, no
	}
	now := c.o.Now()
	until, ok := c.challenges.open(forEnrol, in.Person, in.Nonce, now)
	if !ok {
		return nil, refuse(http.StatusBadRequest, ReasonSpent, "This enrolment is out of date. Start again.")
	}
	key, err := c.newKey(in)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, ReasonEnrolment,
			"This passkey cannot be used: it has to ask for your fingerprint, face or PIN, and sign with ES256.").because(err)
	}
	if !c.challenges.spend(in.Nonce, until, now) {
		return nil, refuse(http.StatusBadRequest, ReasonSpent, "This enrolment was used before. Start again.")
	}
	raw, err := json.Marshal(key)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, ReasonUnreadable, "The entry cannot be written.").because(err)
	}
	return Enrolled{in.Person, key, incident.DigestOf("firebreak-enrolment/1", append([]byte(in.Person+"\n"), raw...)).Words()}, nil
}

// newKey verifies what the browser says of the passkey, and reads the entry
// back with the reader that the key in Vault uses.
func (c *Console) newKey(in Enrolment) (consent.Key, error) {
	made, err := protocol.ParseCredentialCreationResponseBytes(in.Credential)
	if err != nil {
		return consent.Key{}, fmt.Errorf("read credential: %w", err)
	}
	es256 := []protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256}}
	_, err = made.Verify(base64.RawURLEncoding.EncodeToString(in.Nonce[:]), c.o.RPID, []string{c.o.Origin}, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false, true, true, nil, es256, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return consent.Key{}, fmt.Errorf("verify credential: %w", err)
	}
	attested := made.Response.AttestationObject.AuthData.AttData
	parsed, err := webauthncose.ParsePublicKey(attested.CredentialPublicKey)
	if err != nil {
		return consent.Key{}, fmt.Errorf("read public key: %w", err)
	}
	ec, ok := parsed.(webauthncose.EC2PublicKeyData)
	if !ok {
		return consent.Key{}, fmt.Errorf("the public key is a %T", parsed)
	}
	cose, err := consent.COSE(append(append([]byte{4}, ec.XCoord...), ec.YCoord...))
	if err != nil {
		return consent.Key{}, fmt.Errorf("the public key %w", err)
	}
	key := consent.Key{Kind: consent.WebAuthn, CredentialID: attested.CredentialID, PublicKey: cose, RPID: c.o.RPID, Origins: []string{c.o.Origin}}
	return key, readable(in.Person, key)
}

// readable says whether a guardian document may hold the entry.
func readable(person string, key consent.Key) error {
	document, err := json.Marshal(map[string]any{"schema": consent.Schema, "key": "enrolment", "version": 1, "previous": common.Hash{}.Hex(),
		"guardians": []any{map[string]any{"id": person, "keys": []consent.Key{key}}}})
	if err != nil {
		return err
	}
	_, err = consent.ParseGuardians(document, "enrolment")
	return err
}
