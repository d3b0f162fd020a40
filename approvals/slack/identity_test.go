package slack_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

// readView is what a person sees after a click that came to nothing.
func (st *stage) readView(user string) string {
	st.t.Helper()
	v := st.view(user)
	assert.Empty(st.t, v.Submit, "nothing can be submitted")
	return seen(v.Blocks)
}

func TestWhoMayNotVoteIsToldSoAtTheClick(t *testing.T) {
	for name, c := range map[string]struct {
		user   string
		change func(*slacktest.Attempt) *slacktest.Attempt
		plan   func(*incident.Plan)
		says   string
		reason slack.Reason
	}{
		"not on the roster": {user: "U0ZOE", says: "not on the approvers' roster", reason: slack.ReasonUnknown},
		"team not asked":    {user: "U0FAY", says: "This request is for security, and you are in marketing", reason: slack.ReasonRules},
		"the requester": {user: "U0BEN", plan: func(p *incident.Plan) { p.Requester = "ben" },
			says: "You asked for this request, so you cannot approve it.", reason: slack.ReasonRules},
		"another workspace's user": {user: "U0ANA", change: func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("user.team_id", "T0OTHER") },
			says: "You are in another workspace", reason: slack.ReasonForeign},
		"another channel": {user: "U0ANA", change: func(a *slacktest.Attempt) *slacktest.Attempt {
			return a.Set("channel.id", elsewhere).Set("container.channel_id", elsewhere)
		}, says: "not one in which approvals are asked", reason: slack.ReasonChannel},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			if c.plan != nil {
				p := plan()
				c.plan(&p)
				st.book.restart(p)
			}
			st.post()
			a := st.attempt(c.user)
			if c.change != nil {
				a = c.change(a)
			}
			d, err := a.Send(t.Context())
			require.NoError(t, err)
			assert.True(t, d.Acked, "nobody is left in silence")
			assert.Contains(t, st.readView(c.user), c.says)
			assert.Equal(t, []slack.Reason{c.reason}, st.refused())
		})
	}
}

// TestAnAccountIsCheckedWhenTheVoteIsCast changes an account between the click
// and the vote.
func TestAnAccountIsCheckedWhenTheVoteIsCast(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*slacktest.User)
		says   string
	}{
		"deactivated":     {func(u *slacktest.User) { u.Deleted = true }, "is deactivated"},
		"guest":           {func(u *slacktest.User) { u.IsRestricted = true }, "is a guest"},
		"one-channel":     {func(u *slacktest.User) { u.IsUltraRestricted = true }, "is a guest"},
		"bot":             {func(u *slacktest.User) { u.IsBot = true }, "is a bot"},
		"workflow bot":    {func(u *slacktest.User) { u.IsWorkflowBot = true }, "is a bot"},
		"stranger":        {func(u *slacktest.User) { u.IsStranger = true }, "is a stranger"},
		"moved elsewhere": {func(u *slacktest.User) { u.TeamID = "T0OTHER" }, "belongs to another workspace"},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			st.post()
			require.True(t, st.click("U0ANA", review).Acked)
			view := st.view("U0ANA")
			a, err := st.fake.NewSubmit("U0ANA", view.ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
			require.NoError(t, err)
			u := slacktest.User{ID: "U0ANA", Name: "ana", TeamID: team}
			c.change(&u)
			require.NoError(t, st.fake.SetUser(u))
			d, err := a.Send(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "update", d.ResponseAction)
			assert.Contains(t, st.readView("U0ANA"), c.says)
			assert.Contains(t, st.refused(), slack.ReasonAccount)
			assert.Zero(t, st.book.count(incident.KindVoted))
		})
	}
}

func TestAForgedSubmissionByAnotherUserIsThatUsersVoteOrNone(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	for user, says := range map[string]string{"U0ZOE": "not on the approvers' roster", "U0FAY": "This request is for security"} {
		a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
		require.NoError(t, err)
		d, err := a.Set("user.id", user).Send(t.Context())
		require.NoError(t, err)
		assert.Contains(t, string(d.Reply), says)
		st.click("U0ANA", review)
	}
	assert.Zero(t, st.book.count(incident.KindVoted))
}

func TestAVoteFromASharedChannelDoesNotCount(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	require.NoError(t, st.fake.SetChannel(slacktest.Channel{ID: channel, Name: "incident", IsPrivate: true, IsExtShared: true, Members: []string{"U0ANA"}}))
	st.submit("U0ANA", "phrase", thePlan)
	assert.Contains(t, st.readView("U0ANA"), "shared with another workspace")
	assert.Zero(t, st.book.count(incident.KindVoted))
}

func TestWhoLeftTheRosterSinceTheClickDoesNotCount(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	smaller, err := approvals.NewRoster([]approvals.Person{{Name: "ben", Teams: []string{"security"}, SlackTeam: team, SlackUser: "U0BEN"}})
	require.NoError(t, err)
	st.book.rules = approvals.Rules{Roster: smaller}
	st.submit("U0ANA", "phrase", thePlan)
	assert.Contains(t, st.readView("U0ANA"), "not on the approvers' roster")
}

func TestAnEmptyRosterMeansNobody(t *testing.T) {
	st := open(t, func(st *stage, _ *slack.Config, _ *slacktest.Config) { st.book.rules = approvals.Rules{} })
	st.post()
	st.click("U0ANA", review)
	assert.Contains(t, st.readView("U0ANA"), "not on the approvers' roster")
}

func TestAnEndedOrReplacedRequestTakesNoVote(t *testing.T) {
	st := open(t)
	st.post()
	for _, user := range []string{"U0ANA", "U0BEN", "U0CHO"} {
		st.click(user, review)
	}
	next := plan()
	next.Revision, next.PlannedAt = 2, st.book.now().Run().Plan.PlannedAt
	card := st.book.now().Card
	st.book.restart(next)
	st.book.add(incident.CardPosted{Channel: card.Channel, TS: card.TS, Version: 1})

	st.submit("U0ANA", "phrase", thePlan)
	assert.Contains(t, st.readView("U0ANA"), "replaced by revision 2")
	_, err := st.fake.ClickStale(t.Context(), slacktest.Press{User: "U0DEE", Channel: channel, TS: card.TS, ActionID: review, Revision: 1})
	require.NoError(t, err)
	assert.Contains(t, st.readView("U0DEE"), "replaced by revision 2")

	st.book.add(incident.Lapsed{Why: "the deadline passed"})
	st.update()
	_, err = st.fake.ClickStale(t.Context(), slacktest.Press{User: "U0ELI", Channel: channel, TS: card.TS, ActionID: review, Revision: 1})
	require.NoError(t, err)
	assert.Contains(t, st.readView("U0ELI"), "replaced by revision 2")
	assert.Zero(t, st.book.count(incident.KindVoted))
}

func TestAVoteAtTheDeadlineIsRefusedEvenBeforeTheEndIsWritten(t *testing.T) {
	st := open(t)
	p := plan()
	p.Quorum.Within = 2 * time.Minute // inside Slack's window, so that a moved clock keeps signatures good
	st.book.restart(p)
	st.post()
	st.click("U0ANA", review)
	st.click("U0BEN", review)
	st.clock = func() time.Time { return st.book.now().Run().Deadline.Add(-time.Millisecond) }
	assert.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction)
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
	st.clock = func() time.Time { return st.book.now().Run().Deadline }
	st.submit("U0BEN", "phrase", thePlan)
	assert.Contains(t, st.readView("U0BEN"), "The deadline was")
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
	st.click("U0CHO", review)
	assert.Contains(t, st.readView("U0CHO"), "The deadline was")
}
