package slack_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestTheWholeStoryOfARequest(t *testing.T) {
	st := open(t)
	card := st.post()
	assert.Equal(t, channel, card.Channel)
	text := seen(card.Blocks)
	for _, want := range []string{"CRITICAL approval needed: pause lab-vault on lab", "`pause()` value 0 ETH", "`" + vault.Hex() + "` (lab-vault) on lab, chain 1337",
		"*Why now:* 250000 USDC left the vault within one block.", "*If nobody acts by the deadline:* nothing is sent, and the duty officer is called.",
		"*Gas* at most 100000, *cost* at most 0.01 ETH", "*Approvals 0 of 2*", "rule vault.outflow-spike (tenderly)", "<!date^",
		"*Reversible* Yes, unpause() by 3 of 5 guardians.", st.book.now().Run().Digest.Short(), st.book.now().Run().Digest.Words(), "lab block 21334571"} {
		assert.Contains(t, text, want)
	}
	assert.Regexp(t, `^CRITICAL approval needed: pause lab-vault on lab\. Approvals 0 of 2\. Expires \d\d:\d\d:\d\d UTC\. Requested by rule`, card.Text)
	require.Len(t, card.Buttons(), 2)

	require.True(t, st.click("U0ANA", review).Acked)
	shown := st.view("U0ANA")
	for _, want := range []string{"`pause()` value 0 ETH", vault.Hex(), "To approve, type PAUSE LAB-VAULT", "You are asked because you are ana in team security",
		st.book.now().Run().Digest.String(), st.book.now().Run().Digest.Words(), "selector `0x8456cb59`"} {
		assert.Contains(t, seen(shown.Blocks), want)
	}
	assert.Equal(t, "v1.01JEQ7V5M2K30000.r1."+st.book.now().Run().Digest.String(), shown.PrivateMetadata)

	d := st.submit("U0ANA", "phrase", thePlan)
	require.True(t, d.Acked, "%s", d.Reply)
	assert.Equal(t, "update", d.ResponseAction)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "Approvals 1 of 2. Nothing is sent until the quorum is complete.")
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
	assert.Contains(t, seen(st.update().Blocks), "ana (security) approved by Slack click")

	d = st.approve("U0BEN")
	assert.Equal(t, "update", d.ResponseAction)
	assert.Contains(t, seen(st.view("U0BEN").Blocks), "The quorum is complete")
	require.Equal(t, incident.PhaseExecuting, st.book.now().Phase())
	assert.Equal(t, []string{"ana", "ben"}, st.book.now().Run().Authorised.By)
	sending := st.update()
	assert.Empty(t, sending.Buttons())
	assert.Contains(t, sending.Text, "Approved, sending: pause lab-vault on lab. Approved by ana, ben.")

	hash := st.book.ship()
	ended := st.update()
	assert.Empty(t, ended.Buttons(), "an end state has no buttons")
	assert.Contains(t, seen(ended.Blocks), "Contained: pause lab-vault on lab")
	assert.Contains(t, seen(ended.Blocks), "transaction `"+hash.Hex()+"` in block 21334580")
	assert.Contains(t, ended.Text, "s after the alert. Approved by ana, ben.")

	told, err := st.desk.Tell(t.Context(), st.book.now(), "run0/end")
	require.NoError(t, err)
	assert.Equal(t, "run0/end", told.Key)
	reply := st.fake.Messages(channel)[1]
	assert.Equal(t, ended.TS, reply.ThreadTS)
	assert.Equal(t, told.Text, reply.Text)
	assert.Contains(t, reply.Text, hash.Hex())
	assert.Empty(t, st.refused())
	assert.NotContains(t, st.log.String(), token)
}

