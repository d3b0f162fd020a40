package submitter_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter"
)

func TestNoChainReadStandsBetweenPriceAndTheFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		sub := w.start()
		sub.Stop() // nothing reads any more: what happens now happens on the path
		before := []int{len(w.endpoints[0].Calls()), len(w.endpoints[1].Calls())}
		s := authorised(t, "A", "pause", "block")
		s.send(sub, "pause", "block")
		for i, e := range w.endpoints {
			assert.Equal(t, []string{"eth_sendRawTransaction", "eth_sendRawTransaction"}, e.Calls()[before[i]:])
		}
	})
}

func TestWithoutEverHavingReadTheChainNothingIsPriced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.endpoints[0].Set(func(e *script) { e.Down = true })
		sub := w.cold()
		_, err := sub.Price(t.Context(), authorised(t, "A", "pause").state, []string{"pause"})
		require.ErrorIs(t, err, submitter.ErrCold)
	})
}

func TestStaleFeesAreExtrapolatedAndNeverBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		w.endpoints[0].Set(func(e *script) { e.Down = true })
		time.Sleep(10 * blockTime)
		s := authorised(t, "A", "pause")
		s.do(sub.Price, "pause")
		fresh := new(big.Int).Add(big.NewInt(6*10*gwei), big.NewInt(4*gwei))
		got := s.last("pause").FeeCap.Big()
		assert.Positive(t, got.Cmp(new(big.Int).Mul(fresh, big.NewInt(2))), "ten blocks may have tripled the base fee: %s", got)
	})
}

func TestAnEndpointOfAnotherChainIsNeitherReadNorSentTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.endpoints[1].Set(func(e *script) { e.ID = 1 })
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.NotContains(t, w.endpoints[1].Calls(), "eth_sendRawTransaction")
		assert.NotContains(t, w.endpoints[1].Calls(), "eth_getTransactionCount")
		assert.Equal(t, string(submitter.KindConfig), s.last("pause").Outcomes[1].Kind)
		assert.Positive(t, w.happened(submitter.WrongChain))
	})
}

func TestTheSameBytesGoToEveryEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		raw := s.last("pause").Signed.Raw
		for _, e := range w.endpoints {
			assert.Equal(t, [][]byte{raw}, e.Sent(), e.Name)
		}
		assert.Equal(t, []string{"accepted", "accepted", "accepted"}, classes(s.last("pause").Outcomes),
			"what a node knows already it has accepted")
	})
}

func classes(outcomes []incident.Outcome) []string {
	var all []string
	for _, o := range outcomes {
		all = append(all, o.Class)
	}
	return all
}

func TestASlowEndpointDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.endpoints[0].Set(func(e *script) { e.Hang = true })
		sub := w.start()
		s := authorised(t, "A", "a", "b", "c")
		began := time.Now()
		s.send(sub, "a", "b", "c")
		assert.LessOrEqual(t, time.Since(began), 400*time.Millisecond, "one accepted, a moment passed")
		assert.Len(t, w.endpoints[2].Sent(), 3)
		for _, step := range []string{"a", "b", "c"} {
			assert.Equal(t, []string{"ambiguous", "accepted", "accepted"}, classes(s.last(step).Outcomes))
			assert.Equal(t, string(submitter.KindPending), s.last(step).Outcomes[0].Kind)
		}
		time.Sleep(10 * time.Second)
		assert.Equal(t, 3, w.happened(submitter.Late), "late answers are counted")
	})
}

func TestTheCallerGivingUpStopsNoBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.do(sub.Price, "pause")
		s.do(sub.Sign, "pause")
		w.endpoints[0].Set(func(e *script) { e.Lose = 1 })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := sub.Broadcast(ctx, s.state, []string{"pause"})
		synctest.Wait()
		assert.Len(t, w.chain.Arrived(), 1, "it was retried and arrived")
		if err == nil {
			return // it was quick enough to be answered
		}
		assert.ErrorIs(t, err, context.Canceled)
	})
}

func TestAHashThatIsNotThatOfTheBytesIsAmbiguousAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		w.endpoints[0].Set(func(e *script) { e.Hash = &common.Hash{1} })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Equal(t, []string{"ambiguous"}, classes(s.last("pause").Outcomes))
		assert.Equal(t, 1, w.happened(submitter.WrongHash))
	})
}

func TestNoURLAndNoTokenReachesAFact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		sub := w.start()
		w.endpoints[0].Set(func(e *script) { e.Down = true })
		w.endpoints[1].Set(func(e *script) {
			e.Reject = func() error {
				return said("project id 9aa3d95b3bc440fa88ea12eaa4456161 at wss://x.example/k?s=1 is over its limit")
			}
		})
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		for _, o := range s.last("pause").Outcomes {
			assert.Equal(t, "ambiguous", o.Class)
			for _, secret := range []string{"example", "s3cr3t", "9aa3d95b"} {
				assert.NotContains(t, o.Text, secret)
			}
		}
		assert.Equal(t, 1, w.happened(submitter.Unknown), "the unknown text is counted")
	})
}

func TestARefusalLeavesNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		w.key.Refuse(func(r signer.Request) *signer.Refusal {
			if strings.Contains(r.RequestID, "/b/") {
				return signer.Refuse(signer.CodeRate+":1h", "three of three used")
			}
			return nil
		})
		s := authorised(t, "A", "a", "b", "c", "d")
		s.do(sub.Price, "a", "b", "c", "d")
		bodies := s.do(sub.Sign, "a", "b", "c", "d")
		var kinds []incident.Kind
		for _, b := range bodies {
			kinds = append(kinds, b.Kind())
		}
		assert.Equal(t, []incident.Kind{incident.KindSigned, incident.KindRefused, incident.KindReleased, incident.KindReleased}, kinds)
		assert.Equal(t, incident.StepFailed, s.step("b").State)
		s.do(sub.Price, "c", "d")
		s.do(sub.Sign, "c", "d")
		s.do(sub.Broadcast, "a", "c", "d")
		w.chain.Mine()
		assert.Len(t, w.chain.Mined(w.key.Address()), 3, "0, 1 and 2: nothing waits behind a gap")
	})
}

