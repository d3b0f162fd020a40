package slack_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

// attack is one of the list: what is done to a stage whose card is posted, and
// which refusal is the record of it.
type attack struct {
	before  func(st *stage)
	do      func(t *testing.T, st *stage)
	record  slack.Reason
	votes   int // that stand all the same: those of honest people
	alarmed bool
}

// attacks is the attack list of the Slack reference. None has an effect that an
// honest guardian did not ask for, and each leaves a record.
var attacks = map[string]attack{
	"a forged payload in the query string": {record: slack.ReasonMalformed, do: func(t *testing.T, st *stage) {
		a := st.attempt("U0ZOE").WithQueryPayload(map[string]any{"type": "block_actions", "user": map[string]any{"id": "U0ANA", "team_id": team}})
		st.send(a)
	}},
	"a replayed vote": {record: slack.ReasonRepeated, votes: 1, do: func(t *testing.T, st *stage) {
		d := st.approve("U0ANA")
		_, err := st.fake.Replay(t.Context(), d)
		require.NoError(t, err)
	}},
	"a replay after its window": {record: slack.ReasonForged, votes: 1, do: func(t *testing.T, st *stage) {
		d := st.approve("U0ANA")
		st.clock = func() time.Time { return time.Now().Add(6 * time.Minute) }
		_, err := st.fake.Replay(t.Context(), d)
		require.NoError(t, err)
	}},
	"a timestamp in the far future": {record: slack.ReasonForged, do: func(t *testing.T, st *stage) {
		st.send(st.attempt("U0ANA").SignedAt(time.Unix(20_000_000_000, 0)))
	}},
	"another workspace": {record: slack.ReasonElsewhere, do: func(t *testing.T, st *stage) {
		st.send(st.attempt("U0ANA").Set("team.id", "T0OTHER"))
	}},
	"an external member": {record: slack.ReasonForeign, do: func(t *testing.T, st *stage) {
		st.send(st.attempt("U0ANA").Set("user.team_id", "T0OTHER"))
	}},
	"an external member whose payload lies about it": {record: slack.ReasonAccount, do: voteAs(slacktest.User{ID: "U0ANA", TeamID: "T0OTHER", IsStranger: true})},
	"a bot user":           {record: slack.ReasonAccount, do: voteAs(slacktest.User{ID: "U0ANA", IsBot: true})},
	"a deactivated person": {record: slack.ReasonAccount, do: voteAs(slacktest.User{ID: "U0ANA", Deleted: true})},
	"an edited card":       {record: slack.ReasonTampered, alarmed: true, do: editCard},
	"a stale revision": {record: slack.ReasonStale, do: func(t *testing.T, st *stage) {
		st.click("U0ANA", review)
		view := st.view("U0ANA")
		a, err := st.fake.NewSubmit("U0ANA", view.ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
		require.NoError(t, err)
		next := plan()
		next.Revision = 2
		st.book.restart(next)
		st.send(a)
	}},
	"a double click": {record: slack.ReasonRepeated, votes: 1, do: func(t *testing.T, st *stage) {
		st.click("U0ANA", review)
		a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
		require.NoError(t, err)
		st.send(a)
		st.send(a)
	}},
	"two replicas": {record: slack.ReasonRepeated, votes: 1, do: twoReplicas},
	"an expired window": {record: slack.ReasonClosed, before: func(st *stage) {
		p := plan()
		p.Quorum.Within = 2 * time.Minute // inside Slack's window, so that a moved clock keeps signatures good
		st.book.restart(p)
	}, do: func(t *testing.T, st *stage) {
		st.click("U0ANA", review)
		st.clock = func() time.Time { return st.book.now().Run().Deadline.Add(time.Millisecond) }
		a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
		require.NoError(t, err)
		st.send(a.SignedAt(st.clock()))
	}},
	"the requester votes": {record: slack.ReasonRules, before: func(st *stage) {
		p := plan()
		p.Requester = "ana"
		st.book.restart(p)
	}, do: func(t *testing.T, st *stage) { st.click("U0ANA", review) }},
	"the same person under two Slack ids": {record: slack.ReasonUnknown, votes: 1, do: func(t *testing.T, st *stage) {
		require.NoError(t, st.fake.SetUser(slacktest.User{ID: "U0ANATWO", Name: "ana", RealName: "ana"}))
		ch := slacktest.Channel{ID: channel, Name: "incident", IsPrivate: true, Members: []string{"U0ANA", "U0ANATWO"}}
		require.NoError(t, st.fake.SetChannel(ch))
		st.approve("U0ANA")
		st.click("U0ANATWO", review)
		twice := []approvals.Person{{Name: "ana", Teams: []string{"security"}, SlackTeam: team, SlackUser: "U0ANA"},
			{Name: "Ana", Teams: []string{"security"}, SlackTeam: team, SlackUser: "U0ANATWO"}}
		_, err := approvals.NewRoster(twice)
		assert.ErrorContains(t, err, "one person has one vote")
	}},
	"a huge payload": {record: slack.ReasonMalformed, do: func(t *testing.T, st *stage) {
		st.send(st.attempt("U0ANA").Padded(300 << 10))
	}},
}

func TestEveryAttackIsWithoutEffectAndRecorded(t *testing.T) {
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			if a.before != nil {
				a.before(st)
			}
			st.post()
			a.do(t, st)
			assert.Equal(t, a.votes, st.book.count(incident.KindVoted))
			assert.Zero(t, st.book.count(incident.KindAuthorised), "nothing is approved")
			assert.Contains(t, st.refused(), a.record)
			assert.Equal(t, a.alarmed, st.book.count(incident.KindAlarmed) > 0)
			for _, r := range st.records() {
				assert.Contains(t, []string{"slack-http"}, r.Transport)
				assert.NotContains(t, r.Detail, secret)
				assert.NotContains(t, r.Detail, token)
			}
		})
	}
}

