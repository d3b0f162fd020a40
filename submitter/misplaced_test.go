package submitter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

func TestANonceThatTheKeyKnowsBetterIsAskedForAgain(t *testing.T) {
	for name, lie := range map[string]uint64{"endpoints count too much": 9, "endpoints lag": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 2)
				w.chain.Run(t, blockTime)
				first := w.start()
				earlier := authorised(t, "Z", "pause")
				earlier.send(first, "pause")
				earlier.settle(first, "pause")
				first.Stop()
				w.key.Refuse(func(r signer.Request) *signer.Refusal {
					if r.Nonce == 0 {
						return signer.Refuse(signer.CodeNonceStale, "this nonce was signed for another call")
					}
					return nil
				})

				for _, e := range w.endpoints {
					e.Set(func(e *script) { e.Count = func() *uint64 { return &lie } })
				}
				sub := w.start()
				s := authorised(t, "A", "pause")
				s.do(sub.Price, "pause")
				began := time.Now()
				bodies := s.do(sub.Sign, "pause")
				require.IsType(t, incident.Released{}, bodies[0], "no refusal: nothing is wrong with the call")
				assert.Contains(t, bodies[0].(incident.Released).Why, "the endpoints count wrong or lag")
				for _, e := range w.endpoints {
					e.Set(func(e *script) { e.Count = nil })
				}
				for s.step("pause").State != incident.StepSigned {
					s.do(sub.Price, "pause")
					s.do(sub.Sign, "pause")
				}
				assert.GreaterOrEqual(t, time.Since(began), blockTime, "they get a block to agree")
				assert.EqualValues(t, 1, s.last("pause").Nonce)
			})
		})
	}
}

func TestEndpointsThatLagOnAFastChainAreGivenMoreThanItsBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.BlockTime = 250 * time.Millisecond
		w.key.Refuse(func(signer.Request) *signer.Refusal {
			return signer.Refuse(signer.CodeNonceStale, "the next nonce is 7")
		})
		sub := w.start()
		s := authorised(t, "A", "pause")
		began := time.Now()
		for s.step("pause").State != incident.StepFailed {
			s.do(sub.Price, "pause")
			s.do(sub.Sign, "pause")
			if len(s.step("pause").Attempts) == 2 {
				assert.Less(t, time.Since(began), time.Second, "a short lag costs little")
			}
		}
		assert.Greater(t, time.Since(began), 30*time.Second, "no containment is lost because a node is restarted")
	})
}

func TestANonceThatIsNeverTheKeysIsRefusedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.key.Refuse(func(signer.Request) *signer.Refusal {
			return signer.Refuse(signer.CodeNonceStale, "the next nonce is 7")
		})
		sub := w.start()
		s := authorised(t, "A", "pause")
		for try := 1; s.step("pause").State != incident.StepFailed; try++ {
			require.LessOrEqual(t, try, 20)
			s.do(sub.Price, "pause")
			s.do(sub.Sign, "pause")
		}
		assert.Contains(t, s.step("pause").Why, "NONCE_STALE")
		assert.Len(t, s.step("pause").Attempts, 20)
	})
}

func TestANonceInDoubtIsNotGivenToWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		lie := uint64(9)
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Count = func() *uint64 { return &lie } })
		}
		sub := w.start()
		a, b := authorised(t, "A", "pause"), authorised(t, "B", "pause")
		a.do(sub.Price, "pause")
		priced := make(chan time.Duration, 1)
		began := time.Now()
		go func() {
			_, err := sub.Price(t.Context(), b.state, []string{"pause"})
			assert.NoError(t, err)
			priced <- time.Since(began)
		}()
		synctest.Wait() // B waits for A to be signed
		require.IsType(t, incident.Released{}, a.do(sub.Sign, "pause")[0])
		assert.GreaterOrEqual(t, <-priced, blockTime, "the endpoints get their time before anybody is given a nonce")
	})
}
