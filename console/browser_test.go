package console_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
)

// browser asks as a browser on the site does.
type browser struct {
	s       *stand
	person  string
	cookies map[string]*http.Cookie
}

func (s *stand) browser(person string) *browser {
	return &browser{s: s, person: person, cookies: map[string]*http.Cookie{}}
}

// request is one request of the browser, to be spoilt before it is sent.
func (b *browser) request(method, path string, body any) *http.Request {
	b.s.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		raw, err := json.Marshal(body)
		require.NoError(b.s.t, err)
		reader = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, origin+path, reader)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", origin)
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return r
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.s.c.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
	}
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	b.s.t.Helper()
	return b.send(b.request(http.MethodGet, path, nil))
}

func (b *browser) post(path string, body any) *httptest.ResponseRecorder {
	b.s.t.Helper()
	return b.send(b.request(http.MethodPost, path, body))
}

// answer asserts on the status and reads the answer.
func answer[T any](t *testing.T, w *httptest.ResponseRecorder, status int) (out T) {
	t.Helper()
	require.Equal(t, status, w.Code, "%s", w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out), "%s", w.Body)
	return out
}

type problem struct {
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Reason console.Reason `json:"reason"`
}

// given is a challenge as the script reads it.
type given struct {
	Person      string      `json:"person"`
	Nonce       common.Hash `json:"nonce"`
	Credentials []string    `json:"credentials"`
	Sheet       struct {
		Digest common.Hash `json:"digest"`
	} `json:"sheet"`
}

// written is a paper as the script reads it.
type written struct {
	ID       common.Hash       `json:"id"`
	Issued   time.Time         `json:"issued"`
	Decision incident.Decision `json:"decision"`
	Reason   string            `json:"reason"`
	Digest   incident.Digest   `json:"digest"`
	Sheets   []struct {
		Digest common.Hash `json:"digest"`
	} `json:"sheets"`
}

func (b *browser) challenge() given {
	b.s.t.Helper()
	return answer[given](b.s.t, b.post("/api/v1/session/challenge", console.WhoAsks{Person: b.person}), http.StatusOK)
}

// signIn signs in as the browser's person.
func (b *browser) signIn() *browser {
	b.s.t.Helper()
	g := b.challenge()
	answer[console.Session](b.s.t, b.post("/api/v1/session", console.SignIn{Person: b.person, Nonce: g.Nonce,
		Signature: b.s.people[b.person].Sign(g.Sheet.Digest)}), http.StatusOK)
	return b
}

func requestPath(id incident.ID, what string) string { return "/api/v1/requests/" + string(id) + what }

// paper gets a paper and signs it.
func (b *browser) paper(id incident.ID, decision incident.Decision, reason string) console.Signed {
	b.s.t.Helper()
	p := answer[written](b.s.t, b.post(requestPath(id, "/paper"), console.Wanted{Decision: decision, Reason: reason}), http.StatusOK)
	signed := console.Signed{Paper: console.Named{ID: p.ID, Issued: p.Issued, Decision: p.Decision, Reason: p.Reason}}
	for _, sheet := range p.Sheets {
		signed.Signatures = append(signed.Signatures, b.s.people[b.person].Sign(sheet.Digest))
	}
	return signed
}
