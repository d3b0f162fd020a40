package lab

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
)

// Scenario is one attack, how it is noticed, and the playbook that answers it.
type Scenario struct {
	Name     string
	Title    string // one line for a list
	Story    string // what happens, for a person who watches
	Playbook string // file under playbooks/library
	Rule     string // what the detector calls it
	Target   string // inventory name of the contract that the alert names

	// begin is what the attacker does once, before the series.
	begin func(r *Range) ([]contracts.Transaction, error)
	// strike is the n-th transaction of the series; false when there is none.
	strike func(r *Range, n int) (contracts.Transaction, bool, error)
	// pace is how many blocks lie between two strikes.
	pace int
	// noticed is the loss, in base units, from which the detector speaks.
	noticed *big.Int
	// suspects are the accounts that the alert accuses.
	suspects func(r *Range) []common.Address
	// victims hold what is at risk.
	victims func(r *Range) []common.Address
}

// usdx makes base units of the lab's token of six decimals.
func usdx(whole int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(whole), big.NewInt(1_000_000))
}

// Scenarios lists what can be practised.
func Scenarios() []Scenario {
	return []Scenario{vaultDrain(), allowancePhish(), limitBleed()}
}

// Find returns the scenario of a name.
func Find(name string) (Scenario, error) {
	var names []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("there is no scenario %q; there are %v", name, names)
}

func vaultDrain() Scenario {
	return Scenario{
		Name: "vault-drain", Title: "A bug in reward accounting empties the vault; pause() stops it",
		Story: "The attacker's shares move from account to account and claim the same rewards again and again: " +
			"24,000 USDX a block out of a million.",
		Playbook: "vault-drain.yaml", Rule: "vault.outflow-spike", Target: "lab-vault",
		begin:    openHarvest,
		strike:   harvest(func(r *Range) *big.Int { return r.cast.Amounts.Stake }),
		pace:     1,
		noticed:  usdx(1),
		suspects: func(r *Range) []common.Address { return []common.Address{r.at.Harvester} },
		victims:  func(r *Range) []common.Address { return []common.Address{r.at.Vault} },
	}
}

func limitBleed() Scenario {
	return Scenario{
		Name: "limit-bleed", Title: "The same bug in small amounts, under every alarm; a withdrawal limit stops it",
		Story: "The attacker takes 2,000 USDX every second block, little enough that no single withdrawal looks odd. " +
			"Pausing would hurt every user; a limit hurts only the bleed.",
		Playbook: "limit-bleed.yaml", Rule: "vault.slow-bleed", Target: "lab-vault",
		begin:    openHarvest,
		strike:   harvest(func(*Range) *big.Int { return usdx(2_000) }),
		pace:     2,
		noticed:  usdx(4_000),
		suspects: func(r *Range) []common.Address { return []common.Address{r.at.Harvester} },
		victims:  func(r *Range) []common.Address { return []common.Address{r.at.Vault} },
	}
}

func allowancePhish() Scenario {
	return Scenario{
		Name: "allowance-phish", Title: "A drainer spends what users approved on a fake site; the blocklist stops it",
		Story: "Twenty users have approved a malicious contract. It takes one wallet after the other; " +
			"the vault is not touched, so pausing it would stop nothing.",
		Playbook: "allowance-phish.yaml", Rule: "approval.phish", Target: "lab-registry",
		begin: func(*Range) ([]contracts.Transaction, error) { return nil, nil },
		strike: func(r *Range, n int) (contracts.Transaction, bool, error) {
			if n >= len(r.cast.Users) {
				return contracts.Transaction{}, false, nil
			}
			tx, err := r.at.PullApproved(r.cast.Attacker, r.cast.Loot, r.cast.Users[n:n+1])
			return tx, true, err
		},
		pace:    1,
		noticed: usdx(1),
		suspects: func(r *Range) []common.Address {
			return []common.Address{r.at.Drainer, r.cast.Loot, r.cast.Attacker}
		},
		victims: func(r *Range) []common.Address { return r.cast.Users },
	}
}

func openHarvest(r *Range) ([]contracts.Transaction, error) {
	return r.at.OpenHarvest(r.cast.Attacker, r.cast.Amounts.Stake)
}

func harvest(atMost func(*Range) *big.Int) func(*Range, int) (contracts.Transaction, bool, error) {
	return func(r *Range, _ int) (contracts.Transaction, bool, error) {
		tx, err := r.at.Harvest(r.cast.Attacker, atMost(r))
		return tx, true, err
	}
}

// held is how much of the token accounts have together, in base units.
func (r *Range) held(ctx context.Context, accounts []common.Address) (*big.Int, error) {
	sum := new(big.Int)
	for _, a := range accounts {
		balance, err := r.balance(ctx, a)
		if err != nil {
			return nil, err
		}
		sum.Add(sum, balance)
	}
	return sum, nil
}
