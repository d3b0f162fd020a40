package app

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/playbooks"
)

// AlertNames is an inventory as the front door asks it.
func AlertNames(inv *playbooks.Inventory) alerts.Names {
	return alerts.Names{
		ChainByID:  inv.ChainByID,
		KnownChain: func(name string) bool { _, ok := inv.Chain(name); return ok },
		ContractAt: inv.ContractByAddress,
		Contract: func(name string) (string, common.Address, bool) {
			c, ok := inv.Contract(name)
			return c.Chain, c.Address, ok
		},
		Decimals: inv.TokenDecimals,
	}
}
