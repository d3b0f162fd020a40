package incident_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func asking(t *testing.T) *story {
	p := plan("pause", "block/1")
	return newStory(t).add(opened(), planned(p), incident.Asked{Digest: p.Digest(), Deadline: t0.Add(10 * time.Minute)})
}

func walletVote(person string, decision incident.Decision, consents ...incident.Consent) incident.Voted {
	p := plan("pause", "block/1")
	v := vote(person, decision, p.Digest())
	v.Vote.Assurance, v.Vote.Consents = incident.AssuranceWallet, consents
	return v
}

func consent(step, text string) incident.Consent {
	return incident.Consent{Step: step, Approval: json.RawMessage(text)}
}

func TestTheKeyGetsTheSignaturesOfWhoeverStillApproves(t *testing.T) {
	s := asking(t)
	s.add(walletVote("ana", incident.Approve, consent("pause", `{"by":"ana"}`)))
	s.add(walletVote("ben", incident.Approve, consent("pause", `{"by":"ben"}`)))
	assert.Equal(t, []json.RawMessage{[]byte(`{"by":"ana"}`), []byte(`{"by":"ben"}`)}, s.state.Run().Consents("pause"))
	assert.Empty(t, s.state.Run().Consents("block/1"), "a signature is for one call")
	denied := walletVote("ana", incident.Deny)
	denied.Vote.Delivery = "again"
	s.add(denied)
	assert.Equal(t, []json.RawMessage{[]byte(`{"by":"ben"}`)}, s.state.Run().Consents("pause"), "who denied consents no more")
}

func TestASignatureThatBelongsToNoCallIsNoPartOfAVote(t *testing.T) {
	weak := walletVote("ana", incident.Approve, consent("pause", `{}`))
	weak.Vote.Assurance = incident.AssuranceSlack
	for name, v := range map[string]incident.Voted{
		"another step":  walletVote("ana", incident.Approve, consent("upgrade", `{}`)),
		"twice":         walletVote("ana", incident.Approve, consent("pause", `{}`), consent("pause", `{}`)),
		"too long":      walletVote("ana", incident.Approve, consent("pause", `"`+strings.Repeat("a", 16<<10)+`"`)),
		"with a denial": walletVote("ana", incident.Deny, consent("pause", `{}`)),
		"with a click":  weak,
	} {
		assert.Error(t, asking(t).try(v), name)
	}
}
