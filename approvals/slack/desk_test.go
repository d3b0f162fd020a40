package slack_test

import (
	"context"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

func TestACardThatLandedAlthoughItsAnswerWasLostDoesNoHarm(t *testing.T) {
	st := open(t)
	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: slacktest.EffectReset, Landed: true}))
	_, err := st.desk.Post(t.Context(), st.book.now())
	require.Error(t, err, "it is not known whether people see it")
	st.post()
	require.Len(t, st.fake.Messages(channel), 2)
	orphan := st.fake.Messages(channel)[0]

	d, err := st.fake.Click(t.Context(), "U0ANA", channel, orphan.TS, review)
	require.NoError(t, err)
	assert.True(t, d.Acked)
	assert.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction)
	st.approve("U0BEN")
	assert.Equal(t, incident.PhaseExecuting, st.book.now().Phase())

	// A click on the orphan brings it up to date.
	_, err = st.fake.Click(t.Context(), "U0CHO", channel, orphan.TS, review)
	require.NoError(t, err)
	assert.Contains(t, st.readView("U0CHO"), "already approved by ana, ben")
	mended, err := st.fake.WaitMessage(t.Context(), channel, func(m slacktest.Message) bool { return m.TS == orphan.TS && len(m.Buttons()) == 0 })
	require.NoError(t, err)
	assert.Contains(t, mended.Text, "Approved, sending")
}

func TestACardThatWasLostIsPostedByTheNextTry(t *testing.T) {
	for name, fault := range map[string]slacktest.Fault{
		"down":  {Effect: slacktest.EffectStatus},
		"reset": {Effect: slacktest.EffectReset},
		"hang":  {Effect: slacktest.EffectHang},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) { c.Timeout = 300 * time.Millisecond })
			fault.Method, fault.Times = "chat.postMessage", 1
			require.NoError(t, st.fake.Inject(fault))
			_, err := st.desk.Post(t.Context(), st.book.now())
			require.Error(t, err)
			assert.NotContains(t, err.Error(), token)
			assert.Empty(t, st.fake.Messages(channel))
			st.post()
			assert.Len(t, st.fake.Messages(channel), 1)
		})
	}
}

func TestARateLimitIsWaitedForWithinTheContext(t *testing.T) {
	st := open(t)
	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: slacktest.EffectRateLimit, RetryAfter: time.Second}))
	st.post()
	assert.Len(t, st.fake.Calls("chat.postMessage"), 2)

	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.update", Effect: slacktest.EffectRateLimit, RetryAfter: 30 * time.Second}))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := st.desk.Update(ctx, st.book.now())
	assert.ErrorContains(t, err, "retry after 30s")
	assert.NoError(t, ctx.Err(), "what cannot be waited for is given back at once")
}

func TestEveryVersionOfACardHasItsOwnBlockIDs(t *testing.T) {
	st := open(t)
	first := st.post()
	st.approve("U0ANA")
	second := st.update()
	assert.Equal(t, first.TS, second.TS)
	assert.NotEqual(t, first.Buttons()[0].BlockID, second.Buttons()[0].BlockID)
	assert.Equal(t, st.book.now().Face, st.book.now().Card.Version)
}

func TestACardThatCanNeverBeChangedAgainIsLost(t *testing.T) {
	for _, code := range []string{"message_not_found", "cant_update_message", "is_inactive", "edit_window_closed", "channel_not_found", "block_mismatch"} {
		st := open(t)
		st.post()
		require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.update", Times: 1, Effect: slacktest.EffectError, Code: code}))
		body, err := st.desk.Update(t.Context(), st.book.now())
		require.NoError(t, err)
		assert.Equal(t, incident.CardLost{Why: code}, body)
	}
	for _, code := range []string{"token_revoked", "ratelimited", "internal_error"} {
		st := open(t)
		st.post()
		require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.update", Times: 1, Effect: slacktest.EffectError, Code: code}))
		_, err := st.desk.Update(t.Context(), st.book.now())
		assert.ErrorContains(t, err, code)
	}
	st := open(t)
	body, err := st.desk.Update(t.Context(), st.book.now())
	require.NoError(t, err)
	assert.Equal(t, incident.CardLost{Why: "there is no card"}, body)
}

func TestACardGoesHomeWhenItsChannelIsGone(t *testing.T) {
	st := open(t)
	require.NoError(t, st.fake.SetChannel(slacktest.Channel{ID: channel, Name: "incident", IsArchived: true}))
	card := st.post()
	assert.Equal(t, home, card.Channel)
	assert.True(t, st.approve("U0ANA").Acked, "and people can vote there")

	require.NoError(t, st.fake.SetChannel(slacktest.Channel{ID: home, Name: "home", IsPrivate: true, BotAbsent: true}))
	_, err := st.desk.Post(t.Context(), st.book.now())
	assert.ErrorContains(t, err, "invite the app into the channel")
}

func TestPeopleAreToldWhatBecameOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		end  incident.Body
		key  string
		says []string
		loud bool
	}{
		"lapsed":   {incident.Lapsed{Why: "nobody answered"}, "run0/end", []string{"Expired, nothing sent: pause lab-vault on lab", "nobody answered", "This is now for the duty officer", "*Owner* team-vault"}, true},
		"declined": {incident.Declined{By: []string{"ana"}, Why: "denied by ana"}, "run0/end", []string{"Denied, nothing sent", "denied by ana"}, false},
		"moot":     {incident.Moot{Why: "the vault is paused already"}, "run0/end", []string{"Nothing to do", "the vault is paused already"}, false},
		"another":  {incident.Moot{Why: "so"}, "run0/word", []string{"Nothing to do"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			card := st.post()
			st.book.add(c.end)
			told, err := st.desk.Tell(t.Context(), st.book.now(), c.key)
			require.NoError(t, err)
			reply := st.fake.Messages(channel)[1]
			assert.Equal(t, card.TS, reply.ThreadTS)
			assert.Equal(t, c.loud, reply.Broadcast)
			for _, want := range c.says {
				assert.Contains(t, told.Text, want)
			}
		})
	}
}

func TestADelayIsToldWhileSendingGoesOn(t *testing.T) {
	st := open(t)
	st.post()
	st.approve("U0ANA")
	st.approve("U0BEN")
	told, err := st.desk.Tell(t.Context(), st.book.now(), "run0/late")
	require.NoError(t, err)
	assert.Contains(t, told.Text, "Not done yet: pause lab-vault on lab")
	assert.Contains(t, told.Text, "It was approved by ana, ben, and after 1m0s not every call is in a block.")
	assert.Contains(t, told.Text, "*pause* is being prepared")
}

func TestThatItHoldsIsToldQuietlyBeforeItIsFinal(t *testing.T) {
	st := open(t)
	st.post()
	st.approve("U0ANA")
	st.approve("U0BEN")
	told, err := st.desk.Tell(t.Context(), st.book.now(), "run0/held")
	require.NoError(t, err)
	assert.Contains(t, told.Text, "It holds: pause lab-vault on lab")
	assert.Contains(t, told.Text, "until it is final")
	replies := st.fake.Messages(channel)
	assert.False(t, replies[len(replies)-1].Broadcast)
}

func TestWhatCannotBeProvedOrHoldsNoMoreIsToldLoudly(t *testing.T) {
	for key, says := range map[string]string{"run0/unproved": "Not proved yet: pause lab-vault on lab", "run0/undone/pause": "It holds no more: pause lab-vault on lab"} {
		st := open(t)
		st.post()
		st.approve("U0ANA")
		st.approve("U0BEN")
		told, err := st.desk.Tell(t.Context(), st.book.now(), key)
		require.NoError(t, err)
		assert.Contains(t, told.Text, says)
		replies := st.fake.Messages(channel)
		assert.True(t, replies[len(replies)-1].Broadcast)
	}
}

func TestABidThatWaitsIsToldWithWhatAPersonCanDo(t *testing.T) {
	st := open(t)
	st.post()
	st.approve("U0ANA")
	st.approve("U0BEN")
	st.book.add(incident.Priced{Key: "guardian", Step: "pause", Attempt: 1, Issue: 1, ChainID: 1337, Gas: 100_000,
		FeeCap: incident.NewQuantity(1e9), Tip: incident.NewQuantity(1)},
		incident.Signed{Step: "pause", Attempt: 1, Raw: []byte{2}, Hash: common.Hash{1}}, incident.Broadcast{Step: "pause", Attempt: 1},
		incident.Stalled{Step: "pause", Attempt: 1, Why: "the account can put up 0 ETH", Mend: "send ETH to 0x33"})
	told, err := st.desk.Tell(t.Context(), st.book.now(), "run0/stalled/pause/1")
	require.NoError(t, err)
	assert.Contains(t, told.Text, "A transaction waits: pause lab-vault on lab")
	assert.Contains(t, told.Text, "no higher bid is possible: the account can put up 0 ETH.")
	assert.Contains(t, told.Text, "*Do* send ETH to 0x33")
	replies := st.fake.Messages(channel)
	assert.True(t, replies[len(replies)-1].Broadcast, "the whole channel sees it")
}

func TestWhatHasNoCardIsToldInAChannel(t *testing.T) {
	st := open(t)
	ended := incident.State{ID: "01JEQ7V5M2K30000", Opened: opened(), Runs: []incident.Run{{Phase: incident.PhaseEscalated,
		End: "the playbook's condition failed to evaluate", Mend: "look at the alert and decide by hand"}}}
	told, err := st.desk.Tell(t.Context(), ended, "run0/end")
	require.NoError(t, err)
	assert.Contains(t, told.Text, "A person must act now: vault-drain")
	assert.Contains(t, told.Text, "What to do: look at the alert and decide by hand.")
	assert.Equal(t, told.Text, st.fake.Messages(home)[0].Text)
}

func TestAThreadThatIsGoneDoesNotKeepPeopleInTheDark(t *testing.T) {
	st := open(t)
	st.post()
	st.book.add(incident.Lapsed{Why: "nobody answered"})
	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: slacktest.EffectError, Code: "thread_not_found"}))
	_, err := st.desk.Tell(t.Context(), st.book.now(), "run0/end")
	require.NoError(t, err)
	assert.Empty(t, st.fake.Messages(channel)[1].ThreadTS)

	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "chat.postMessage", Effect: slacktest.EffectStatus}))
	_, err = st.desk.Tell(t.Context(), st.book.now(), "run0/end")
	assert.ErrorContains(t, err, "tell in thread")
}
