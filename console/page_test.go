package console_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAPageShowsTheWholeRequestInTheOrderOfTheCard(t *testing.T) {
	page := open(t).browser("ana").signIn().get("/r/" + string(asked)).Body.String()
	at := 0
	for _, text := range []string{"pause lab-vault on lab", "24,000 USDX left in one block", "If approved", "nothing is sent", "security, protocol",
		"pause()", target.Hex(), "The owner can unpause.", "A simulation can be wrong", "rule vault.outflow-spike", "The alert says", "Approvals 0 of 2",
		`datetime="2026-11-22T03:15:00Z"`, "2026-11-22 03:15:00 UTC", ">Approve<", ">Deny<", asking(asked, 1).Runs[0].Digest.Words(), asking(asked, 1).Runs[0].Digest.String()} {
		i := strings.Index(page[at:], text)
		require.GreaterOrEqual(t, i, 0, "%q is missing or too early", text)
		at += i
	}
	assert.Contains(t, page, "v-test", "the build is shown")
}

func TestAPageWithoutASessionTellsNothingOfARequest(t *testing.T) {
	s := open(t)
	there, absent := s.browser("").get("/r/"+string(asked)), s.browser("").get("/r/"+string(absent))
	assert.Equal(t, http.StatusOK, there.Code)
	assert.Contains(t, there.Body.String(), "Sign in to read this request")
	assert.NotContains(t, there.Body.String(), "lab-vault")
	assert.Equal(t, strings.ReplaceAll(there.Body.String(), string(asked), ""), strings.ReplaceAll(
		strings.ReplaceAll(absent.Body.String(), "01JEQ7V5M2K3ABCF", ""), mark(absent.Body.String()), mark(there.Body.String())), "nor whether it exists")
	assert.NotContains(t, s.browser("").get("/").Body.String(), "lab-vault")
}

func mark(page string) string {
	_, after, _ := strings.Cut(page, `data-mark="`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

func TestAnEndedRequestHasItsResultAndNoButtons(t *testing.T) {
	page := open(t).browser("ana").signIn().get("/r/" + string(over)).Body.String()
	assert.Contains(t, page, "Expired with 0 of 2")
	assert.NotContains(t, page, "data-vote")
}

func TestHostileTextIsShownAsText(t *testing.T) {
	s := open(t)
	hostile := asking(asked, 1)
	plan := *hostile.Runs[0].Plan
	plan.Title = `</title><script>alert(1)</script>`
	plan.Reason = `<img src=x onerror=alert(1)> pay ` + "\u202e" + `me"'`
	plan.Quorum.Teams = []string{`"><b>`}
	plan.Calls[0].Args = []incident.Arg{{Name: "<i>", Type: "string", Value: `javascript:alert(1)`}}
	hostile.Runs[0].Plan, hostile.Runs[0].Digest = &plan, plan.Digest()
	hostile.Runs[0].Votes = []incident.Vote{{Person: "ben", Team: "security", Decision: incident.Deny, Digest: plan.Digest(), Reason: `<a href="//evil.example">`}}
	s.office.set(func() { s.office.states[asked] = hostile })
	b := s.browser("ana").signIn()
	for _, path := range []string{"/", "/r/" + string(asked)} {
		page := b.get(path).Body.String()
		for _, bad := range []string{"<script>alert", "<img", "\u202e", "<b>", "<i>", `href="//evil`} {
			assert.NotContains(t, page, bad, path)
		}
		assert.Contains(t, page, "&lt;script&gt;")
	}
}

func TestWhoHasVotedIsNotAskedAgain(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	require.Equal(t, http.StatusOK, b.post(requestPath(asked, "/vote"), b.paper(asked, incident.Approve, "")).Code)
	page := b.get("/r/" + string(asked)).Body.String()
	assert.Contains(t, page, "You have approved this request. You can still deny it.")
	assert.NotContains(t, page, `data-vote="approve"`)
	assert.Contains(t, page, `data-vote="deny"`)
	assert.Contains(t, s.browser("ben").signIn().get("/r/"+string(asked)).Body.String(), `data-vote="approve"`)
}

func TestAPageIsSentAgainOnlyWhenItsContentChanged(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	look := func() int {
		w := b.get("/r/" + string(asked))
		r := b.request(http.MethodGet, "/r/"+string(asked), nil)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		assert.Equal(t, `"`+mark(w.Body.String())+`"`, w.Header().Get("ETag"))
		return b.send(r).Code
	}
	assert.Equal(t, http.StatusNotModified, look())
	before := mark(b.get("/r/" + string(asked)).Body.String())
	require.Equal(t, http.StatusOK, b.post(requestPath(asked, "/vote"), b.paper(asked, incident.Deny, "no")).Code)
	assert.NotEqual(t, before, mark(b.get("/r/"+string(asked)).Body.String()))
}

func TestAPageOfSomethingThatCannotBeReadSaysSo(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	assert.Equal(t, http.StatusNotFound, b.get("/r/"+string(absent)).Code)
	assert.Equal(t, http.StatusNotFound, b.get("/r/nonsense").Code)
	s.office.set(func() { s.office.journalAway = errors.New("disk of secrets") })
	for _, path := range []string{"/", "/r/" + string(asked)} {
		w := b.get(path)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Contains(t, w.Body.String(), "The journal cannot be read just now")
		assert.NotContains(t, w.Body.String(), "secrets")
	}
}

func TestPagesAreBuiltForScreenReadersAndKeyboards(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	for _, path := range []string{"/", "/enrol", "/sign-in", "/r/" + string(asked)} {
		page := b.get(path).Body.String()
		assert.Equal(t, 1, strings.Count(page, "<h1"), path)
		for _, part := range []string{`<html lang="en">`, "<main", "<header>", "<footer>", `class="skip" href="#main"`, "width=device-width"} {
			assert.Contains(t, page, part, path)
		}
		assert.NotContains(t, page, "style=", path)
		assert.NotContains(t, page, "onclick", path)
		assert.NotContains(t, page, "<script>", path)
	}
	page := b.get("/r/" + string(asked)).Body.String()
	assert.Less(t, strings.Index(page, "Approve"), strings.Index(page, `class="button danger"`), "the dangerous button is never the first")
	assert.Contains(t, page, `role="status" aria-live="polite"`)
}
