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
