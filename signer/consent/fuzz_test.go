package consent_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func FuzzGuardiansThatAreAcceptedAreSound(f *testing.F) {
	f.Add([]byte(consenttest.Guardians(keyName, everybody()...)))
	f.Add([]byte(consenttest.Guardians(keyName, consenttest.People("a", "b", "c")...)))
	f.Add([]byte(documentOf(person("alice", ed("0x"+strings.Repeat("00", 32))))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		g, err := consent.ParseGuardians(raw, keyName)
		if err != nil {
			assert.Nil(t, g)
			return
		}
		again, err := consent.ParseGuardians(g.Canonical, keyName)
		require.NoError(t, err)
		require.Equal(t, g, again)
		seen := map[string]bool{}
		for _, person := range g.People {
			require.False(t, seen[person.ID])
			seen[person.ID] = true
			for _, k := range person.Keys {
				require.False(t, seen[k.String()])
				seen[k.String()] = true
				sound(t, k)
			}
		}
		lines, loosens := consent.Compare(g, again)
		require.Empty(t, lines)
		require.False(t, loosens)
	})
}

// sound asks other packages about a key.
func sound(t *testing.T, k consent.Key) {
	switch k.Kind {
	case consent.EIP712:
		require.NotEqual(t, common.Address{}, k.Address)
	case consent.Ed25519:
		require.Len(t, k.PublicKey, 32)
	case consent.WebAuthn:
		_, err := ecdh.P256().NewPublicKey(append([]byte{4}, append(slices.Clone(k.PublicKey[10:42]), k.PublicKey[45:]...)...))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(k.CredentialID), 16)
		require.NotEmpty(t, k.Origins)
		for _, o := range k.Origins {
			u, err := url.Parse(o)
			require.NoError(t, err)
			require.Equal(t, "https", u.Scheme)
			require.Equal(t, o, "https://"+u.Host)
			require.True(t, u.Hostname() == k.RPID || strings.HasSuffix(u.Hostname(), "."+k.RPID))
		}
	}
}

func FuzzApprovalsThatAreReadAreWrittenTheSame(f *testing.F) {
	for _, holder := range []consenttest.Keyholder{consenttest.NewWallet("a"), consenttest.NewEd25519("a"), consenttest.NewPasskey("a", site, origin)} {
		for _, terms := range []consent.Terms{intent(), vectorTerms()} {
			text, err := json.Marshal(consent.Given{Terms: terms, Signature: holder.Sign("alice", digest)})
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := consent.ParseSignature(raw); err == nil {
			text, err := json.Marshal(s)
			require.NoError(t, err)
			again, err := consent.ParseSignature(text)
			require.NoError(t, err)
			require.Equal(t, s, again)
		}
		g, err := consent.ParseGiven(raw)
		if err != nil {
			return
		}
		text, err := json.Marshal(g)
		require.NoError(t, err)
		again, err := consent.ParseGiven(text)
		require.NoError(t, err)
		require.Equal(t, g, again)
		var members map[string]string // every member is text, and we write as many as we read
		require.NoError(t, json.Unmarshal(raw, &members))
		var written map[string]string
		require.NoError(t, json.Unmarshal(text, &written))
		require.Len(t, written, len(members))
	})
}

// The passkey signs whatever it is given, so that only our checks stand
// between nonsense and a yes.
func FuzzPasskeyDataThatIsAcceptedSaysYes(f *testing.F) {
	key := consenttest.NewPasskey("carol", site, origin)
	good := key.Sign("carol", digest)
	f.Add(good.ClientDataJSON, good.AuthenticatorData)
	f.Add([]byte(strings.Replace(string(good.ClientDataJSON), "{", `{"type":"x",`, 1)), good.AuthenticatorData)
	f.Add([]byte(strings.Replace(string(good.ClientDataJSON), "false", "true", 1)), good.AuthenticatorData)
	f.Add(good.ClientDataJSON, append(slices.Clone(good.AuthenticatorData), 0xa0))
	g, err := consent.ParseGuardians([]byte(consenttest.Guardians(keyName, consenttest.Person{ID: "carol", Keys: []consenttest.Keyholder{key}})), keyName)
	require.NoError(f, err)
	rp := sha256.Sum256([]byte(site))
	f.Fuzz(func(t *testing.T, client, authenticator []byte) {
		_, err := g.Verify(digest, key.SignRaw("carol", client, authenticator), never)
		if err != nil {
			require.IsType(t, consent.Fault(""), err)
			return
		}
		var data struct {
			Type, Challenge, Origin string
			CrossOrigin             bool
			TopOrigin               *string
		}
		require.NoError(t, json.Unmarshal(client, &data))
		require.Equal(t, "webauthn.get", data.Type)
		require.Equal(t, origin, data.Origin)
		require.False(t, data.CrossOrigin)
		challenge, err := base64.RawURLEncoding.DecodeString(data.Challenge)
		require.NoError(t, err)
		require.Equal(t, digest[:], challenge)
		require.Len(t, authenticator, 37)
		require.Equal(t, rp[:], authenticator[:32])
		require.Equal(t, byte(5), authenticator[32]&^0b0011_1010)
	})
}

func FuzzPasskeySignaturesHaveOneEncoding(f *testing.F) {
	key := consenttest.NewPasskey("carol", site, origin)
	good := key.Sign("carol", digest)
	f.Add(good.Bytes)
	key.HighS = true
	f.Add(key.Sign("carol", digest).Bytes)
	f.Add(append([]byte{0x30, 0x81}, good.Bytes[1:]...))
	g, err := consent.ParseGuardians([]byte(consenttest.Guardians(keyName, consenttest.Person{ID: "carol", Keys: []consenttest.Keyholder{key}})), keyName)
	require.NoError(f, err)
	cose := key.Key().PublicKey
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{4}, append(slices.Clone(cose[10:42]), cose[45:]...)...))
	require.NoError(f, err)
	client := sha256.Sum256(good.ClientDataJSON)
	signed := sha256.Sum256(append(slices.Clone(good.AuthenticatorData), client[:]...))
	f.Fuzz(func(t *testing.T, der []byte) {
		s := good
		s.Bytes = der
		_, err := g.Verify(digest, s, never)
		var pair asn1Pair
		rest, readErr := asn1.Unmarshal(der, &pair)
		independent := readErr == nil && len(rest) == 0 && ecdsa.Verify(public, signed[:], pair.R, pair.S)
		if independent {
			again, err := asn1.Marshal(pair)
			require.NoError(t, err)
			independent = bytes.Equal(again, der)
		}
		require.Equal(t, independent, err == nil)
	})
}

func FuzzWalletSignaturesNeverPanic(f *testing.F) {
	f.Add(consenttest.NewWallet("alice").Sign("alice", digest).Bytes)
	f.Add(make([]byte, 65))
	g, err := consent.ParseGuardians([]byte(consenttest.Guardians(keyName, consenttest.People("alice")...)), keyName)
	require.NoError(f, err)
	good := consenttest.NewWallet("alice").Sign("alice", digest).Bytes
	f.Fuzz(func(t *testing.T, signature []byte) {
		_, err := g.Verify(digest, consent.Signature{Guardian: "alice", Kind: consent.EIP712, Bytes: signature}, nil)
		normal, normalErr := consent.Normalise(signature)
		if err == nil {
			require.NoError(t, normalErr)
			require.Equal(t, good[64], normal[64])
		}
		if normalErr == nil {
			again, err := consent.Normalise(normal)
			require.NoError(t, err)
			require.Equal(t, normal, again)
		}
	})
}