// records are the refusals so far.
func (st *stage) records() []slack.Refusal {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]slack.Refusal(nil), st.record...)
}

func (st *stage) send(a *slacktest.Attempt) slacktest.Delivery {
	st.t.Helper()
	d, err := a.Send(st.t.Context())
	require.NoError(st.t, err)
	return d
}

// voteAs lets ana open the review and be somebody else when she votes.
func voteAs(u slacktest.User) func(*testing.T, *stage) {
	return func(t *testing.T, st *stage) {
		st.click("U0ANA", review)
		a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
		require.NoError(t, err)
		u.Name = "ana"
		require.NoError(t, st.fake.SetUser(u))
		st.send(a)
	}
}

// editCard rewrites the card as a thief of the bot token does: the harmless text
// is his, the buttons are ours.
func editCard(t *testing.T, st *stage) {
	card := st.card()
	thief := goslack.New(token, goslack.OptionAPIURL(st.fake.APIURL()))
	var blocks goslack.Blocks
	require.NoError(t, blocks.UnmarshalJSON(card.Blocks))
	for _, b := range blocks.BlockSet {
		if section, ok := b.(*goslack.SectionBlock); ok {
			section.Text.Text = strings.ReplaceAll(section.Text.Text, "pause", "a routine test of")
		}
	}
	_, _, _, err := thief.UpdateMessageContext(t.Context(), card.Channel, card.TS, goslack.MsgOptionText(card.Text, false), goslack.MsgOptionBlocks(blocks.BlockSet...))
	require.NoError(t, err)
	st.click("U0ANA", review)
	said := seen(st.view("U0ANA").Blocks)
	assert.Contains(t, said, "changed by somebody other than firebreak")
	assert.Contains(t, said, "pause lab-vault on lab", "the review is the journal's")
	assert.NotContains(t, said, "routine test")
	mended, err := st.fake.WaitMessage(t.Context(), channel, func(m slacktest.Message) bool { return !strings.Contains(string(m.Blocks), "routine test") })
	require.NoError(t, err)
	assert.Len(t, mended.Buttons(), 2, "the card is put right")
	require.True(t, st.click("U0BEN", review).Acked)
	assert.NotContains(t, seen(st.view("U0BEN").Blocks), "changed by somebody", "and nobody is warned any more")
}

// twoReplicas has one submission arrive at two daemons over one journal.
func twoReplicas(t *testing.T, st *stage) {
	other, err := slack.NewHandler(st.config, slack.HandlerOptions{Votes: st.book, Rules: func() approvals.Rules { return st.book.rules },
		Refused: st.note})
	require.NoError(t, err)
	second := httptest.NewServer(other)
	t.Cleanup(second.Close)
	st.click("U0ANA", review)
	a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
	require.NoError(t, err)
	st.send(a)
	st.fake.SetInteractivityURL(second.URL)
	st.send(a)
}

// TestApproveAndDenyRaceToExactlyOneEnd lets as many people deny as approve, all
// at once: one side wins, and what was denied is never authorised.
func TestApproveAndDenyRaceToExactlyOneEnd(t *testing.T) {
	for range 12 {
		st := open(t)
		st.post()
		var ready sync.WaitGroup
		var votes []*slacktest.Attempt
		for user, button := range map[string]string{"U0ANA": review, "U0BEN": review, "U0CHO": deny, "U0DEE": deny} {
			st.click(user, button)
			field, text := "phrase", thePlan
			if button == deny {
				field, text = "reason", "this is a test address"
			}
			a, err := st.fake.NewSubmit(user, st.view(user).ID, map[string]map[string]string{field: {field: text}})
			require.NoError(t, err)
			votes = append(votes, a)
		}
		for _, a := range votes {
			ready.Go(func() { _, err := a.Send(context.WithoutCancel(t.Context())); assert.NoError(t, err) })
		}
		ready.Wait()
		ends := st.book.count(incident.KindAuthorised) + st.book.count(incident.KindDeclined)
		assert.Equal(t, 1, ends, "exactly one decision")
	}
}

