package consent_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

const keyName = "responder-1"

func documentOf(guardians string) string {
	return fmt.Sprintf(`{"schema":"firebreak/guardians/v1","key":"responder-1","version":1,"previous":"%s","guardians":[%s]}`, common.Hash{}.Hex(), guardians)
}

func parse(t *testing.T, guardians string) *consent.Guardians {
	t.Helper()
	g, err := consent.ParseGuardians([]byte(documentOf(guardians)), keyName)
	require.NoError(t, err)
	return g
}

func parseText(t *testing.T, text string) *consent.Guardians {
	t.Helper()
	g, err := consent.ParseGuardians([]byte(text), keyName)
	require.NoError(t, err)
	return g
}

const (
	site   = "firebreak.example"
	origin = "https://firebreak.example"
)

// everybody is alice with a wallet, bob with an ed25519 key and carol with a
// passkey and a wallet.
func everybody() []consenttest.Person {
	return []consenttest.Person{
		{ID: "carol", Keys: []consenttest.Keyholder{consenttest.NewPasskey("carol", site, origin), consenttest.NewWallet("carol")}},
		consenttest.WithWallet("alice"),
		{ID: "bob", Keys: []consenttest.Keyholder{consenttest.NewEd25519("bob")}},
	}
}

func TestGuardiansAreReadAndHashed(t *testing.T) {
	text := consenttest.NextGuardians(keyName, 3, common.Hash{9}, everybody()...)
	g := parseText(t, text)
	assert.Equal(t, keyName, g.Key)
	assert.Equal(t, uint64(3), g.Version)
	assert.Equal(t, common.Hash{9}, g.Previous)
	assert.Equal(t, []string{"alice", "bob", "carol"}, g.IDs())
	assert.Equal(t, crypto.Keccak256Hash(g.Canonical), g.Hash)
	assert.Equal(t, g.Canonical, parseText(t, string(g.Canonical)).Canonical)
	assert.True(t, strings.HasPrefix(string(g.Canonical), `{"guardians":[{"id":"carol"`))
	carol, found := g.Find("carol")
	require.True(t, found)
	assert.Equal(t, []consent.Key{everybody()[0].Keys[0].Key(), everybody()[0].Keys[1].Key()}, carol.Keys)
	_, found = g.Find("dave")
	assert.False(t, found)
	assert.True(t, g.Holds(consenttest.NewWallet("alice").Address()))
	assert.True(t, g.Holds(consenttest.NewWallet("carol").Address()))
	assert.False(t, g.Holds(consenttest.NewWallet("bob").Address()))
	assert.False(t, g.Holds(common.Address{}), "the zero address of a key that is no wallet")
}

func TestAsManyGuardiansAsCanSignAreAllowed(t *testing.T) {
	ids := make([]string, 17)
	for i := range ids {
		ids[i] = fmt.Sprintf("g%d", i)
	}
	parseText(t, consenttest.Guardians(keyName, consenttest.People(ids[:16]...)...))
	_, err := consent.ParseGuardians([]byte(consenttest.Guardians(keyName, consenttest.People(ids...)...)), keyName)
	require.ErrorContains(t, err, "1 to 16 items")
}

func wallet(seed string) string {
	return fmt.Sprintf(`{"type":"eip712","address":%q}`, consenttest.NewWallet(seed).Address().Hex())
}

func ed(public string) string { return fmt.Sprintf(`{"type":"ed25519","public_key":%q}`, public) }

func passkey(seed string) string {
	key, err := consenttest.NewPasskey(seed, site, origin).Key().MarshalJSON()
	if err != nil {
		panic(err)
	}
	return string(key)
}

func person(id string, keys ...string) string {
	return fmt.Sprintf(`{"id":%q,"keys":[%s]}`, id, strings.Join(keys, ","))
}

