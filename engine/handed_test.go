package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// TestWhatIsHandedOverIsWhatWouldBeRead: a decision may not depend on whether
// there was a crash between the door and the router.
func TestWhatIsHandedOverIsWhatWouldBeRead(t *testing.T) {
	at := time.Now().UTC()
	for name, got := range map[string]incident.Received{
		"empty": {},
		"empty lists": {Raw: []byte{}, Headers: map[string]string{},
			Alert: incident.Alert{Suspects: []common.Address{}, Labels: map[string]string{}}},
		"full": {Raw: []byte("{}"), Headers: map[string]string{"Date": "now"}, Inert: incident.InertTest, Alert: incident.Alert{
			Source: "s", ID: "1", Rule: "r", Severity: incident.SeverityHigh, Chain: "lab", Contract: "vault", Address: &common.Address{1},
			Suspects: []common.Address{{2}}, Loss: &incident.Amount{Units: incident.NewQuantity(7), Token: "USDX", Decimals: 6},
			Confidence: new(0.1), Tx: &common.Hash{3}, Occurred: at, Sent: at, Labels: map[string]string{"": "", "n": "\u2028<&>"},
			Summary: "a\nb", Link: "https://example.org", Signal: "x", By: "ana", Playbook: "p", Exercise: true}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := incident.Draft{Body: got}.Seal(incident.Position{}, at)
			require.NoError(t, err)
			read, ok, err := alertOf(f)
			require.NoError(t, err)
			require.True(t, ok)
			assert.Equal(t, read, asRead(got))
		})
	}
}

func TestWhatTheRouterHasReadAlreadyDoesNotStayInMemory(t *testing.T) {
	var h handed
	h.put(2, incident.Received{})
	next, more := h.pass(1)
	assert.True(t, next)
	assert.True(t, more)
	_, ok := h.take(2)
	assert.True(t, ok)
	h.put(1, incident.Received{}) // its caller was slower than the router
	h.put(2, incident.Received{})
	assert.Empty(t, h.all)
	for i := range uint64(2 * maxHanded) {
		h.put(3+i, incident.Received{})
	}
	assert.Len(t, h.all, maxHanded)
	_, more = h.pass(2 * maxHanded)
	assert.True(t, more, "the journal is asked for what found no place")
	large := handed{}
	for i := range uint64(100) {
		large.put(i+1, incident.Received{Raw: make([]byte, 1<<20)})
	}
	assert.Len(t, large.all, maxHandedBytes>>20)
	for i := range uint64(100) {
		large.take(i + 1)
	}
	assert.Zero(t, large.bytes)
}

// TestKeysThatNobodyHoldsAreForgotten: keys come from alerts, and a daemon runs
// for months.
func TestKeysThatNobodyHoldsAreForgotten(t *testing.T) {
	r := NewRoutes(nil)
	for i := range 10_000 {
		r.latest[fmt.Sprint(i)] = incident.ID(fmt.Sprint(i % 10))
		r.forget(func(id incident.ID) bool { return id == "7" })
	}
	assert.Less(t, len(r.latest), 2*1000+1024, "a tenth is held")
	assert.Contains(t, r.latest, "17")
}
