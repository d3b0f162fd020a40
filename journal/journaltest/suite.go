// Package journaltest is the conformance suite of the journal: what every
// store must do, whatever it is made of.
package journaltest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// Harness opens a store. Open may be called again after the store it returned
// was closed, and must then give the same journal back, as after a restart.
type Harness struct {
	Open  func(t *testing.T) journal.Archive
	Close func(t *testing.T, a journal.Archive)
}

// Run runs the suite; each test gets a harness, and so a journal, of its own.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"WhatWasAppendedIsReadBackSealedAndInOrder":   testReadBack,
		"AStaleWriterIsFenced":                        testFence,
		"AnAppendWritesAllOrNothing":                  testAtomic,
		"AKeyIsClaimedOnce":                           testClaimOnce,
		"TheSameOwnerMayClaimAgain":                   testClaimAgain,
		"AReleasedKeyIsFreeForOthers":                 testRelease,
		"OfManyConcurrentWritersOneWins":              testRace,
		"TheInboxTakesManyWritersAtOnce":              testAnywhere,
		"OpenWorkIsFoundAfterARestart":                testRestart,
		"AWholeJournalVerifies":                       testVerify,
		"AnEmptyEntryIsRefused":                       testEmpty,
		"AFactThatCannotBeEncodedLeavesNothingBehind": testUnencodable,
	} {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

var seen = time.Date(2026, 11, 22, 3, 0, 0, 123456000, time.UTC)

func opened(id string) incident.Draft {
	return incident.Draft{Seen: seen, Happened: seen.Add(-time.Minute), Body: incident.Opened{
		Key: "k", Alert: incident.Alert{Source: "generic", ID: id}}}
}

func note(text string) incident.Draft {
	return incident.Draft{Seen: seen, Body: incident.Noted{By: "ana", Text: text}}
}

func received(id string) incident.Draft {
	return incident.Draft{Seen: seen, Body: incident.Received{Alert: incident.Alert{Source: "generic", ID: id}, Raw: []byte("{}")}}
}

// stream makes a name that is an incident's.
func stream(n int) incident.Stream {
	return incident.NewID(seen.Add(time.Duration(n) * time.Hour)).Stream()
}

func entry(s incident.Stream, after uint64, drafts ...incident.Draft) incident.Entry {
	return incident.Entry{Stream: s, After: after, Drafts: drafts, Open: true}
}

func read(t *testing.T, a journal.Archive, s incident.Stream) []incident.Fact {
	t.Helper()
	var facts []incident.Fact
	for f, err := range a.Read(t.Context(), s, 0) {
		require.NoError(t, err)
		facts = append(facts, f)
	}
	return facts
}

func testReadBack(t *testing.T, h Harness) {
	a := h.Open(t)
	s := stream(1)
	first, err := a.Append(t.Context(), entry(s, 0, opened("1"), note("one")))
	require.NoError(t, err)
	second, err := a.Append(t.Context(), entry(s, 2, note("two")))
	require.NoError(t, err)
	facts := read(t, a, s)
	assert.Equal(t, append(first, second...), facts)
	_, err = incident.Fold(facts)
	assert.NoError(t, err, "the facts chain")
	assert.Equal(t, seen.Add(-time.Minute), facts[0].Happened)
	assert.Equal(t, seen, facts[0].Seen)
	assert.False(t, facts[0].Written.IsZero())
	for f, err := range a.Read(t.Context(), s, 2) {
		require.NoError(t, err)
		assert.Equal(t, uint64(3), f.Seq, "reading starts behind the number that was named")
	}
}

func testFence(t *testing.T, h Harness) {
	a := h.Open(t)
	s := stream(1)
	_, err := a.Append(t.Context(), entry(s, 0, opened("1")))
	require.NoError(t, err)
	for _, after := range []uint64{0, 2, 7} {
		_, err = a.Append(t.Context(), entry(s, after, note("late")))
		assert.ErrorIs(t, err, incident.ErrConflict)
	}
	assert.Len(t, read(t, a, s), 1)
}

func testAtomic(t *testing.T, h Harness) {
	a := h.Open(t)
	s, other := stream(1), stream(2)
	_, err := a.Append(t.Context(), entry(s, 0, opened("1")))
	require.NoError(t, err)
	_, err = a.Append(t.Context(), entry(other, 0, opened("2")), entry(s, 9, note("conflict")))
	require.ErrorIs(t, err, incident.ErrConflict)
	assert.Empty(t, read(t, a, other))
	_, err = a.Append(t.Context(), entry(other, 0, opened("2")), entry(s, 1, note("fine")))
	require.NoError(t, err, "what failed left nothing in the way")
}

func testClaimOnce(t *testing.T, h Harness) {
	a := h.Open(t)
	_, err := a.Append(t.Context(), entry(incident.Inbox, journal.Anywhere, received("1")))
	require.NoError(t, err)
	_, err = a.Append(t.Context(), entry(incident.Inbox, journal.Anywhere, received("2"), received("1")))
	claimed, ok := errors.AsType[*incident.ClaimedError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, incident.Inbox, claimed.Stream)
	assert.Equal(t, uint64(1), claimed.Seq)
	assert.Len(t, read(t, a, incident.Inbox), 1)
	_, err = a.Append(t.Context(), entry(stream(1), 0, opened("1")), entry(incident.Inbox, journal.Anywhere, received("3"), received("1")))
	require.Error(t, err)
	_, err = a.Append(t.Context(), entry(incident.Inbox, journal.Anywhere, received("2")), entry(incident.Inbox, journal.Anywhere, received("3")))
	assert.NoError(t, err, "what was refused has claimed nothing")
}

func testClaimAgain(t *testing.T, h Harness) {
	a := h.Open(t)
	s, other := stream(1), stream(2)
	price := func(attempt int) incident.Draft {
		return incident.Draft{Seen: seen, Body: incident.Priced{Step: "pause", Attempt: attempt, Issue: 1, ChainID: 1, Nonce: 7}}
	}
	_, err := a.Append(t.Context(), entry(s, 0, opened("1"), price(1)))
	require.NoError(t, err)
	_, err = a.Append(t.Context(), entry(s, 2, price(2)))
	require.NoError(t, err, "a fee bump keeps its nonce")
	_, err = a.Append(t.Context(), entry(other, 0, opened("2"), price(1)))
	_, ok := errors.AsType[*incident.ClaimedError](err)
	assert.True(t, ok, "another incident cannot have the nonce: %v", err)
}

func testRelease(t *testing.T, h Harness) {
	a := h.Open(t)
	s, other := stream(1), stream(2)
	price := incident.Priced{Step: "pause", Attempt: 1, Issue: 1, ChainID: 1, Nonce: 7}
	release := func(step string) incident.Draft {
		return incident.Draft{Seen: seen, Body: incident.Released{Step: step, Attempt: 1, Slot: price.Slot()}}
	}
	draft := incident.Draft{Seen: seen, Body: price}
	_, err := a.Append(t.Context(), entry(s, 0, opened("1"), draft, release("another")))
	require.NoError(t, err)
	_, err = a.Append(t.Context(), entry(other, 0, opened("2"), draft))
	require.Error(t, err, "a release by another owner frees nothing")
	_, err = a.Append(t.Context(), entry(s, 3, release("pause")), entry(other, 0, opened("2"), draft))
	require.NoError(t, err)
}

func testRace(t *testing.T, h Harness) {
	a := h.Open(t)
	s := stream(1)
	_, err := a.Append(t.Context(), entry(s, 0, opened("1")))
	require.NoError(t, err)
	var wg sync.WaitGroup
	results := make([]error, 20)
	for i := range results {
		wg.Go(func() { _, results[i] = a.Append(t.Context(), entry(s, 1, note("mine"))) })
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		assert.ErrorIs(t, err, incident.ErrConflict)
	}
	assert.Equal(t, 1, won)
	assert.Len(t, read(t, a, s), 2)
}

func testAnywhere(t *testing.T, h Harness) {
	a := h.Open(t)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			_, err := a.Append(t.Context(), entry(incident.Inbox, journal.Anywhere, received(fmt.Sprint(i))))
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Len(t, read(t, a, incident.Inbox), 50)
}

func testRestart(t *testing.T, h Harness) {
	a := h.Open(t)
	done, open := stream(1), stream(2)
	_, err := a.Append(t.Context(), entry(open, 0, opened("1")))
	require.NoError(t, err)
	_, err = a.Append(t.Context(), incident.Entry{Stream: done, Drafts: []incident.Draft{opened("2")}})
	require.NoError(t, err)
	h.Close(t, a)
	a = h.Open(t)
	list := func(since time.Time) []incident.Stream {
		streams, err := a.Open(t.Context(), since)
		require.NoError(t, err)
		return streams
	}
	assert.Equal(t, []incident.Stream{open}, list(time.Now().Add(time.Hour)))
	assert.Equal(t, []incident.Stream{done, open}, list(time.Now().Add(-time.Hour)))
	all, err := a.All(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []incident.Stream{done, open}, all)
	_, err = a.Append(t.Context(), entry(open, 1, note("goes on")))
	assert.NoError(t, err)
}

func testVerify(t *testing.T, h Harness) {
	a := h.Open(t)
	report, err := journal.Verify(t.Context(), a)
	require.NoError(t, err, "an empty journal is whole")
	assert.Zero(t, report)
	for i := range 5 {
		_, err := a.Append(t.Context(), entry(stream(i), 0, opened(fmt.Sprint(i)), note("a")), entry(incident.Inbox, journal.Anywhere, received(fmt.Sprint(i))))
		require.NoError(t, err)
	}
	report, err = journal.Verify(t.Context(), a)
	require.NoError(t, err)
	assert.Equal(t, 6, report.Streams)
	assert.Equal(t, 15, report.Facts)
	assert.Equal(t, 5, report.Checkpoints)
	assert.False(t, report.Head.IsZero())
}

func testEmpty(t *testing.T, h Harness) {
	a := h.Open(t)
	_, err := a.Append(t.Context())
	assert.Error(t, err)
	_, err = a.Append(t.Context(), incident.Entry{Stream: stream(1)})
	assert.Error(t, err)
	_, err = a.Append(t.Context(), entry("", 0, note("nowhere")))
	assert.Error(t, err)
	_, err = a.Append(t.Context(), entry(stream(1), 0, incident.Draft{}))
	assert.Error(t, err)
}

// unencodable is a body that JSON cannot take.
type unencodable struct{ C chan int }

func (unencodable) Kind() incident.Kind { return "unencodable" }

func testUnencodable(t *testing.T, h Harness) {
	a := h.Open(t)
	_, err := a.Append(t.Context(), entry(stream(1), 0, opened("1"), incident.Draft{Seen: seen, Body: unencodable{}}))
	require.Error(t, err)
	assert.Empty(t, read(t, a, stream(1)))
	_, err = a.Append(t.Context(), entry(stream(2), 0, opened("1")))
	assert.NoError(t, err, "a bad fact does not break the journal for the others")
}
