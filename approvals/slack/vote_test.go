package slack_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

func TestThePhraseHasToBeTyped(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	for _, wrong := range []string{"PAUSE", "yes", "PAUSE LAB-VAULT NOW", "PAUSE LAB‐VAULT", "UNPAUSE LAB-VAULT"} {
		d := st.submit("U0ANA", "phrase", wrong)
		assert.Equal(t, "errors", d.ResponseAction, wrong)
		assert.Contains(t, d.FieldErrors["phrase"], "Type PAUSE LAB-VAULT")
	}
	assert.Zero(t, st.book.count(incident.KindVoted))
	assert.Equal(t, "update", st.submit("U0ANA", "phrase", "  pause \u00a0lab-vault\n").ResponseAction, "case and blanks are forgiven")
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
}

func TestAVoteThatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	st.book.fail = errors.New("append: the disk is full")
	d := st.submit("U0ANA", "phrase", thePlan)
	assert.Equal(t, "errors", d.ResponseAction, "the person sees that it did not count")
	assert.Contains(t, d.FieldErrors["phrase"], "the disk is full")
	assert.Contains(t, st.refused(), slack.ReasonStore)
	assert.Zero(t, st.book.count(incident.KindVoted))

	assert.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction, "the view is still there to press again")
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
}

func TestAVoteThatLandedAlthoughItsStoreFailedIsFoundAndCountsOnce(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	st.book.fail, st.book.landed = errors.New("append: connection lost"), true
	assert.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "Approvals 1 of 2")
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
}

func TestAStoreThatHangsIsAnsweredInTimeAndNotAsASuccess(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	st.book.hangs = true
	d := st.submit("U0ANA", "phrase", thePlan)
	assert.True(t, d.Acked, "within Slack's three seconds")
	assert.Equal(t, "errors", d.ResponseAction)
	assert.Contains(t, d.FieldErrors["phrase"], "it is not known that your vote is recorded")
}

func TestAReplayedVoteChangesNothing(t *testing.T) {
	st := open(t)
	st.post()
	d := st.approve("U0ANA")
	again, err := st.fake.Replay(t.Context(), d)
	require.NoError(t, err)
	assert.True(t, again.Acked)
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
	assert.Equal(t, incident.PhaseAsking, st.book.now().Phase())
}

func TestAReplayedClickOpensNothing(t *testing.T) {
	st := open(t)
	st.post()
	d := st.click("U0ANA", review)
	again, err := st.fake.Replay(t.Context(), d)
	require.NoError(t, err)
	assert.False(t, again.Acked, "the right to open a view was used up")
	assert.Equal(t, []slack.Reason{slack.ReasonSlack}, st.refused())
}

func TestADoubleClickIsOneVote(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	st.click("U0ANA", review)
	view := st.view("U0ANA").ID
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := st.fake.Submit(context.WithoutCancel(t.Context()), "U0ANA", view, map[string]map[string]string{"phrase": {"phrase": thePlan}})
			done <- err
		}()
	}
	// The second may find the view already replaced: then nothing was sent.
	<-done
	<-done
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
	st.click("U0ANA", review)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "Your vote is already recorded: approved.")
}

func TestAViewThatNamesNoWholeDigestIsNoVote(t *testing.T) {
	st := open(t)
	st.post()
	st.click("U0ANA", review)
	full := st.view("U0ANA").PrivateMetadata
	for name, c := range map[string]struct {
		path, value string
		status      int
	}{
		"a short digest": {"view.private_metadata", full[:40], 400},
		"nothing":        {"view.private_metadata", "", 400},
		"another view":   {"view.callback_id", "somebody.elses", 400},
		"no view id":     {"view.id", "", 400},
		"no hash":        {"view.hash", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
			require.NoError(t, err)
			d, err := a.Set(c.path, c.value).Send(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.status, d.Status)
		})
	}
	other := "v1.01JEQ7V5M2K30000.r1." + incident.DigestOf("x", nil).String()
	a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
	require.NoError(t, err)
	_, err = a.Set("view.private_metadata", other).Send(t.Context())
	require.NoError(t, err)
	assert.Contains(t, st.readView("U0ANA"), "out of date")
	assert.Zero(t, st.book.count(incident.KindVoted))
}

func TestAClickIsAnsweredWhileTheJournalIsSlow(t *testing.T) {
	st := open(t)
	st.post()
	st.book.slow = make(chan struct{})
	d := st.click("U0ANA", review)
	assert.True(t, d.Acked)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "being read from the journal")
	close(st.book.slow)
	v, err := st.fake.WaitView(t.Context(), "U0ANA", func(v slacktest.View) bool { return v.Submit != "" })
	require.NoError(t, err)
	assert.Contains(t, seen(v.Blocks), "type PAUSE LAB-VAULT")
	assert.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction)
}

func TestAVoteIsNotCountedWhileSlackDoesNotVouchForTheAccount(t *testing.T) {
	for name, fault := range map[string]slacktest.Fault{
		"down":        {Effect: slacktest.EffectStatus},
		"rate limit":  {Effect: slacktest.EffectRateLimit, RetryAfter: time.Minute},
		"hang":        {Effect: slacktest.EffectHang},
		"lost answer": {Effect: slacktest.EffectReset, Landed: true},
		"gone":        {Effect: slacktest.EffectError, Code: "user_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			st.post()
			st.click("U0ANA", review)
			fault.Method, fault.Times = "users.info", 1
			require.NoError(t, st.fake.Inject(fault))
			d := st.submit("U0ANA", "phrase", thePlan)
			assert.True(t, d.Acked)
			assert.Zero(t, st.book.count(incident.KindVoted))
			if name == "gone" {
				assert.Contains(t, st.readView("U0ANA"), "does not know your account")
				return
			}
			assert.Contains(t, d.FieldErrors["phrase"], "Slack did not confirm your account")
			assert.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction)
		})
	}
}

func TestAClickForWhichNoViewOpensShowsAnError(t *testing.T) {
	st := open(t)
	st.post()
	require.NoError(t, st.fake.Inject(slacktest.Fault{Method: "views.open", Times: 1, Effect: slacktest.EffectStatus}))
	d := st.click("U0ANA", review)
	assert.False(t, d.Acked)
	assert.NotEmpty(t, d.Notice, "Slack tells the person")
	assert.True(t, st.click("U0ANA", review).Acked)
}

func TestAJournalThatCannotBeReadIsSaidToBe(t *testing.T) {
	st := open(t)
	st.post()
	a := st.attempt("U0ANA")
	d, err := a.Set("actions.0.value", "v1.01JEQ7V5M2K39999.r1.0123456789ab").Send(t.Context())
	require.NoError(t, err)
	assert.True(t, d.Acked)
	assert.Contains(t, st.readView("U0ANA"), "could not be read from the journal")
	assert.Equal(t, []slack.Reason{slack.ReasonUnread}, st.refused())
}

func TestAnEditedCardChangesNeitherTheReviewNorTheVote(t *testing.T) {
	st := open(t)
	card := st.post()
	// Whoever holds the bot's token can rewrite a card without a trace.
	a := st.attempt("U0ANA").Set("message.text", "routine test, please approve")
	d, err := a.Send(t.Context())
	require.NoError(t, err)
	assert.True(t, d.Acked)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), vault.Hex())
	require.Equal(t, "update", st.submit("U0ANA", "phrase", thePlan).ResponseAction)
	assert.True(t, st.book.now().Run().Votes[0].Digest.Equal(st.book.now().Run().Digest))
	assert.Len(t, card.Buttons(), 2)
}
