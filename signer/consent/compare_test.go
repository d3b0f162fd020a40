package consent_test

import (
	"encoding/base64"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func who(id string, keys ...consenttest.Keyholder) consenttest.Person {
	return consenttest.Person{ID: id, Keys: keys}
}

func TestAChangeOfGuardiansIsSaidInWords(t *testing.T) {
	w, w2 := consenttest.NewWallet("one"), consenttest.NewWallet("two")
	e := consenttest.NewEd25519("one")
	p := consenttest.NewPasskey("one", site, origin)
	wText, w2Text := "wallet "+w.Address().Hex(), "wallet "+w2.Address().Hex()
	eText := "ed25519 key " + hexutil.Encode(e.Key().PublicKey)
	pText := "passkey " + base64.RawURLEncoding.EncodeToString(p.Key().CredentialID)
	elsewhere := consenttest.NewPasskey("one", site, "https://ops.firebreak.example")
	other := consenttest.NewPasskey("one", "ops.firebreak.example", "https://ops.firebreak.example")
	set := func(people ...consenttest.Person) []consenttest.Person { return people }
	for name, c := range map[string]struct {
		old, next []consenttest.Person
		lines     []string
		loosens   bool
	}{
		"nothing":         {set(who("a", w, e), who("b", p)), set(who("b", p), who("a", e, w)), nil, false},
		"a person":        {set(who("a", w)), set(who("a", w), who("c", w2)), []string{"adds guardian c with a " + w2Text}, true},
		"a person's keys": {set(who("a", w)), set(who("a", w), who("c", p, e, w2)), []string{"adds guardian c with an " + eText + " and a " + w2Text + " and a " + pText + " for " + site + " at " + origin}, true},
		"a person less":   {set(who("a", w), who("b", p, w2)), set(who("a", w)), []string{"removes guardian b with a " + w2Text + " and a " + pText + " for " + site + " at " + origin}, false},
		"a key":           {set(who("a", w)), set(who("a", w, p)), []string{"adds the " + pText + " for " + site + " at " + origin + " to a"}, true},
		"two keys": {set(who("a", w)), set(who("a", p, w, e)),
			[]string{"adds the " + eText + " to a", "adds the " + pText + " for " + site + " at " + origin + " to a"}, true},
		"two keys less": {set(who("a", p, w, e)), set(who("a", w)), []string{"removes the " + eText + " of a", "removes the " + pText + " of a"}, false},
		"two keys move": {set(who("a", p, w, e), who("b", w2)), set(who("a", w), who("b", w2, p, e)),
			[]string{"moves the " + eText + " from a to b", "moves the " + pText + " from a to b"}, true},
		"a key less":      {set(who("a", w, p)), set(who("a", w)), []string{"removes the " + pText + " of a"}, false},
		"a key for a key": {set(who("a", w)), set(who("a", w2)), []string{"removes the " + wText + " of a", "adds the " + w2Text + " to a"}, true},
		"a key moves":     {set(who("a", w, w2), who("b", p)), set(who("a", w), who("b", p, w2)), []string{"moves the " + w2Text + " from a to b"}, true},
		"a key moves to a new person": {set(who("a", w, w2)), set(who("a", w), who("b", w2)),
			[]string{"adds guardian b with a " + w2Text, "moves the " + w2Text + " from a to b"}, true},
		"a person is renamed": {set(who("a", w)), set(who("b", w)),
			[]string{"removes guardian a with a " + wText, "adds guardian b with a " + wText, "moves the " + wText + " from a to b"}, true},
		"keys are swapped": {set(who("a", w), who("b", w2)), set(who("a", w2), who("b", w)),
			[]string{"moves the " + w2Text + " from b to a", "moves the " + wText + " from a to b"}, true},
		"another origin": {set(who("a", p)), set(who("a", elsewhere)),
			[]string{"removes origin " + origin + " from the " + pText + " of a", "adds origin https://ops.firebreak.example to the " + pText + " of a"}, true},
		"another rp id": {set(who("a", elsewhere)), set(who("a", other)),
			[]string{"changes the rp id of the " + pText + " of a from " + site + " to ops.firebreak.example"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			old := parseText(t, consenttest.Guardians(keyName, c.old...))
			next := parseText(t, consenttest.Guardians(keyName, c.next...))
			lines, loosens := consent.Compare(old, next)
			assert.Equal(t, c.lines, lines)
			assert.Equal(t, c.loosens, loosens)
			again, _ := consent.Compare(old, next)
			assert.Equal(t, lines, again)
		})
	}
	everybody := consenttest.People("h", "b", "g", "c", "f", "d", "e", "a")
	added, _ := consent.Compare(nil, parseText(t, consenttest.Guardians(keyName, everybody...)))
	assert.IsIncreasing(t, added)
	lines, loosens := consent.Compare(nil, parseText(t, consenttest.Guardians(keyName, who("a", w))))
	assert.Equal(t, []string{"adds guardian a with a " + wText}, lines)
	assert.True(t, loosens)
	_, loosens = consent.Compare(parseText(t, consenttest.Guardians(keyName, who("a", w))), nil)
	assert.False(t, loosens)
}

func TestAnOriginLessDoesNotLoosen(t *testing.T) {
	k := consenttest.NewPasskey("one", site, origin).Key()
	two := k
	two.Origins = []string{origin, "https://ops.firebreak.example"}
	one := &consent.Guardians{People: []consent.Guardian{{ID: "a", Keys: []consent.Key{k}}}}
	both := &consent.Guardians{People: []consent.Guardian{{ID: "a", Keys: []consent.Key{two}}}}
	lines, loosens := consent.Compare(both, one)
	assert.Equal(t, []string{"removes origin https://ops.firebreak.example from the " + k.String() + " of a"}, lines)
	assert.False(t, loosens)
	_, loosens = consent.Compare(one, both)
	assert.True(t, loosens)
	assert.Equal(t, "unknown key", consent.Key{}.String())
}