func TestBidiAndMentionsOfAnAlertReachNobody(t *testing.T) {
	st := open(t)
	p := plan()
	p.Reason = "\u202eesuap\u202c <!channel> <@U0ANA> *approved* `x` http://evil.example"
	st.book.restart(p)
	card := st.post()
	text := card.Text + string(card.Blocks)
	for _, bad := range []string{"\u202e", "\u202c", "<!channel>", "<@U0ANA>", "*approved*"} {
		assert.NotContains(t, text, bad)
	}
	assert.NotContains(t, text, `\u003c!channel\u003e`)
}

// TestACardThatWasWrittenUnderAnotherRosterIsNoAlarm: the roster changes while
// the card's last writing is not recorded yet.
func TestACardThatWasWrittenUnderAnotherRosterIsNoAlarm(t *testing.T) {
	everybody := []string{"U0ANA", "U0BEN"}
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Mention = func(string) []string { return everybody }
	})
	st.post()
	st.approve("U0ANA")
	_, err := st.desk.Update(t.Context(), st.book.now()) // and the fact of it is lost
	require.NoError(t, err)
	for _, next := range [][]string{{"U0BEN", "U0CHO"}, nil} {
		everybody = next
		st.click("U0BEN", review)
		assert.NotEmpty(t, st.view("U0BEN").Submit)
	}
	assert.Zero(t, st.book.count(incident.KindAlarmed))
	assert.NotContains(t, st.refused(), slack.ReasonTampered)
}

func TestTextThatStandsWhereWhoIsAskedBelongsIsAnAlarm(t *testing.T) {
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Mention = func(string) []string { return []string{"U0ANA", "U0BEN"} }
	})
	card := st.post()
	thief := goslack.New(token, goslack.OptionAPIURL(st.fake.APIURL()))
	var blocks goslack.Blocks
	require.NoError(t, blocks.UnmarshalJSON(card.Blocks))
	for _, b := range blocks.BlockSet {
		if row, ok := b.(*goslack.ContextBlock); ok && strings.HasPrefix(row.BlockID, "asked.") {
			row.ContextElements.Elements[0].(*goslack.TextBlockObject).Text += " this is a test, just approve"
		}
	}
	_, _, _, err := thief.UpdateMessageContext(t.Context(), card.Channel, card.TS, goslack.MsgOptionText(card.Text, false), goslack.MsgOptionBlocks(blocks.BlockSet...))
	require.NoError(t, err)
	st.click("U0ANA", review)
	assert.Contains(t, st.refused(), slack.ReasonTampered)
}

// TestBlocksAsSlackGivesThemBackAreTheSameCard: how text is drawn is Slack's to
// fill in and to leave out; what it says and where it leads is not.
func TestBlocksAsSlackGivesThemBackAreTheSameCard(t *testing.T) {
	var echo func(v any, drop bool) any
	echo = func(v any, drop bool) any {
		switch v := v.(type) {
		case []any:
			for i := range v {
				v[i] = echo(v[i], drop)
			}
		case map[string]any:
			for _, key := range []string{"expand", "level", "accessibility_label", "emoji", "verbatim"} {
				if drop {
					delete(v, key)
				}
			}
			if v["type"] == "plain_text" && !drop {
				v["emoji"] = true
			}
			for key := range v {
				v[key] = echo(v[key], drop)
			}
		}
		return v
	}
	for name, change := range map[string]func(blocks any) any{
		"defaults filled in": func(b any) any { return echo(b, false) },
		"defaults left out":  func(b any) any { return echo(b, true) },
		"another button":     func(b any) any { return strings.ReplaceAll(b.(string), "Review and approve", "Join the call") },
		"a button that leads": func(b any) any {
			return strings.ReplaceAll(b.(string), `"style":"primary"`, `"style":"primary","url":"https://evil.example"`)
		},
		"another address": func(b any) any { return strings.ReplaceAll(b.(string), "A79C6968", "B79C6968") },
		"a block less":    func(b any) any { return b.([]any)[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			card := st.post()
			var blocks any
			require.NoError(t, json.Unmarshal(card.Blocks, &blocks))
			harmless := strings.HasPrefix(name, "defaults")
			if !harmless && name != "a block less" {
				text := change(string(card.Blocks)).(string)
				require.NotEqual(t, string(card.Blocks), text)
				require.NoError(t, json.Unmarshal([]byte(text), &blocks))
			} else {
				blocks = change(blocks)
			}
			st.send(st.attempt("U0ANA").Set("message.blocks", blocks))
			assert.Equal(t, !harmless, slices.Contains(st.refused(), slack.ReasonTampered))
		})
	}
}
