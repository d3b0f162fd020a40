package submitter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAForecastIsTheBidThatALaneWouldOpenWith(t *testing.T) {
	m := market{base: weiOf(10 * gweiUnit), tip: weiOf(gweiUnit)}
	for _, cost := range []uint64{1e18, 1e15} { // with room, and cut to what is approved
		want, _, err := opening(m, someLimits(300_000, weiOf(cost)))
		require.NoError(t, err)
		feeCap, tip, err := Forecast{BaseFee: m.base, Tip: m.tip, FloorTip: weiOf(1), Gas: 300_000, MaxCost: weiOf(cost)}.Bid()
		require.NoError(t, err)
		assert.Equal(t, want, price{feeCap, tip})
	}
	_, _, err := Forecast{BaseFee: m.base, Gas: 300_000, MaxCost: weiOf(1)}.Bid()
	assert.ErrorIs(t, err, errNoBudget)
}