func TestARefusalVoidsWhatAnotherSignIsWaitingFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		w.key.Refuse(func(r signer.Request) *signer.Refusal {
			if strings.Contains(r.RequestID, "/a/") {
				return signer.Refuse(signer.CodeFrozen, "the key is frozen")
			}
			return nil
		})
		s := authorised(t, "A", "a", "b")
		s.do(sub.Price, "a")
		s.do(sub.Price, "b")
		later := make(chan []incident.Body)
		go func() {
			bodies, err := sub.Sign(t.Context(), s.state, []string{"b"})
			assert.NoError(t, err)
			later <- bodies
		}()
		synctest.Wait()
		assert.Empty(t, w.key.Asked(), "b waits for its turn: the key takes no gaps")
		first, err := sub.Sign(t.Context(), s.state, []string{"a"})
		require.NoError(t, err)
		assert.Equal(t, incident.KindRefused, first[0].Kind())
		assert.Equal(t, incident.KindReleased, (<-later)[0].Kind())
	})
}

func TestAnotherIncidentWaitsUntilTheFirstIsSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		a, b := authorised(t, "A", "pause"), authorised(t, "B", "pause")
		a.do(sub.Price, "pause")
		priced := make(chan []incident.Body)
		go func() {
			bodies, err := sub.Price(t.Context(), b.state, []string{"pause"})
			assert.NoError(t, err)
			priced <- bodies
		}()
		time.Sleep(10 * time.Second)
		select {
		case <-priced:
			t.Fatal("B was priced while A could still give its nonce back")
		default:
		}
		a.do(sub.Sign, "pause")
		assert.EqualValues(t, 1, (<-priced)[0].(incident.Priced).Nonce)
	})
}

func TestWaitingForTheTurnstileEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		a, b := authorised(t, "A", "pause"), authorised(t, "B", "pause")
		a.do(sub.Price, "pause")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := sub.Price(ctx, b.state, []string{"pause"})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestWhatWasPricedAndNotWrittenIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		a, b := authorised(t, "A", "x", "y"), authorised(t, "B", "pause")
		_, err := sub.Price(t.Context(), a.state, []string{"x", "y"})
		require.NoError(t, err)
		sub.Release(a.state, []string{"x", "y"})
		b.do(sub.Price, "pause")
		assert.EqualValues(t, 0, b.last("pause").Nonce)
	})
}

func TestAPlanLargerThanTheLaneIsPricedInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.config.MaxInFlight = 16
		var steps []string
		for i := range 20 {
			steps = append(steps, fmt.Sprintf("block%02d", i))
		}
		sub := w.start()
		s := authorised(t, "A", steps...)
		require.Len(t, s.do(sub.Price, steps...), 16)
		s.do(sub.Sign, steps[:16]...)
		s.do(sub.Broadcast, steps[:16]...)
		w.chain.Run(t, blockTime)
		assert.Len(t, s.do(sub.Price, steps[16:]...), 4, "after a block has made room")
		assert.EqualValues(t, 19, s.last("block19").Nonce)
	})
}

func TestALostReplyOfTheSignerIsAskedForAgainWithTheSameRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		s := authorised(t, "A", "a", "b")
		s.do(sub.Price, "a", "b")
		w.key.Fail(func(r signer.Request) error {
			if r.Nonce == 1 {
				return fmt.Errorf("%w: sealed", signer.ErrUnavailable)
			}
			return nil
		})
		bodies, err := sub.Sign(t.Context(), s.state, []string{"a", "b"})
		require.ErrorIs(t, err, signer.ErrUnavailable)
		require.Len(t, bodies, 1, "what was signed comes with the error")
		s.add(bodies...)
		w.key.Fail(nil)
		s.do(sub.Sign, "b")
		s.do(sub.Broadcast, "a", "b")
		w.chain.Mine()
		assert.Len(t, w.chain.Mined(w.key.Address()), 2)
		assert.Equal(t, []uint64{0, 1, 1}, w.key.Asked(), "the same request again, nothing signed is asked again")
	})
}

func TestASignerThatReturnsAnotherTransactionIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		w.key.Forge(func(s *signer.Signed) { s.Raw = slices.Concat(s.Raw, []byte{0}) })
		s := authorised(t, "A", "pause")
		s.do(sub.Price, "pause")
		bodies, err := sub.Sign(t.Context(), s.state, []string{"pause"})
		require.ErrorContains(t, err, "refuse signed transaction")
		assert.Empty(t, bodies)
	})
}

func TestASignerThatHangsIsAskedNoLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		o := w.options()
		o.Signer = hanging{w.key}
		sub, err := submitter.New(o)
		require.NoError(t, err)
		sub.Start(t.Context())
		defer sub.Stop()
		w.warm(sub)
		s := authorised(t, "A", "pause")
		s.do(sub.Price, "pause")
		_, err = sub.Sign(t.Context(), s.state, []string{"pause"})
		assert.True(t, errors.Is(err, context.DeadlineExceeded), "%v", err)
	})
}

type hanging struct{ signer.Signer }

func (hanging) Sign(ctx context.Context, _ signer.Request) (signer.Signed, error) {
	<-ctx.Done()
	return signer.Signed{}, ctx.Err()
}
