package lab

import (
	"crypto/ecdsa"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/contracts"
)

// users is how many depositors the protocol has.
const users = 20

// people holds the keys of everybody in the lab but the responder, whose key
// is in the secrets engine. They are derived from names, so that two runs of
// a scenario are alike; they are worth nothing anywhere else.
type people struct {
	keys map[common.Address]*ecdsa.PrivateKey
}

func newPeople() *people { return &people{keys: map[common.Address]*ecdsa.PrivateKey{}} }

// person derives somebody's key.
func (p *people) person(name string) common.Address {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("firebreak lab: " + name)))
	if err != nil {
		panic(fmt.Sprintf("no key can be derived for %q: %v", name, err)) // a hash outside the curve's order: not for these names
	}
	address := crypto.PubkeyToAddress(key.PublicKey)
	p.keys[address] = key
	return address
}

// cast fills the lab's roles but the responder's.
func (p *people) cast() contracts.Lab {
	l := contracts.Lab{
		Treasury: p.person("treasury"), Admin: p.person("admin"), Recovery: p.person("recovery"),
		Founder: p.person("founder"), Attacker: p.person("attacker"), Loot: p.person("loot"),
		Amounts: contracts.DefaultLabAmounts(),
	}
	for i := range users {
		l.Users = append(l.Users, p.person(fmt.Sprintf("user %d", i)))
	}
	return l
}

func (p *people) addresses() []common.Address {
	var all []common.Address
	for a := range p.keys {
		all = append(all, a)
	}
	return all
}
