package consent_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

var digest = crypto.Keccak256Hash([]byte("what is signed"))

func never([]byte) uint32 { return 0 }

func TestEveryGuardianCanSignWithEveryKey(t *testing.T) {
	people := everybody()
	g := parseText(t, consenttest.Guardians(keyName, people...))
	for _, person := range people {
		for _, holder := range person.Keys {
			verified, err := g.Verify(digest, holder.Sign(person.ID, digest), never)
			require.NoError(t, err)
			assert.Equal(t, person.ID, verified.Guardian)
			assert.Equal(t, holder.Key().Kind, verified.Kind)
			assert.Equal(t, holder.Key().CredentialID, verified.CredentialID)

			_, err = g.Verify(crypto.Keccak256Hash(digest[:]), holder.Sign(person.ID, digest), never)
			require.Error(t, err, "another digest")
		}
		again, err := g.Verify(digest, person.Sign(digest), never)
		require.NoError(t, err)
		assert.Equal(t, person.ID, again.Guardian)
	}
}

func TestTheSecondKeyOfAKindCountsToo(t *testing.T) {
	one, two := consenttest.NewWallet("one"), consenttest.NewWallet("two")
	three, four := consenttest.NewEd25519("three"), consenttest.NewEd25519("four")
	alice := consenttest.Person{ID: "alice", Keys: []consenttest.Keyholder{one, three, two, four}}
	five, six := consenttest.NewPasskey("five", site, origin), consenttest.NewPasskey("six", site, origin)
	bob := consenttest.Person{ID: "bob", Keys: []consenttest.Keyholder{five, six}}
	g := parseText(t, consenttest.Guardians(keyName, alice, bob))
	for _, person := range []consenttest.Person{alice, bob} {
		for _, holder := range person.Keys {
			_, err := g.Verify(digest, holder.Sign(person.ID, digest), never)
			require.NoError(t, err)
		}
	}
	five.SignOrigin = "https://phish.example"
	_, err := g.Verify(digest, five.Sign("bob", digest), never)
	assert.Equal(t, consent.FaultOrigin, err, "the fault of the named credential, not of the next one")
}

func refused(t *testing.T, want consent.Fault, people []consenttest.Person, s consent.Signature) {
	t.Helper()
	g := parseText(t, consenttest.Guardians(keyName, people...))
	verified, err := g.Verify(digest, s, never)
	assert.Equal(t, want, err)
	assert.Equal(t, string(want), err.Error())
	assert.Empty(t, verified)
}

func TestSignaturesByNobodyOfTheSetAreRefused(t *testing.T) {
	people := everybody()
	alice, bob := consenttest.NewWallet("alice"), consenttest.NewEd25519("bob")
	refused(t, consent.FaultUnknownGuardian, people, alice.Sign("eve", digest))
	refused(t, consent.FaultUnknownGuardian, people, alice.Sign("", digest))
	refused(t, consent.FaultSignature, people, alice.Sign("carol", digest))
	refused(t, consent.FaultKind, people, alice.Sign("bob", digest))
	refused(t, consent.FaultKind, people, bob.Sign("alice", digest))
	refused(t, consent.FaultCredential, people, consenttest.NewPasskey("eve", site, origin).Sign("carol", digest))
	s := alice.Sign("alice", digest)
	s.Kind = "rsa"
	refused(t, consent.FaultKind, people, s)
	s.Kind = ""
	refused(t, consent.FaultKind, people, s)
}

