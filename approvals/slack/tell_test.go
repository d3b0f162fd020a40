package slack_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

// telling is a stage whose card is posted and whose people can be called.
func telling(t *testing.T, change ...func(*incident.Plan)) *stage {
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Page = func(id incident.ID) string { return "https://approve.example.org/r/" + string(id) }
		c.Mention = func(name string) []string {
			switch name {
			case "duty":
				return []string{"U0DEE", "U0ELI"}
			case "team-vault":
				return []string{"U0CHO"}
			}
			return []string{"U0" + strings.ToUpper(name)}
		}
	})
	p := plan()
	for _, f := range change {
		f(&p)
	}
	st.book.restart(p)
	st.post()
	return st
}

// tell says what a key stands for and returns the message.
func (st *stage) tell(key string) slacktest.Message {
	st.t.Helper()
	before := len(st.fake.Messages(channel))
	told, err := st.desk.Tell(st.t.Context(), st.book.now(), key)
	require.NoError(st.t, err)
	st.book.add(told)
	all := st.fake.Messages(channel)
	require.Len(st.t, all, before+1)
	assert.Equal(st.t, st.book.now().Card.TS, all[before].ThreadTS, "under the card")
	return all[before]
}

func TestAReminderRingsThoseWhoHaveNotVoted(t *testing.T) {
	st := telling(t)
	st.approve("U0ANA")
	m := st.tell("run0/remind/75")
	assert.Contains(t, m.Text, "Still waiting for approval: pause lab-vault on lab")
	assert.Contains(t, m.Text, "Approvals 1 of 2")
	assert.Contains(t, m.Text, "<@U0BEN>")
	assert.NotContains(t, m.Text, "<@U0ANA>", "who has voted sleeps on")
	assert.NotContains(t, m.Text, "<@U0FAY>", "who is not asked is not called")
	assert.Contains(t, m.Text, "https://approve.example.org/r/01JEQ7V5M2K30000")
	assert.True(t, m.Broadcast, "a line in a thread is easily missed")
}

func TestAnEscalationTellsOthersThatTheyCannotVote(t *testing.T) {
	st := telling(t, func(p *incident.Plan) { p.Quorum.Escalate = []string{"duty"} })
	m := st.tell("run0/escalate/0")
	assert.Contains(t, m.Text, "nobody has decided yet")
	assert.Contains(t, m.Text, "The vote is for security alone")
	assert.Contains(t, m.Text, "<@U0DEE> <@U0ELI>")
	st.click("U0BEN", deny)
	st.submit("U0BEN", "reason", "this is our own test")
	assert.Contains(t, st.tell("run0/escalate/0").Text, "there is an objection by ben")
}

func TestEveryVoteIsOneLine(t *testing.T) {
	st := telling(t)
	st.approve("U0ANA")
	assert.Contains(t, st.tell("run0/vote/0").Text, "*ana* (security) approved by Slack click")
	st.click("U0BEN", deny)
	st.submit("U0BEN", "reason", "a <!channel> test")
	m := st.tell("run0/vote/1")
	assert.Contains(t, m.Text, "*ben* (security) objects")
	assert.NotContains(t, m.Text, "<!channel>")
	assert.False(t, m.Broadcast)
}

func TestAnAlarmRingsTheOwnerAndSaysWhatToTrust(t *testing.T) {
	st := telling(t)
	st.book.add(incident.Alarmed{What: slack.AlarmCard, Detail: "the card 1.2 in channel C08: version 3 is not what was written"})
	m := st.tell("alarm/0")
	assert.Contains(t, m.Text, "ALARM: a card was changed by somebody else")
	assert.Contains(t, m.Text, "version 3 is not what was written")
	assert.Contains(t, m.Text, "rotate it")
	assert.Contains(t, m.Text, "<@U0CHO>")
	assert.True(t, m.Broadcast)
}

