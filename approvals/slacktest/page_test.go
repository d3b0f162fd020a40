package slacktest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// state is what the page's script is told.
type state struct {
	User, Channel, Head, Status, Closed string
	Channels                            string
	Messages, Thread                    []struct{ Key, HTML string }
	Dialog                              *struct{ Key, HTML string }
}

func get(t *testing.T, address string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body), resp.Header
}

func seenBy(t *testing.T, s *slacktest.Server, user string, more ...string) state {
	t.Helper()
	q := url.Values{"user": {user}, "channel": {channel}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	status, body, _ := get(t, s.PageURL()+"page/state?"+q.Encode())
	require.Equal(t, 200, status)
	var st state
	require.NoError(t, json.Unmarshal([]byte(body), &st))
	return st
}

// send posts a deed as a browser on the page would, or with other headers.
func send(t *testing.T, s *slacktest.Server, path, body string, headers ...string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.PageURL()+"page/"+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	out := map[string]any{}
	if resp.StatusCode == 200 {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
	}
	return resp.StatusCode, out
}

func TestWhatPeopleWriteNeverBecomesMarkup(t *testing.T) {
	s, api := start(t)
	newApp(t, s)
	evil := `<script>alert(1)</script>"><img src=x onerror=alert(1)>` + "`<b>x</b>`" + `<javascript:alert(1)|click> *<i>bold</i>*`
	md := slack.NewTextBlockObject(slack.MarkdownType, evil, false, false)
	button := slack.NewButtonBlockElement("a\"><script>", evil, text(`"><script>x</script>`))
	button.Confirm = slack.NewConfirmationBlockObject(text(`"><script>`), text("<script>"), text("y"), text("n"))
	_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText(evil, false), slack.MsgOptionBlocks(
		slack.NewHeaderBlock(text(evil)), slack.NewSectionBlock(md, []*slack.TextBlockObject{md}, nil),
		slack.NewContextBlock("c", md), slack.NewActionBlock(`b"><script>`, button),
		slack.NewRichTextBlock("r", slack.NewRichTextSection(slack.NewRichTextSectionLinkElement("javascript:alert(1)", evil, nil)))))
	require.NoError(t, err)
	_, err = s.Say("U0BEN", channel, "", evil)
	require.NoError(t, err)
	require.NoError(t, s.SetUser(slacktest.User{ID: "U0BEN", RealName: evil}))
	_, whole, _ := get(t, s.PageURL()+"?user=U0ANA&channel="+channel)
	for _, m := range seenBy(t, s, "U0ANA").Messages {
		whole += m.HTML
	}
	assert.Equal(t, 1, strings.Count(whole, "<script"), "only the page's own script")
	for _, never := range []string{"<img", "<b>", "<i>", `href="javascript`, "ZgotmplZ"} {
		assert.NotContains(t, whole, never)
	}
	assert.Contains(t, whole, "&lt;script&gt;alert(1)&lt;/script&gt;", "it is shown as text")
	assert.Contains(t, whole, `data-act="a&#34;&gt;&lt;script&gt;"`, "and ids reach the script unchanged")
}

func TestThePageIsLockedDown(t *testing.T) {
	s, _ := start(t)
	status, body, header := get(t, s.PageURL())
	require.Equal(t, 200, status)
	policy := header.Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'none'")
	assert.NotContains(t, policy, "unsafe")
	assert.NotContains(t, body, " style=")
	assert.NotContains(t, body, " onclick=")
	for _, asset := range []string{"page.css", "page.js", "icon.svg"} {
		status, _, _ := get(t, s.PageURL()+"page/"+asset)
		assert.Equal(t, 200, status, asset)
	}
	for host, want := range map[string]int{
		"localhost:80": 200, "127.0.0.1": 200, "[::1]:9": 200, "evil.example": 403, "127.0.0.1.evil.example": 403, "10.0.0.1": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, host)
	}
}

