package submitter

import "github.com/firebreak-project/firebreak/incident"

// Forecast is what the first bid of a call is computed from, for looking ahead
// without a lane. Fees are wei per gas; BaseFee and Tip are what the chain asks
// now, FloorTip and NodeFeeCap as in Chain.
type Forecast struct {
	BaseFee, Tip, FloorTip incident.Wei
	Gas                    uint64
	MaxCost                incident.Wei // approved for the call, wei
	NodeFeeCap             incident.Wei // zero: 0.99 ether
}

// Bid is the fee cap and the tip that a lane would open with, by the same
// rules. It fails when the approved cost does not pay one wei per gas. Pure.
func (f Forecast) Bid() (feeCap, tip incident.Wei, err error) {
	if f.NodeFeeCap.IsZero() {
		f.NodeFeeCap = defaultNodeFeeCap
	}
	p, _, err := opening(market{base: f.BaseFee, tip: f.Tip},
		limits{gas: f.Gas, cost: f.MaxCost, node: f.NodeFeeCap, floorTip: f.FloorTip})
	return p.feeCap, p.tip, err
}
