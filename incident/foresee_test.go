package incident_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// strange is a body of no kind that the journal knows.
type strange struct{}

func (strange) Kind() incident.Kind { return "strange" }

// TestWhatAReplayWouldRefuseIsRefusedBeforeItIsWritten: a fact that is on disk
// and does not fold keeps the daemon from starting.
func TestWhatAReplayWouldRefuseIsRefusedBeforeItIsWritten(t *testing.T) {
	unread := plan("pause")
	unread.Calls[0].Warning = "the simulation reverts: \xff\xfe" // a contract says what it likes
	vague := vote("ana", incident.Approve, incident.Digest{1})
	vague.Vote.Evidence = json.RawMessage(`{"half":`)
	late := opened()
	late.Alert.Occurred = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		body incident.Body
		want string
	}{
		"a plan with bytes that are no text": {planned(unread), "the digest is not the plan's"},
		"evidence that is no JSON":           {vague, "encode voted"},
		"a year that JSON cannot say":        {late, "encode opened"},
		"nothing":                            {nil, "needs a body"},
		"a kind that nobody knows":           {strange{}, "does not know"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t).add(opened())
			_, err := s.state.Foresee(incident.Draft{Body: c.body, Seen: t0})
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestTheForeseenStateIsTheOneThatTheFactsComeTo(t *testing.T) {
	seen := time.Date(2026, 11, 22, 4, 0, 0, 123456789, time.FixedZone("", 3600))
	s := newStory(t).add(opened())
	d := incident.Draft{Body: incident.Escalated{Stage: "plan", Why: "half a \xff letter"}, Seen: seen}
	foreseen, err := s.state.Foresee(d)
	require.NoError(t, err)
	f, err := d.Seal(incident.Position{Stream: s.state.ID.Stream(), Seq: s.state.Seq + 1, Prev: s.state.Head}, seen)
	require.NoError(t, err)
	applied, err := s.state.Apply(f)
	require.NoError(t, err)
	foreseen.Head = applied.Head // nothing is sealed yet
	assert.Equal(t, applied, foreseen)
}
