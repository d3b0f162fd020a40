package lab

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// record reads the daemon's journal beside it, as `firebreak incident` does.
type record struct{ j *sqlite.Journal }

func openRecord(ctx context.Context, dir string) (record, error) {
	j, err := sqlite.OpenReadOnly(ctx, filepath.Join(dir, "firebreak.db"))
	return record{j}, err
}

// incidents returns every incident, oldest first.
func (r record) incidents(ctx context.Context) ([]incident.State, error) {
	streams, err := r.j.All(ctx)
	if err != nil {
		return nil, err
	}
	var states []incident.State
	for _, stream := range streams {
		id, err := incident.ParseID(string(stream))
		if err != nil {
			continue // the inbox and the router
		}
		_, s, err := r.facts(ctx, id)
		if err != nil {
			return nil, err
		}
		states = append(states, s)
	}
	return states, nil
}

func (r record) facts(ctx context.Context, id incident.ID) ([]incident.Fact, incident.State, error) {
	var facts []incident.Fact
	for f, err := range r.j.Read(ctx, id.Stream(), 0) {
		if err != nil {
			return nil, incident.State{}, err
		}
		facts = append(facts, f)
	}
	s, err := incident.Fold(facts)
	return facts, s, err
}

// verify proves the whole journal and returns its head.
func (r record) verify(ctx context.Context) (incident.Digest, error) {
	report, err := journal.Verify(ctx, r.j)
	if err != nil {
		return report.Head, fmt.Errorf("the journal does not verify: %w", err)
	}
	return report.Head, nil
}
