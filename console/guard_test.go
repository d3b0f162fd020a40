package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
)

func TestARequestThatIsNotTheSitesOwnIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(r *http.Request)
		status int
		reason console.Reason
	}{
		"another host":              {func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest, console.ReasonElsewhere},
		"no host":                   {func(r *http.Request) { r.Host = "" }, http.StatusMisdirectedRequest, console.ReasonElsewhere},
		"another origin":            {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden, console.ReasonCrossSite},
		"the origin without TLS":    {func(r *http.Request) { r.Header.Set("Origin", "http://approve.example.org") }, http.StatusForbidden, console.ReasonCrossSite},
		"a null origin":             {func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden, console.ReasonCrossSite},
		"two origins":               {func(r *http.Request) { r.Header.Add("Origin", "https://evil.example") }, http.StatusForbidden, console.ReasonCrossSite},
		"a cookie and no origin":    {func(r *http.Request) { r.Header.Del("Origin") }, http.StatusForbidden, console.ReasonCrossSite},
		"from another site":         {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden, console.ReasonCrossSite},
		"from a sister site":        {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden, console.ReasonCrossSite},
		"a query":                   {func(r *http.Request) { r.URL.RawQuery = "token=1" }, http.StatusBadRequest, console.ReasonMalformed},
		"a form":                    {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, http.StatusUnsupportedMediaType, console.ReasonMalformed},
		"plain text":                {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType, console.ReasonMalformed},
		"no content type":           {func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType, console.ReasonMalformed},
		"another method":            {func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed, console.ReasonNoMethod},
		"a get of what is a post":   {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed, console.ReasonNoMethod},
		"another request":           {func(r *http.Request) { r.URL.Path = requestPath(absent, "/paper") }, http.StatusNotFound, console.ReasonNotFound},
		"an id that is none":        {func(r *http.Request) { r.URL.Path = requestPath("..%2f", "/paper") }, http.StatusNotFound, console.ReasonNotFound},
		"a path that is none":       {func(r *http.Request) { r.URL.Path = "/api/v1/export" }, http.StatusNotFound, console.ReasonNotFound},
		"a session that is unknown": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, http.StatusUnauthorized, console.ReasonNoSession},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("ana").signIn()
			r := b.request(http.MethodPost, requestPath(asked, "/paper"), console.Wanted{Decision: incident.Approve})
			c.spoil(r)
			no := answer[problem](t, b.send(r), c.status)
			assert.Equal(t, c.reason, no.Reason)
			assert.NotEmpty(t, no.Detail)
			assert.Equal(t, []console.Reason{c.reason}, s.refused)
			assert.Zero(t, s.office.papers)
		})
	}
}

func TestABodyThatIsNotExactlyWhatIsExpectedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"empty":            {"", http.StatusBadRequest},
		"no object":        {"[]", http.StatusBadRequest},
		"an unknown field": {`{"decision": "approve", "force": true}`, http.StatusBadRequest},
		"two objects":      {`{"decision": "approve"} {}`, http.StatusBadRequest},
		"rubbish after it": {`{"decision": "approve"} x`, http.StatusBadRequest},
		"too large":        {`{"reason": "` + strings.Repeat("x", 64<<10) + `"}`, http.StatusRequestEntityTooLarge},
		"large after it":   {`{"decision": "approve"}` + strings.Repeat(" ", 64<<10), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("ana").signIn()
			answer[problem](t, b.post(requestPath(asked, "/paper"), c.body), c.status)
			assert.Zero(t, s.office.papers)
		})
	}
	s := open(t)
	for _, person := range []string{"", "Ana", "ana ", "../ana", strings.Repeat("a", 33), "ana\u202e"} {
		answer[problem](t, s.browser(person).post("/api/v1/session/challenge", console.WhoAsks{Person: person}), http.StatusBadRequest)
	}
}

func TestEveryAnswerHasTheHeadersThatKeepBrowsersSafe(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	r := b.request(http.MethodGet, "/", nil)
	r.Host = "evil.example"
	script := b.get("/").Body.String()
	script = script[strings.Index(script, "/assets/console."):]
	for name, w := range map[string]*httptest.ResponseRecorder{
		"a page": b.get("/"), "a request": b.get("/r/" + string(asked)), "a locked page": s.browser("").get("/r/" + string(asked)),
		"an answer": b.get("/api/v1/requests"), "a refusal": s.browser("").get("/api/v1/requests"), "no page": b.get("/nothing"),
		"another host": b.send(r), "an asset": b.get(script[:strings.IndexByte(script, '"')]),
	} {
		h := w.Result().Header
		assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			h.Get("Content-Security-Policy"), name)
		assert.NotEmpty(t, h.Get("Strict-Transport-Security"), name)
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), name)
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"), name)
		assert.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), name)
		assert.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), name)
		assert.Equal(t, "DENY", h.Get("X-Frame-Options"), name)
		assert.Empty(t, h.Get("Access-Control-Allow-Origin"), name)
		if name == "an asset" {
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, h.Get("Cache-Control"), "immutable")
		} else {
			assert.Equal(t, "no-store", h.Get("Cache-Control"), name)
		}
	}
}

