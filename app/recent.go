package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// Bounds of what is remembered: requests, and how many of the newest incidents
// are read at the start to find them.
const (
	recentMost = 20
	recentRead = 60
)

// recent are the last incidents that asked and do not any more. It is fed by
// what the engine observes, so a page costs no walk through the journal. It is
// safe for concurrent use; a nil one remembers nothing.
type recent struct {
	mu  sync.Mutex
	all []incident.State // newest first
}

// rememberRequests reads them from the journal, where there is a console.
func (a *App) rememberRequests(ctx context.Context) error {
	if a.c.Console == nil {
		return nil
	}
	streams, err := a.journal.All(ctx)
	if err != nil {
		return fmt.Errorf("list incidents: %w", err)
	}
	a.recent = &recent{}
	read := 0
	for _, stream := range slices.Backward(streams) { // ids sort by time
		id, err := incident.ParseID(string(stream))
		if err != nil {
			continue // the inbox and the router are no incidents
		}
		if read++; read > recentRead {
			break
		}
		_, state, err := journal.Incident(ctx, a.journal, id)
		if err != nil {
			return err
		}
		a.recent.see(state)
	}
	return nil
}

// see takes an incident as it is now.
func (r *recent) see(s incident.State) {
	if r == nil || s.ID == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(o incident.State) bool { return o.ID == s.ID })
	if s.Run().Plan == nil || s.Phase() == incident.PhasePlanned || s.Phase() == incident.PhaseAsking {
		return
	}
	at, _ := slices.BinarySearchFunc(r.all, s, newestFirst)
	r.all = slices.Insert(r.all, at, s)
	r.all = slices.Delete(r.all, min(recentMost, len(r.all)), len(r.all))
}

func (r *recent) list() []incident.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func newestFirst(a, b incident.State) int { return strings.Compare(string(b.ID), string(a.ID)) }
