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

// ringing opens a stage whose roster can be called.
func ringing(t *testing.T, ids map[string][]string) *stage {
	return open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Mention = func(name string) []string { return ids[name] }
	})
}

func TestThePhonesOfThoseWhoAreAskedRing(t *testing.T) {
	st := ringing(t, map[string][]string{"security": {"U0ANA", "U0BEN", "U0ANA", "<!channel>"}})
	m := st.post()
	assert.Contains(t, seen(m.Blocks), "Asked: <@U0ANA> <@U0BEN>")
	assert.Equal(t, 1, strings.Count(seen(m.Blocks), "<@U0ANA>"), "each once")
	assert.NotContains(t, seen(m.Blocks), "<!channel>", "what is no user id never gets between the brackets")
	st.approve("U0ANA")
	st.approve("U0BEN")
	assert.NotContains(t, seen(st.update().Blocks), "Asked:", "once it is decided nobody is called any more")
}

func TestWhoeverMustActNowIsCalled(t *testing.T) {
	st := ringing(t, map[string][]string{"the duty officer": {"U0CHO"}})
	st.post()
	s := st.book.now()
	s.Runs[0].Phase, s.Runs[0].End = incident.PhaseLapsed, "the deadline passed"
	told, err := st.desk.Tell(t.Context(), s, "run0/end")
	require.NoError(t, err)
	assert.Contains(t, told.Text, "<@U0CHO>")
}

func TestANoticeGoesToItsChannelAndItsTextIsNoMarkup(t *testing.T) {
	st := open(t)
	s := st.book.now()
	plan := *s.Runs[0].Plan
	plan.Notify = []incident.Notice{{Channel: "home", Text: "paused, <!channel> & all"}, {Channel: "no-such", Text: "second"}}
	s.Runs[0].Plan, s.Runs[0].Phase = &plan, incident.PhaseContained
	for _, key := range []string{"run0/notify/0", "run0/notify/1"} {
		told, err := st.desk.Tell(t.Context(), s, key)
		require.NoError(t, err)
		assert.Equal(t, key, told.Key)
	}
	posted := st.fake.Messages(home)
	require.Len(t, posted, 2, "a channel that is not configured falls back to the home channel")
	assert.Contains(t, posted[0].Text, "&lt;!channel&gt; &amp; all")
	assert.Equal(t, "second", posted[1].Text)
}
