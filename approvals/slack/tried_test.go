package slack_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func TestTheCardSaysHowACallFaredWhenItWasTried(t *testing.T) {
	p := plan()
	p.Calls[0].Simulation = &incident.CallSimulation{Endpoint: "node-a", Block: 4711, Stateful: true,
		Changes: []incident.SimulatedChange{{Text: "lab-vault.paused()", Before: "false", After: "true"}}, Events: []string{"Paused(0x01)"}}
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "simulated at block 4711 by node-a: succeeds, lab-vault.paused() false -&gt; true, event Paused(0x01)")
	assert.NotContains(t, text, "FAILS")
	p.Calls[0].Simulation = &incident.CallSimulation{Endpoint: "node-a", Block: 4711, Revert: `"not a pauser"`}
	_, text = blocksOf(t, asking(p))
	assert.Contains(t, text, `*FAILS WHEN TRIED:* simulated at block 4711 by node-a: fails with "not a pauser"`)
	assert.Contains(t, text, "what they change together is not known")
	assert.Contains(t, text, "*Simulation* *1 of 1 calls fail when tried*")
	assert.Contains(t, text, "If approved:", "it is advice: people may approve it all the same")
}

func TestWhatAContractSaysWhenItIsTriedChangesNothingOnTheCard(t *testing.T) {
	p := manyCalls(40)
	long := strings.Repeat(hostile, 20)
	for i := range p.Calls {
		p.Calls[i].Simulation = &incident.CallSimulation{Endpoint: hostile, Block: 1, Stateful: true, Revert: hostile,
			Changes: []incident.SimulatedChange{{Text: hostile, Before: long, After: long}}, Events: []string{long}}
	}
	_, text := blocksOf(t, asking(p))
	assert.NotContains(t, text, "<!channel>")
	assert.NotContains(t, text, "*APPROVED*")
	st := open(t)
	st.book.restart(p)
	st.post()
	st.click("U0ANA", review)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "AND 39 MORE", "the review still shows every call")
}
