package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// TestThePragmasAreInForce asks the connections themselves: what is asked for
// in a DSN and misspelt is ignored in silence.
func TestThePragmasAreInForce(t *testing.T) {
	j := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
	write, read := j.Pools()
	for name, c := range map[string]struct {
		db   *sql.DB
		want map[string]string
	}{
		"the writer": {write, map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "query_only": "0"}},
		"a reader":   {read, map[string]string{"journal_mode": "wal", "busy_timeout": "5000", "query_only": "1"}},
	} {
		for pragma, want := range c.want {
			var got string
			require.NoError(t, c.db.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got), pragma)
			assert.Equal(t, want, got, "%s: %s", name, pragma)
		}
	}
	_, err := read.ExecContext(t.Context(), "delete from claims")
	assert.Error(t, err, "a reader cannot write")
}

func received(id string) incident.Entry {
	return incident.Entry{Stream: incident.Inbox, After: journal.Anywhere, Drafts: []incident.Draft{{Seen: time.Unix(1, 0),
		Body: incident.Received{Alert: incident.Alert{Source: "s", ID: id}}}}}
}

func TestACallerThatHasGivenUpBeforeItBeganWritesNothing(t *testing.T) {
	j := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
	gone := errors.New("the sender hung up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	for i := range 64 {
		_, err := j.Append(ctx, received(fmt.Sprint(i)))
		require.ErrorIs(t, err, gone)
	}
	all, err := j.All(t.Context())
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestReadersBesideTheWriterSeeWholeAppendsAndKeepNothingBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openAt(t, path)
	reader, err := sqlite.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	defer reader.Close()
	write, _ := j.Pools()
	for i := range 20 {
		_, err := j.Append(t.Context(), received(fmt.Sprint(i, "a")), received(fmt.Sprint(i, "b")))
		require.NoError(t, err)
		n := 0
		for _, err := range reader.Read(t.Context(), incident.Inbox, 0) {
			require.NoError(t, err)
			if n++; n == 1 { // in the middle of a read
				var busy, frames, moved int
				require.NoError(t, write.QueryRowContext(t.Context(), "pragma wal_checkpoint(truncate)").Scan(&busy, &frames, &moved))
				assert.Zero(t, busy, "a reader that is slow with one page holds no lock")
			}
		}
		assert.Equal(t, 2*(i+1), n)
	}
	_, err = journal.Verify(t.Context(), reader)
	require.NoError(t, err)
}
