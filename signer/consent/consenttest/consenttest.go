// Package consenttest has guardians that sign by themselves: a wallet, an
// ed25519 key and a passkey, made from seeds so that they are the same every
// time. They serve tests and the lab; a seed is no secret.
package consenttest

import (
	"encoding/json"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer/consent"
)

// Keyholder is a guardian's key with its private half.
type Keyholder interface {
	// Key is what is enrolled.
	Key() consent.Key
	// Sign signs a digest in the name of a guardian.
	Sign(guardian string, digest common.Hash) consent.Signature
}

// Person is a guardian with keys.
type Person struct {
	ID   string
	Keys []Keyholder
}

// Sign signs with the first key.
func (p Person) Sign(digest common.Hash) consent.Signature { return p.Keys[0].Sign(p.ID, digest) }

// Approve signs with the first key the message that the terms make.
func (p Person) Approve(t consent.Terms, digest common.Hash) consent.Given {
	return consent.Given{Terms: t, Signature: p.Sign(digest)}
}

// WithWallet is a person with one wallet, made from the id.
func WithWallet(id string) Person {
	return Person{ID: id, Keys: []Keyholder{NewWallet(id)}}
}

// People are persons with one wallet each, one per id.
func People(ids ...string) []Person {
	people := make([]Person, 0, len(ids))
	for _, id := range ids {
		people = append(people, WithWallet(id))
	}
	return people
}

// Guardians is the text of version 1 of the guardian document of a key.
func Guardians(key string, people ...Person) string {
	return NextGuardians(key, 1, common.Hash{}, people...)
}

// NextGuardians is the text of any version; previous is the hash of the one
// before.
func NextGuardians(key string, version uint64, previous common.Hash, people ...Person) string {
	type entry struct {
		ID   string        `json:"id"`
		Keys []consent.Key `json:"keys"`
	}
	guardians := make([]entry, 0, len(people))
	for _, person := range people {
		e := entry{ID: person.ID, Keys: []consent.Key{}}
		for _, holder := range person.Keys {
			e.Keys = append(e.Keys, holder.Key())
		}
		guardians = append(guardians, e)
	}
	document, err := json.Marshal(map[string]any{
		"schema": consent.Schema, "key": key, "version": version, "previous": previous.Hex(), "guardians": guardians,
	})
	if err != nil {
		panic(err) // a Keyholder of no kind
	}
	return string(document)
}

// secret makes 32 bytes from a seed that valid accepts, for one use.
func secret(use, seed string, valid func([]byte) bool) []byte {
	bytes := crypto.Keccak256([]byte("firebreak consenttest " + use + " " + seed))
	for !valid(bytes) { // practically never
		bytes = crypto.Keccak256(bytes)
	}
	return slices.Clone(bytes)
}
