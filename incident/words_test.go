package incident_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

// decisions is one fact of every kind that moves a step, and what of it people
// have to see.
var decisions = []struct {
	body incident.Body
	says []string
}{
	{priced("pause", 2, 1, 7), []string{"nonce 7", "bid 2", "cap 2 gwei", "tip 1 gwei", "at most 0.0002 ETH"}},
	{signed("pause", 1), []string{hashOf("pause", 1).Hex(), "rule"}},
	{incident.Refused{Step: "pause", Code: "fee-above-rule", Why: "the policy allows less"}, []string{"fee-above-rule", "the policy allows less"}},
	{incident.Released{Step: "pause", Slot: incident.Slot{Nonce: 8}, Why: "a gap"}, []string{"nonce 8", "given back", "a gap"}},
	{incident.Broadcast{Step: "pause", Attempt: 1, Outcomes: []incident.Outcome{
		{Endpoint: "node-a", Class: "accepted"}, {Endpoint: "node-b", Class: "rejected", Kind: "fee-low", Text: "transaction underpriced"}}},
		[]string{"bid 1 offered, 1 accepted, 1 rejected", "node-a accepted", "node-b rejected fee-low (transaction underpriced)"}},
	{incident.Included{Step: "pause", Hash: hashOf("pause", 1), Block: 9, GasUsed: 45_000, Endpoint: "node-a"},
		[]string{hashOf("pause", 1).Hex(), "block 9", "45000 gas", "node-a"}},
	{incident.Reverted{Step: "pause", Hash: hashOf("pause", 1), Block: 9, Why: "Pausable: paused"}, []string{hashOf("pause", 1).Hex(), "block 9", "Pausable: paused"}},
	{incident.Preempted{Step: "pause", Nonce: 7, Why: "two endpoints agree"}, []string{"nonce 7", "not ours", "two endpoints agree"}},
	{incident.Displaced{Step: "pause", Why: "block 9 is another"}, []string{"out of its block", "block 9 is another"}},
	{incident.Held{Step: "pause", Seen: []incident.Observation{{Check: "vault.paused()", Got: "true", Block: 9, Endpoint: "node-b"}}},
		[]string{"at latest", "vault.paused() is true", "block 9", "node-b"}},
	{incident.Unheld{Step: "pause", Why: "paused() is false"}, []string{"did not hold", "paused() is false"}},
	{incident.Final{Step: "pause", Level: incident.LevelFinalized, Depth: 2}, []string{"at finalized", "depth 2"}},
	{incident.AlreadySo{Step: "pause", Why: "somebody else paused it"}, []string{"without us", "somebody else paused it"}},
	{incident.Stalled{Step: "pause", Attempt: 3, Why: "the approved cost allows no more", Mend: "fund the account"},
		[]string{"bid 3", "the approved cost allows no more", "fund the account"}},
	{incident.Hurried{Step: "pause", By: "ana", Why: "it waits for minutes"}, []string{"ana", "higher bid", "it waits for minutes"}},
	{incident.Cancelled{Step: "pause", By: "ana", Why: "a false alarm"}, []string{"called off by ana", "a false alarm"}},
	{incident.GaveUp{Step: "pause", Why: "failed too often"}, []string{"given up", "failed too often"}},
}

func TestEveryDecisionAboutAStepIsSaidInWords(t *testing.T) {
	seen := map[incident.Kind]bool{}
	for _, d := range decisions {
		seen[d.body.Kind()] = true
		for _, says := range d.says {
			assert.Contains(t, incident.StepWords(d.body), says)
		}
		assert.Equal(t, "pause: "+incident.StepWords(d.body), incident.Words(d.body), "a timeline names the step too")
	}
	for _, row := range incident.StepTransitions {
		assert.True(t, seen[row.On], "no words are tested for %s", row.On)
	}
}

func TestAnAmountIsSaidInTheUnitThatPeopleUse(t *testing.T) {
	p := priced("pause", 1, 1, 7)
	p.FeeCap, p.Tip, p.Gas = incident.NewQuantity(62_000_000_000), incident.NewQuantity(2_000_000_000), 300_000
	assert.Equal(t, incident.NewQuantity(18_600_000_000_000_000), p.Cost())
	assert.Contains(t, incident.StepWords(p), "cap 62 gwei, tip 2 gwei, costs at most 0.0186 ETH")
}

func TestNothingIsOwedWithoutWords(t *testing.T) {
	for _, do := range []incident.Do{incident.DoPlan, incident.DoPostCard, incident.DoUpdateCard, incident.DoTell, incident.DoPrice,
		incident.DoSign, incident.DoBroadcast, incident.DoWatch, incident.DoRecheck, incident.DoVerify, incident.DoFinalise} {
		assert.NotEmpty(t, incident.Effect{Do: do}.Words(), do)
	}
	lapse := incident.Effect{Do: incident.DoRecord, Body: incident.Lapsed{Why: "nobody answered"}, At: time.Date(2026, 1, 1, 4, 5, 6, 0, time.UTC)}
	assert.Equal(t, `write down "lapsed": nobody answered, at 04:05:06`, lapse.Words())
	assert.Equal(t, "tell people (run1/late)", incident.Effect{Do: incident.DoTell, Key: "run1/late"}.Words())
}

func TestABroadcastThatNobodyAnsweredSaysSo(t *testing.T) {
	assert.Equal(t, "bid 1 offered, nobody answered", incident.StepWords(incident.Broadcast{Attempt: 1}))
	assert.Empty(t, incident.StepWords(incident.Noted{}), "a fact of no step has no words of one")
	assert.NotContains(t, incident.Words(incident.Signed{Step: "pause", Raw: []byte{2, 3}, Hash: common.Hash{1}}), "0x0203", "raw bytes are no words")
}

func TestWhatWasReadTwiceAlikeIsSaidOnce(t *testing.T) {
	one := incident.Observation{Check: "vault.paused()", Got: "true", Block: 9, Endpoint: "node-b"}
	other := one
	other.Endpoint = "node-a"
	words := incident.StepWords(incident.Held{Step: "pause", Seen: []incident.Observation{one, one, other}})
	assert.Equal(t, 1, strings.Count(words, "node-b"))
	assert.Equal(t, 1, strings.Count(words, "node-a"), "another endpoint is another witness")
}