func TestGuardiansThatAreNotWellFormedAreRefused(t *testing.T) {
	alice := documentOf(person("alice", wallet("alice")))
	replaced := func(old, with string) string {
		require.Contains(t, alice, old)
		return strings.Replace(alice, old, with, 1)
	}
	zeroHash := common.Hash{}.Hex()
	bobKey := hexutil.Encode(consenttest.NewEd25519("bob").Key().PublicKey)
	for name, c := range map[string]struct{ document, want string }{
		"nothing":                  {``, "not valid JSON"},
		"a duplicate member":       {replaced(`"version":1`, `"version":1,"version":1`), "appears twice"},
		"another schema":           {replaced("guardians/v1", "guardians/v2"), "schema"},
		"no schema":                {replaced(`"schema":"firebreak/guardians/v1",`, ""), `has no "schema"`},
		"another key":              {replaced(`"responder-1"`, `"responder-2"`), "key that they are for"},
		"version zero":             {replaced(`"version":1`, `"version":0`), "version"},
		"a short previous":         {replaced(zeroHash, "0x00"), "32 bytes"},
		"a long previous":          {replaced(zeroHash, zeroHash+"00"), "32 bytes"},
		"an unknown member":        {replaced(`"version":1`, `"version":1,"quorum":1`), "unknown member"},
		"nobody":                   {documentOf(""), "1 to 16 items"},
		"an upper-case id":         {documentOf(person("Alice", wallet("a"))), `"id" must match`},
		"an empty id":              {documentOf(person("", wallet("a"))), `"id" must match`},
		"an id of 33":              {documentOf(person(strings.Repeat("a", 33), wallet("a"))), `"id" must match`},
		"an id with a line break":  {documentOf(person("alice\n", wallet("a"))), `"id" must match`},
		"an id twice":              {documentOf(person("alice", wallet("a")) + "," + person("alice", wallet("b"))), `"id" that appears twice`},
		"a member of a person":     {documentOf(`{"id":"alice","name":"A","keys":[` + wallet("a") + `]}`), "unknown member"},
		"no keys":                  {documentOf(person("alice")), "1 to 4 items"},
		"five keys":                {documentOf(person("alice", wallet("a"), wallet("b"), wallet("c"), wallet("d"), wallet("e"))), "1 to 4 items"},
		"an unknown kind":          {documentOf(person("alice", `{"type":"rsa","public_key":"0x00"}`)), `"type" must be`},
		"a member of a key":        {documentOf(person("alice", `{"type":"eip712","address":"`+anvilZero.Hex()+`","note":"x"}`)), "unknown member"},
		"the zero address":         {documentOf(person("alice", `{"type":"eip712","address":"`+common.Address{}.Hex()+`"}`)), "must not be zero"},
		"a bad checksum":           {documentOf(person("alice", `{"type":"eip712","address":"0xF39fd6e51aad88f6f4ce6ab8827279cfffb92266"}`)), "EIP-55"},
		"an address twice":         {documentOf(person("alice", wallet("a")) + "," + person("bob", wallet("a"))), `"address" that appears twice`},
		"one address in two cases": {documentOf(person("alice", wallet("a")) + "," + person("bob", strings.ToLower(wallet("a")))), `"address" that appears twice`},
		"an ed25519 key twice":     {documentOf(person("alice", ed(bobKey), ed(bobKey))), `"public_key" that appears twice`},
		"31 bytes":                 {documentOf(person("alice", ed(bobKey[:64]))), "ed25519 point"},
		"33 bytes":                 {documentOf(person("alice", ed(bobKey+"00"))), "bytes"},
		"no key at all":            {documentOf(person("alice", ed("0x"))), "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := consent.ParseGuardians([]byte(c.document), keyName)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAPasskeyThatCouldBeUsedElsewhereIsRefused(t *testing.T) {
	good := passkey("carol")
	credential := base64.RawURLEncoding.EncodeToString(consenttest.NewPasskey("carol", site, origin).Key().CredentialID)
	same := strings.Replace(passkey("dave"), base64.RawURLEncoding.EncodeToString(consenttest.NewPasskey("dave", site, origin).Key().CredentialID), credential, 1)
	samePublic := strings.Replace(good, credential, base64.RawURLEncoding.EncodeToString(make([]byte, 16)), 1)
	long := "a." + strings.Repeat(strings.Repeat("b", 61)+".", 4) + "example"
	for name, c := range map[string]struct{ old, with, want string }{
		"uv false":                {`"uv":true`, `"uv":false`, `"uv" must be true`},
		"no uv":                   {`,"uv":true`, ``, `has no "uv"`},
		"uv as text":              {`"uv":true`, `"uv":"true"`, "true or false"},
		"an upper-case rp id":     {`"rp_id":"firebreak`, `"rp_id":"Firebreak`, `"rp_id" must be`},
		"a top level":             {`"rp_id":"firebreak.example"`, `"rp_id":"example"`, `"rp_id" must be`},
		"no rp id":                {`"rp_id":"firebreak.example"`, `"rp_id":""`, `"rp_id" must be`},
		"no scheme":               {`["https://`, `["`, `"origins" must be`},
		"localhost":               {`"rp_id":"firebreak.example"`, `"rp_id":"localhost"`, `"rp_id" must be`},
		"an IP address":           {`"rp_id":"firebreak.example"`, `"rp_id":"10.0.0.1"`, `"rp_id" must be`},
		"an rp id with a port":    {`"rp_id":"firebreak.example"`, `"rp_id":"firebreak.example:1"`, `"rp_id" must be`},
		"a trailing dot":          {`"rp_id":"firebreak.example"`, `"rp_id":"firebreak.example."`, `"rp_id" must be`},
		"a long host":             {`"rp_id":"firebreak.example"`, `"rp_id":"` + long + `"`, `"rp_id" must be`},
		"http":                    {`["https://`, `["http://`, `"origins" must be`},
		"http on localhost":       {`["https://firebreak.example"]`, `["http://localhost:8080"]`, `"origins" must be`},
		"a path":                  {`.example"],`, `.example/"],`, `"origins" must be`},
		"a user":                  {`["https://`, `["https://eve@`, `"origins" must be`},
		"port zero":               {`.example"],`, `.example:0"],`, `"origins" must be`},
		"the default port":        {`.example"],`, `.example:443"],`, `"origins" must be`},
		"a port too high":         {`.example"],`, `.example:65536"],`, `"origins" must be`},
		"a port with a zero":      {`.example"],`, `.example:08443"],`, `"origins" must be`},
		"an empty port":           {`.example"],`, `.example:"],`, `"origins" must be`},
		"a port with a sign":      {`.example"],`, `.example:+8443"],`, `"origins" must be`},
		"another site":            {`["https://firebreak`, `["https://phish`, `"origins" must be`},
		"a longer name":           {`["https://firebreak`, `["https://notfirebreak`, `"origins" must be`},
		"a site around the rp id": {`.example"],`, `.example.evil.example"],`, `"origins" must be`},
		"an upper-case origin":    {`["https://firebreak`, `["https://a.Firebreak`, `"origins" must be`},
		"a label that is no host": {`["https://`, `["https://a_b.`, `"origins" must be`},
		"a malformed subdomain":   {`["https://`, `["https://-.`, `"origins" must be`},
		"no origins":              {`["https://firebreak.example"]`, `[]`, `"origins" must be`},
		"an origin twice":         {`["https://firebreak.example"]`, `["https://firebreak.example","https://firebreak.example"]`, "twice"},
		"five origins":            {`["https://firebreak.example"]`, `["https://a.firebreak.example","https://b.firebreak.example","https://c.firebreak.example","https://d.firebreak.example","https://e.firebreak.example"]`, "1 to 4"},
		"a padded credential":     {credential, credential + "=", "base64url"},
		"a credential in base64":  {credential, "+" + credential[1:], "base64url"},
		"a line break in it":      {credential, credential[:4] + `\n` + credential[4:], "base64url"},
		"stray bits":              {credential, strings.Repeat("A", 21) + "B", "base64url"},
		"a short credential":      {credential, strings.Repeat("A", 20), "base64url"},
		"a long credential":       {credential, base64.RawURLEncoding.EncodeToString(make([]byte, 1024)), "base64url"},
		"another algorithm":       {`"0xa501020326`, `"0xa501020327`, "COSE"},
		"another curve":           {`2620012158`, `2620022158`, "COSE"},
		"another label for y":     {`225820`, `235820`, "COSE"},
		"a public key too short":  {`"0xa501020326`, `"0x01020326`, "COSE"},
		"an unknown member":       {`"uv":true`, `"uv":true,"attestation":"none"`, "unknown member"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, good, c.old)
			_, err := consent.ParseGuardians([]byte(documentOf(person("carol", strings.Replace(good, c.old, c.with, 1)))), keyName)
			require.ErrorContains(t, err, c.want)
		})
	}
	parse(t, person("carol", good))
	longest := strings.Repeat(strings.Repeat("b", 60)+".", 4) + "example.b"
	require.Len(t, longest, 253)
	parse(t, person("carol", strings.ReplaceAll(good, "firebreak.example", longest)))
	_, err := consent.ParseGuardians([]byte(documentOf(person("carol", strings.ReplaceAll(good, "firebreak.example", longest+"c")))), keyName)
	require.ErrorContains(t, err, `"rp_id" must be`)
	parse(t, person("carol", strings.Replace(good, `["https://firebreak.example"]`, `["https://ops.firebreak.example:8443","https://firebreak.example"]`, 1)))
	_, err = consent.ParseGuardians([]byte(documentOf(person("carol", good)+","+person("dave", same))), keyName)
	require.ErrorContains(t, err, `"credential_id" that appears twice`)
	_, err = consent.ParseGuardians([]byte(documentOf(person("carol", good)+","+person("dave", samePublic))), keyName)
	require.ErrorContains(t, err, `"public_key" that appears twice`)
}

