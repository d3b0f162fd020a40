package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

// hostile is what an attacker puts wherever a name or a sentence goes.
const hostile = "<!channel> <@U0ANA> <https://evil.example|here> @here `*APPROVED*` \u202egnp.exe\u200b\nline two &amp; 0xA79C6968E3c75aE4eF388370d1f142720D498fEC"

func asking(p incident.Plan) incident.State {
	open := opened()
	open.Mode = p.Mode
	return incident.State{ID: p.Incident, Opened: open, OpenedAt: p.PlannedAt, Face: 1, Exercise: p.Exercise,
		Runs: []incident.Run{{Phase: incident.PhaseAsking, Plan: &p, Digest: p.Digest(), Deadline: p.PlannedAt.Add(p.Quorum.Within)}}}
}

func blocksOf(t testing.TB, s incident.State) (json.RawMessage, string) {
	t.Helper()
	card := slack.Render(s)
	raw, err := json.Marshal(card.Blocks)
	require.NoError(t, err)
	require.Empty(t, slacktest.LintBlocks(raw))
	require.NotEmpty(t, card.Text)
	require.LessOrEqual(t, utf8.RuneCountInString(card.Text), 3000)
	return raw, seen(raw)
}

// manyCalls is the largest plan: forty calls, each with a full argument list.
func manyCalls(n int) incident.Plan {
	p := plan()
	p.Calls = nil
	for i := range n {
		c := pauseCall(fmt.Sprintf("block/%d", i+1))
		c.Verb, c.Function, c.Data = "blocklist", "blacklist(address)", make([]byte, 36)
		suspect := common.BigToAddress(common.Big256.Add(common.Big256, common.Big1))
		suspect[0], suspect[19] = 0xee, byte(i)
		c.Args = []incident.Arg{{Name: "account", Type: "address", Value: suspect.Hex()}}
		p.Calls = append(p.Calls, c)
	}
	return p
}

func TestACardOfFortyCallsStaysWithinSlacksLimits(t *testing.T) {
	p := manyCalls(40)
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "40 calls:* 40 x blocklist on lab-vault (lab)")
	assert.Contains(t, text, "38 of 40 calls are not shown here.* Open the review to read every one of them.")
	assert.Contains(t, text, p.Calls[0].Args[0].Value)

	st := open(t)
	st.book.restart(p)
	st.post()
	st.click("U0ANA", review)
	shown := st.view("U0ANA")
	for _, c := range p.Calls {
		assert.Contains(t, seen(shown.Blocks), "`"+c.Args[0].Value+"`", "the review shows every call in full")
	}
	assert.Contains(t, seen(shown.Blocks), "type BLOCKLIST LAB-VAULT AND 39 MORE")
	assert.Equal(t, "update", st.submit("U0ANA", "phrase", "blocklist lab-vault and 39 more").ResponseAction)
}

func TestACallThatAnotherKeyMakesTooIsToldOnce(t *testing.T) {
	p := plan()
	double := p.Calls[0]
	double.Step, double.SpareOf, double.Key, double.Warning = "pause/spare", "pause", "second", "the simulation reverts: not a pauser"
	p.Calls = append(p.Calls, double)
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "1 call:* pause on lab-vault (lab)")
	assert.Contains(t, text, "and at the same time by key `second`, to be sure")
	assert.Contains(t, text, "Call 2 of 2: the same as pause once more*, at the same time, by key `second`. Whichever is in a block first counts.")
	assert.Contains(t, text, "not a pauser")
	assert.Equal(t, 1, strings.Count(text, "*Contract*"), "what it calls is told once")
}

func TestALongArgumentIsSplitBetweenItsItemsAndNeverInside(t *testing.T) {
	p := manyCalls(1)
	var list []string
	for i := range 200 {
		a := vault
		a[19] = byte(i)
		list = append(list, a.Hex())
	}
	p.Calls[0].Args = []incident.Arg{{Name: "accounts", Type: "address[]", Value: strings.Join(list, ", ")}}
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "1 of 1 calls are not shown here")
	st := open(t)
	st.book.restart(p)
	st.post()
	st.click("U0ANA", review)
	shown := seen(st.view("U0ANA").Blocks)
	for _, a := range list {
		assert.Contains(t, shown, a)
	}
}

func TestWhatCannotBeShownWholeCannotBeApprovedHere(t *testing.T) {
	p := manyCalls(1)
	p.Calls[0].Args = []incident.Arg{{Name: "data", Type: "bytes", Value: "0x" + strings.Repeat("ab", 5000)}}
	blocksOf(t, asking(p))
	st := open(t)
	st.book.restart(p)
	st.post()
	st.click("U0ANA", review)
	assert.Contains(t, st.readView("U0ANA"), "cannot be shown here in full, so it cannot be approved here")
	require.True(t, st.click("U0ANA", deny).Acked)
	assert.Equal(t, "update", st.submit("U0ANA", "reason", "unreadable").ResponseAction, "but it can be denied")
}

