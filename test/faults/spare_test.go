package faults_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

const spareName = "responder-2"

// ring signs with the key that a request names.
type ring map[string]*submittertest.Key

func (r ring) Sign(ctx context.Context, q signer.Request) (signer.Signed, error) {
	return r[q.Key].Sign(ctx, q)
}

func (r ring) Check(ctx context.Context, q signer.Request) (signer.Verdict, error) {
	return r[q.Key].Check(ctx, q)
}

func (r ring) Key(ctx context.Context, name string) (signer.KeyInfo, error) {
	return r[name].Key(ctx, name)
}

// settledAll waits until nothing of the incident is under way any more.
func (w *world) settledAll() incident.State {
	return w.until("settled", func(s incident.State) bool {
		for _, step := range s.Run().Steps {
			if !step.State.Ended() {
				return false
			}
		}
		return s.Phase().Ended()
	})
}

func TestASpareKeyFiresTooAndEitherContains(t *testing.T) {
	refuse := func(k *submittertest.Key) {
		k.Refuse(func(signer.Request) *signer.Refusal { return signer.Refuse(signer.CodeFrozen, "the key is frozen") })
	}
	cases := map[string]struct {
		before      func(w *world)
		first, both incident.StepState // of the step and of its spare
	}{
		"both land": {func(*world) {}, incident.StepFinal, incident.StepFinal},
		"the first is frozen": {func(w *world) { refuse(w.key) },
			incident.StepFailed, incident.StepFinal},
		"the second is frozen": {func(w *world) { refuse(w.spare) },
			incident.StepFinal, incident.StepFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(t *testing.T) {
				w := newWorld(t, 3, "pause", "block")
				w.spare = submittertest.NewKey()
				c.before(w)
				w.chain.Run(t, blockTime)
				p := w.boot()
				defer p.halt()
				p.alarm()
				w.contained()
				s := w.settledAll()
				assert.Equal(t, incident.PhaseContained, s.Phase())
				for _, name := range w.steps {
					first, _ := s.Run().Step(name)
					spare, _ := s.Run().Step(name + "/spare")
					assert.Equal(t, c.first, first.State)
					assert.Equal(t, c.both, spare.State)
					assert.Positive(t, w.chain.Effects(vault(name)))
				}
				w.durable()
			})
		})
	}
}

func TestASpareThatCannotPayHoldsNothingUpAndItsNonceIsFollowedToTheEnd(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.spare = submittertest.NewKey()
		w.chain.Set(func(r *rules) { r.Balances[w.spare.Address()] = wei(1).Big() })
		w.chain.Run(t, blockTime)
		p := w.boot()
		p.alarm()
		s := w.contained()
		spare, _ := s.Run().Step("pause/spare")
		assert.Equal(t, incident.StepBroadcast, spare.State)
		assert.True(t, spare.Reached, "the other key brought it about")
		p.halt()

		p = w.boot() // a restart knows that the nonce is out
		defer p.halt()
		time.Sleep(time.Minute)
		w.chain.Set(func(r *rules) { delete(r.Balances, w.spare.Address()) }) // somebody funds it
		s = w.settledAll()
		assert.Equal(t, incident.PhaseContained, s.Phase())
		assert.Len(t, w.chain.Mined(w.spare.Address()), 1)
		w.durable()
	})
}
