package incident

import (
	"errors"
	"fmt"
	"time"
)

// The levels at which a goal is read, lowest first: the chain's own block tags.
// A reorganisation can undo latest easily, safe hardly, finalized not at all.
const (
	LevelLatest    = "latest"
	LevelSafe      = "safe"
	LevelFinalized = "finalized"
)

// LevelRank orders levels; zero is no level.
func LevelRank(level string) int {
	switch level {
	case LevelLatest:
		return 1
	case LevelSafe:
		return 2
	case LevelFinalized:
		return 3
	}
	return 0
}

// hold takes in that the goal was read at a level. Latest is an empty one in
// the fact, which is how journals wrote it before there were others. A level
// only rises, and starts at latest; finalized is what Final is for.
func (s *Step) hold(b Held) error {
	level := b.Level
	if level == "" {
		level = LevelLatest
	}
	switch {
	case b.Level == LevelLatest, LevelRank(level) == 0, level == LevelFinalized:
		return fmt.Errorf("a goal cannot be held at level %q", b.Level)
	case !s.Held && level != LevelLatest:
		return fmt.Errorf("a goal is read at its block before it is read at %s", level)
	case s.Held && LevelRank(level) <= LevelRank(s.Level):
		return fmt.Errorf("it held at %s already: a level only rises", s.Level)
	}
	s.Held, s.Level, s.Seen = true, level, b.Seen
	return nil
}

// finish takes in the last reading. An empty level is final by depth alone.
func (s *Step) finish(b Final) error {
	switch {
	case !s.Held:
		return errors.New("a goal is read at its block before it is read at depth")
	case b.Level != "" && b.Level != LevelSafe && b.Level != LevelFinalized:
		return fmt.Errorf("level %q makes nothing final", b.Level)
	case b.Level != "" && LevelRank(b.Level) < LevelRank(s.Level):
		return fmt.Errorf("it held at %s already: a level only rises", s.Level)
	}
	if b.Level != "" {
		s.Level = b.Level
	}
	s.Seen = b.Seen
	return nil
}

// unhold forgets every level: what held in a block that is gone does not hold.
func (s *Step) unhold() { s.Held, s.HeldAt, s.Level, s.Seen = false, time.Time{}, "", nil }
