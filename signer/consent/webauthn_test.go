package consent_test

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func carol() (*consenttest.Passkey, []consenttest.Person) {
	key := consenttest.NewPasskey("carol", site, origin)
	return key, []consenttest.Person{{ID: "carol", Keys: []consenttest.Keyholder{key}}}
}

func TestPasskeysThatMisbehaveAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		want consent.Fault
		with func(*consenttest.Passkey)
	}{
		"a registration":          {consent.FaultType, func(p *consenttest.Passkey) { p.Type = "webauthn.create" }},
		"a payment":               {consent.FaultType, func(p *consenttest.Passkey) { p.Type = "payment.get" }},
		"another digest":          {consent.FaultChallenge, func(p *consenttest.Passkey) { p.Challenge = bytes.Repeat([]byte{1}, 32) }},
		"half a digest":           {consent.FaultChallenge, func(p *consenttest.Passkey) { p.Challenge = digest[:16] }},
		"the digest twice":        {consent.FaultChallenge, func(p *consenttest.Passkey) { p.Challenge = append(digest[:], digest[:]...) }},
		"a padded challenge":      {consent.FaultChallenge, func(p *consenttest.Passkey) { p.Members = map[string]any{"challenge": "AAAA="} }},
		"a challenge of no kind":  {consent.FaultChallenge, func(p *consenttest.Passkey) { p.Members = map[string]any{"challenge": 1} }},
		"another origin":          {consent.FaultOrigin, func(p *consenttest.Passkey) { p.SignOrigin = "https://phish.example" }},
		"another port":            {consent.FaultOrigin, func(p *consenttest.Passkey) { p.SignOrigin = origin + ":8443" }},
		"a subdomain":             {consent.FaultOrigin, func(p *consenttest.Passkey) { p.SignOrigin = "https://a.firebreak.example" }},
		"a longer origin":         {consent.FaultOrigin, func(p *consenttest.Passkey) { p.SignOrigin = origin + ".evil.example" }},
		"upper case":              {consent.FaultOrigin, func(p *consenttest.Passkey) { p.SignOrigin = "https://Firebreak.example" }},
		"http":                    {consent.FaultOrigin, func(p *consenttest.Passkey) { p.SignOrigin = "http://firebreak.example" }},
		"an origin of no kind":    {consent.FaultOrigin, func(p *consenttest.Passkey) { p.Members = map[string]any{"origin": []string{origin}} }},
		"a frame":                 {consent.FaultCrossOrigin, func(p *consenttest.Passkey) { p.CrossOrigin = true }},
		"a frame as text":         {consent.FaultCrossOrigin, func(p *consenttest.Passkey) { p.CrossOrigin = "false" }},
		"a top origin":            {consent.FaultCrossOrigin, func(p *consenttest.Passkey) { p.Members = map[string]any{"topOrigin": origin} }},
		"another relying party":   {consent.FaultRPID, func(p *consenttest.Passkey) { p.SignRPID = "example" }},
		"nobody there":            {consent.FaultUserPresence, func(p *consenttest.Passkey) { p.NoUserPresent = true }},
		"nobody in particular":    {consent.FaultUserVerification, func(p *consenttest.Passkey) { p.NoUserVerified = true }},
		"a flag for credentials":  {consent.FaultFlags, func(p *consenttest.Passkey) { p.Flags = 1 << 6 }},
		"a flag for extensions":   {consent.FaultFlags, func(p *consenttest.Passkey) { p.Flags = 1 << 7 }},
		"extensions":              {consent.FaultFlags, func(p *consenttest.Passkey) { p.Flags, p.Trailing = 1<<7, []byte{0xa0} }},
		"bytes that nobody named": {consent.FaultLength, func(p *consenttest.Passkey) { p.Trailing = []byte{0xa0} }},
		"null":                    {consent.FaultClientData, func(p *consenttest.Passkey) { p.Members = map[string]any{"extra": nil} }},
	} {
		t.Run(name, func(t *testing.T) {
			key, people := carol()
			c.with(key)
			refused(t, c.want, people, key.Sign("carol", digest))
		})
	}
}