func TestAnotherSiteCannotClickForAPerson(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	deed := `{"user":"U0BEN","channel":"` + channel + `","ts":"` + postCard(t, api) + `","action":"approval.deny"}`
	status, _ := send(t, s, "press", deed, "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, 403, status)
	status, _ = send(t, s, "press", deed, "Sec-Fetch-Site", "", "Origin", "https://evil.example")
	assert.Equal(t, 403, status)
	status, _ = send(t, s, "press", deed, "Content-Type", "text/plain")
	assert.Equal(t, 415, status)
	status, _ = send(t, s, "press", "{")
	assert.Equal(t, 400, status)
	assert.Empty(t, a.seen())
	status, out := send(t, s, "press", deed)
	assert.Equal(t, 200, status)
	assert.Equal(t, true, out["acked"])
	assert.Len(t, a.seen(), 1)
}

func TestAPersonApprovesInTheBrowser(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	a.answerWith(func(w http.ResponseWriter, r *http.Request, cb slack.InteractionCallback) {
		if cb.Type == slack.InteractionTypeBlockActions {
			_, err := api.OpenViewContext(r.Context(), cb.TriggerID, modal("one"))
			assert.NoError(t, err)
		} else if cb.View.State.Values["type.one"]["phrase"].Value != "PAUSE USDX" {
			answer := slack.NewErrorsViewSubmissionResponse(map[string]string{"type.one": "Type PAUSE USDX."})
			assert.NoError(t, json.NewEncoder(w).Encode(answer))
		}
	})
	ts := postCard(t, api)
	_, out := send(t, s, "press", `{"user":"U0BEN","channel":"`+channel+`","ts":"`+ts+`","block":"act.r1","action":"approval.review"}`)
	assert.Equal(t, true, out["acked"])
	st := seenBy(t, s, "U0BEN")
	require.NotNil(t, st.Dialog)
	assert.Contains(t, st.Dialog.HTML, "Review one")
	assert.Contains(t, st.Status, "approval.review by Ben: acknowledged")
	assert.Nil(t, seenBy(t, s, "U0ANA").Dialog, "a modal is its user's alone")

	submit := func(phrase string) map[string]any {
		_, out := send(t, s, "submit", `{"user":"U0BEN","view":"`+st.Dialog.Key+`","values":{"type.one":{"phrase":"`+phrase+`"}}}`)
		return out
	}
	assert.Equal(t, map[string]any{"type.one": "Please complete this required field."}, submit("")["errors"])
	assert.Equal(t, map[string]any{"type.one": "Type PAUSE USDX."}, submit("pause")["errors"])
	assert.Contains(t, seenBy(t, s, "U0BEN").Dialog.HTML, "Type PAUSE USDX.")
	assert.Equal(t, true, submit("PAUSE USDX")["acked"])
	assert.Nil(t, seenBy(t, s, "U0BEN").Dialog)
}

func TestThePageShowsEachPersonWhatTheyMaySee(t *testing.T) {
	s, api := start(t)
	ts := postCard(t, api)
	_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("<@U0ANA> voted", false), slack.MsgOptionTS(ts))
	require.NoError(t, err)
	_, err = api.PostEphemeralContext(t.Context(), channel, "U0BEN", slack.MsgOptionText("for ben", false))
	require.NoError(t, err)
	ben := seenBy(t, s, "U0BEN")
	require.Len(t, ben.Messages, 2)
	assert.Contains(t, ben.Messages[0].HTML, "1 reply")
	assert.NotContains(t, ben.Messages[0].HTML, "voted")
	assert.Empty(t, ben.Thread)
	open := seenBy(t, s, "U0BEN", "thread", ts)
	require.Len(t, open.Thread, 2, "the parent and its reply")
	assert.Contains(t, open.Thread[1].HTML, `<span class="mention">@Ana</span> voted`)
	assert.Contains(t, open.Messages[0].HTML, `aria-expanded="true"`)
	assert.Empty(t, seenBy(t, s, "U0BEN", "thread", "1.000000").Thread)
	assert.Contains(t, ben.Messages[1].HTML, "Only visible to you")
	assert.Len(t, seenBy(t, s, "U0ANA").Messages, 1)
	for user, why := range map[string]string{"U0ELI": "not a member", "U0DEE": "deactivated"} {
		st := seenBy(t, s, user)
		assert.Contains(t, st.Closed, why)
		assert.Empty(t, st.Messages)
	}
}