func TestAPlanThatIsTooLongForItsCardIsAFileUnderIt(t *testing.T) {
	st := telling(t, func(p *incident.Plan) {
		p.Calls = nil
		for i := range 40 {
			p.Calls = append(p.Calls, pauseCall("pause/"+string(rune('a'+i%26))+string(rune('a'+i/26))))
		}
	})
	due := false
	for _, e := range incident.Next(st.book.now()) {
		due = due || e.Do == incident.DoTell && e.Key == "run0/plan"
	}
	require.True(t, due)
	told, err := st.desk.Tell(t.Context(), st.book.now(), "run0/plan")
	require.NoError(t, err)
	assert.Contains(t, told.Text, "the plan as a file")
	calls := st.fake.Calls("files.completeUploadExternal")
	require.Len(t, calls, 1)
	assert.Equal(t, st.book.now().Card.TS, calls[0].Args["thread_ts"])
}

func TestACardLeavesAChannelThatOthersCanReadNow(t *testing.T) {
	shared := ""
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Closed = func(id string) string {
			if id == shared {
				return "is shared with another workspace"
			}
			return ""
		}
	})
	card := st.post()
	shared = channel
	body, err := st.desk.Update(t.Context(), st.book.now())
	require.NoError(t, err)
	assert.Equal(t, incident.CardLost{Why: "the channel is shared with another workspace"}, body)
	m, _ := st.fake.Message(channel, card.TS)
	assert.Empty(t, m.Buttons())
	assert.NotContains(t, string(m.Blocks)+m.Text, "lab-vault", "what it was about is nobody else's")
	st.book.add(body)
	moved := st.post()
	assert.Equal(t, home, moved.Channel, "and is asked elsewhere")
	shared = home
	_, err = st.desk.Post(t.Context(), st.book.now())
	require.NoError(t, err, "the plan's own channel is open again")
}

func TestWhereEveryChannelIsSharedNothingIsPosted(t *testing.T) {
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Closed = func(string) string { return "is shared with another workspace" }
	})
	_, err := st.desk.Post(t.Context(), st.book.now())
	require.ErrorContains(t, err, "every channel for it is shared")
	_, err = st.desk.Tell(t.Context(), st.book.now(), "run0/late")
	require.ErrorContains(t, err, "every channel for it is shared")
	require.ErrorContains(t, st.desk.Page(t.Context(), []string{"the key is away"}), "nothing is said there")
	s := st.book.now()
	p := *s.Runs[0].Plan
	p.Notify = []incident.Notice{{Channel: "home", Text: "done"}}
	s.Runs[0].Plan = &p
	_, err = st.desk.Tell(t.Context(), s, "run0/notify/0")
	require.ErrorContains(t, err, "is shared with another workspace")
	assert.Empty(t, st.fake.Calls("chat.postMessage"))
}

func TestOneCallOfSlacksIsOnTheWayToACard(t *testing.T) {
	st := open(t)
	st.post()
	assert.Len(t, st.fake.Calls(""), 1)
}

// TestWhatLandedOrWasLostIsSaidAgain: after an error nobody knows, and twice is
// better than never.
func TestWhatLandedOrWasLostIsSaidAgain(t *testing.T) {
	for _, landed := range []bool{true, false} {
		for method, key := range map[string]string{"files.completeUploadExternal": "run0/plan", "files.getUploadURLExternal": "run0/plan", "chat.postMessage": "run0/remind/75"} {
			st := telling(t)
			require.NoError(t, st.fake.Inject(slacktest.Fault{Method: method, Times: 1, Effect: slacktest.EffectReset, Landed: landed}))
			_, err := st.desk.Tell(t.Context(), st.book.now(), key)
			require.Error(t, err, method)
			assert.NotContains(t, err.Error(), token)
			told, err := st.desk.Tell(t.Context(), st.book.now(), key)
			require.NoError(t, err, method)
			assert.Equal(t, key, told.Key)
		}
	}
}

func TestACardWhoseUpdateLandedOrWasLostIsUpdatedAgain(t *testing.T) {
	for _, landed := range []bool{true, false} {
		st := telling(t)
		st.approve("U0ANA")
		require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.update", Times: 1, Effect: slacktest.EffectReset, Landed: landed}))
		_, err := st.desk.Update(t.Context(), st.book.now())
		require.Error(t, err)
		assert.Contains(t, st.update().Text, "Approvals 1 of 2")
		st.click("U0BEN", review)
		assert.Zero(t, st.book.count(incident.KindAlarmed), "what we wrote ourselves is no tampering")
	}
}
