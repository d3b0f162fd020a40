package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// record is the journal as the engine sees it. The first write that fails for
// good ends the app, whoever wanted it: an alert that cannot be stored is told
// so, but without this the daemon would answer so for ever, and look healthy.
type record struct {
	*sqlite.Journal
	lost context.CancelCauseFunc
}

// Append implements engine.Journal.
func (r record) Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error) {
	facts, err := r.Journal.Append(ctx, entries...)
	if errors.Is(err, journal.ErrBroken) {
		r.lost(fmt.Errorf("write %s: %w; what was acknowledged is in it: see to the disk and start again", r.Path(), err))
	}
	return facts, err
}
