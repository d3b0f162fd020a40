package vault_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestThreeNodesKeepOneCountThroughAStepDown(t *testing.T) {
	v, _ := ready(t, func(c *vaultserver.Config) { c.Nodes = 3 })
	var bots []signer.Signer
	for _, n := range v.Nodes() {
		bots = append(bots, client(t, v, n, v.Mount(), signertest.Name))
	}
	first := must(t, bots[2], signertest.Pause(signertest.Core, 0))
	assert.EqualValues(t, 1, first.Seq, "a standby hands the request on to the leader")
	assert.Equal(t, first, must(t, bots[0], signertest.Pause(signertest.Core, 0)))

	leader, err := v.Leader(t.Context())
	require.NoError(t, err)
	assert.Same(t, v.First(), leader)
	// Ninety callers at three nodes ask for ninety transactions of which one
	// is allowed, while the leader steps down, time and again.
	signed, denied := storm(t, 90, func(i int) error {
		_, err := bots[i%3].Sign(t.Context(), withdrawals(1, i))
		return err
	}, func() {
		if leader, err := v.Leader(t.Context()); assert.NoError(t, err) {
			_ = leader.API().Sys().StepDownWithContext(t.Context()) // it may have stepped down already
		}
	})
	assert.EqualValues(t, 1, signed)
	assert.EqualValues(t, 89, denied)

	for _, bot := range bots {
		assert.EqualValues(t, 2, seq(t, bot, signertest.Name))
		assert.Equal(t, first, must(t, bot, signertest.Pause(signertest.Core, 0)))
		refused(t, bot, withdrawals(2, 1), signer.CodeRate+":1h")
	}
}

func TestALeaderThatIsLostTakesNoCountWithIt(t *testing.T) {
	v, bot := ready(t, func(c *vaultserver.Config) { c.Nodes = 3 })
	first := must(t, bot, withdrawals(0, 500))
	standby := client(t, v, v.Nodes()[1], v.Mount(), signertest.Name)
	v.First().Kill()
	assert.Equal(t, first, must(t, standby, withdrawals(0, 500)))
	refused(t, standby, withdrawals(1, 400), signer.CodeRate+":1h")
	leader, err := v.Leader(t.Context())
	require.NoError(t, err)
	assert.NotSame(t, v.First(), leader)
}
