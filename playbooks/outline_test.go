package playbooks_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/playbooks"
)

var stand = common.HexToAddress("0xdEAD00000000000000000000000000000000bEEf")

func outlineOf(t *testing.T, edits ...edit) playbooks.Outline {
	t.Helper()
	set := with(t, edits...)
	return set.Outline(set.Playbooks()[0], stand)
}

func TestAnOutlineHoldsTheCallsThatAPlanWould(t *testing.T) {
	set := with(t)
	out := set.Outline(set.Playbooks()[0], stand)
	p := plan(t, set, newChain(), drain())
	require.Len(t, out.Items, 3)
	for i, step := range []string{"pause", "cap"} {
		call, ok := callOf(p, step)
		require.True(t, ok)
		require.NotNil(t, out.Items[i].Probe)
		assert.Equal(t, []byte(call.Data), out.Items[i].Probe.Data, step)
		assert.Equal(t, call.Goal, out.Items[i].Probe.Goal, step)
		assert.Equal(t, call.To, out.Items[i].Target.Address, step)
		assert.Empty(t, out.Items[i].Stand, "nothing of %s depends on the alert", step)
	}
	assert.Equal(t, p.Quorum, out.Quorum)
	assert.Equal(t, p.Signer, out.Signer)
	assert.Equal(t, p.MaxFee, out.MaxFee.Units)
	assert.Len(t, out.Items[0].Verify, 1, "the statement about pause, and none for what its goal says")
}

func TestAnAccountThatTheAlertWillNameIsReplacedByTheStand(t *testing.T) {
	out := outlineOf(t)
	block := out.Items[2]
	assert.Equal(t, stand.Hex(), block.Stand)
	assert.Equal(t, contracts.Blacklist(stand), block.Probe.Data)
	assert.Equal(t, 20, block.Calls)
	assert.Equal(t, 22, out.Calls, "two fixed calls and a list of at most 20")
}

func TestAnArgumentThatOnlyTheAlertKnowsIsSaidAndNotGuessed(t *testing.T) {
	cap := outlineOf(t, edit{"limit: 0 USDX", "limit: = alert.loss"}).Items[1]
	assert.Nil(t, cap.Probe)
	assert.Contains(t, cap.Unknown, "limit is known only when there is an alert")
}

func TestAnOutlinesGasLimitIsThePlans(t *testing.T) {
	item := outlineOf(t).Items[0]
	c := newChain()
	c.gas = 90_000
	call, _ := callOf(plan(t, with(t), c, drain()), "pause")
	assert.Equal(t, call.Gas, item.GasLimit(90_000))
}
