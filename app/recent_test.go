package app

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func at(id string, phase incident.Phase) incident.State {
	return incident.State{ID: incident.ID(id), Runs: []incident.Run{{Phase: phase, Plan: &incident.Plan{}}}}
}

func TestTheNewestEndedRequestsAreRemembered(t *testing.T) {
	r := &recent{}
	r.see(incident.State{}) // the inbox
	r.see(at("A", incident.PhaseAsking))
	assert.Empty(t, r.list(), "what is asked now is no end")
	r.see(incident.State{ID: "B"})
	assert.Empty(t, r.list(), "nor is what never asked")

	r.see(at("A", incident.PhaseLapsed))
	r.see(at("C", incident.PhaseExecuting))
	r.see(at("C", incident.PhaseContained))
	list := r.list()
	assert.Len(t, list, 2)
	assert.Equal(t, incident.ID("C"), list[0].ID, "the newest first, and each once")
	assert.Equal(t, incident.PhaseContained, list[0].Phase())

	r.see(at("A", incident.PhaseAsking))
	assert.Len(t, r.list(), 1, "one that asks again")
	for i := range 3 * recentMost {
		r.see(at(fmt.Sprintf("D%03d", i), incident.PhaseLapsed))
	}
	list = r.list()
	assert.Len(t, list, recentMost)
	assert.Equal(t, incident.ID("D059"), list[0].ID)
	(*recent)(nil).see(at("A", incident.PhaseLapsed)) // without a console
}
