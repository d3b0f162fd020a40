package app

import (
	"errors"
	"fmt"
	"sync"
)

// lifecycle is a stack of named cleanups. A New that fails half-way undoes what
// it did through the same stack that Stop uses.
type lifecycle struct {
	mu    sync.Mutex
	steps []cleanup
}

type cleanup struct {
	name string
	undo func() error
}

// onStop adds a cleanup; the last one added runs first.
func (l *lifecycle) onStop(name string, undo func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, cleanup{name, undo})
}

// stop runs what was added and forgets it, so a second call does nothing.
func (l *lifecycle) stop() error {
	l.mu.Lock()
	steps := l.steps
	l.steps = nil
	l.mu.Unlock()
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		if err := steps[i].undo(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", steps[i].name, err))
		}
	}
	return errors.Join(errs...)
}
