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

func TestAPageGoesHomeAndRings(t *testing.T) {
	st := ringing(t, map[string][]string{"protocol": {"U0CHO"}})
	require.NoError(t, st.desk.Page(t.Context(), []string{"The key cannot be reached.", "Why: <!channel> said so"}, "protocol", "nobody"))
	posted := st.fake.Messages(home)
	require.Len(t, posted, 1)
	assert.Contains(t, posted[0].Text, "*The key cannot be reached.*\n")
	assert.Contains(t, posted[0].Text, "<@U0CHO>")
	assert.NotContains(t, posted[0].Text, "<!channel>")
	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: slacktest.EffectStatus}))
	require.Error(t, st.desk.Page(t.Context(), []string{"lost"}))
}

// TestARefusalOfTheKeyIsReadOnTheCardAndInTheEnd: code and text, in full.
func TestARefusalOfTheKeyIsReadOnTheCardAndInTheEnd(t *testing.T) {
	st := open(t)
	st.post()
	st.approve("U0ANA")
	st.approve("U0BEN")
	priced := incident.Priced{Key: "guardian", Step: "pause", Attempt: 1, Issue: 1, ChainID: 1337, Gas: 100_000, FeeCap: incident.NewQuantity(1e9), Tip: incident.NewQuantity(1)}
	st.book.add(priced)
	step := st.book.now().Run().Steps[0]
	last, _ := step.Last()
	slot := last.Slot()
	const why = "firebreak: DENY RATE: the limit of rule pause is used up: 5 of 5 signatures within one hour, the next at 03:51:07 (rule pause)"
	st.book.add(incident.Refused{Step: "pause", Attempt: 1, Slot: &slot, Code: "RATE", Why: why})
	assert.Contains(t, seen(st.update().Blocks), why)
	st.book.add(incident.Escalated{Stage: "execute", Why: "pause: RATE: " + why, Mend: "carry it out by hand"})
	told, err := st.desk.Tell(t.Context(), st.book.now(), "run0/end")
	require.NoError(t, err)
	assert.Contains(t, told.Text, why)
}