func TestAPointOffTheCurveIsRefused(t *testing.T) {
	cose := consenttest.NewPasskey("carol", site, origin).Key().PublicKey
	point := append([]byte{4}, append(append([]byte{}, cose[10:42]...), cose[45:]...)...)
	same, err := consent.COSE(point)
	require.NoError(t, err)
	assert.Equal(t, cose, same)
	for name, change := range map[string]func([]byte) []byte{
		"off the curve": func(p []byte) []byte { p[64] ^= 1; return p },
		"compressed":    func(p []byte) []byte { p[0] = 2; return p },
		"cut off":       func(p []byte) []byte { return p[:64] },
		"a byte more":   func(p []byte) []byte { return append(p, 0) },
		"a tag":         func(p []byte) []byte { return p[:1] },
		"nothing":       func(p []byte) []byte { return nil },
		"infinity":      func(p []byte) []byte { return []byte{0} },
		"zero":          func(p []byte) []byte { return append([]byte{4}, make([]byte, 64)...) },
	} {
		_, err := consent.COSE(change(append([]byte{}, point...)))
		require.Error(t, err, name)
	}
	off := strings.Replace(passkey("carol"), hexutil.Encode(cose)[2:], hexutil.Encode(append(append([]byte{}, cose[:76]...), cose[76]^1))[2:], 1)
	_, err = consent.ParseGuardians([]byte(documentOf(person("carol", off))), keyName)
	require.ErrorContains(t, err, "point on the curve")
}
