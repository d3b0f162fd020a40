package playbooks

import (
	"maps"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// Inventory is everything about the environment that playbooks only name:
// chains, contracts, tokens, people, keys, channels. It is immutable, safe for
// concurrent use, and what its lookups return is the caller's.
type Inventory struct {
	chains    map[string]Chain
	contracts map[string]Contract
	tokens    map[string]Token
	rules     []string
	teams     map[string][]string
	people    map[string]Person
	signers   map[string]Signer
	channels  map[string]string
	protected map[common.Address]string
	accounts  map[string]common.Address // of protected, by name
	sources   map[string][]string       // rules by alert source
	digest    incident.Digest           // of the text
}

// Chain is an EVM chain.
type Chain struct {
	Name      string
	ID        uint64        // EIP-155
	BlockTime time.Duration // usual time between blocks; zero where it is not named
	Currency  string        // token that fees are paid in, 18 decimals
}

// Contract is a contract that may be acted on.
type Contract struct {
	Name    string
	Chain   string
	ChainID uint64
	Address common.Address
	Family  string            // by whose rules it works
	Can     []string          // verbs
	Token   string            // in whose units its limits count; may be empty
	Gas     map[string]uint64 // gas limit by verb, where the verb's own does not suffice
	// CodeHash is the Keccak-256 hash of the code at Address (EIP-1052); zero
	// where the inventory does not pin it.
	CodeHash common.Hash
	// Implementation is what a proxy at Address must point to (EIP-1967), and
	// ImplementationHash the hash of its code. Zero: no proxy, or not pinned.
	Implementation     common.Address
	ImplementationHash common.Hash

	views map[string]viewFunction // by signature
}

// Token is a unit of amounts. Address is zero when it has no contract that is
// known here.
type Token struct {
	Name     string
	Decimals uint8
	Chain    string
	Address  common.Address
}

// Person is somebody who may be asked. Teams are sorted.
type Person struct {
	Name    string
	Teams   []string
	Slack   string // Slack user id
	Wallets []common.Address
}

// Signer is a key by name. Address is zero when it is left to the key's keeper
// to say.
type Signer struct {
	Name    string
	Address common.Address
	Chains  []string
	// Exercise marks a key for drills: it never signs in a real incident, and
	// no other key ever signs in a drill.
	Exercise bool
}

// Chain finds a chain by name.
func (inv *Inventory) Chain(name string) (Chain, bool) {
	c, ok := inv.chains[name]
	return c, ok
}

// ChainByID gives the name of a chain.
func (inv *Inventory) ChainByID(id uint64) (string, bool) {
	for _, c := range inv.chains {
		if c.ID == id {
			return c.Name, true
		}
	}
	return "", false
}

// ChainByName gives the EIP-155 id of a chain.
func (inv *Inventory) ChainByName(name string) (uint64, bool) {
	c, ok := inv.chains[name]
	return c.ID, ok
}

// Chains lists the names of all chains, sorted.
func (inv *Inventory) Chains() []string { return names(inv.chains) }

// Contract finds a contract by name.
func (inv *Inventory) Contract(name string) (Contract, bool) {
	c, ok := inv.contracts[name]
	c.Can, c.Gas = slices.Clone(c.Can), maps.Clone(c.Gas)
	return c, ok
}

// Contracts lists the names of all contracts, sorted.
func (inv *Inventory) Contracts() []string { return names(inv.contracts) }

// ContractAt finds the contract at an address of a chain.
func (inv *Inventory) ContractAt(chainID uint64, address common.Address) (Contract, bool) {
	for name, c := range inv.contracts {
		if c.ChainID == chainID && c.Address == address {
			return inv.Contract(name)
		}
	}
	return Contract{}, false
}

// ContractByAddress gives the name of the contract at an address of a chain.
func (inv *Inventory) ContractByAddress(chain string, address common.Address) (string, bool) {
	c, ok := inv.ContractAt(inv.chains[chain].ID, address)
	return c.Name, ok
}

// Token finds a token by name.
func (inv *Inventory) Token(name string) (Token, bool) {
	t, ok := inv.tokens[name]
	return t, ok
}

// TokenDecimals gives the decimals of a token.
func (inv *Inventory) TokenDecimals(name string) (uint8, bool) {
	t, ok := inv.tokens[name]
	return t.Decimals, ok
}

// KnownRule tells whether a detector's rule has this name.
func (inv *Inventory) KnownRule(name string) bool { return slices.Contains(inv.rules, name) }

// Rules lists the names of all rules, in the order of the file.
func (inv *Inventory) Rules() []string { return slices.Clone(inv.rules) }

// Signer finds a key by name.
func (inv *Inventory) Signer(name string) (Signer, bool) {
	s, ok := inv.signers[name]
	s.Chains = slices.Clone(s.Chains)
	return s, ok
}

// Signers lists the names of all keys, sorted.
func (inv *Inventory) Signers() []string { return names(inv.signers) }

// Channels gives the Slack id of each channel by name.
func (inv *Inventory) Channels() map[string]string { return maps.Clone(inv.channels) }

// Teams gives the members of each team, in the order of the file.
func (inv *Inventory) Teams() map[string][]string {
	teams := make(map[string][]string, len(inv.teams))
	for name, members := range inv.teams {
		teams[name] = slices.Clone(members)
	}
	return teams
}

// Protected gives the accounts that must never be contained, with the reason:
// contracts, tokens and signers of the inventory, and what it lists.
func (inv *Inventory) Protected() map[common.Address]string { return maps.Clone(inv.protected) }

// target is a contract as verbs see it.
func (inv *Inventory) target(name string) (actions.Target, Contract) {
	c := inv.contracts[name]
	return actions.Target{
		Name: c.Name, Chain: c.Chain, ChainID: c.ChainID, Address: c.Address,
		Token: c.Token, Decimals: inv.tokens[c.Token].Decimals, Protected: inv.protected,
	}, c
}

func names[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
