package consent

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Compare says in words how next differs from old, in a fixed order, and
// whether it loosens: whether anybody can consent after it who could not
// before, or in a way that they could not. To remove people or keys does not
// loosen. A nil set is empty.
func Compare(old, next *Guardians) (lines []string, loosens bool) {
	c := comparison{before: owners(old), after: owners(next)}
	ids := map[string]bool{}
	for _, set := range []*Guardians{old, next} {
		if set != nil {
			for _, id := range set.IDs() {
				ids[id] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		was, had := find(old, id)
		is, has := find(next, id)
		switch {
		case !had:
			c.loosen("adds guardian " + id + " with " + list(is.Keys))
			c.moves(is)
		case !has:
			c.lines = append(c.lines, "removes guardian "+id+" with "+list(was.Keys))
		default:
			c.person(was, is)
		}
	}
	return c.lines, c.loosens
}

func find(g *Guardians, id string) (Guardian, bool) {
	if g == nil {
		return Guardian{}, false
	}
	return g.Find(id)
}

type comparison struct {
	before, after map[string]owned // by identity of the key
	lines         []string
	loosens       bool
}

type owned struct {
	guardian string
	key      Key
}

func owners(g *Guardians) map[string]owned {
	all := map[string]owned{}
	if g == nil {
		return all
	}
	for _, person := range g.People {
		for _, k := range person.Keys {
			all[k.identity()] = owned{person.ID, k}
		}
	}
	return all
}

// identity is what makes two keys the same key: all that a signature is
// verified with. Where a passkey may be used is not part of it.
func (k Key) identity() string {
	return strings.Join([]string{string(k.Kind), k.Address.Hex(), hexutil.Encode(k.PublicKey), hexutil.Encode(k.CredentialID)}, " ")
}

func (c *comparison) loosen(line string) {
	c.lines, c.loosens = append(c.lines, line), true
}

// person compares the keys of somebody who stays.
func (c *comparison) person(was, is Guardian) {
	for _, k := range sorted(was.Keys) {
		if _, stays := c.after[k.identity()]; !stays {
			c.lines = append(c.lines, "removes the "+k.String()+" of "+was.ID)
		}
	}
	for _, k := range sorted(is.Keys) {
		before, known := c.before[k.identity()]
		switch {
		case !known:
			c.loosen("adds the " + k.described() + " to " + is.ID)
		case before.guardian == is.ID:
			c.places(before.key, k, is.ID)
		}
	}
	c.moves(is)
}

// moves names the keys that somebody else had before: a vote changes hands.
func (c *comparison) moves(is Guardian) {
	for _, k := range sorted(is.Keys) {
		if before, known := c.before[k.identity()]; known && before.guardian != is.ID {
			c.loosen("moves the " + k.String() + " from " + before.guardian + " to " + is.ID)
		}
	}
}

// places compares where a passkey may be used. Another place is another page
// that can ask for consent.
func (c *comparison) places(was, is Key, id string) {
	if was.RPID != is.RPID {
		c.loosen("changes the rp id of the " + is.String() + " of " + id + " from " + was.RPID + " to " + is.RPID)
	}
	for _, origin := range slices.Sorted(slices.Values(was.Origins)) {
		if !slices.Contains(is.Origins, origin) {
			c.lines = append(c.lines, "removes origin "+origin+" from the "+is.String()+" of "+id)
		}
	}
	for _, origin := range slices.Sorted(slices.Values(is.Origins)) {
		if !slices.Contains(was.Origins, origin) {
			c.loosen("adds origin " + origin + " to the " + is.String() + " of " + id)
		}
	}
}

func sorted(keys []Key) []Key {
	return slices.SortedFunc(slices.Values(keys), func(a, b Key) int { return strings.Compare(a.identity(), b.identity()) })
}

func list(keys []Key) string {
	words := make([]string, 0, len(keys))
	for _, k := range sorted(keys) {
		article := "a "
		if k.Kind == Ed25519 {
			article = "an "
		}
		words = append(words, article+k.described())
	}
	return strings.Join(words, " and ")
}

// described is String and, for a passkey, where it can be used.
func (k Key) described() string {
	if k.Kind != WebAuthn {
		return k.String()
	}
	return k.String() + " for " + k.RPID + " at " + strings.Join(slices.Sorted(slices.Values(k.Origins)), " and ")
}

// String names the key for a person.
func (k Key) String() string {
	switch k.Kind {
	case EIP712:
		return "wallet " + k.Address.Hex()
	case Ed25519:
		return "ed25519 key " + hexutil.Encode(k.PublicKey)
	case WebAuthn:
		return "passkey " + base64.RawURLEncoding.EncodeToString(k.CredentialID)
	}
	return "unknown key"
}
