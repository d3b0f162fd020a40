package slacktest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// opened posts a card, clicks review as ben and opens a modal for him.
func opened(t *testing.T, s *slacktest.Server, api *slack.Client) *slack.ViewResponse {
	t.Helper()
	d, err := s.Click(t.Context(), "U0BEN", channel, postCard(t, api), "approval.review")
	require.NoError(t, err)
	v, err := api.OpenViewContext(t.Context(), d.TriggerID, modal("one"))
	require.NoError(t, err)
	return v
}

func phrase(block, text string) map[string]map[string]string {
	return map[string]map[string]string{block: {"phrase": text}}
}

func TestATriggerWorksOnceAndForThreeSeconds(t *testing.T) {
	c := &clock{now: time.Now()}
	s, api := start(t, func(cfg *slacktest.Config) { cfg.Now = c.Now })
	newApp(t, s)
	ts := postCard(t, api)
	click := func() string {
		d, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
		require.NoError(t, err)
		return d.TriggerID
	}
	open := func(trigger string, v slack.ModalViewRequest) error {
		_, err := api.OpenViewContext(t.Context(), trigger, v)
		return err
	}
	late := click()
	c.Advance(3*time.Second + time.Millisecond)
	assert.EqualError(t, open(late, modal("x")), "expired_trigger_id")
	fresh := click()
	c.Advance(3 * time.Second)
	bad := modal("x")
	bad.Title = text("a title that is longer than 24")
	require.EqualError(t, open(fresh, bad), "invalid_arguments")
	assert.NoError(t, open(fresh, modal("x")), "a view that was refused did not spend the trigger")
	assert.EqualError(t, open(fresh, modal("y")), "exchanged_trigger_id")
	assert.EqualError(t, open("1.2.forged", modal("x")), "invalid_trigger_id")
}

func TestASubmissionCarriesStateHashAndPrivateMetadata(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	v := opened(t, s, api)
	d, err := s.Submit(t.Context(), "U0BEN", v.ID, phrase("type.one", "PAUSE USDX"))
	require.NoError(t, err)
	assert.True(t, d.Acked)
	cb := a.seen()[1]
	assert.Equal(t, slack.InteractionTypeViewSubmission, cb.Type)
	assert.Equal(t, "PAUSE USDX", cb.View.State.Values["type.one"]["phrase"].Value)
	assert.Equal(t, "request one", cb.View.PrivateMetadata)
	assert.Equal(t, "approval.vote", cb.View.CallbackID)
	assert.Equal(t, v.Hash, cb.View.Hash)
	_, open := s.OpenView("U0BEN")
	assert.False(t, open, "an empty answer closes the view")
}

func TestTheClientItselfHoldsBackAnIncompleteSubmission(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	v := opened(t, s, api)
	var missing *slacktest.InputError
	_, err := s.Submit(t.Context(), "U0BEN", v.ID, nil)
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "type.one", missing.BlockID)
	_, err = s.Submit(t.Context(), "U0BEN", v.ID, map[string]map[string]string{"type.one": {"phrase": "x"}, "other": {"y": "z"}})
	assert.ErrorContains(t, err, "does not have")
	_, err = s.Submit(t.Context(), "U0ANA", v.ID, phrase("type.one", "x"))
	assert.ErrorContains(t, err, "not in front of")
	require.NoError(t, s.SetUser(slacktest.User{ID: "U0BEN", Deleted: true}))
	_, err = s.Submit(t.Context(), "U0BEN", v.ID, phrase("type.one", "x"))
	assert.ErrorContains(t, err, "deactivated")
	assert.Len(t, a.seen(), 1, "only the click was delivered")
}

