package submitter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// TestTheDearestReceiptOfAFailureIsWhatTheBudgetLoses has one endpoint play down
// what a failed transaction used, so that the next nonce could spend it again.
func TestTheDearestReceiptOfAFailureIsWhatTheBudgetLoses(t *testing.T) {
	for name, liarWaits := range map[string]time.Duration{"the liar answers first": 0, "the liar answers last": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 2)
				w.chain.Set(func(r *rules) { r.Fails = func(*types.Transaction) bool { return true } })
				side := submittertest.NewEndpoint("side", w.chain)
				receipts := func(wait time.Duration, used *uint64) func(method string, args []any) (any, error, bool) {
					return func(method string, args []any) (any, error, bool) {
						if method != "eth_getTransactionReceipt" {
							return nil, nil, false
						}
						time.Sleep(wait)
						var r map[string]any
						err := side.CallContext(t.Context(), &r, method, args...)
						if r != nil && used != nil {
							r["gasUsed"] = hexutil.Uint64(*used)
						}
						return r, err, true
					}
				}
				w.endpoints[0].Set(func(s *script) { s.Answer = receipts(liarWaits, new(uint64(1))) })
				w.endpoints[1].Set(func(s *script) { s.Answer = receipts(100*time.Millisecond, nil) })
				w.chain.Run(t, blockTime)
				sub := w.start()
				s := authorised(t, "A", "pause")
				s.send(sub, "pause")
				assert.Equal(t, uint64(52_000), s.settle(sub, "pause").(incident.Reverted).GasUsed)
			})
		})
	}
}
