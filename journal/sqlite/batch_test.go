package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// together lets appends share a commit: while something else has the writer's
// connection they wait, the first of them alone, because it was taken already.
func together(t *testing.T, j *sqlite.Journal, appends ...[]incident.Entry) []error {
	t.Helper()
	write, _ := j.Pools()
	held, err := write.Conn(t.Context())
	require.NoError(t, err)
	defer held.Close()
	waits := write.Stats().WaitCount
	errs := make([]error, len(appends))
	var wg sync.WaitGroup
	for i, entries := range append([][]incident.Entry{{received("first of " + t.Name())}}, appends...) {
		wg.Go(func() {
			_, err := j.Append(t.Context(), entries...)
			if i > 0 {
				errs[i-1] = err
			} else {
				assert.NoError(t, err)
			}
		})
		require.Eventually(t, func() bool { return write.Stats().WaitCount > waits && j.Waiting() == i }, 10*time.Second, time.Millisecond)
	}
	require.NoError(t, held.Close())
	wg.Wait()
	return errs
}

func noted(stream incident.Stream, after uint64, text string) incident.Entry {
	return incident.Entry{Stream: stream, After: after, Drafts: []incident.Draft{{Seen: time.Unix(1, 0), Body: incident.Noted{By: "ana", Text: text}}}}
}

func texts(t *testing.T, j *sqlite.Journal, stream incident.Stream) (all []string) {
	for f, err := range j.Read(t.Context(), stream, 0) {
		require.NoError(t, err)
		body, err := f.Body()
		require.NoError(t, err)
		all = append(all, incident.Words(body))
	}
	return all
}

func TestAppendsThatShareACommitShareACheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openAt(t, path)
	before, err := j.Head(t.Context())
	require.NoError(t, err)
	var appends [][]incident.Entry
	for i := range 20 {
		appends = append(appends, []incident.Entry{received(fmt.Sprint(before.N, i))})
	}
	for _, err := range together(t, j, appends...) {
		assert.NoError(t, err)
	}
	after, err := j.Head(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before.N+2, after.N)
	require.Len(t, after.Marks, 1)
	assert.Equal(t, incident.Inbox, after.Marks[0].Stream)
	require.NoError(t, j.Close())
	j = openAt(t, path)
	_, err = j.Append(t.Context(), received("after a restart"))
	require.NoError(t, err)
	_, err = journal.Verify(t.Context(), j)
	require.NoError(t, err)
}

// TestARefusedAppendLeavesNoTraceBesideThoseThatShareItsCommit: whatever it had
// claimed or written before it met what refused it.
func TestARefusedAppendLeavesNoTraceBesideThoseThatShareItsCommit(t *testing.T) {
	j := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
	errs := together(t, j,
		[]incident.Entry{noted("a", 0, "one")},
		[]incident.Entry{noted("a", 1, "two"), noted("b", 7, "conflict")},
		[]incident.Entry{noted("a", 1, "two of another"), received("x")},
		[]incident.Entry{noted("c", 0, "with a claim"), received("y"), received("x")},
		[]incident.Entry{received("y")},
		[]incident.Entry{noted("a", 2, "three"), noted("a", 3, "four")},
		[]incident.Entry{noted("d", 0, "odd"), {Stream: "d", After: 1, Drafts: []incident.Draft{{}}}},
	)
	claimed := (*incident.ClaimedError)(nil)
	assert.NoError(t, errs[0])
	assert.ErrorIs(t, errs[1], incident.ErrConflict)
	assert.NoError(t, errs[2])
	require.ErrorAs(t, errs[3], &claimed)
	assert.Equal(t, uint64(2), claimed.Seq)
	assert.NoError(t, errs[4], "what was claimed by one that was refused is free")
	assert.NoError(t, errs[5])
	assert.Error(t, errs[6])
	assert.Equal(t, []string{"ana: one", "ana: two of another", "ana: three", "ana: four"}, texts(t, j, "a"))
	assert.Equal(t, []string{"s first of " + t.Name(), "s x", "s y"}, texts(t, j, incident.Inbox))
	streams, err := j.All(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []incident.Stream{"a", incident.Inbox}, streams)
	_, err = journal.Verify(t.Context(), j)
	require.NoError(t, err)
}

// TestWhatWasRolledBackIsNotRememberedAsClaimed: it would be called a duplicate,
// and be lost.
func TestWhatWasRolledBackIsNotRememberedAsClaimed(t *testing.T) {
	j := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
	_, err := j.Append(t.Context(), received("x"))
	require.NoError(t, err)
	_, err = j.Append(t.Context(), noted("b", 0, "looks into no memory"), received("y"), received("x"))
	require.Error(t, err)
	_, err = j.Append(t.Context(), received("z"), noted("a", 7, "conflict"))
	require.ErrorIs(t, err, incident.ErrConflict)
	for _, id := range []string{"y", "z"} {
		_, err = j.Append(t.Context(), received(id))
		assert.NoError(t, err, id)
	}
}

func TestACommitOfNothingButRefusalsWritesNothing(t *testing.T) {
	j := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
	_, err := j.Append(t.Context(), received("x"))
	require.NoError(t, err)
	before, err := j.Head(t.Context())
	require.NoError(t, err)
	_, err = j.Append(t.Context(), noted("a", 7, "late"))
	require.ErrorIs(t, err, incident.ErrConflict)
	_, err = j.Append(t.Context(), noted("a", 0, "rolled back"), received("x"))
	require.Error(t, err)
	after, err := j.Head(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

// TestADuplicateIsKnownWhetherOrNotItIsRemembered: what was claimed last is
// answered from memory, what was before that from disk.
func TestADuplicateIsKnownWhetherOrNotItIsRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := openAt(t, path)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for k := range 5 {
				_, err := j.Append(t.Context(), received(fmt.Sprint(i, k)))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	for _, remembered := range []bool{true, false} {
		if !remembered {
			require.NoError(t, j.Close())
			j = openAt(t, path)
		}
		facts := map[string]uint64{}
		for f, err := range j.Read(t.Context(), incident.Inbox, 0) {
			require.NoError(t, err)
			body, err := f.Body()
			require.NoError(t, err)
			facts[body.(incident.Received).Alert.ID] = f.Seq
		}
		require.Len(t, facts, 64*5)
		assert.Equal(t, map[bool]int{true: 64 * 5, false: 0}[remembered], j.Remembered())
		for id, seq := range facts {
			_, err := j.Append(t.Context(), received(id))
			claimed, ok := errors.AsType[*incident.ClaimedError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, seq, claimed.Seq)
			assert.Equal(t, incident.Inbox, claimed.Stream)
		}
		assert.Equal(t, 64*5, j.Remembered(), "what was found on disk is remembered")
	}
}

func TestWhatIsRememberedOfClaimsIsBounded(t *testing.T) {
	kept := sqlite.RecentOf(100_000)
	assert.Greater(t, kept, 10_000)
	assert.LessOrEqual(t, kept, 32<<10)
}