func TestResponseActionsDoWhatSlackDoes(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	v := opened(t, s, api)
	submit := func(id, block string, answer any) slacktest.Delivery {
		a.answerWith(func(w http.ResponseWriter, _ *http.Request, _ slack.InteractionCallback) {
			if text, isText := answer.(string); isText {
				_, _ = w.Write([]byte(text))
				return
			}
			assert.NoError(t, json.NewEncoder(w).Encode(answer))
		})
		d, err := s.Submit(t.Context(), "U0BEN", id, phrase(block, "PAUSE"))
		require.NoError(t, err)
		return d
	}
	d := submit(v.ID, "type.one", slack.NewErrorsViewSubmissionResponse(map[string]string{"type.one": "Type PAUSE USDX."}))
	assert.Equal(t, map[string]string{"type.one": "Type PAUSE USDX."}, d.FieldErrors)
	assert.Empty(t, d.Notice)

	d = submit(v.ID, "type.one", slack.NewErrorsViewSubmissionResponse(map[string]string{"no.such": "x"}))
	assert.Contains(t, d.Notice, "trouble", "keys must be input blocks")
	d = submit(v.ID, "type.one", "<html>")
	assert.Contains(t, d.Notice, "trouble")

	two := modal("two")
	submit(v.ID, "type.one", slack.NewUpdateViewSubmissionResponse(&two))
	now, _ := s.OpenView("U0BEN")
	assert.Equal(t, "Review two", now.Title)
	assert.Equal(t, v.ID, now.ID)
	assert.NotEqual(t, v.Hash, now.Hash)
	assert.Empty(t, now.Notice)

	three := modal("three")
	submit(v.ID, "type.two", slack.NewPushViewSubmissionResponse(&three))
	now, _ = s.OpenView("U0BEN")
	assert.Equal(t, v.ID, now.PreviousID)
	submit(now.ID, "type.three", "")
	now, _ = s.OpenView("U0BEN")
	assert.Equal(t, v.ID, now.ID, "closing shows the view underneath")
	submit(v.ID, "type.two", slack.NewClearViewSubmissionResponse())
	_, open := s.OpenView("U0BEN")
	assert.False(t, open)
}

func TestAnUnackedSubmissionLeavesTheViewOpenWithANotice(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	v := opened(t, s, api)
	a.answerWith(func(w http.ResponseWriter, _ *http.Request, _ slack.InteractionCallback) { w.WriteHeader(503) })
	d, err := s.Submit(t.Context(), "U0BEN", v.ID, phrase("type.one", "x"))
	require.NoError(t, err)
	assert.False(t, d.Acked)
	now, open := s.OpenView("U0BEN")
	require.True(t, open)
	assert.NotEmpty(t, now.Notice)
}

func TestViewUpdateChecksTheHash(t *testing.T) {
	s, api := start(t)
	newApp(t, s)
	v := opened(t, s, api)
	_, err := api.UpdateViewContext(t.Context(), modal("two"), "", "1.stale", v.ID)
	assert.EqualError(t, err, "hash_conflict")
	up, err := api.UpdateViewContext(t.Context(), modal("two"), "", v.Hash, v.ID)
	require.NoError(t, err)
	assert.NotEqual(t, v.Hash, up.Hash)
	_, err = api.UpdateViewContext(t.Context(), modal("two"), "", "", "V0NONE")
	assert.EqualError(t, err, "not_found")
}

func TestViewsStackThreeDeepAndExternalIDsAreUnique(t *testing.T) {
	s, api := start(t)
	newApp(t, s)
	d, err := s.Click(t.Context(), "U0BEN", channel, postCard(t, api), "approval.review")
	require.NoError(t, err)
	_, err = api.PushViewContext(t.Context(), d.TriggerID, modal("x"))
	assert.EqualError(t, err, "not_found", "a trigger from a message has no view to push on")
	withButton := func(id string) slack.ModalViewRequest {
		v := modal(id)
		v.ExternalID = "ext." + id
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, slack.NewActionBlock("more", slack.NewButtonBlockElement("more", "1", text("More"))))
		return v
	}
	top, err := api.OpenViewContext(t.Context(), d.TriggerID, withButton("1"))
	require.NoError(t, err)
	for _, c := range []struct{ id, want string }{{"2", ""}, {"3", ""}, {"3", "duplicate_external_id"}, {"4", "push_limit_reached"}} {
		d, err = s.Press(t.Context(), slacktest.Press{User: "U0BEN", ViewID: top.ID, ActionID: "more"})
		require.NoError(t, err)
		next, err := api.PushViewContext(t.Context(), d.TriggerID, withButton(c.id))
		if c.want != "" {
			assert.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err)
		top = next
	}
}

func TestClosingTellsTheAppOnlyWhenItAsked(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	v := opened(t, s, api)
	d, err := s.CloseView(t.Context(), "U0BEN", v.ID)
	require.NoError(t, err)
	assert.False(t, d.Sent)
	click, err := s.Click(t.Context(), "U0BEN", channel, postCard(t, api), "approval.review")
	require.NoError(t, err)
	asked := modal("two")
	asked.NotifyOnClose = true
	v, err = api.OpenViewContext(t.Context(), click.TriggerID, asked)
	require.NoError(t, err)
	d, err = s.CloseView(t.Context(), "U0BEN", v.ID)
	require.NoError(t, err)
	assert.True(t, d.Sent && d.Acked)
	last := a.seen()[len(a.seen())-1]
	assert.Equal(t, slack.InteractionTypeViewClosed, last.Type)
	_, err = s.CloseView(t.Context(), "U0BEN", v.ID)
	assert.Error(t, err)
}
