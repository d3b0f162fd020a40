package vault_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestAPluginThatIsKilledBetweenRequestsComesBackWithItsCounts(t *testing.T) {
	v, bot := ready(t, nil)
	first := must(t, bot, signertest.Pause(signertest.Core, 0))
	for range 3 {
		require.NoError(t, v.First().KillPlugin())
		assert.Equal(t, first, must(t, bot, signertest.Pause(signertest.Core, 0)))
	}
	must(t, bot, signertest.Pause(signertest.Core, 1))
	require.NoError(t, v.First().KillPlugin())
	refused(t, bot, signertest.Pause(signertest.Core, 2), signer.CodeRate+":1h")
	assert.EqualValues(t, 2, seq(t, bot, signertest.Name))
}

// TestAPluginThatIsKilledUnderLoadNeverSignsTwice has fifty callers ask for
// fifty transactions of which one is allowed, while the plugin is killed.
func TestAPluginThatIsKilledUnderLoadNeverSignsTwice(t *testing.T) {
	v, bot := ready(t, nil)
	signed, denied := storm(t, 50, func(i int) error {
		_, err := bot.Sign(t.Context(), withdrawals(0, i))
		return err
	}, killer(t, v.First()))
	assert.EqualValues(t, 1, signed)
	assert.EqualValues(t, 49, denied)
	assert.EqualValues(t, 1, seq(t, bot, signertest.Name))
}

// TestAPluginThatIsKilledUnderLoadCountsEveryRequestOnce has fifty callers ask
// for twenty-five transactions of twenty-five keys, each twice.
func TestAPluginThatIsKilledUnderLoadCountsEveryRequestOnce(t *testing.T) {
	v := start(t, nil)
	bots := make([]signer.Signer, 25)
	name := func(i int) string { return fmt.Sprintf("responder-%d", i%len(bots)) }
	for i := range bots {
		createKey(t, v, v.Mount(), name(i))
		bots[i] = client(t, v, v.First(), v.Mount(), name(i))
	}
	answers := make([]signer.Signed, 50)
	signed, _ := storm(t, 50, func(i int) (err error) {
		r := signertest.Pause(signertest.Core, 0)
		r.Key = name(i)
		answers[i], err = bots[i%len(bots)].Sign(t.Context(), r)
		return err
	}, killer(t, v.First()))
	assert.EqualValues(t, 50, signed, "each of them is answered in the end")
	for i := range bots {
		assert.Equal(t, answers[i], answers[i+25])
		assert.EqualValues(t, 1, seq(t, bots[i], name(i)))
	}
}

// killer kills the plugin's process each time it is called and has one.
func killer(t *testing.T, n *vaultserver.Node) func() {
	var killed atomic.Int64
	t.Cleanup(func() { assert.Positive(t, killed.Load(), "the plugin was killed meanwhile") })
	return func() {
		if n.KillPlugin() == nil {
			killed.Add(1)
		}
	}
}

// limitReached is how all but one of many callers are refused: by the limit, or
// because the nonce is another's by then.
func limitReached(r *signer.Refusal) bool {
	return r.Has(signer.CodeRate) || r.Has(signer.CodeNonceStale)
}

// storm runs n callers at once and, when a tenth, a third and two thirds of
// them have been answered, the disturbance. It counts signatures and refusals
// by the limit; any other end fails the test.
func storm(t *testing.T, n int, call func(i int) error, disturb func()) (signed, denied int64) {
	t.Helper()
	var group sync.WaitGroup
	var yes, no, answered atomic.Int64
	disturb()
	for i := range n {
		group.Go(func() {
			err := call(i)
			if refusal, ok := errors.AsType[*signer.Refusal](err); ok && limitReached(refusal) {
				no.Add(1)
			} else if assert.NoError(t, err) {
				yes.Add(1)
			}
			switch answered.Add(1) {
			case int64(n) / 10, int64(n) / 3, int64(n) * 2 / 3:
				disturb()
			}
		})
	}
	group.Wait()
	return yes.Load(), no.Load()
}
