package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// routed are the router's facts.
func (w *world) routed() (all []incident.Fact) {
	for f, err := range w.journal.Read(w.t.Context(), incident.Router, 0) {
		require.NoError(w.t, err)
		all = append(all, f)
	}
	return all
}

// decided is what the router decided, in the order in which it did.
func (w *world) decided() (all []incident.Decided) {
	for _, f := range w.routed() {
		body, err := f.Body()
		require.NoError(w.t, err)
		all = append(all, body.(incident.Routed).All()...)
	}
	return all
}

// fill puts alerts into the inbox of a daemon that is not there.
func (w *world) fill(alerts ...incident.Received) {
	for _, r := range alerts {
		_, err := w.journal.Append(w.t.Context(), incident.Entry{Stream: incident.Inbox, After: ^uint64(0),
			Drafts: []incident.Draft{{Body: r, Seen: time.Now(), Exercise: r.Alert.Exercise}}})
		require.NoError(w.t, err)
	}
}

func TestAStormIsDecidedInTheOrderOfTheInboxAndManyReceiptsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		for i := range 2000 {
			w.fill(received([]string{"", "r", "s"}[i%3], fmt.Sprint(i)))
		}
		e := w.start()
		defer e.Stop()
		synctest.Wait()
		all := w.decided()
		require.Len(t, all, 2000)
		for i, d := range all {
			require.Equal(t, uint64(i+1), d.Receipt)
			require.Len(t, d.Matches, min(i%3, 1))
		}
		assert.Len(t, w.incidents(), 2)
		assert.LessOrEqual(t, len(w.routed()), 7, "two that open one each, and pages of 512")
	})
}

func TestADrillIsDecidedInAFactOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		for i := range 40 {
			r := received("", fmt.Sprint(i))
			r.Alert.Exercise = i/10%2 == 1
			w.fill(r)
		}
		e := w.start()
		defer e.Stop()
		synctest.Wait()
		var drills []bool
		for _, f := range w.routed() {
			drills = append(drills, f.Exercise)
		}
		assert.Equal(t, []bool{false, true, false, true}, drills)
		assert.Len(t, w.decided(), 40)
	})
}

// TestAReceiptIsEitherUntouchedOrDone lets the power fail at every append, once
// before it took effect and once after, and starts again on what is left.
func TestAReceiptIsEitherUntouchedOrDone(t *testing.T) {
	for _, landed := range []bool{false, true} {
		for at, beyond := 1, false; !beyond; at++ {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				w.sources = 2
				var storm []incident.Received
				for i := range 60 {
					r := received([]string{"", "r", "s"}[i%3], fmt.Sprint(i))
					r.Alert.Source = []string{"generic", "tenderly"}[i/30]
					storm = append(storm, r)
				}
				w.fill(storm...)
				appends, off := 0, false
				w.journal.OnAppend = func([]incident.Entry) (bool, error) {
					w.mu.Lock()
					defer w.mu.Unlock()
					if appends++; off || appends == at {
						apply := !off && landed
						off = true
						return apply, errors.New("the power is gone")
					}
					return true, nil
				}
				e := w.start()
				synctest.Wait()
				e.Stop()
				beyond = !off
				w.journal.OnAppend = nil
				e = w.start()
				time.Sleep(time.Second)
				e.Stop()
				all := w.decided()
				require.Len(t, all, len(storm), "append %d, landed %v", at, landed)
				for i, d := range all {
					require.Equal(t, uint64(i+1), d.Receipt, "each once, in order")
				}
				require.Len(t, w.incidents(), 2, "one incident per key")
				for _, s := range w.incidents() {
					assert.Equal(t, incident.PhaseAsking, s.Phase())
					assert.Len(t, s.Receipts, 20)
				}
			})
		}
	}
}

// TestADecisionOfBeforeIsRead: facts of one receipt each are in journals that
// exist.
func TestADecisionOfBeforeIsRead(t *testing.T) {
	f := incident.Fact{Kind: incident.KindRouted, Raw: []byte(`{"receipt":7,"matches":[{"playbook":"p","verdict":"opened","incident":"01JEQ7V5M2K3ABCD"}]}`)}
	body, err := f.Body()
	require.NoError(t, err)
	assert.Equal(t, []incident.Decided{{Receipt: 7, Matches: []incident.Match{{Playbook: "p", Verdict: "opened", Incident: "01JEQ7V5M2K3ABCD"}}}}, body.(incident.Routed).All())
	assert.Equal(t, "receipt 7, 1 playbooks matched", incident.Words(body))
	var many = incident.Routed{Decided: incident.Decided{Receipt: 9}, Before: body.(incident.Routed).All()}
	assert.Equal(t, "receipts 7 to 9, playbooks matched 1 times", incident.Words(many))
	again, err := incident.Draft{Body: incident.Routed{Decided: incident.Decided{Receipt: 7}}}.Seal(incident.Position{}, time.Time{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"receipt":7}`, string(again.Raw), "alone it is written as it always was")
}
