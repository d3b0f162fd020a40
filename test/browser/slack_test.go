//go:build browser

package browser_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/lab"
	"github.com/firebreak-project/firebreak/test/browser/browsertest"
)

// approveInSlack does what a guardian does who is shown the card: press, read,
// type what the review asks for, submit.
func approveInSlack(p *browsertest.Page, then string) {
	p.Click(`#messages [data-act="approval.review"]`)
	p.Sees("To approve, type")
	p.CheckReadable()
	p.Type(`dialog [data-act="phrase"]`, browsertest.Ask[string](p, `document.querySelector('dialog [data-act="phrase"]').placeholder`))
	p.Click("dialog [type=submit]")
	p.Sees(then)
	p.Click("dialog [data-close]")
}

// The whole of it: a real attack on a real chain, a whole daemon, and two people
// who have nothing but Slack.
func TestTwoGuardiansApproveInSlackAndTheVaultIsPaused(t *testing.T) {
	scene, err := lab.Find("vault-drain")
	require.NoError(t, err)
	at := net.JoinHostPort("127.0.0.1", freePort(t))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := lab.Start(ctx, lab.Options{Scenario: scene, BlockTime: 200 * time.Millisecond, Dir: t.TempDir(), Pace: 20, SlackListen: at})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	played := make(chan error, 1)
	go func() {
		_, err := r.Play(ctx)
		played <- err
	}()

	p := browsertest.Open(t, "http://"+at+"/?user=U0ANA", browsertest.Wide)
	p.Sees("Review and approve")
	approveInSlack(p, "Nothing is sent until the quorum is complete.")
	p.Choose("#user", "U0DEE")
	p.Sees("ana (security) approved by Slack click")
	p.Click("#messages .replies")
	p.Await("the thread", `!document.getElementById("thread").hidden`)
	p.CheckReadable()
	p.Fit("#messages", browsertest.Wide.Width)
	p.Picture("card")
	p.Resize(browsertest.Phone)
	p.Click("#thread-close")
	approveInSlack(p, "The quorum is complete")
	p.Sees("Contained: pause lab-vault on lab")
	p.CheckReadable()
	require.NoError(t, <-played, "the range has seen the vault paused")

	states, err := r.Incidents(ctx)
	require.NoError(t, err)
	require.Len(t, states, 1)
	assert.Equal(t, incident.PhaseContained, states[0].Phase())
	assert.Equal(t, []string{"ana", "dee"}, states[0].Run().Authorised.By)

	p.Type("#text", "/firebreak status")
	p.Click("#compose [type=submit]")
	p.Sees("Nothing is open.")
}