func TestPasskeysAsTheyComeAreAccepted(t *testing.T) {
	for name, with := range map[string]func(*consenttest.Passkey){
		"an old browser":    func(p *consenttest.Passkey) { p.NoCrossOrigin = true },
		"a member too many": func(p *consenttest.Passkey) { p.Members = map[string]any{"other_keys_can_be_added_here": "x"} },
		"a synced passkey":  func(p *consenttest.Passkey) { p.Flags = 1<<3 | 1<<4 },
		"a counter":         func(p *consenttest.Passkey) { p.Counter = 1 },
		"high s":            func(p *consenttest.Passkey) { p.HighS = true },
		"low s":             func(p *consenttest.Passkey) { p.LowS = true },
	} {
		t.Run(name, func(t *testing.T) {
			key, people := carol()
			with(key)
			g := parseText(t, consenttest.Guardians(keyName, people...))
			verified, err := g.Verify(digest, key.Sign("carol", digest), never)
			require.NoError(t, err)
			assert.Equal(t, key.Counter, verified.SignCount)
		})
	}
}

func TestClientDataIsReadStrictly(t *testing.T) {
	key, people := carol()
	good := key.Sign("carol", digest)
	client := string(good.ClientDataJSON)
	for name, text := range map[string]string{
		"a type twice":   `{"type":"webauthn.get",` + client[1:],
		"an escape":      `{"\u0074ype":"webauthn.get",` + client[1:],
		"an array":       "[" + client + "]",
		"a text":         `"webauthn.get"`,
		"something else": client + " x",
		"two objects":    client + client,
		"a mark":         "\ufeff" + client,
		"nothing":        "",
		"bad UTF-8":      client[:len(client)-2] + "\xff\"}",
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, consent.FaultClientData, people, key.SignRaw("carol", []byte(text), good.AuthenticatorData))
		})
	}
	refused(t, consent.FaultType, people, key.SignRaw("carol", []byte("{}"), good.AuthenticatorData))
	for size := range len(good.AuthenticatorData) {
		refused(t, consent.FaultLength, people, key.SignRaw("carol", good.ClientDataJSON, good.AuthenticatorData[:size]))
	}
}

func TestThePasskeySignsBothHalves(t *testing.T) {
	key, people := carol()
	other := key.Sign("carol", common.Hash{1})
	good := key.Sign("carol", digest)
	s := good
	s.Bytes = other.Bytes
	refused(t, consent.FaultSignature, people, s)
	s = good
	s.ClientDataJSON = append([]byte(" "), good.ClientDataJSON...)
	refused(t, consent.FaultSignature, people, s)
	s = good
	s.AuthenticatorData = append([]byte{}, good.AuthenticatorData...)
	s.AuthenticatorData[36]++
	refused(t, consent.FaultSignature, people, s)
	s = good
	s.CredentialID = nil
	refused(t, consent.FaultCredential, people, s)
}

func TestTheCounterHasToRise(t *testing.T) {
	for _, c := range []struct {
		seen, count uint32
		want        error
	}{
		{0, 0, nil}, {0, 1, nil}, {1, 2, nil}, {1<<32 - 2, 1<<32 - 1, nil},
		{1, 1, consent.FaultCounter}, {2, 1, consent.FaultCounter}, {1, 0, consent.FaultCounter},
	} {
		key, people := carol()
		key.Counter = c.count
		g := parseText(t, consenttest.Guardians(keyName, people...))
		verified, err := g.Verify(digest, key.Sign("carol", digest), func(id []byte) uint32 {
			assert.Equal(t, key.Key().CredentialID, id)
			return c.seen
		})
		assert.Equal(t, c.want, err, "%+v", c)
		if c.want == nil {
			assert.Equal(t, c.count, verified.SignCount)
		}
	}
	key, people := carol()
	g := parseText(t, consenttest.Guardians(keyName, people...))
	_, err := g.Verify(digest, key.Sign("carol", digest), nil)
	assert.Equal(t, consent.FaultCounter, err, "no memory")
}

// asn1Pair is the independent reader of DER.
type asn1Pair struct{ R, S *big.Int }

