package ballot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

func text(t *testing.T, s incident.State) string {
	t.Helper()
	raw, err := json.Marshal(ballot.Describe(s))
	require.NoError(t, err)
	return string(raw)
}

func TestAnOpenRequestSaysWhatIsAskedAndWhatHappensOtherwise(t *testing.T) {
	s := asking(t)
	s.Opened.Alert.Severity = "critical"
	r := ballot.Describe(s)
	assert.True(t, r.Open)
	assert.Equal(t, "CRITICAL approval needed: pause core on mainnet", r.Headline)
	assert.Equal(t, "CRITICAL approval needed: pause core on mainnet. Approvals 0 of 2. Expires 03:10:00 UTC. Requested by rule vault.outflow-spike.", r.Sentence)
	assert.Equal(t, s.Run().Digest.Words(), r.Words)
	assert.Equal(t, t0.Add(10*time.Minute), *r.Deadline)
	assert.Equal(t, "PAUSE CORE", r.Phrase)
	assert.Equal(t, []ballot.Fact{{Label: "Why now", Text: "money leaves"}, {Label: "If approved", Text: "Nobody withdraws."},
		{Label: "If nobody acts by the deadline", Text: "nothing is sent."}}, r.Why)
	require.Len(t, r.Calls, 1)
	assert.Contains(t, r.Calls[0].Lines, ballot.Fact{Label: "Contract", Text: common.HexToAddress(policytest.Core).Hex(), Exact: true})
	assert.Empty(t, r.Outcome)
}

func TestWhatIsNotRealIsSaidFirst(t *testing.T) {
	s := asking(t, func(p *incident.Plan) { p.Mode = incident.ModeDryRun })
	s.Exercise = true
	r := ballot.Describe(s)
	assert.True(t, strings.HasPrefix(r.Headline, "EXERCISE: DRY RUN: "))
	assert.Len(t, r.Banners, 2)
	assert.Contains(t, r.Why, ballot.Fact{Label: "If approved", Text: "nothing is sent: this is a dry run."})
}

func TestEveryCallIsToldInFull(t *testing.T) {
	s := asking(t, func(p *incident.Plan) {
		p.Calls = nil
		for i := range 40 {
			p.Calls = append(p.Calls, block("block/"+string(rune('a'+i)), common.BigToAddress(incident.NewQuantity(uint64(i+1)).Big()).Hex()))
		}
	})
	r := ballot.Describe(s)
	require.Len(t, r.Calls, 40)
	for i, c := range r.Calls {
		assert.Contains(t, c.Lines, ballot.Fact{Label: "account (address)", Text: common.BigToAddress(incident.NewQuantity(uint64(i + 1)).Big()).Hex(), Exact: true})
	}
	assert.Equal(t, "BLOCKLIST TOKEN AND 39 MORE", r.Phrase)
}

func TestAFailureWhenTriedStandsOut(t *testing.T) {
	s := asking(t, func(p *incident.Plan) {
		p.Calls[0].Simulation = &incident.CallSimulation{Endpoint: "a", Block: 7, Revert: "not a guardian"}
		p.Calls[0].Warning = "it was tried and fails"
		p.Evidence = []incident.Evidence{{ID: "paused", Asked: "core.paused()", Doubt: "no endpoint answered"}}
	})
	r := ballot.Describe(s)
	alarms := 0
	for _, f := range append(r.Calls[0].Lines, r.Evidence...) {
		if f.Alarm {
			alarms++
		}
	}
	assert.Equal(t, 3, alarms)
	assert.Contains(t, r.Facts[0].Text, "1 of 1 calls FAIL when tried")
}

func TestAnEndedRequestSaysWhatCameOfItAndAsksNothing(t *testing.T) {
	r := ballot.Describe(add(t, asking(t), incident.Lapsed{Why: "nobody answered"}))
	assert.False(t, r.Open)
	assert.Nil(t, r.Deadline)
	assert.Empty(t, r.Phrase)
	assert.Equal(t, []string{"Nothing was sent: nobody answered."}, r.Outcome)
}

func TestAPhraseForgivesCaseAndBlanksAndNothingElse(t *testing.T) {
	for typed, want := range map[string]bool{
		"PAUSE CORE": true, "pause core\n": true, "  pause \t core ": true, "PAUSECORE": false, "PAUSE": false, "PAUSE CORE NOW": false, "": false,
	} {
		assert.Equal(t, want, approvals.Typed(typed, "PAUSE CORE"), "%q", typed)
	}
	assert.False(t, approvals.Typed("", ""), "no phrase is no question")
}

func TestVotesAreToldWithNamesAndHow(t *testing.T) {
	v := newVault(t)
	s := asking(t)
	yes := cast(t, ask(s, v.keys(t)))
	yes.Team, yes.At = "security", t0
	s = add(t, s, incident.Voted{Vote: yes})
	a := ask(s, v.keys(t))
	a.Person, a.Decision, a.Reason = "cleo", incident.Deny, "a false alarm"
	s = add(t, s, incident.Voted{Vote: cast(t, a)})
	r := ballot.Describe(s)
	assert.Equal(t, "1 of 2", r.Votes.Tally)
	assert.Equal(t, []ballot.Said{{Person: "ana", Team: "security", How: "with a wallet signature at 03:00:00 UTC"}}, r.Votes.Approvals)
	assert.Equal(t, []ballot.Said{{Person: "cleo", How: "with a passkey", Reason: "a false alarm"}}, r.Votes.Objections)
}

// TestTextOfStrangersIsPrintable: no control, no bidi mark and no second line
// comes out of an alert, whatever went in.
func TestTextOfStrangersIsPrintable(t *testing.T) {
	const evil = "one\ntwo\u202eeno\x1b[31m\u200b"
	s := asking(t, func(p *incident.Plan) {
		p.Title, p.Reason, p.Summary, p.Requester, p.Runbook = evil, evil, evil, evil, evil
		p.Notes, p.Recover, p.Quorum.OnTimeout = []string{evil}, []string{evil}, evil
		c := &p.Calls[0]
		c.Target, c.Chain, c.Effect, c.Undo, c.Warning, c.Goal.Text, c.Verb = evil, evil, evil, evil, evil, evil, evil
		p.Evidence = []incident.Evidence{{Asked: evil, Value: evil}}
	})
	s.Opened.Alert.Summary, s.Opened.Alert.Source, s.Opened.Owner = evil, evil, evil
	var all any
	require.NoError(t, json.Unmarshal([]byte(text(t, s)), &all))
	walk(all, func(text string) {
		for _, r := range text {
			assert.True(t, unicode.IsPrint(r), "%q", text)
		}
	})
}

func walk(node any, each func(string)) {
	switch node := node.(type) {
	case string:
		each(node)
	case []any:
		for _, n := range node {
			walk(n, each)
		}
	case map[string]any:
		for _, n := range node {
			walk(n, each)
		}
	}
}
