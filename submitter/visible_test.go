package submitter_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/submitter"
)

func TestOnlyWhatNobodyElseHasAndSomebodyMissesIsUnseen(t *testing.T) {
	const look = "eth_getTransactionByHash"
	found, missing, broken := any(map[string]any{}), any(nil), errors.New("EOF")
	cases := map[string]struct {
		second, third any // what they say to a look; an error is none
		unseen        bool
	}{
		"both miss it":                       {missing, missing, true},
		"one misses it, one has it":          {missing, found, false},
		"one misses it, one cannot say":      {missing, broken, true},
		"nobody can say":                     {broken, broken, false},
		"one has it and the other can't say": {found, broken, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 3)
				w.config.BumpAfter = time.Hour
				w.chain.Jam()
				for i, say := range []any{nil, c.second, c.third} {
					if i == 0 {
						continue // the only one that accepts, so it is not asked
					}
					w.endpoints[i].Set(func(e *script) {
						e.Reject = func() error { return said("no words of any table") }
						e.Answer = func(method string, _ []any) (any, error, bool) {
							if err, ok := say.(error); ok {
								return nil, err, method == look
							}
							return say, nil, method == look
						}
					})
				}
				sub := w.start()
				s := authorised(t, "A", "pause")
				began := time.Now()
				s.send(sub, "pause")
				s.within(sub, "pause", 900*time.Millisecond-time.Since(began))
				assert.NotContains(t, w.endpoints[1].Calls(), look, "gossip takes a moment")
				s.within(sub, "pause", 2*time.Second)
				assert.Equal(t, c.unseen, w.happened(submitter.Unseen) > 0)
				if !c.unseen {
					s.within(sub, "pause", time.Minute)
					looks := slices.DeleteFunc(w.endpoints[1].Calls(), func(m string) bool { return m != look })
					assert.Len(t, looks, 1, "once for each bid")
				}
			})
		})
	}
}
