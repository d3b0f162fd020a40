package slack_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func TestTheCardShowsWhatWasReadAndSaysLoudlyWhatCouldNotBe(t *testing.T) {
	p := plan()
	p.Evidence = []incident.Evidence{
		{ID: "paused", Asked: "lab-vault.paused()", Value: "false", Block: 1234},
		{ID: "tvl", Asked: "lab-vault.totalAssets()", Doubt: "endpoints disagree " + hostile},
		{ID: "flows", Asked: "transfers of USDX", Doubt: "no endpoint searched", Optional: true},
	}
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "*Read* lab-vault.paused(): false, block 1234")
	assert.Contains(t, text, "*COULD NOT BE READ* lab-vault.totalAssets(): endpoints disagree")
	assert.Contains(t, text, "*Not read* transfers of USDX: no endpoint searched")
	assert.NotContains(t, text, "<!channel>")
}

func TestACardWithMuchEvidenceStaysWithinSlacksLimits(t *testing.T) {
	p := manyCalls(40)
	for range 16 {
		p.Evidence = append(p.Evidence, incident.Evidence{ID: "e", Asked: string(make([]byte, 300)), Value: string(make([]byte, 300)), Block: 1})
	}
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "and 8 more reads, in the journal")
}

func TestACardOfWhatWasSentBeforeAskingSaysSoAndAsksNobody(t *testing.T) {
	p := plan()
	p.Pre = &incident.PreAuthority{Until: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC), Per: 24 * time.Hour}
	s := asking(p)
	s.Runs[0].Phase, s.Runs[0].Deadline = incident.PhaseExecuting, time.Time{}
	s.Runs[0].Authorised = &incident.Authorised{Digest: p.Digest(), Assurance: incident.AssurancePreAuthorised}
	s.Runs[0].AuthorisedAt = p.PlannedAt
	_, text := blocksOf(t, s)
	assert.Contains(t, text, "PRE-AUTHORISED. This was sent before anybody was asked")
	assert.Contains(t, text, "until 2027-03-31, once in 24 h")
	assert.Contains(t, text, "Sent without asking, pre-authorised")
	assert.NotContains(t, text, "Review and approve")
	assert.NotContains(t, text, "nobody,")
}

func TestACardOfTheSecondWithinTheRateSaysWhyPeopleAreAsked(t *testing.T) {
	p := plan()
	p.Pre = &incident.PreAuthority{Until: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC), Per: 24 * time.Hour}
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "NOT THE FIRST")
	assert.Contains(t, text, "once in 24 h")
	assert.Contains(t, text, "Review and approve")
	p.Mode = incident.ModeDryRun
	_, text = blocksOf(t, asking(p))
	assert.NotContains(t, text, "NOT THE FIRST", "a dry run asks whatever was sent")
	_, text = blocksOf(t, asking(plan()))
	assert.NotContains(t, text, "NOT THE FIRST")
}
