package verifier_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestWhatHoldsIsSureOnlyWhereEndpointsAgree(t *testing.T) {
	for name, c := range map[string]struct {
		holds  bool
		script func(*world)
		want   incident.Hold
	}{
		"all say so":                    {true, func(*world) {}, incident.HoldSure},
		"one says so, the other is off": {true, func(w *world) { w.endpoints[1].down = true }, incident.HoldUnknown},
		"one lies that it holds":        {false, func(w *world) { w.endpoints[0].says = new(true) }, incident.HoldUnknown},
		"one answers without code":      {true, func(w *world) { w.endpoints[1].word = []byte{} }, incident.HoldUnknown},
		"nobody says so":                {false, func(*world) {}, incident.HoldGone},
		"one says no, the other is off": {false, func(w *world) { w.endpoints[1].down = true }, incident.HoldGone},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, 2, func(t *testing.T, w *world) {
				s := w.reverted()
				w.chain.set(int(s.Run().Steps[0].Revert.Block), c.holds)
				c.script(w)
				got, err := w.verifier().Look(t.Context(), s, "pause")
				require.NoError(t, err)
				assert.Equal(t, c.want, got)
			})
		})
	}
}

func TestALookThatNobodyAnswersKnowsNothing(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.reverted()
		for _, e := range w.endpoints {
			e.down = true
		}
		got, err := w.verifier().Look(t.Context(), s, "pause")
		require.Error(t, err)
		assert.Equal(t, incident.HoldUnknown, got)
		_, err = w.verifier().Look(t.Context(), s, "no such step")
		assert.Error(t, err)
	})
}
