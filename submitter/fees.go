package submitter

import (
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// The fee rules. An unused fee cap is not paid, so the first bid leaves room
// for the base fee to rise six times over (it can do so in 16 blocks) before
// anything has to be raised; the tip is paid, so it is only doubled.
const (
	baseRoom  = 6
	tipRoom   = 2
	maxMissed = 24 // blocks; 1.125^24 is a factor of 17
)

// market is what the fee market asked at a block, wei per gas.
type market struct{ base, tip incident.Wei }

// after extrapolates over blocks that nobody has seen: the base fee rises by
// at most an eighth per block (EIP-1559).
func (m market) after(missed int) market {
	for range min(missed, maxMissed) {
		m.base = m.base.Times(9).Add(incident.NewQuantity(7)).Div(8)
	}
	return m
}

// price is a bid's fees per gas, wei.
type price struct{ feeCap, tip incident.Wei }

// limits bound a bid. No bid is ever above them.
type limits struct {
	gas      uint64
	cost     incident.Wei  // approved: gas times fee cap may not exceed it
	node     incident.Wei  // gas times fee cap must stay below it; zero: no limit
	balance  *incident.Wei // what the account can still put up; nil: not known
	floorTip incident.Wei
}

// hard is the highest fee cap that approval and nodes allow.
func (l limits) hard() incident.Wei {
	if l.node.IsZero() {
		return l.cost.Div(l.gas)
	}
	return least(l.cost, l.node.Sub(incident.NewQuantity(1))).Div(l.gas)
}

var errNoBudget = errors.New("the approved cost does not pay one wei per gas: approve a plan with a higher max cost")

// opening is the first bid at a nonce and why it is what it is.
func opening(m market, l limits) (price, string, error) {
	tip := greatest(m.tip, l.floorTip).Times(tipRoom)
	p := price{feeCap: m.base.Times(baseRoom).Add(tip), tip: tip}
	why := fmt.Sprintf("tip %d x %s, cap %d x base fee %s + tip", tipRoom, gwei(greatest(m.tip, l.floorTip)), baseRoom, gwei(m.base))
	if hard := l.hard(); p.feeCap.Cmp(hard) > 0 {
		p.feeCap = hard
		why += ", cut to what is approved and nodes accept"
	}
	if p.feeCap.IsZero() {
		return p, why, errNoBudget
	}
	if l.balance != nil && p.feeCap.Times(l.gas).Cmp(*l.balance) > 0 {
		p.feeCap, why = fitBalance(p, m, l, why)
	}
	p.tip = least(p.tip, p.feeCap)
	return p, why, nil
}

// fitBalance cuts a bid to what the account can put up, as long as such a bid
// can still be mined. When it cannot, nothing is cut: the bytes then go through
// as soon as somebody has funded the account.
func fitBalance(p price, m market, l limits, why string) (incident.Wei, string) {
	affordable := l.balance.Div(l.gas)
	if affordable.Cmp(m.base.Add(l.floorTip)) >= 0 {
		return affordable, why + ", cut to the account's balance"
	}
	return p.feeCap, why + fmt.Sprintf("; the account can put up %s wei, which is not enough: fund it, the same bytes then go through", l.balance)
}

// raise outbids old, the highest fees broadcast at the nonce: both fields by a
// quarter or to what the market asks now, whichever is more. A bid that the
// limits cut is still good while it clears the tenth that every client demands
// (geth rounds it down, reth up). It says false when there is no room.
func raise(old price, m market, l limits) (price, bool) {
	fresh := greatest(m.tip, l.floorTip).Times(tipRoom)
	p := price{
		feeCap: greatest(rung(old.feeCap), m.base.Times(baseRoom).Add(fresh)),
		tip:    greatest(rung(old.tip), fresh),
	}
	ceiling := l.hard()
	if l.balance != nil {
		ceiling = least(ceiling, l.balance.Div(l.gas))
	}
	p.feeCap = least(p.feeCap, ceiling)
	p.tip = least(p.tip, p.feeCap)
	if p.feeCap.Cmp(replaces(old.feeCap)) < 0 || p.tip.Cmp(replaces(old.tip)) < 0 {
		return price{}, false
	}
	return p, true
}

// rung is a quarter more, rounded up, and one wei.
func rung(x incident.Wei) incident.Wei { return more(x, 25) }

// replaces is the least that every client accepts in place of x.
func replaces(x incident.Wei) incident.Wei { return more(x, 10) }

func more(x incident.Wei, percent uint64) incident.Wei {
	return x.Times(100 + percent).Add(incident.NewQuantity(99)).Div(100).Add(incident.NewQuantity(1))
}

func least(a, b incident.Wei) incident.Wei {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func greatest(a, b incident.Wei) incident.Wei {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

func gwei(w incident.Wei) string { return w.Decimal(9) + " gwei" }
