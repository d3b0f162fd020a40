package journal_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/journaltest"
)

// busy is a journal that a daemon writes to while somebody verifies it: every
// read finds that a fact, a stream and a checkpoint have been added since.
type busy struct {
	*journaltest.Memory
	t *testing.T
	n int
}

func (b *busy) write() {
	b.n++
	at := time.Unix(int64(b.n), 0)
	opened := incident.Draft{Seen: at, Body: incident.Opened{Key: fmt.Sprint(b.n)}}
	received := incident.Draft{Seen: at, Body: incident.Received{Alert: incident.Alert{Source: "s", ID: fmt.Sprint(b.n)}}}
	_, err := b.Memory.Append(b.t.Context(),
		incident.Entry{Stream: incident.NewID(at).Stream(), Drafts: []incident.Draft{opened}},
		incident.Entry{Stream: incident.Inbox, After: journal.Anywhere, Drafts: []incident.Draft{received}})
	require.NoError(b.t, err)
}

func (b *busy) Read(ctx context.Context, s incident.Stream, after uint64) iter.Seq2[incident.Fact, error] {
	b.write()
	return b.Memory.Read(ctx, s, after)
}

func (b *busy) All(ctx context.Context) ([]incident.Stream, error) {
	b.write()
	defer b.write()
	return b.Memory.All(ctx)
}

func (b *busy) Checkpoints(ctx context.Context, after uint64) iter.Seq2[journal.Checkpoint, error] {
	if b.n < 50 {
		defer b.write()
	}
	return b.Memory.Checkpoints(ctx, after)
}

func TestAJournalThatIsWrittenMeanwhileIsWhole(t *testing.T) {
	b := &busy{Memory: &journaltest.Memory{}, t: t}
	b.write()
	b.write()
	report, err := journal.Verify(t.Context(), b)
	require.NoError(t, err, "an auditor beside a daemon must not be told of tampering")
	assert.GreaterOrEqual(t, report.Facts, 4)
	head := report.Head
	found := false
	for c := range b.Memory.Checkpoints(t.Context(), 0) {
		found = found || c.Hash == head
	}
	assert.True(t, found, "the head it reports is one of the journal's")
}

// forged has the facts of one journal and the checkpoints of another.
type forged struct {
	*journaltest.Memory
	checkpoints journal.Archive
}

func (f forged) Checkpoints(ctx context.Context, after uint64) iter.Seq2[journal.Checkpoint, error] {
	return f.checkpoints.Checkpoints(ctx, after)
}

// TestAHistoryThatWasWrittenAnewIsFound: every hash of it fits the one before,
// and the checkpoints remember another.
func TestAHistoryThatWasWrittenAnewIsFound(t *testing.T) {
	write := func(text string) *journaltest.Memory {
		m := &journaltest.Memory{Now: func() time.Time { return time.Unix(9, 0) }}
		for i, body := range []incident.Body{incident.Opened{Key: "k"}, incident.Noted{By: "ana", Text: text}, incident.Noted{By: "ben"}} {
			_, err := m.Append(t.Context(), incident.Entry{Stream: "01JEQ7V5M2K30000", After: uint64(i),
				Drafts: []incident.Draft{{Body: body, Seen: time.Unix(8, 0)}}})
			require.NoError(t, err)
		}
		return m
	}
	_, err := journal.Verify(t.Context(), forged{write("I saw it"), write("I saw it")})
	require.NoError(t, err)
	_, err = journal.Verify(t.Context(), forged{write("I saw nothing"), write("I saw it")})
	var damage *journal.Damage
	require.ErrorAs(t, err, &damage)
	assert.Equal(t, "fact 2 of 01JEQ7V5M2K30000", damage.Where)
	assert.ErrorContains(t, err, "recorded another fact")
}

type strange struct{}

func (strange) Kind() incident.Kind { return "strange" }

func TestWhatChainsAndCannotHaveHappenedIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		stream incident.Stream
		body   incident.Body
		want   string
	}{
		"an incident that did not open":  {"01JEQ7V5M2K30000", incident.Contained{}, "that it opened"},
		"a kind that nobody knows":       {incident.Inbox, strange{}, "does not know"},
		"an unknown kind in a case file": {"01JEQ7V5M2K30000", strange{}, "does not know"},
	} {
		m := &journaltest.Memory{}
		_, err := m.Append(t.Context(), incident.Entry{Stream: c.stream, Drafts: []incident.Draft{{Body: c.body, Seen: time.Unix(8, 0)}}})
		require.NoError(t, err)
		_, err = journal.Verify(t.Context(), m)
		var damage *journal.Damage
		require.ErrorAs(t, err, &damage, name)
		assert.ErrorContains(t, err, c.want, name)
	}
}
