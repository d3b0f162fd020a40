package ballot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

// TestAPlanOfFortyCallsIsOneVote: the largest plan that people may be asked for
// fits into one vote, each signature into what the key takes, and all of them into
// the body that the console reads.
func TestAPlanOfFortyCallsIsOneVote(t *testing.T) {
	a := ask(asking(t, func(p *incident.Plan) {
		p.Calls = nil
		for i := range 40 {
			p.Calls = append(p.Calls, block(fmt.Sprintf("block/%d", i), common.BigToAddress(incident.NewQuantity(uint64(i+100)).Big()).Hex()))
		}
	}), newVault(t).keys(t))
	a.Person = "cleo"
	p, err := ballot.Write(a)
	require.NoError(t, err)
	require.Len(t, p.Sheets, 40)
	assert.True(t, strings.HasPrefix(p.Sheets[39].Title, "Signature 40 of 40: "), p.Sheets[39].Title)
	digests := map[common.Hash]bool{}
	for _, s := range p.Sheets {
		digests[s.Digest] = true
	}
	assert.Len(t, digests, 40)
	body, err := json.Marshal(signed(p))
	require.NoError(t, err)
	assert.Less(t, len(body), 60<<10)
	vote := cast(t, a)
	for _, given := range vote.Consents {
		assert.Less(t, len(given.Approval), signer.MaxApprovalBytes)
	}
	assert.Less(t, len(vote.Evidence), 256<<10)
	add(t, a.State, incident.Voted{Vote: vote})
}

// TestAPasskeyThatCountsIsUsedInTheOrderOfItsSignatures shows a limit: the key
// takes a counter that fell for a clone's. A synced passkey has no counter.
func TestAPasskeyThatCountsIsUsedInTheOrderOfItsSignatures(t *testing.T) {
	for name, c := range map[string]struct {
		counts bool
		first  string
		then   string
		want   string
	}{
		"counting, in order":     {true, "pause", "pause-vault", ""},
		"counting, out of order": {true, "pause-vault", "pause", "counter"},
		"synced, out of order":   {false, "pause-vault", "pause", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t)
			s := asking(t, twoPauses)
			s = voted(t, v, s, "ana")
			a := ask(s, v.keys(t))
			a.Person, a.ID = "cleo", common.Hash{2}
			p, err := ballot.Write(a)
			require.NoError(t, err)
			vote, err := ballot.Read(a, counted(p, c.counts))
			require.NoError(t, err)
			s = add(t, s, incident.Voted{Vote: vote})
			_, err = v.Sign(t.Context(), request(s, c.first, 0, 30))
			require.NoError(t, err)
			verdict, err := v.Check(t.Context(), request(s, c.then, 1, 30))
			require.NoError(t, err)
			assert.Equal(t, c.want == "", verdict.Allowed, verdict.Code)
			assert.Contains(t, verdict.Code, c.want)
		})
	}
}
