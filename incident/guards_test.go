package incident_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAPlanThatBreaksAGuardIsNeverWritten(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(*incident.Plan)
		want string
	}{
		"no calls":                {func(p *incident.Plan) { p.Calls = nil }, "no calls"},
		"two steps of one name":   {func(p *incident.Plan) { p.Calls[1].Step = "pause" }, "used twice"},
		"a step without a name":   {func(p *incident.Plan) { p.Calls[0].Step = "" }, "missing"},
		"a value":                 {func(p *incident.Plan) { p.Calls[0].Value = incident.NewQuantity(1) }, "carries a value"},
		"no chain":                {func(p *incident.Plan) { p.Calls[0].ChainID = 0 }, "names no chain"},
		"no contract":             {func(p *incident.Plan) { p.Calls[0].To = [20]byte{} }, "no contract"},
		"no function":             {func(p *incident.Plan) { p.Calls[0].Data = []byte{1, 2, 3} }, "calls no function"},
		"no gas":                  {func(p *incident.Plan) { p.Calls[0].Gas = 0 }, "gas limit"},
		"gas above EIP-7825":      {func(p *incident.Plan) { p.Calls[0].Gas = 1<<24 + 1 }, "EIP-7825"},
		"a goal nobody can read":  {func(p *incident.Plan) { p.Calls[0].Goal.Data = nil }, "no goal"},
		"a goal on no chain":      {func(p *incident.Plan) { p.Calls[0].Goal.ChainID = 0 }, "no goal"},
		"a goal of nobody":        {func(p *incident.Plan) { p.Calls[0].Goal.To = [20]byte{} }, "no goal"},
		"nothing to compare by":   {func(p *incident.Plan) { p.Calls[0].Goal.Op = "" }, "no goal"},
		"a goal of no type":       {func(p *incident.Plan) { p.Calls[0].Goal.Type = "" }, "no goal"},
		"half a goal":             {func(p *incident.Plan) { p.Calls[0].Goal.And = &incident.Check{} }, "no goal"},
		"waiting for a later one": {func(p *incident.Plan) { p.Calls[0].After = []string{"block"} }, "not an earlier step"},
		"waiting for itself":      {func(p *incident.Plan) { p.Calls[0].After = []string{"pause"} }, "not an earlier step"},
		"no budget for a call":    {func(p *incident.Plan) { p.Calls[0].MaxCost = incident.Wei{} }, "may cost nothing"},
		"more than the budget":    {func(p *incident.Plan) { p.MaxFee = incident.NewQuantity(1) }, "the plan says"},
		"a quorum of nobody":      {func(p *incident.Plan) { p.Quorum.Need = 0 }, "needs nobody"},
		"a quorum of no team":     {func(p *incident.Plan) { p.Quorum.Teams = nil }, "names no team"},
		"no assurance":            {func(p *incident.Plan) { p.Quorum.Assurance = "" }, "no assurance"},
		"an unknown assurance":    {func(p *incident.Plan) { p.Quorum.Assurance = "email" }, "no assurance"},
		"no time to vote":         {func(p *incident.Plan) { p.Quorum.Within = 0 }, "no time"},
		"a check of nothing":      {func(p *incident.Plan) { p.Verify = []incident.Verification{{Of: "puase"}} }, "does not have"},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan("pause", "block")
			c.harm(&p)
			assert.ErrorContains(t, incident.CheckPlan(planned(p)), c.want)
			assert.Error(t, newStory(t).add(opened()).try(planned(p)))
		})
	}
	p := plan("pause", "block")
	require.NoError(t, incident.CheckPlan(planned(p)))
	other := planned(p)
	other.Digest[0]++
	assert.ErrorContains(t, incident.CheckPlan(other), "not the plan's")
}
