package journal

import (
	"context"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// Incident reads one incident: its facts, and the state that they come to. An
// incident that is not there has no facts.
func Incident(ctx context.Context, s Store, id incident.ID) ([]incident.Fact, incident.State, error) {
	var facts []incident.Fact
	for f, err := range s.Read(ctx, id.Stream(), 0) {
		if err != nil {
			return nil, incident.State{}, fmt.Errorf("read %s: %w", id, err)
		}
		facts = append(facts, f)
	}
	state, err := incident.Fold(facts)
	return facts, state, err
}

// Incidents reads every incident, oldest first.
func Incidents(ctx context.Context, a Archive) ([]incident.State, error) {
	streams, err := a.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	var states []incident.State
	for _, stream := range streams { // ids sort by time
		id, err := incident.ParseID(string(stream))
		if err != nil {
			continue // the inbox and the router are no incidents
		}
		_, state, err := Incident(ctx, a, id)
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	return states, nil
}