func TestOneEncodingOfAPasskeySignatureIsAccepted(t *testing.T) {
	key, people := carol()
	good := key.Sign("carol", digest)
	var pair asn1Pair
	_, err := asn1.Unmarshal(good.Bytes, &pair)
	require.NoError(t, err)
	r, s := pair.R.FillBytes(make([]byte, 32)), pair.S.FillBytes(make([]byte, 32))
	integer := func(tag byte, b []byte) []byte { return append([]byte{tag, byte(len(b))}, b...) }
	sequence := func(parts ...[]byte) []byte { return integer(0x30, bytes.Join(parts, nil)) }
	minimal := func(b []byte) []byte { out, _ := asn1.Marshal(new(big.Int).SetBytes(b)); return out }
	require.Equal(t, good.Bytes, sequence(minimal(r), minimal(s)))
	long := sequence(minimal(r), minimal(s))
	for name, der := range map[string][]byte{
		"raw r and s":        append(r, s...),
		"nothing":            nil,
		"a byte too many":    append(append([]byte{}, good.Bytes...), 0),
		"a byte too few":     good.Bytes[:len(good.Bytes)-1],
		"a long form length": append([]byte{0x30, 0x81, long[1]}, long[2:]...),
		"indefinite length":  append(append([]byte{0x30, 0x80}, long[2:]...), 0, 0),
		"r with zeros":       sequence(integer(2, append([]byte{0, 0}, r...)), minimal(s)),
		"s with zeros":       sequence(minimal(r), integer(2, append([]byte{0, 0}, s...))),
		"negative r":         sequence(integer(2, append([]byte{0x80}, r[1:]...)), minimal(s)),
		"three integers":     sequence(minimal(r), minimal(s), minimal(s)),
		"r alone":            sequence(minimal(r)),
		"another tag":        sequence(integer(4, r), minimal(s)),
		"a set":              append([]byte{0x31}, good.Bytes[1:]...),
		"r zero":             sequence(minimal(nil), minimal(s)),
		"s zero":             sequence(minimal(r), minimal(nil)),
		"r the order":        sequence(minimal(p256Order()), minimal(s)),
		"r plus the order":   sequence(minimal(new(big.Int).Add(pair.R, new(big.Int).SetBytes(p256Order())).Bytes()), minimal(s)),
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			bad.Bytes = der
			refused(t, consent.FaultSignature, people, bad)
		})
	}
}

func p256Order() []byte {
	return common.FromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
}

// Test vectors of WebAuthn level 3, section 16: somebody else's authenticators.
// The credential ids are not signed; ours are shorter.
func TestTheVectorsOfTheStandard(t *testing.T) {
	for name, c := range map[string]struct {
		x, y, challenge, data, client, signature string
		want                                     error
	}{
		"long credential id, with user verification": {
			x:         "3b8176b7504489cc593046d7988abb7905a742de6ac2cdc748a873c663e90cb1",
			y:         "1436d5edc9a75f23999eef9d5950a5c2455514ee1014084720f841a06b828a11",
			challenge: "ef1deba56dce48f674a447ccf63b9599258ce87648e5c396f2ef0ca1da460e3b",
			data:      "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50d00000000",
			client:    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22377833727057334f53505a307045664d396a75566d53574d36485a4935634f573875384d6f647047446a73222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
			signature: "304502203ecef83fb12a0cae7841055f9f87103a99fd14b424194bbf06c4623d3ee6e3fd022100d2ace346db262b1374a6b70faa51f518a42ddca13a4125ce6f5052a75bac9fb6",
		},
		"no user verification": {
			x:         "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61",
			y:         "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
			challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
			data:      "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
			client:    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
			signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
			want:      consent.FaultUserVerification,
		},
	} {
		t.Run(name, func(t *testing.T) {
			cose, err := consent.COSE(common.FromHex("04" + c.x + c.y))
			require.NoError(t, err)
			k := consent.Key{Kind: consent.WebAuthn, CredentialID: make([]byte, 32), PublicKey: cose, RPID: "example.org", Origins: []string{"https://example.org"}}
			enrolled, err := k.MarshalJSON()
			require.NoError(t, err)
			g := parse(t, person("alice", string(enrolled)))
			s := consent.Signature{
				Guardian: "alice", Kind: consent.WebAuthn, Bytes: common.FromHex(c.signature), CredentialID: make([]byte, 32),
				AuthenticatorData: common.FromHex(c.data), ClientDataJSON: common.FromHex(c.client),
			}
			_, err = g.Verify(common.HexToHash(c.challenge), s, never)
			assert.Equal(t, c.want, err)
		})
	}
}
