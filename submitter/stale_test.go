package submitter_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

func TestAWatchThatBeganBeforeARefusedRaiseTellsThatTheBidWaits(t *testing.T) {
	cases := map[string]struct {
		holds bool
		kind  incident.Kind
	}{
		"people hear of it":                      {false, incident.KindStalled},
		"and that the goal holds is noticed too": {true, incident.KindAlreadySo},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.chain.Jam()
				g := &goals{}
				sub := w.startWith(func(o *submitter.Options) { o.Goals = g })
				s := authorised(t, "A", "pause")
				s.send(sub, "pause")
				s.add(s.within(sub, "pause", time.Minute))
				w.key.Refuse(func(signer.Request) *signer.Refusal {
					return signer.Refuse(signer.CodeBudget, "the day's budget is used up")
				})
				g.holds.Store(c.holds)
				said := make(chan incident.Body, 1)
				stale := s.state // priced again, and not yet signed
				go func() {
					body, _ := sub.Watch(t.Context(), stale, "pause")
					said <- body
				}()
				synctest.Wait()
				s.do(sub.Sign, "pause")
				time.Sleep(time.Minute)
				select {
				case body := <-said:
					require.Equal(t, c.kind, body.Kind())
				default:
					t.Fatal("nobody hears of a bid that waits")
				}
			})
		})
	}
}

func TestWhatLeftItsBlockIsOfferedAgainBeforeItIsRaised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.settle(sub, "pause")
		time.Sleep(5 * time.Minute) // its goal is read meanwhile
		w.chain.Jam()
		w.chain.Reorganise(math.MaxInt)
		s.add(incident.Displaced{Step: "pause", Why: "reorganised"})
		offered := len(w.endpoints[0].Sent())
		assert.Nil(t, s.within(sub, "pause", 4*time.Second), "the bid has stood for no time at all")
		assert.Greater(t, len(w.endpoints[0].Sent()), offered)
		assert.IsType(t, incident.Priced{}, s.within(sub, "pause", 10*time.Second))
	})
}

func TestAStallThatCouldNotBeWrittenIsSaidAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.config.Bump = false
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			body, err := sub.Watch(ctx, s.state, "pause")
			cancel()
			require.NoError(t, err)
			require.IsType(t, incident.Stalled{}, body)
		}
	})
}

// mining is a goal that our own transaction reaches while it is being read.
type mining struct{ chain *submittertest.Chain }

func (m mining) Holds(context.Context, incident.Check) ([]incident.Observation, bool, error) {
	m.chain.Unjam()
	m.chain.Mine()
	return nil, true, nil
}

func TestAGoalThatOurOwnTransactionReachedJustNowIsNotSomebodyElses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		sub := w.startWith(func(o *submitter.Options) { o.Goals = mining{w.chain} })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		body := s.within(sub, "pause", time.Minute)
		require.NotNil(t, body)
		assert.Equal(t, incident.KindIncluded, body.Kind(), "its block is verified, at every level")
	})
}

func TestARaiseStaysBelowWhatPublicNodesTakeWhereThereIsNoOther(t *testing.T) {
	cases := map[string]func(w *world){
		"no node of our own": func(*world) {},
		"our own node is of another chain": func(w *world) {
			w.config.Endpoints[2].NoFeeCap = true
			w.endpoints[2].Set(func(e *script) { e.ID = 999 })
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 3)
				change(w)
				w.config.NodeFeeCap = incident.NewQuantity(8e15) // of the 20e15 that are approved
				w.chain.Jam()
				sub := w.start()
				s := authorised(t, "A", "pause")
				s.send(sub, "pause")
				for len(s.stalls) == 0 {
					body := s.within(sub, "pause", time.Minute)
					if body == nil {
						break
					}
					s.add(body)
					s.do(sub.Sign, "pause")
					s.do(sub.Broadcast, "pause")
				}
				require.Len(t, s.stalls, 1)
				assert.Contains(t, s.stalls[0].Why, "public nodes take nothing from 0.008 ETH up")
				for _, a := range s.step("pause").Attempts {
					assert.Negative(t, a.Cost().Cmp(w.config.NodeFeeCap))
				}
			})
		})
	}
}
