package contracts

import (
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Gas limits, about twice what a test measured on go-ethereum's simulated
// chain, and all under the cap of EIP-7825. That chain runs the newest forks,
// where a new storage slot costs about 100,000 gas instead of 20,000.
const (
	gasDeploy      = 6_000_000
	gasCall        = 500_000
	gasVaultCall   = 1_300_000
	gasHarvest     = 1_500_000
	gasPullFixed   = 400_000
	gasPullPerHead = 100_000
)

// vaultHolders mirrors LabVault.Holders; the abi package matches its fields to
// the Solidity names.
type vaultHolders struct {
	Admin, Pauser, Limiter, Recovery common.Address
}

// Plan is the whole deployment as data: where everything will be, and the
// transactions that put it there, in stages of which each needs the one before
// to be mined. It is pure; addresses follow from the two deployers' next
// nonces. It fails when the lab is not filled in sensibly.
func (l Lab) Plan(treasuryNonce, attackerNonce uint64) (Deployment, [][]Transaction, error) {
	if err := l.validate(); err != nil {
		return Deployment{}, nil, err
	}
	d := Deployment{
		Registry:  crypto.CreateAddress(l.Treasury, treasuryNonce),
		Token:     crypto.CreateAddress(l.Treasury, treasuryNonce+1),
		Vault:     crypto.CreateAddress(l.Treasury, treasuryNonce+2),
		Drainer:   crypto.CreateAddress(l.Attacker, attackerNonce),
		Harvester: crypto.CreateAddress(l.Attacker, attackerNonce+1),
	}
	return d, [][]Transaction{
		append(l.deployments(d), l.gifts(d)...),
		l.deposit(d, l.Founder, l.Amounts.Early),
		l.earlyRewards(d),
		append(l.founderClaim(d), l.arrivals(d)...),
	}, nil
}

func (l Lab) deployments(d Deployment) []Transaction {
	seconds := big.NewInt(int64(l.Amounts.Window / time.Second))
	holders := vaultHolders{Admin: l.Admin, Pauser: l.Responder, Limiter: l.Responder, Recovery: l.Recovery}
	own := []common.Address{d.Token, d.Vault}
	return []Transaction{
		create(l.Treasury, "BlocklistRegistry", l.Admin, l.Responder, l.Recovery, own),
		create(l.Treasury, "LabToken", d.Registry, l.Treasury, l.Amounts.Supply),
		create(l.Treasury, "LabVault", d.Token, holders, l.Amounts.MaxOutflowPerBlock, seconds),
		create(l.Attacker, "Drainer", d.Token),
		create(l.Attacker, "RewardHarvester", d.Vault, l.Loot),
	}
}

// gifts come after the deployments in the same stage: they are the same
// sender's, so the token is there when they run.
func (l Lab) gifts(d Deployment) []Transaction {
	give := func(to common.Address, amount *big.Int) Transaction {
		return call(l.Treasury, d.Token, encode(token, "transfer", to, amount), "hand out "+amount.String())
	}
	each := new(big.Int).Add(l.Amounts.Deposit, l.Amounts.Wallet)
	gifts := []Transaction{give(l.Founder, l.Amounts.Early), give(l.Attacker, l.Amounts.Stake)}
	for _, user := range l.Users {
		gifts = append(gifts, give(user, each))
	}
	return gifts
}

func (l Lab) deposit(d Deployment, who common.Address, amount *big.Int) []Transaction {
	deposit := call(who, d.Vault, encode(vault, "deposit", amount, who), "deposit "+amount.String())
	deposit.Gas = gasVaultCall
	return []Transaction{
		call(who, d.Token, encode(token, "approve", d.Vault, amount), "approve the vault"),
		deposit,
	}
}

func (l Lab) earlyRewards(d Deployment) []Transaction {
	early := l.Amounts.Early
	return []Transaction{
		call(l.Treasury, d.Token, encode(token, "approve", d.Vault, early), "approve the vault"),
		call(l.Treasury, d.Vault, encode(vault, "addRewards", early), "pay early rewards"),
	}
}

func (l Lab) founderClaim(d Deployment) []Transaction {
	claim := call(l.Founder, d.Vault, encode(vault, "claim", l.Amounts.Early, l.Founder), "claim early rewards")
	claim.Gas = gasVaultCall
	return []Transaction{claim}
}

// arrivals are the users: they deposit, and fall for the phishing site.
func (l Lab) arrivals(d Deployment) []Transaction {
	var arrivals []Transaction
	for _, user := range l.Users {
		arrivals = append(arrivals, l.deposit(d, user, l.Amounts.Deposit)...)
		arrivals = append(arrivals, call(user, d.Token,
			encode(token, "approve", d.Drainer, UnlimitedWithdrawal()), "approve the drainer"))
	}
	return arrivals
}

func call(from, to common.Address, data []byte, note string) Transaction {
	return Transaction{From: from, To: &to, Data: data, Gas: gasCall, Note: note}
}

// create is a deployment. Arguments are checked by the lab's validation, so
// packing fails only where this file and the sources disagree.
func create(from common.Address, name string, args ...any) Transaction {
	artifact := artifacts()[name]
	packed, err := artifact.ABI.Pack("", args...)
	if err != nil {
		panic(fmt.Sprintf("contracts: pack constructor of %s: %v", name, err))
	}
	code := append([]byte{}, artifact.Bytecode...)
	return Transaction{From: from, Data: append(code, packed...), Gas: gasDeploy, Note: "deploy " + name}
}
