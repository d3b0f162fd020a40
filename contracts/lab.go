package contracts

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// MaxLabUsers bounds the lab's population.
const MaxLabUsers = 200

// Chain is the part of a practice chain that deploying the lab needs. The
// implementation holds the keys of all the lab's people.
type Chain interface {
	// NonceAt is the next nonce of an account, with nothing of it pending.
	NonceAt(ctx context.Context, account common.Address) (uint64, error)
	// Mine signs and sends transactions, those of one sender in the order
	// given, and returns when every one is mined. It fails when one is not, or
	// was mined and reverted; then any part of them may have happened. Retrying
	// what fails is the implementation's, not the caller's.
	Mine(ctx context.Context, transactions []Transaction) error
	// CodeAt is the code at an address now, empty when there is none.
	CodeAt(ctx context.Context, account common.Address) ([]byte, error)
}

// Transaction is one that a person of the lab sends. Its value is always zero.
type Transaction struct {
	From common.Address
	// To is nil when the transaction creates a contract.
	To   *common.Address
	Data []byte
	// Gas is the limit to send, with room to spare.
	Gas uint64
	// Note says in words what it is for.
	Note string
}

// Lab says who takes part in a range and with how much. It is a value to fill
// in: everybody distinct, nobody zero.
type Lab struct {
	// Treasury deploys, receives the token's supply and hands it out.
	Treasury common.Address
	// Admin holds DEFAULT_ADMIN_ROLE everywhere.
	Admin common.Address
	// Responder holds PAUSER, LIMITER and BLOCKLISTER, and cannot undo.
	Responder common.Address
	// Recovery holds RECOVERY_ROLE, and cannot contain.
	Recovery common.Address
	// Founder was there early and was paid the rewards that the hole repeats.
	Founder common.Address
	// Users deposit, and have approved the phishing contract.
	Users []common.Address
	// Attacker owns the attack contracts; Loot is where the money goes.
	Attacker, Loot common.Address
	Amounts        LabAmounts
}

// LabAmounts are in base units of the lab's token, which has 6 decimals.
type LabAmounts struct {
	// Supply is all that will ever exist.
	Supply *big.Int
	// Early is what the founder deposits, and is paid once over as rewards:
	// one reward per share for every share that looks old enough.
	Early *big.Int
	// Deposit is what each user has in the vault, Wallet what each keeps.
	Deposit, Wallet *big.Int
	// Stake is the attacker's deposit, and what one harvest can take.
	Stake *big.Int
	// MaxOutflowPerBlock is the vault's own cap.
	MaxOutflowPerBlock *big.Int
	// Window is the length of the vault's withdrawal window, in whole seconds.
	Window time.Duration
}

// DefaultLabAmounts makes a vault of one million with 20 users, which a stake
// of 24,000 drains in 43 transactions.
func DefaultLabAmounts() LabAmounts {
	dollars := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000)) }
	return LabAmounts{
		Supply:             dollars(100_000_000),
		Early:              dollars(10_000),
		Deposit:            dollars(49_500),
		Wallet:             dollars(5_000),
		Stake:              dollars(24_000),
		MaxOutflowPerBlock: dollars(25_000),
		Window:             24 * time.Hour,
	}
}

// Deployment is where everything is.
type Deployment struct {
	Registry, Token, Vault common.Address
	// Drainer and Harvester are the attacker's.
	Drainer, Harvester common.Address
}

// Deploy puts the whole lab on a chain: contracts, roles, deposits, the
// approvals that the phishing scenario abuses. It is not safe to repeat and
// keeps nothing: after a failure start a fresh chain.
func (l Lab) Deploy(ctx context.Context, chain Chain) (Deployment, error) {
	treasury, err := chain.NonceAt(ctx, l.Treasury)
	if err != nil {
		return Deployment{}, fmt.Errorf("read the treasury's nonce: %w", err)
	}
	attacker, err := chain.NonceAt(ctx, l.Attacker)
	if err != nil {
		return Deployment{}, fmt.Errorf("read the attacker's nonce: %w", err)
	}
	deployment, stages, err := l.Plan(treasury, attacker)
	if err != nil {
		return Deployment{}, fmt.Errorf("plan the lab: %w", err)
	}
	for i, stage := range stages {
		if err := chain.Mine(ctx, stage); err != nil {
			return Deployment{}, fmt.Errorf("mine stage %d of %d of the lab: %w", i+1, len(stages), err)
		}
		// Calls to an address without code succeed and do nothing, so what the
		// later stages call has to be there before they are sent.
		if err := deployment.check(ctx, chain); err != nil {
			return Deployment{}, fmt.Errorf("check stage %d of the lab: %w", i+1, err)
		}
	}
	return deployment, nil
}

func (d Deployment) check(ctx context.Context, chain Chain) error {
	for name, at := range map[string]common.Address{
		"BlocklistRegistry": d.Registry,
		"LabToken":          d.Token,
		"LabVault":          d.Vault,
		"Drainer":           d.Drainer,
		"RewardHarvester":   d.Harvester,
	} {
		code, err := chain.CodeAt(ctx, at)
		if err != nil {
			return fmt.Errorf("read the code of %s: %w", name, err)
		}
		if len(code) != len(artifacts()[name].DeployedBytecode) {
			return fmt.Errorf("%d bytes of code at %s where %s should be; was the nonce of its deployer another?",
				len(code), at, name)
		}
	}
	return nil
}

func (l Lab) validate() error {
	if len(l.Users) == 0 || len(l.Users) > MaxLabUsers {
		return fmt.Errorf("%d users; a lab has 1 to %d", len(l.Users), MaxLabUsers)
	}
	people := append([]common.Address{
		l.Treasury, l.Admin, l.Responder, l.Recovery, l.Founder, l.Attacker, l.Loot,
	}, l.Users...)
	seen := make(map[common.Address]bool, len(people))
	for _, person := range people {
		if person == (common.Address{}) {
			return errors.New("somebody has the zero address; give everybody their own")
		}
		if seen[person] {
			return fmt.Errorf("%s is two people; give everybody their own address", person)
		}
		seen[person] = true
	}
	return l.Amounts.validate(len(l.Users))
}

func (a LabAmounts) validate(users int) error {
	for name, amount := range map[string]*big.Int{
		"supply": a.Supply, "early": a.Early, "deposit": a.Deposit, "wallet": a.Wallet,
		"stake": a.Stake, "max outflow per block": a.MaxOutflowPerBlock,
	} {
		if err := checkUint256(name, amount); err != nil {
			return err
		}
		if amount.Sign() == 0 {
			return fmt.Errorf("%s is zero", name)
		}
	}
	if a.Early.Cmp(a.MaxOutflowPerBlock) > 0 {
		return errors.New("early rewards exceed the outflow of one block, so the founder cannot claim them at once")
	}
	if a.Window <= 0 || a.Window%time.Second != 0 {
		return fmt.Errorf("window %s is not a positive whole number of seconds", a.Window)
	}
	perUser := new(big.Int).Add(a.Deposit, a.Wallet)
	needed := new(big.Int).Mul(perUser, big.NewInt(int64(users)))
	needed.Add(needed, a.Stake).Add(needed, a.Early).Add(needed, a.Early)
	if needed.Cmp(a.Supply) > 0 {
		return fmt.Errorf("supply %s is less than the %s that is handed out", a.Supply, needed)
	}
	return nil
}
