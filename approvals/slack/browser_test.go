//go:build browser

package slack_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/test/browser/browsertest"
)

// openPage is the stage with a command door and names as people have them.
func openPage(t *testing.T) *stage {
	var c slack.Config
	st := open(t, func(_ *stage, config *slack.Config, fake *slacktest.Config) {
		for i, u := range fake.Users {
			fake.Users[i].RealName = strings.ToUpper(u.Name[:1]) + u.Name[1:]
		}
		fake.TeamDomain = "guardians"
		fake.Channels[0].Topic = "What is asked, and what came of it"
		c = *config
	})
	st.book.restart(sample())
	c.APIURL = st.fake.APIURL()
	h, err := slack.NewHandler(c, slack.HandlerOptions{
		Votes: st.book, Rules: func() approvals.Rules { return st.book.rules }, Cases: cases{st.book},
	})
	require.NoError(t, err)
	srv := httptest.NewServer(h.Commands())
	t.Cleanup(srv.Close)
	st.fake.SetCommandURL(srv.URL)
	return st
}

// sample is a plan as a daemon would make it.
func sample() incident.Plan {
	p := plan()
	p.Playbook.Digest = incident.Digest{0x3c, 0x71, 0xe0, 0x9a, 0x42, 0x5d}
	p.Reason = "250,000 USDC left the vault within one block. The limit is 50,000."
	return p
}

// cases is a journal with one incident, which takes no orders.
type cases struct{ *book }

func (c cases) Open() []incident.State { return []incident.State{c.now()} }

func (cases) Trigger(context.Context, slack.Trigger) (string, error) { return "", nil }

func (cases) Freeze(context.Context, slack.Freeze) (string, error) { return "", nil }

