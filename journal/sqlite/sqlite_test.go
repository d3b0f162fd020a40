package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/journaltest"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

func TestSQLiteKeepsTheContractOfTheJournal(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Harness {
		path := filepath.Join(t.TempDir(), "journal.db")
		return journaltest.Harness{
			Open: func(t *testing.T) journal.Archive { return openAt(t, path) },
			Close: func(t *testing.T, a journal.Archive) {
				require.NoError(t, a.(*sqlite.Journal).Close())
			},
		}
	})
}

func openAt(t testing.TB, path string) *sqlite.Journal {
	j, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	return j
}

func TestASecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	openAt(t, path)
	_, err := sqlite.Open(t.Context(), path)
	assert.ErrorContains(t, err, "another firebreak process has it")
	reader, err := sqlite.OpenReadOnly(t.Context(), path)
	require.NoError(t, err, "reading beside the daemon is fine")
	_, err = reader.Append(t.Context(), incident.Entry{})
	assert.ErrorContains(t, err, "reading only")
	require.NoError(t, reader.Close())
}

func TestAFileThatIsNoJournalIsRefused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	require.NoError(t, os.WriteFile(text, []byte("this is not a database, it is a sentence that goes on"), 0o600))
	_, err := sqlite.Open(t.Context(), text)
	assert.ErrorContains(t, err, "damaged or is no journal")

	foreign := filepath.Join(dir, "foreign.db")
	exec(t, foreign, "create table t(x)")
	_, err = sqlite.Open(t.Context(), foreign)
	assert.ErrorContains(t, err, "no firebreak journal")

	newer := filepath.Join(dir, "newer.db")
	require.NoError(t, openAt(t, newer).Close())
	exec(t, newer, "pragma user_version = 99")
	_, err = sqlite.Open(t.Context(), newer)
	assert.ErrorContains(t, err, "schema 99")

	_, err = sqlite.Open(t.Context(), filepath.Join(dir, "no", "such", "folder.db"))
	assert.Error(t, err)
	_, err = sqlite.OpenReadOnly(t.Context(), filepath.Join(dir, "absent.db"))
	assert.Error(t, err)
}

// exec changes a journal behind its back, as somebody with the disk could.
func exec(t *testing.T, path string, statements ...string) {
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	for _, s := range statements {
		_, err := db.Exec(s)
		require.NoError(t, err, s)
	}
}

func TestVerifyNamesTheFirstBrokenFact(t *testing.T) {
	free := []string{"drop trigger facts_stay", "drop trigger facts_remain", "drop trigger checkpoints_stay", "drop trigger checkpoints_remain"}
	id := incident.NewID(time.Unix(1, 0)).Stream()
	for name, c := range map[string]struct {
		harm  string
		where string
	}{
		"a changed body":            {`update facts set body = replace(body, 'note 3', 'note 4') where seq = 4`, "fact 4 of " + string(id)},
		"a changed time":            {`update facts set seen = seen + 1 where seq = 3`, "fact 3 of " + string(id)},
		"a changed hash":            {`update facts set hash = zeroblob(32) where seq = 5`, "fact 5 of " + string(id)},
		"a dropped fact":            {`delete from facts where seq = 3`, "fact 3 of " + string(id)},
		"a dropped tail":            {`delete from facts where seq = 6`, "fact 6 of " + string(id)},
		"dropped facts":             {`delete from facts`, "fact 1 of " + string(id)},
		"a dropped stream":          {`delete from streams`, string(id)},
		"a changed checkpoint":      {`update checkpoints set marks = replace(marks, '"seq":2', '"seq":9') where n = 2`, "checkpoint 2"},
		"a dropped checkpoint":      {`delete from checkpoints where n = 2`, "checkpoint 2"},
		"a dropped last checkpoint": {`delete from checkpoints where n = 6`, "fact 6 of " + string(id)},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal.db")
			j := openAt(t, path)
			_, err := j.Append(t.Context(), incident.Entry{Stream: id, Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Opened{Key: "k"}}}})
			require.NoError(t, err)
			for i := range 5 {
				_, err := j.Append(t.Context(), incident.Entry{Stream: id, After: uint64(i + 1),
					Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Noted{By: "ana", Text: fmt.Sprintf("note %d", i+1)}}}})
				require.NoError(t, err)
			}
			_, err = journal.Verify(t.Context(), j)
			require.NoError(t, err)
			require.NoError(t, j.Close())
			exec(t, path, append(free, c.harm)...)
			j = openAt(t, path)
			_, err = journal.Verify(t.Context(), j)
			var damage *journal.Damage
			require.ErrorAs(t, err, &damage)
			assert.Equal(t, c.where, damage.Where)
		})
	}
}

func TestFactsCannotBeChangedThroughSQL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openAt(t, path)
	_, err := j.Append(t.Context(), incident.Entry{Stream: incident.Inbox, Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Noted{}}}})
	require.NoError(t, err)
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	for _, s := range []string{"update facts set seen = 1", "delete from facts", "update checkpoints set n = 2", "delete from checkpoints"} {
		_, err := db.Exec(s)
		assert.ErrorContains(t, err, "never", s)
	}
}

func TestAfterAFailedCommitNothingMoreIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openAt(t, path)
	add := func(after uint64) error {
		_, err := j.Append(t.Context(), incident.Entry{Stream: incident.Inbox, After: after,
			Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Noted{}}}})
		return err
	}
	require.NoError(t, add(0))
	exec(t, path, "drop table checkpoints")
	assert.ErrorIs(t, add(1), journal.ErrBroken)
	exec(t, path, "create table checkpoints(n integer primary key, written integer, marks blob, prev blob, hash blob)")
	assert.ErrorIs(t, add(1), journal.ErrBroken, "a store that failed once is not trusted again")
}

func TestAClosedJournalRefuses(t *testing.T) {
	j := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
	require.NoError(t, j.Close())
	require.NoError(t, j.Close(), "closing twice is harmless")
	_, err := j.Append(t.Context(), incident.Entry{Stream: incident.Inbox, Drafts: []incident.Draft{{Body: incident.Noted{}}}})
	assert.ErrorIs(t, err, journal.ErrBroken)
}

// BenchmarkAppend shows what a durable fact costs alone and what sharing a
// commit makes of it.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			j := openAt(b, filepath.Join(b.TempDir(), "journal.db"))
			var n atomic.Int64
			b.SetParallelism(writers)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := fmt.Sprint(n.Add(1))
					_, err := j.Append(b.Context(), incident.Entry{Stream: incident.Inbox, After: journal.Anywhere,
						Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Received{Alert: incident.Alert{Source: "s", ID: id}}}}})
					if err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "facts/s")
		})
	}
}

func TestTheJournalIsItsOwnersAloneAndOneFileWhenClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	_, err = j.Append(t.Context(), incident.Entry{Stream: incident.Inbox, Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Noted{}}}})
	require.NoError(t, err)
	for _, err := range j.Read(t.Context(), incident.Inbox, 0) {
		require.NoError(t, err)
	}
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	require.NoError(t, j.Close())
	assert.NoFileExists(t, path+"-wal", "the WAL is in the file, so the file alone is the backup")
}
