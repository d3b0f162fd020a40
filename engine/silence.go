package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// silences are those of now. A silence is on disk before it counts, so a
// restart silences what was silenced and nothing else.
type silences struct {
	writing sync.Mutex // one order at a time: its number and what it rests on belong together
	mu      sync.Mutex
	list    incident.SilenceList
	seq     uint64
}

// keepSilence is how long one that has ended is kept in memory for those who
// ask. The journal has it for ever.
const keepSilence = 24 * time.Hour

func (s *silences) load(ctx context.Context, j Journal) error {
	for f, err := range j.Read(ctx, incident.Silences, 0) {
		if err != nil {
			return fmt.Errorf("read the silences: %w", err)
		}
		if err := s.take(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *silences) take(f incident.Fact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := s.list.With(f)
	if err != nil {
		return err
	}
	s.list, s.seq = slices.DeleteFunc(slices.Clone(next), func(l incident.Silence) bool {
		return f.Seen.Sub(l.Until) > keepSilence
	}), f.Seq
	return nil
}

func (s *silences) now() (incident.SilenceList, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list, s.seq
}

// Silence keeps alerts from opening incidents. It is durable when it returns.
// An error says in a sentence why it cannot be. The longest is most.
func (e *Engine) Silence(ctx context.Context, a incident.SilenceAdded, most time.Duration) (incident.Silence, error) {
	now := e.o.Now()
	if err := checkSilence(a, now, most); err != nil {
		return incident.Silence{}, err
	}
	s := &e.silences
	s.writing.Lock()
	defer s.writing.Unlock()
	list, seq := s.now()
	if len(list.Active(now)) >= incident.MaxSilences {
		return incident.Silence{}, fmt.Errorf("there are %d silences already; end some with firebreak silence expire", incident.MaxSilences)
	}
	if err := e.writeSilence(ctx, a, seq); err != nil {
		return incident.Silence{}, err
	}
	list, _ = s.now()
	return list[len(list)-1], nil
}

func checkSilence(a incident.SilenceAdded, now time.Time, most time.Duration) error {
	length := a.Until.Sub(now)
	switch {
	case a.Match.Check() != nil:
		return a.Match.Check()
	case strings.TrimSpace(a.Why) == "" || strings.TrimSpace(a.By) == "":
		return errors.New("a silence needs a reason and an author: they are its record")
	case length < incident.MinSilence-time.Second: // it took a moment to get here
		return fmt.Errorf("a silence lasts at least %s", incident.MinSilence)
	case length > min(most, incident.MaxSilence):
		return fmt.Errorf("a silence lasts at most %s here; add another when it has ended, if it must be", min(most, incident.MaxSilence))
	}
	return nil
}

// Unsilence ends a silence before its time. It is durable when it returns.
func (e *Engine) Unsilence(ctx context.Context, x incident.SilenceExpired) (incident.Silence, error) {
	s := &e.silences
	s.writing.Lock()
	defer s.writing.Unlock()
	list, seq := s.now()
	i := slices.IndexFunc(list, func(l incident.Silence) bool { return l.Number == x.Silence })
	switch {
	case i < 0:
		return incident.Silence{}, fmt.Errorf("there is no silence %d; firebreak silence list shows those there are", x.Silence)
	case !list[i].Active(e.o.Now()):
		return incident.Silence{}, fmt.Errorf("silence %d has ended already", x.Silence)
	case strings.TrimSpace(x.By) == "":
		return incident.Silence{}, errors.New("ending a silence needs an author: it is the record")
	}
	if err := e.writeSilence(ctx, x, seq); err != nil {
		return incident.Silence{}, err
	}
	list, _ = s.now()
	return list[slices.IndexFunc(list, func(l incident.Silence) bool { return l.Number == x.Silence })], nil
}

// writeSilence appends and then lets it count. A crash between the two is a
// restart, which reads it.
func (e *Engine) writeSilence(ctx context.Context, body incident.Body, after uint64) error {
	facts, err := e.o.Journal.Append(ctx, incident.Entry{Stream: incident.Silences, After: after,
		Drafts: []incident.Draft{{Body: body, Seen: e.o.Now()}}})
	if err != nil {
		return fmt.Errorf("record %s: %w", body.Kind(), err)
	}
	if err := e.silences.take(facts[0]); err != nil {
		return err
	}
	e.observe(incident.State{}, facts)
	return nil
}

// Silences lists those that hold alerts back now, oldest first.
func (e *Engine) Silences() incident.SilenceList {
	list, _ := e.silences.now()
	return list.Active(e.o.Now())
}