func TestAPersonTypesInTheBrowser(t *testing.T) {
	a := &asked{t: t, answer: "Nothing is open."}
	s, _ := start(t, func(c *slacktest.Config) {
		c.Transport, c.CommandURL = slacktest.HandlerTransport(a), "http://firebreak.test/slack/commands"
	})
	say := func(text string) map[string]any {
		raw, err := json.Marshal(map[string]string{"user": "U0BEN", "channel": channel, "text": text})
		require.NoError(t, err)
		_, out := send(t, s, "say", string(raw))
		return out
	}
	assert.Equal(t, true, say(" /firebreak  status ")["acked"])
	require.Len(t, a.got, 1)
	assert.Equal(t, "status", a.got[0].Text)
	assert.Equal(t, true, say("looking <b>now</b>")["acked"])
	assert.Contains(t, say("/other")["notice"], "not a command")
	assert.Equal(t, false, say("  ")["acked"])
	ben := seenBy(t, s, "U0BEN")
	require.Len(t, ben.Messages, 2)
	assert.Contains(t, ben.Messages[0].HTML, "Nothing is open.")
	assert.Contains(t, ben.Messages[0].HTML, "Only visible to you")
	assert.Contains(t, ben.Messages[1].HTML, "looking &lt;b&gt;now&lt;/b&gt;")
	assert.Len(t, seenBy(t, s, "U0ANA").Messages, 1)
}

func TestWhatWasNotLookedAtIsUnread(t *testing.T) {
	s, api := start(t)
	for range 2 {
		_, _, err := api.PostMessageContext(t.Context(), public, slack.MsgOptionText("news", false))
		require.NoError(t, err)
	}
	unread := `<b>2<span class="sr"> unread</span></b>`
	assert.Contains(t, seenBy(t, s, "U0ANA").Channels, unread)
	assert.NotContains(t, seenBy(t, s, "U0ANA", "channel", public).Channels, unread, "ana looks at it")
	assert.NotContains(t, seenBy(t, s, "U0ANA").Channels, unread)
	assert.Contains(t, seenBy(t, s, "U0BEN").Channels, unread, "ben has not")
	postCard(t, api)
	assert.NotContains(t, seenBy(t, s, "U0DEE").Channels, "<b>1<", "nobody counts what they may not see")
}

func TestAFileIsShownInItsThreadAndNothingInItIsMarkup(t *testing.T) {
	s, api := start(t)
	ts := postCard(t, api)
	for name, content := range map[string]string{"plan.txt": "<script>1</script> 0x8456cb59", "picture.png": "\x89PNG\x00\xff"} {
		_, err := api.UploadFileContext(t.Context(), slack.UploadFileParameters{
			Channel: channel, ThreadTimestamp: ts, Filename: name, Title: "Every <call>", Content: content, FileSize: len(content),
		})
		require.NoError(t, err)
	}
	var all string
	for _, m := range seenBy(t, s, "U0BEN", "thread", ts).Thread {
		all += m.HTML
	}
	assert.Contains(t, all, "Every &lt;call&gt;")
	assert.Contains(t, all, "&lt;script&gt;1&lt;/script&gt; 0x8456cb59")
	assert.NotContains(t, all, "<script>")
	assert.Equal(t, 1, strings.Count(all, "<details>"), "only text is shown")
}

func TestTheEventStreamSpeaksAtEveryChange(t *testing.T) {
	s, api := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.PageURL()+"page/events", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return "ended"
	}
	first := next()
	assert.Contains(t, first, "data: ")
	postCard(t, api)
	second := next()
	assert.Contains(t, second, "data: ")
	assert.NotEqual(t, first, second)
}