// as is the page as one person sees it.
func (st *stage) as(user string, more ...string) string {
	q := url.Values{"user": {user}, "channel": {channel}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return st.fake.PageURL() + "?" + q.Encode()
}

// tellAll writes the lines that are owed under the card.
func (st *stage) tellAll() {
	st.t.Helper()
	for {
		owed := incident.Next(st.book.now())
		i := slices.IndexFunc(owed, func(e incident.Effect) bool { return e.Do == incident.DoTell && !e.At.After(time.Now()) })
		if i < 0 {
			return
		}
		told, err := st.desk.Tell(st.t.Context(), st.book.now(), owed[i].Key)
		require.NoError(st.t, err)
		st.book.add(told)
	}
}

// object denies as a person does.
func (st *stage) object(user, why string) {
	st.t.Helper()
	require.True(st.t, st.click(user, deny).Acked)
	require.True(st.t, st.submit(user, "reason", why).Acked)
}

// scene is a card in one state, and what must be readable on it.
type scene struct {
	name string
	sees []string
	play func(*stage)
}

func scenes() []scene {
	restart := func(change func(*incident.Plan)) func(*stage) {
		return func(st *stage) {
			p := sample()
			change(&p)
			st.book.restart(p)
			st.post()
		}
	}
	return []scene{
		{"asking", []string{"CRITICAL approval needed", "Approvals 0 of 2", "If nobody acts by the deadline", "Review and approve", "Deny"},
			func(st *stage) { st.post() }},
		{"objection", []string{"Approvals 1 of 2", "ana (security) approved", "dee (security)", "the attacker was us, testing"},
			func(st *stage) {
				st.post()
				st.approve("U0ANA")
				st.object("U0DEE", "the attacker was us, testing")
				st.update()
			}},
		{"sending", []string{"Approved, sending"}, func(st *stage) {
			st.post()
			st.approve("U0ANA")
			st.approve("U0BEN")
			st.update()
		}},
		{"contained", []string{"Contained: pause lab-vault", "in block 21334580"}, func(st *stage) {
			st.post()
			st.approve("U0ANA")
			st.approve("U0BEN")
			st.book.ship()
			st.update()
		}},
		{"denied", []string{"Denied", "false alarm"}, func(st *stage) {
			st.post()
			st.object("U0ANA", "false alarm")
			st.object("U0DEE", "false alarm")
			st.update()
		}},
		{"expired", []string{"Expired"}, func(st *stage) {
			st.post()
			st.book.add(incident.Lapsed{Why: "the deadline passed with 0 of 2 approvals"})
			st.update()
		}},
		{"dry-run", []string{"Nothing"}, restart(func(p *incident.Plan) { p.Mode = incident.ModeDryRun })},
		{"exercise", []string{"EXERCISE"}, restart(func(p *incident.Plan) { p.Exercise = true })},
		{"forty-calls", []string{"40 calls", "38 of 40 calls are not shown here"}, restart(func(p *incident.Plan) { p.Calls = manyCalls(40).Calls })},
	}
}

func TestBrowserEveryCardCanBeReadOnAPhone(t *testing.T) {
	p := browsertest.Start(t)
	for _, s := range scenes() {
		st := openPage(t)
		s.play(st)
		p.Resize(browsertest.Phone)
		p.Go(st.as("U0ELI"))
		for _, text := range s.sees {
			p.Sees(text)
		}
		p.CheckReadable()
		p.Resize(browsertest.Size{Width: 320, Height: 640})
		p.CheckWidth()
		p.Fit("#messages", browsertest.Phone.Width)
		p.Picture("card-" + s.name)
		p.Go("about:blank") // its server ends before the browser does
	}
}

func TestBrowserTwoGuardiansApproveAndAThirdAsksHowItStands(t *testing.T) {
	st := openPage(t)
	st.post()
	p := browsertest.Open(t, st.as("U0ANA"), browsertest.Phone)
	p.Click(`#messages [data-act="approval.review"]`)
	p.Sees("To approve, type PAUSE LAB-VAULT")
	p.CheckReadable()
	p.Fit("dialog .blocks", browsertest.Phone.Width)
	p.Picture("card-review")
	p.Resize(browsertest.Phone)
	p.Type(`dialog [data-act="phrase"]`, "pause the vault")
	p.Click(`dialog [type=submit]`)
	p.Sees("That is not the phrase.")
	p.CheckReadable()
	p.Type(`dialog [data-act="phrase"]`, strings.Repeat("\b", len("pause the vault"))+thePlan)
	p.Click(`dialog [type=submit]`)
	p.Sees("Nothing is sent until the quorum is complete.")
	p.CheckReadable()
	p.Click("dialog [data-close]")
	p.SeesNot("Nothing is sent until the quorum is complete.")
	st.update()
	p.Sees("ana (security) approved by Slack click")

	p.Choose("#user", "U0BEN")
	p.Click(`#messages [data-act="approval.review"]`)
	p.Type(`dialog [data-act="phrase"]`, thePlan)
	p.Click(`dialog [type=submit]`)
	p.Sees("The quorum is complete")
	p.Click("dialog [data-close]")
	require.Equal(t, incident.PhaseExecuting, st.book.now().Phase())
	assert.Equal(t, []string{"ana", "ben"}, st.book.now().Run().Authorised.By)
	st.update()
	p.Sees("Approved, sending")

	p.Choose("#user", "U0ELI")
	p.Type("#text", "/firebreak status")
	p.Click("#compose [type=submit]")
	p.Sees("Only visible to you")
	p.Sees("1 open")
	p.CheckReadable()
	p.Fit("#messages", browsertest.Phone.Width)
	p.Picture("card-status")
	p.Choose("#user", "U0ANA")
	p.SeesNot("Only visible to you")
	assert.Equal(t, []slack.Reason{slack.ReasonPhrase}, st.refused(), "the slip of the fingers, and nothing else")
}

func TestBrowserTextOfStrangersIsTextAndFitsOnAPhone(t *testing.T) {
	st := openPage(t)
	p := sample()
	long := strings.Repeat("0123456789abcdef", 40)
	p.Reason = hostile + ` <img src=x onerror="document.title='owned'"> ` + long
	p.Summary, p.Requester, p.Calls[0].Effect = "<script>document.title='owned'</script>", long, hostile
	st.book.restart(p)
	st.post()
	b := browsertest.Open(t, st.as("U0ANA"), browsertest.Phone)
	b.Sees("<script>document.title='owned'</script>")
	b.CheckReadable()
	b.Click(`#messages [data-act="approval.review"]`)
	b.Sees("To approve, type")
	b.CheckReadable()
	assert.Equal(t, "#incident · guardians", browsertest.Ask[string](b, "document.title"))
	assert.False(t, browsertest.Ask[bool](b, `Boolean(document.querySelector("img"))`))
}

func TestBrowserAGuardianNeedsNoMouse(t *testing.T) {
	st := openPage(t)
	st.post()
	p := browsertest.Open(t, st.as("U0ANA"), browsertest.Wide)
	p.Sees("Review and approve")
	for tabs := 0; ; tabs++ {
		require.Less(t, tabs, 20, "the button cannot be reached with Tab")
		p.Key(kb.Tab)
		if browsertest.Ask[bool](p, `document.activeElement.dataset.act === "approval.review"`) {
			break
		}
		assert.True(t, browsertest.Ask[bool](p, `getComputedStyle(document.activeElement).outlineStyle !== "none"`),
			"it can be seen where one is")
	}
	p.Key(kb.Enter)
	p.Sees("To approve, type PAUSE LAB-VAULT")
	assert.Equal(t, "phrase", browsertest.Ask[string](p, `document.activeElement.dataset.act`), "nothing that commits has the first focus")
	p.Key(kb.Escape)
	p.SeesNot("To approve, type PAUSE LAB-VAULT")
	p.Await("the button again", `!document.querySelector("dialog:modal")`)
	assert.Zero(t, st.book.count(incident.KindVoted))
	p.Click(`#messages [data-act="approval.review"]`)
	p.Await("the phrase", `document.activeElement.dataset.act === "phrase"`)
	p.Key(thePlan + kb.Enter)
	p.Sees("Nothing is sent until the quorum is complete.")
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
}

func TestBrowserAGuardianDenies(t *testing.T) {
	st := openPage(t)
	st.post()
	p := browsertest.Open(t, st.as("U0DEE"), browsertest.Phone)
	p.Click(`#messages [data-act="approval.deny"]`)
	p.Sees("Deny")
	p.Await("the reason", `document.querySelector('dialog [data-act="reason"]')`)
	p.CheckReadable()
	p.Fit("dialog .blocks", browsertest.Phone.Width)
	p.Picture("card-deny")
	p.Type(`dialog [data-act="reason"]`, "It is our own test")
	p.Click("dialog [type=submit]")
	p.Await("the vote", `!document.querySelector('dialog [data-act="reason"]')`)
	st.update()
	p.Sees("It is our own test")
}

func TestBrowserACardOfAnEarlierRevisionSaysThatItIsOutOfDate(t *testing.T) {
	st := openPage(t)
	st.post()
	p := sample()
	p.Revision = 2
	st.book.restart(p)
	b := browsertest.Open(t, st.as("U0ANA"), browsertest.Phone)
	b.Click(`#messages [data-act="approval.review"]`)
	b.Sees("This card is out of date: the request was replaced by revision 2.")
	b.CheckReadable()
	b.Picture("card-stale")
	assert.Equal(t, []slack.Reason{slack.ReasonStale}, st.refused())
}

func TestBrowserTheStoryStandsInTheThread(t *testing.T) {
	st := openPage(t)
	st.post()
	st.approve("U0ANA")
	card := st.update()
	st.tellAll()
	p := browsertest.Open(t, st.as("U0ELI", "thread", card.TS), browsertest.Wide)
	p.Sees("Approvals 1 of 2")
	p.Sees("1 reply")
	p.CheckReadable()

	st.approve("U0BEN")
	st.book.ship()
	st.update()
	st.tellAll()
	p.Resize(browsertest.Phone)
	p.Sees("Every goal was read again on chain and holds")
	p.CheckReadable()
	p.Picture("card-thread")
	p.Click("#thread-close")
	p.Await("the thread closed", `document.getElementById("thread").hidden`)
	p.Click("#messages .replies")
	p.Await("the thread open", `!document.getElementById("thread").hidden`)
}

func TestBrowserACallThatDoesNotFitIsInTheThreadAsAFile(t *testing.T) {
	st := openPage(t)
	p := sample()
	p.Calls = manyCalls(40).Calls
	st.book.restart(p)
	card := st.post()
	st.tellAll()
	b := browsertest.Open(t, st.as("U0ELI", "thread", card.TS), browsertest.Phone)
	b.Sees("Every call of this request, with its calldata")
	b.Click("#replies summary")
	b.Sees("call 40 of 40: block/40")
	// The page looks again as it does after every start, and what was opened stays so.
	browsertest.Ask[bool](b, `(drawn.clear(), refresh().then(() => { window.lookedAgain = true; }), true)`)
	b.Await("the page look again", "window.lookedAgain === true")
	b.Sees("call 40 of 40: block/40")
	b.CheckReadable()
}