func TestOneAddressCannotKeepTheSiteBusy(t *testing.T) {
	s := open(t)
	for range 200 {
		require.Equal(t, http.StatusOK, s.browser("").get("/sign-in").Code)
	}
	assert.Equal(t, http.StatusTooManyRequests, s.browser("").get("/sign-in").Code)
	s.pass(time.Second)
	assert.Equal(t, http.StatusOK, s.browser("").get("/sign-in").Code)
}

func TestClientsBehindAProxyOfThisMachineAreToldApart(t *testing.T) {
	s := open(t)
	busy := func(client, peer string) int {
		r := s.browser("").request(http.MethodGet, "/sign-in", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", "203.0.113.99, "+client)
		return s.browser("").send(r).Code
	}
	for range 200 {
		busy("203.0.113.1", "127.0.0.1:1")
	}
	assert.Equal(t, http.StatusTooManyRequests, busy("203.0.113.1", "127.0.0.1:2"))
	assert.Equal(t, http.StatusOK, busy("203.0.113.2", "127.0.0.1:2"))
	for range 200 {
		busy("203.0.113.3", "198.51.100.1:1") // a stranger may write what it likes
	}
	assert.Equal(t, http.StatusTooManyRequests, busy("203.0.113.4", "198.51.100.1:1"))
}

func TestAnOriginThatCannotHavePasskeysIsRefused(t *testing.T) {
	for _, bad := range []string{"", "approve.example.org", "http://approve.example.org", "https://localhost", "https://127.0.0.1", "https://approve.example.org/",
		"https://approve.example.org:443", "https://approve.example.org:", "https://Approve.example.org", "https://a@approve.example.org", "https://approve.example.org?x"} {
		_, err := console.CheckOrigin(bad)
		assert.ErrorContains(t, err, `"`, bad)
	}
	for _, good := range []string{"https://approve.example.org", "https://approve.example.org:8443"} {
		host, err := console.CheckOrigin(good)
		assert.NoError(t, err)
		assert.Equal(t, "approve.example.org", host)
	}
	assert.NoError(t, console.CheckRPID(origin, "example.org"))
	for _, bad := range []string{"org", "evil.example", "prove.example.org", ""} {
		assert.Error(t, console.CheckRPID(origin, bad), bad)
	}
	assert.Equal(t, origin+"/r/01JEQ7V5M2K3ABCD", console.RequestURL(origin, asked))
}

func TestAProxyMayWriteThePortThatHTTPSHas(t *testing.T) {
	b := open(t).browser("")
	for _, host := range []string{"approve.example.org", "approve.example.org:443", "Approve.Example.org"} {
		r := b.request(http.MethodGet, "/sign-in", nil)
		r.Host = host
		assert.Equal(t, http.StatusOK, b.send(r).Code, host)
	}
}

func TestTheZeroOptionsAreRefused(t *testing.T) {
	_, err := console.New(console.Options{})
	assert.ErrorContains(t, err, "origin")
	_, err = console.New(console.Options{Origin: origin})
	assert.ErrorContains(t, err, "Requests, Ballots and Guardians")
	o := &office{}
	_, err = console.New(console.Options{Origin: origin, Requests: o, Ballots: o, Guardians: o, Decoys: make([]byte, 31)})
	assert.ErrorContains(t, err, "Decoys")
}

func FuzzWhateverIsPostedIsAnsweredWithASentence(f *testing.F) {
	paths := []string{"/api/v1/session/challenge", "/api/v1/session", "/api/v1/session/end", "/api/v1/enrol/challenge", "/api/v1/enrol",
		requestPath(asked, "/paper"), requestPath(asked, "/vote")}
	f.Add(0, `{"person":"ana"}`)
	f.Add(1, `{"person":"ana","nonce":"0x00","signature":{"guardian":"ana","type":"eip712","signature":"0x00"}}`)
	f.Add(5, `{"decision":"deny","reason":"\u202e"}`)
	f.Add(6, `{"paper":{"id":"0x0000000000000000000000000000000000000000000000000000000000000000","issued":"2026-11-22T03:00:00Z","decision":"approve"},"signatures":[]}`)
	f.Fuzz(func(t *testing.T, path int, body string) {
		s := open(t)
		b := s.browser("ana").signIn()
		w := b.post(paths[uint(path)%uint(len(paths))], body)
		if w.Code == http.StatusOK {
			return
		}
		assert.GreaterOrEqual(t, w.Code, 400)
		assert.Less(t, w.Code, 500, "%s", w.Body)
		assert.NotEmpty(t, answer[problem](t, w, w.Code).Detail)
		assert.Zero(t, s.office.votes())
	})
}
