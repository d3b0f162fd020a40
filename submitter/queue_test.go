package submitter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func waiting(id incident.ID, severity incident.Severity, authorised int) ticket {
	return ticketOf(incident.State{ID: id, Alerts: []incident.Alert{{Severity: incident.SeverityLow}, {Severity: severity}},
		Runs: []incident.Run{{AuthorisedAt: time.Unix(int64(authorised), 0)}}})
}

func TestTheMostUrgentThatWaitsGetsTheNextNonce(t *testing.T) {
	drill := ticketOf(incident.State{ID: "D", Exercise: true, Alerts: []incident.Alert{{Severity: incident.SeverityCritical}}})
	order := []ticket{waiting("A", incident.SeverityCritical, 9), waiting("B", incident.SeverityHigh, 1), waiting("C", incident.SeverityHigh, 2),
		waiting("E", incident.SeverityMedium, 0), waiting("F", "unheard of", 0), drill}
	for i, first := range order {
		for _, later := range order[i+1:] {
			l, _ := newLane(7)
			leave := l.join(first)
			l.join(later)
			assert.Empty(t, l.reserve([]owner{own(later.incident, "a")}), "%s waits for %s", later.incident, first.incident)
			assert.Equal(t, []uint64{7}, l.reserve([]owner{own(first.incident, "a")}))
			require.NoError(t, l.hold(own(first.incident, "a"), 7, signed))
			leave()
			assert.Equal(t, []uint64{8}, l.reserve([]owner{own(later.incident, "a")}), "its turn has come")
		}
	}
}

func TestWhoComesBeforeNobodyElseLeavesNoPlaceBehind(t *testing.T) {
	l, _ := newLane(0)
	leave := l.join(waiting("A", incident.SeverityCritical, 0))
	again := l.join(waiting("A", incident.SeverityCritical, 0))
	leave()
	l.join(waiting("B", incident.SeverityLow, 0))
	assert.Empty(t, l.reserve([]owner{own("B", "a")}), "A still waits once")
	again()
	assert.NotEmpty(t, l.reserve([]owner{own("B", "a")}))
}

func TestAnAccountWithCodeKeepsOneNonceInFlight(t *testing.T) {
	l, _ := newLane(0)
	require.True(t, l.code(true), "that is news")
	require.False(t, l.code(true), "once")
	assert.Equal(t, []uint64{0}, l.reserve([]owner{own("A", "a"), own("A", "b")}))
	l.code(false)
	assert.Equal(t, []uint64{1}, l.reserve([]owner{own("A", "b")}))
}