func TestTextOfStrangersCannotSpeakForTheCard(t *testing.T) {
	p := plan()
	p.Title, p.Reason, p.Summary, p.Runbook, p.Requester = hostile, hostile, hostile, hostile, hostile
	p.Notes, p.Recover, p.Signer, p.Quorum.OnTimeout = []string{hostile}, []string{hostile}, hostile, hostile
	p.Blocks = map[string]uint64{hostile: 1}
	c := &p.Calls[0]
	c.Step, c.Verb, c.Target, c.Chain, c.Function, c.Effect, c.Undo, c.Warning, c.Goal.Text = hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile
	c.Args = []incident.Arg{{Name: hostile, Type: hostile, Value: hostile}}
	s := asking(p)
	s.Opened.Alert.Summary, s.Opened.Owner = hostile, hostile
	s.Runs[0].Votes = []incident.Vote{
		{Person: hostile, Team: hostile, Decision: incident.Approve, Digest: s.Run().Digest, Assurance: incident.AssuranceSlack},
		{Person: "ben", Team: hostile, Decision: incident.Deny, Digest: s.Run().Digest, Reason: hostile},
	}
	raw, text := blocksOf(t, s)
	for _, bad := range []string{"<!channel>", "<@U0ANA>", "<https://", "@here", "\u202e", "\u200b", "*APPROVED*", "\nline two"} {
		assert.NotContains(t, text, bad)
		assert.NotContains(t, slack.Render(s).Text, bad)
	}
	assert.NotContains(t, string(raw), "&amp;amp;amp;")

	s.Runs[0].Phase, s.Runs[0].End, s.Runs[0].Mend = incident.PhaseEscalated, hostile, hostile
	_, text = blocksOf(t, s)
	assert.NotContains(t, text, "<!channel>")
}

func TestEveryFieldMayBeTenThousandCharactersLong(t *testing.T) {
	long := strings.Repeat(hostile+" ", 100)
	p := manyCalls(40)
	p.Title, p.Reason, p.Summary, p.Runbook, p.Requester, p.Signer = long, long, long, long, long, long
	p.Playbook.Name, p.Quorum.OnTimeout, p.Quorum.Channel = long, long, long
	for range 50 {
		p.Notes, p.Recover = append(p.Notes, long), append(p.Recover, long)
	}
	for i := range p.Calls {
		c := &p.Calls[i]
		c.Verb, c.Target, c.Chain, c.Effect, c.Undo, c.Warning, c.Goal.Text = long, long, long, long, long, long, long
	}
	s := asking(p)
	s.Opened.Alert.Summary, s.Opened.Owner, s.Opened.Alert.Source = long, long, long
	for i := range 40 {
		d := incident.Approve
		if i%2 == 0 {
			d = incident.Deny
		}
		s.Runs[0].Votes = append(s.Runs[0].Votes, incident.Vote{Person: fmt.Sprint(i, long), Team: long, Decision: d, Digest: s.Run().Digest, Reason: long})
	}
	blocksOf(t, s)
	for _, c := range p.Calls {
		s.Runs[0].Steps = append(s.Runs[0].Steps, incident.Step{Name: c.Step + long, State: incident.StepFailed, Why: long})
	}
	s.Runs[0].Authorised = &incident.Authorised{By: []string{long, long}}
	for _, phase := range []incident.Phase{incident.PhaseExecuting, incident.PhaseVerifying, incident.PhaseContained, incident.PhaseMoot,
		incident.PhaseDeclined, incident.PhaseLapsed, incident.PhaseEscalated} {
		s.Runs[0].Phase, s.Runs[0].End, s.Runs[0].Mend, s.Runs[0].EndedAt = phase, long, long, time.Now()
		raw, _ := blocksOf(t, s)
		assert.NotContains(t, string(raw), `"type":"actions"`, "%s has no buttons", phase)
	}
}

func TestWhatIsNotRealIsMarkedLoudly(t *testing.T) {
	p := plan()
	p.Exercise, p.Mode = true, incident.ModeDryRun
	s := asking(p)
	_, text := blocksOf(t, s)
	assert.Contains(t, text, "EXERCISE: DRY RUN: CRITICAL approval needed")
	assert.Contains(t, text, "*EXERCISE. This is a drill, not an incident.*")
	assert.Contains(t, text, "*If approved:* nothing is sent: this is a dry run.")
	assert.True(t, strings.HasPrefix(slack.Render(s).Text, "EXERCISE: DRY RUN: "))
	s.Runs[0].Phase, s.Runs[0].End = incident.PhaseMoot, "dry run: approved by ana, ben; nothing is sent"
	_, text = blocksOf(t, s)
	assert.Contains(t, text, "Dry run ended, nothing sent")
}

func TestTheSameStateGivesTheSameCard(t *testing.T) {
	s := asking(manyCalls(7))
	s.Run().Plan.Blocks["other"], s.Run().Plan.Blocks["third"] = 5, 6
	first, _ := blocksOf(t, s)
	for range 20 {
		again, _ := blocksOf(t, s)
		require.JSONEq(t, string(first), string(again))
	}
}

func TestASimulationWarningIsSaidOnCardAndCall(t *testing.T) {
	p := plan()
	p.Calls[0].Warning = "eth_call reverted: not a pauser"
	p.Blocks = nil
	_, text := blocksOf(t, asking(p))
	assert.Contains(t, text, "*Warning* eth_call reverted: not a pauser")
	assert.Contains(t, text, "1 of 1 calls have a warning, no block was read. A simulation can be wrong.")
}

func BenchmarkRenderFortyCalls(b *testing.B) {
	s := asking(manyCalls(40))
	for b.Loop() {
		slack.Render(s)
	}
}

func TestTheCardAsPlainTextSaysAllThatTheBlocksSay(t *testing.T) {
	p := plan()
	p.Reason = hostile
	text := slack.Render(asking(p)).Plain()
	for _, says := range []string{"approval needed", "Why now:", "Call 1 of ", "[Review and approve]  [Deny]", "digest " + p.Digest().Short(), "Expires 20"} {
		assert.Contains(t, text, says)
	}
	for _, markup := range []string{"<!date", "*Why", "&lt;", "\u202e"} {
		assert.NotContains(t, text, markup)
	}
}