func TestOneFormOfAWalletSignatureIsAccepted(t *testing.T) {
	people := consenttest.People("alice")
	w := consenttest.NewWallet("alice")
	good := w.Sign("alice", digest)
	for name, c := range map[string]struct {
		want   consent.Fault
		change func([]byte) []byte
	}{
		"64 bytes":  {consent.FaultLength, func(b []byte) []byte { return b[:64] }},
		"66 bytes":  {consent.FaultLength, func(b []byte) []byte { return append(b, 0) }},
		"no bytes":  {consent.FaultLength, func([]byte) []byte { return nil }},
		"v 2":       {consent.FaultV, func(b []byte) []byte { b[64] = 2; return b }},
		"v 26":      {consent.FaultV, func(b []byte) []byte { b[64] = 26; return b }},
		"v 29":      {consent.FaultV, func(b []byte) []byte { b[64] = 29; return b }},
		"v EIP-155": {consent.FaultV, func(b []byte) []byte { b[64] += 10; return b }},
		"the other v": {consent.FaultSignature, func(b []byte) []byte {
			b[64] = 27 + 28 - b[64]
			return b
		}},
		"r zero":     {consent.FaultSignature, func(b []byte) []byte { clear(b[:32]); return b }},
		"s zero":     {consent.FaultSignature, func(b []byte) []byte { clear(b[32:64]); return b }},
		"another r":  {consent.FaultSignature, func(b []byte) []byte { b[0] ^= 1; return b }},
		"s half + 1": {consent.FaultHighS, func(b []byte) []byte { half(1).FillBytes(b[32:64]); return b }},
		"s half":     {consent.FaultSignature, func(b []byte) []byte { half(0).FillBytes(b[32:64]); return b }},
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			s.Bytes = c.change(append([]byte{}, good.Bytes...))
			refused(t, c.want, people, s)
		})
	}
	w.HighS = true
	refused(t, consent.FaultHighS, people, w.Sign("alice", digest))
	w.HighS, w.RawV = false, true
	raw := w.Sign("alice", digest)
	require.Less(t, raw.Bytes[64], byte(2))
	g := parseText(t, consenttest.Guardians(keyName, people...))
	_, err := g.Verify(digest, raw, nil)
	require.NoError(t, err)
	kept := append([]byte{}, raw.Bytes...)
	normal, err := consent.Normalise(raw.Bytes)
	require.NoError(t, err)
	assert.Equal(t, good.Bytes, normal)
	assert.Equal(t, kept, raw.Bytes, "the caller's bytes stay as they are")
	normal, err = consent.Normalise(good.Bytes)
	require.NoError(t, err)
	assert.Equal(t, good.Bytes, normal)
	_, err = consent.Normalise(nil)
	assert.Equal(t, consent.FaultLength, err)
}

func half(plus int64) *big.Int {
	n := new(big.Int).Rsh(crypto.S256().Params().N, 1)
	return n.Add(n, big.NewInt(plus))
}

func TestEd25519SignaturesAreOverOurOwnMessage(t *testing.T) {
	key := consenttest.NewEd25519("bob")
	people := []consenttest.Person{{ID: "bob", Keys: []consenttest.Keyholder{key}}}
	assert.Equal(t, append([]byte("firebreak/approval/v1\x00"), digest[:]...), consent.Ed25519Message(digest))
	good := key.Sign("bob", digest)
	short, long, changed := good, good, good
	short.Bytes = good.Bytes[:63]
	long.Bytes = append(append([]byte{}, good.Bytes...), 0)
	changed.Bytes = append([]byte{}, good.Bytes...)
	changed.Bytes[3] ^= 1
	refused(t, consent.FaultLength, people, short)
	refused(t, consent.FaultLength, people, long)
	refused(t, consent.FaultSignature, people, changed)
	key.NoPrefix = true
	refused(t, consent.FaultSignature, people, key.Sign("bob", digest))
}

// A set that was not read from a document must not panic either.
func TestASetOfNonsenseVerifiesNothing(t *testing.T) {
	key := consenttest.NewPasskey("bob", site, origin)
	for _, k := range []consent.Key{{Kind: consent.Ed25519}, {Kind: "rsa"}, {Kind: consent.WebAuthn, CredentialID: key.Key().CredentialID, RPID: site, Origins: []string{origin}}} {
		g := &consent.Guardians{People: []consent.Guardian{{ID: "bob", Keys: []consent.Key{k}}}}
		s := key.Sign("bob", digest)
		s.Kind = k.Kind
		if k.Kind == consent.Ed25519 {
			s.Bytes = make([]byte, 64)
		}
		_, err := g.Verify(digest, s, never)
		require.Error(t, err)
	}
	_, err := (&consent.Guardians{}).Verify(common.Hash{}, consent.Signature{}, nil)
	assert.Equal(t, consent.FaultUnknownGuardian, err)
}