func TestTheEvidenceOfAVoteIsTheClickWithoutItsKeys(t *testing.T) {
	st := open(t)
	st.post()
	d := st.approve("U0ANA")
	votes := st.book.now().Run().Votes
	require.Len(t, votes, 1)
	v := votes[0]
	assert.Equal(t, incident.AssuranceSlack, v.Assurance)
	assert.Equal(t, "ana", v.Person)
	assert.Len(t, v.Delivery, 64)
	var kept struct {
		Transport, Body, Signature string
		Payload                    struct {
			User struct{ ID string }
			View struct {
				PrivateMetadata string `json:"private_metadata"`
			}
			Token     string
			TriggerID string `json:"trigger_id"`
		}
		Account struct{ ID string }
	}
	require.NoError(t, json.Unmarshal(v.Evidence, &kept))
	assert.Equal(t, "slack-http", kept.Transport)
	assert.Equal(t, "U0ANA", kept.Payload.User.ID)
	assert.Equal(t, "U0ANA", kept.Account.ID)
	assert.Contains(t, kept.Payload.View.PrivateMetadata, v.Digest.String())
	assert.Equal(t, "[redacted]", kept.Payload.Token)
	assert.Equal(t, "[redacted]", kept.Payload.TriggerID)
	assert.NotContains(t, string(v.Evidence), d.TriggerID)
	assert.Equal(t, d.Header.Get("X-Slack-Signature"), kept.Signature)
	assert.NotContains(t, st.log.String(), d.TriggerID)
}

func TestADenialNeedsAReasonAndTwoPeopleEndTheRequest(t *testing.T) {
	st := open(t)
	st.post()
	require.True(t, st.click("U0ANA", deny).Acked)
	d := st.submit("U0ANA", "reason", " \u200b ")
	assert.Equal(t, "errors", d.ResponseAction)
	assert.Contains(t, d.FieldErrors["reason"], "Please say why")
	assert.Zero(t, st.book.count(incident.KindVoted))

	d = st.submit("U0ANA", "reason", "a known *rebalance*\u202e <!channel>")
	assert.Equal(t, "update", d.ResponseAction)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "shown on the card as an objection")
	card := st.update()
	assert.Contains(t, seen(card.Blocks), "*Objection* by ana (security), by Slack click: a known ∗rebalance∗ &lt;!channel&gt;")
	assert.Len(t, card.Buttons(), 2, "one denial does not stop a containment")

	require.True(t, st.click("U0BEN", deny).Acked)
	st.submit("U0BEN", "reason", "agreed")
	assert.Equal(t, incident.PhaseDeclined, st.book.now().Phase())
	card = st.update()
	assert.Empty(t, card.Buttons())
	assert.Contains(t, card.Text, "Denied, nothing sent: pause lab-vault on lab")
}

func TestAnApprovalMayBecomeADenialInSlackToo(t *testing.T) {
	st := open(t)
	st.post()
	st.approve("U0ANA")
	st.click("U0ANA", deny)
	st.submit("U0ANA", "reason", "I misread the address")
	assert.Equal(t, 2, st.book.count(incident.KindVoted))
	st.click("U0ANA", review)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "a denial cannot be taken back")
}

func TestTwoLastVotesAtOnceCompleteTheQuorumOnce(t *testing.T) {
	st := open(t)
	st.post()
	st.approve("U0ANA")
	voters := []string{"U0BEN", "U0CHO", "U0DEE"}
	for _, user := range voters {
		require.True(t, st.click(user, review).Acked)
	}
	done := make(chan string, len(voters))
	for _, user := range voters {
		view := st.view(user).ID
		go func() {
			d, err := st.fake.Submit(context.WithoutCancel(t.Context()), user, view, map[string]map[string]string{"phrase": {"phrase": thePlan}})
			done <- strings.Join([]string{d.ResponseAction, d.Notice}, "") + errText(err)
		}()
	}
	for range voters {
		assert.Equal(t, "update", <-done, "everybody is told what became of it")
	}
	assert.Equal(t, 1, st.book.count(incident.KindAuthorised))
	assert.Equal(t, 2, st.book.count(incident.KindVoted))
}

func errText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestADeadlineIsShownInTheReadersZoneWithUTCBehindIt(t *testing.T) {
	st := open(t)
	at := st.book.now().Run().Deadline.UTC()
	assert.Contains(t, seen(st.post().Blocks), at.Format("|2006-01-02 15:04:05 UTC>"))
	assert.WithinDuration(t, time.Now().Add(10*time.Minute), at, time.Minute)
}
