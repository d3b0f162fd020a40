package consenttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer/consent"
)

// Passkey is a software authenticator together with its browser. It behaves
// unless a switch says otherwise.
type Passkey struct {
	RPID, Origin string

	SignOrigin     string         // another origin to claim
	SignRPID       string         // another rp id to hash
	Type           string         // instead of webauthn.get
	Challenge      []byte         // instead of the digest
	CrossOrigin    any            // value of crossOrigin; nil for false
	NoCrossOrigin  bool           // leave crossOrigin out, as old browsers do
	Members        map[string]any // further members of the client data
	NoUserPresent  bool
	NoUserVerified bool
	Flags          byte   // further flags
	Trailing       []byte // appended to the authenticator data
	Counter        uint32 // 0 as synced passkeys do
	HighS          bool   // the larger s
	LowS           bool   // the smaller s

	key        *ecdsa.PrivateKey
	credential []byte
}

// NewPasskey makes the passkey of a seed for one site.
func NewPasskey(seed, rpID, origin string) *Passkey {
	p := &Passkey{RPID: rpID, Origin: origin}
	secret("passkey", seed, func(d []byte) bool {
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
		p.key = key
		return err == nil
	})
	p.credential = secret("credential", seed, func([]byte) bool { return true })
	return p
}

// Key implements Keyholder.
func (p *Passkey) Key() consent.Key {
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		panic(err) // the key is on the curve
	}
	cose, err := consent.COSE(point)
	if err != nil {
		panic(err) // so is its point
	}
	return consent.Key{
		Kind: consent.WebAuthn, PublicKey: cose, CredentialID: slices.Clone(p.credential),
		RPID: p.RPID, Origins: []string{p.Origin},
	}
}

// Sign implements Keyholder.
func (p *Passkey) Sign(guardian string, digest common.Hash) consent.Signature {
	return p.SignRaw(guardian, p.clientData(digest), p.authenticatorData())
}

// SignRaw signs client and authenticator data as they are.
func (p *Passkey) SignRaw(guardian string, client, authenticator []byte) consent.Signature {
	clientHash := sha256.Sum256(client)
	signed := sha256.Sum256(slices.Concat(authenticator, clientHash[:]))
	der, err := p.key.Sign(nil, signed[:], crypto.SHA256) // no randomness: RFC 6979
	if err != nil {
		panic(err) // a hash has 32 bytes
	}
	if p.HighS || p.LowS {
		der = withS(der, p.HighS)
	}
	return consent.Signature{
		Guardian: guardian, Kind: consent.WebAuthn, Bytes: der,
		CredentialID: slices.Clone(p.credential), AuthenticatorData: authenticator, ClientDataJSON: client,
	}
}

// clientData is what a browser writes (WebAuthn section 5.8.1.1).
func (p *Passkey) clientData(digest common.Hash) []byte {
	challenge := digest[:]
	if p.Challenge != nil {
		challenge = p.Challenge
	}
	members := map[string]any{
		"type": or(p.Type, "webauthn.get"), "origin": or(p.SignOrigin, p.Origin),
		"challenge": base64.RawURLEncoding.EncodeToString(challenge), "crossOrigin": false,
	}
	if p.CrossOrigin != nil {
		members["crossOrigin"] = p.CrossOrigin
	}
	if p.NoCrossOrigin {
		delete(members, "crossOrigin")
	}
	for name, value := range p.Members {
		members[name] = value
	}
	client, err := json.Marshal(members)
	if err != nil {
		panic(err) // Members holds what JSON cannot
	}
	return client
}

func (p *Passkey) authenticatorData() []byte {
	rp := sha256.Sum256([]byte(or(p.SignRPID, p.RPID)))
	flags := p.Flags
	if !p.NoUserPresent {
		flags |= 1 << 0
	}
	if !p.NoUserVerified {
		flags |= 1 << 2
	}
	data := append(slices.Clone(rp[:]), flags)
	return append(binary.BigEndian.AppendUint32(data, p.Counter), p.Trailing...)
}

func or(value, otherwise string) string {
	if value != "" {
		return value
	}
	return otherwise
}

// withS chooses one of the two s that make the same signature.
func withS(der []byte, high bool) []byte {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		panic(err) // crypto/ecdsa wrote it
	}
	n := elliptic.P256().Params().N
	if isHigh := pair.S.Cmp(new(big.Int).Rsh(n, 1)) > 0; isHigh != high {
		pair.S.Sub(n, pair.S)
	}
	out, err := asn1.Marshal(pair)
	if err != nil {
		panic(err) // two integers
	}
	return out
}
