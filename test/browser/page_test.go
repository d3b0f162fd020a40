//go:build browser

package browser_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/test/browser/browsertest"
)

// Slack is down, and the key in Vault counts two guardians for the call. What
// the page collects is what the key takes.
func TestTwoGuardiansStopAnAttackWithPasskeyAndWalletWhileSlackIsDown(t *testing.T) {
	s := openSite(t, "vault-drain")
	s.Go(s.origin + "/")
	s.Sees("nothing is shown here before you sign in")
	s.CheckReadable()
	s.Picture("page-sign-in")
	s.enrol("ana")
	s.attack()

	s.signIn("ana", "passkey")
	s.openRequest()
	s.CheckReadable()
	s.Picture("page-request")
	s.Resize(browsertest.Size{Width: 320, Height: 640})
	s.CheckWidth()
	s.Sharp(browsertest.Phone)
	words := browsertest.Ask[string](s.Page, `document.querySelector("#id-heading ~ dl .words").textContent`)
	s.Click(`summary.primary`)
	s.Sees("You are about to approve")
	s.CheckReadable()
	browsertest.Ask[bool](s.Page, `(document.querySelector("#answer").scrollIntoView(), true)`)
	s.Picture("page-approve")
	s.Click(`[data-vote="approve"][data-how="passkey"]`)
	s.Sees("Your approval is recorded")
	s.Sees("ana (security) approved")
	vote := s.incident().Run().Votes[0]
	assert.Equal(t, incident.AssurancePasskey, vote.Assurance)
	assert.Len(t, vote.Consents, 1, "the signature goes on to the key")
	assert.Equal(t, words, vote.Digest.Words())
	s.signOut()

	s.signIn("dee", "wallet")
	s.openRequest()
	s.Click(`summary.primary`)
	s.Click(`[data-vote="approve"][data-how="wallet"]`)
	s.Sees("Your approval is recorded")
	state := s.comesTo(incident.PhaseContained) // so the real plugin has counted both
	s.Sees("Result")
	s.Sees("checked at depth")
	s.CheckReadable()
	browsertest.Ask[bool](s.Page, `(scrollTo(0, 0), true)`)
	s.Picture("page-approved")
	assert.Equal(t, incident.AssuranceWallet, state.Run().Votes[1].Assurance)
	approval := s.wallet.seen()[1]
	assert.Equal(t, "ContainmentApproval", approval.PrimaryType)
	assert.Contains(t, approval.Message["action"], "pause()", "the wallet shows what it signs")
	assert.Zero(t, state.Card.Version, "Slack never had a card")
}

func TestTwoGuardiansDenyWithAWallet(t *testing.T) {
	s := openSite(t, "vault-drain")
	s.attack()
	for _, person := range []string{"ana", "dee"} {
		s.signIn(person, "wallet")
		s.openRequest()
		s.Click(`summary.danger`)
		s.Click(`[data-vote="deny"][data-how="wallet"]`)
		s.Sees("Say why you deny it")
		s.Type("#reason", "It is our own migration.")
		s.Click(`[data-vote="deny"][data-how="wallet"]`)
		s.Sees("Your denial is recorded.") // the page has the same words before, without the full stop
		s.CheckReadable()
		if person == "ana" {
			s.signOut()
		}
	}
	s.Sees("Result")
	s.SeesNot("Your answer")
	browsertest.Ask[bool](s.Page, `(scrollTo(0, 0), true)`)
	s.Picture("page-denied")
	state := s.incident()
	assert.Equal(t, incident.PhaseDeclined, state.Phase())
	for _, v := range state.Run().Votes {
		assert.Equal(t, incident.AssuranceWallet, v.Assurance)
		assert.Equal(t, "It is our own migration.", v.Reason)
	}
}

// A plan of several calls is several signatures: each says what it is for and
// waits for a tap, which browsers want too.
func TestAPlanOfTwoCallsIsSignedTwice(t *testing.T) {
	s := openSite(t, "allowance-phish")
	s.enrol("ana")
	s.attack()
	s.signIn("ana", "passkey")
	s.openRequest()
	calls := len(s.incident().Run().Plan.Calls)
	require.Greater(t, calls, 1)
	s.Click(`summary.primary`)
	s.Click(`[data-vote="approve"][data-how="passkey"]`)
	for i := 2; i <= calls; i++ {
		s.Sees(fmt.Sprintf("Sign %d of %d", i, calls))
		s.CheckReadable()
		s.Sees("Your passkey counts its uses") // the virtual one does
		if i == 2 {
			s.Picture("page-second")
		}
		s.Click(`#next button`)
	}
	s.Sees("Your approval is recorded")
	votes := s.incident().Run().Votes
	require.Len(t, votes, 1)
	assert.Len(t, votes[0].Consents, calls)
}
