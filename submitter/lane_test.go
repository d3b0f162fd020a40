package submitter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// clock is the time of a lane under test.
type clock struct{ now time.Time }

func newLane(latest uint64) (*lane, *clock) {
	c := &clock{time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	l := &lane{most: 4, change: &signal{}, settle: 6 * time.Second, now: func() time.Time { return c.now }}
	l.observe([]uint64{latest, latest}, 2, c.now)
	return l, c
}

func own(id incident.ID, step string) owner { return owner{id, 0, step, 1} }

func TestCallsOfAPlanGetConsecutiveNonces(t *testing.T) {
	l, _ := newLane(7)
	assert.Equal(t, []uint64{7, 8, 9}, l.reserve([]owner{own("A", "a"), own("A", "b"), own("A", "c")}))
}

func TestALaneGivesNoMoreThanItMayHaveInFlight(t *testing.T) {
	l, c := newLane(0)
	var many []owner
	for _, step := range []string{"a", "b", "c", "d", "e", "f"} {
		many = append(many, own("A", step))
	}
	assert.Equal(t, []uint64{0, 1, 2, 3}, l.reserve(many), "the first four of six")
	assert.Empty(t, l.reserve(many[4:]))
	for i, o := range many[:4] {
		require.NoError(t, l.hold(o, uint64(i), signed))
	}
	l.observe([]uint64{3, 3}, 2, c.now)
	assert.Equal(t, []uint64{4, 5}, l.reserve(many[4:]), "three were mined")
}

func TestTheTurnstileLetsOneIncidentThroughAtATime(t *testing.T) {
	l, _ := newLane(0)
	require.Equal(t, []uint64{0}, l.reserve([]owner{own("A", "a")}))
	assert.Empty(t, l.reserve([]owner{own("B", "b")}), "A is priced and not signed")
	require.NoError(t, l.hold(own("A", "a"), 0, unsigned))
	assert.Empty(t, l.reserve([]owner{own("B", "b")}))
	assert.Equal(t, []uint64{1}, l.reserve([]owner{own("A", "a2")}), "its own incident is let through")
	require.NoError(t, l.hold(own("A", "a"), 0, signed))
	require.NoError(t, l.hold(own("A", "a2"), 1, signed))
	assert.Equal(t, []uint64{2}, l.reserve([]owner{own("B", "b")}))
}

func TestAnAbandonedReservationDoesNotCloseALaneForEver(t *testing.T) {
	l, c := newLane(0)
	require.Equal(t, []uint64{0}, l.reserve([]owner{own("A", "a")}))
	c.now = c.now.Add(abandoned)
	assert.Equal(t, []uint64{1}, l.reserve([]owner{own("B", "b")}), "above it: its nonce may be another replica's")
}

func TestAFreedNonceVoidsTheUnsignedOnesAboveIt(t *testing.T) {
	l, _ := newLane(0)
	a, b, c := own("A", "a"), own("A", "b"), own("A", "c")
	require.Len(t, l.reserve([]owner{a, b, c}), 3)
	require.NoError(t, l.hold(a, 0, signed))
	l.free(b)
	_, isVoid := l.turn(2)
	assert.True(t, isVoid)
	assert.Empty(t, l.reserve([]owner{own("A", "d")}), "closed until it is given back: the next nonce is below it")
	l.free(c)
	assert.Equal(t, []uint64{1}, l.reserve([]owner{own("A", "d")}), "no gap is left")
}

func TestASignedNonceIsNeverFreed(t *testing.T) {
	l, _ := newLane(0)
	a := own("A", "a")
	require.Len(t, l.reserve([]owner{a}), 1)
	require.NoError(t, l.hold(a, 0, signed))
	l.free(a)
	l.release(a)
	require.NoError(t, l.hold(a, 0, unsigned), "an older state says less")
	assert.Equal(t, []uint64{1}, l.reserve([]owner{own("B", "b")}))
}

func TestAskingAgainBeforeTheFactIsWrittenStartsAfresh(t *testing.T) {
	l, _ := newLane(5)
	both := []owner{own("A", "a"), own("A", "b")}
	require.Equal(t, []uint64{5, 6}, l.reserve(both))
	assert.Equal(t, []uint64{5, 6}, l.reserve(both))
}

func TestOneNonceCarriesOneIntent(t *testing.T) {
	l, _ := newLane(0)
	require.NoError(t, l.hold(own("A", "a"), 3, signed))
	var held *errHeld
	require.ErrorAs(t, l.hold(own("B", "b"), 3, signed), &held)
	assert.Equal(t, own("A", "a"), held.by)
}

func TestOneEndpointAloneIsNotFollowedAhead(t *testing.T) {
	for name, row := range map[string]struct {
		counts     []uint64
		configured int
		signed     int // our own reservations from 5 on
		want       uint64
	}{
		"both agree":                       {[]uint64{6, 6}, 2, 0, 6},
		"one lies":                         {[]uint64{5, 9}, 2, 0, 5},
		"one is explained by our own":      {[]uint64{5, 7}, 2, 2, 7},
		"one goes beyond what is our own":  {[]uint64{5, 9}, 2, 2, 5},
		"two of three agree":               {[]uint64{5, 8, 8}, 3, 0, 8},
		"the only endpoint is believed":    {[]uint64{9}, 1, 0, 9},
		"the only one that answers is not": {[]uint64{9}, 2, 0, 5},
	} {
		l, c := newLane(5)
		for i := range row.signed {
			require.NoError(t, l.hold(own("A", string(rune('a'+i))), uint64(5+i), signed))
		}
		l.observe(row.counts, row.configured, c.now)
		assert.Equal(t, row.want, l.latest, name)
	}
}

func TestACountThatFallsIsFollowedOnlyWhenItStays(t *testing.T) {
	l, c := newLane(5)
	l.observe([]uint64{4, 4}, 2, c.now)
	assert.EqualValues(t, 5, l.latest, "a lag")
	c.now = c.now.Add(6 * time.Second)
	l.observe([]uint64{4, 4}, 2, c.now)
	assert.EqualValues(t, 4, l.latest, "a reorganisation")
}

func TestOnlyTheOldestNonceIsRaised(t *testing.T) {
	l, c := newLane(0)
	require.NoError(t, l.hold(own("A", "a"), 0, signed))
	require.NoError(t, l.hold(own("B", "b"), 1, signed))
	assert.True(t, l.oldest(0))
	assert.False(t, l.oldest(1))
	l.observe([]uint64{1, 1}, 2, c.now)
	assert.True(t, l.oldest(1))
}
