package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

const secret = "detector-secret-of-this-test"

// source answers every post in one way and remembers the last.
type source struct {
	*httptest.Server
	got   *http.Request
	body  []byte
	posts int
}

func startSource(t *testing.T, status int, header http.Header, body string) *source {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("secret", []byte(secret+"\n"), 0o600))
	s := &source{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.got, s.posts = r, s.posts+1
		s.body, _ = io.ReadAll(r.Body)
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

const message = `{"id":"try-1","rule":"vault.outflow-spike","test":true}`

func TestAnAlertIsSignedPostedAndItsReceiptShown(t *testing.T) {
	s := startSource(t, 202, nil, `{"alerts":[{"receipt":7,"id":"try-1"}]}`+"\n")
	a := callWith(message, "alert", "send", "--url", s.URL+"/v1/alerts/detector", "--secret-file", "secret")
	assert.Equal(t, answer{exitOK, `{"alerts":[{"receipt":7,"id":"try-1"}]}` + "\n", ""}, a)
	assert.Equal(t, message, string(s.body), "byte for byte")
	assert.Equal(t, "application/json", s.got.Header.Get("Content-Type"))
	var at int64
	_, err := fmt.Sscan(s.got.Header.Get(alerts.TimestampHeader), &at)
	require.NoError(t, err)
	for name, values := range alerts.SignGeneric(secret, s.body, time.Unix(at, 0)) {
		assert.Equal(t, values, s.got.Header.Values(name), "the proof that the generic source checks")
	}
}

func TestAnAlertIsReadFromAFile(t *testing.T) {
	s := startSource(t, 202, nil, "{}")
	require.NoError(t, os.WriteFile("alert.json", []byte(message), 0o600))
	a := call("alert", "send", "--url", s.URL, "--secret-file", "secret", "--file", "alert.json")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Equal(t, message, string(s.body))
}

func TestARefusedAlertShowsTheProblem(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		says   []string
	}{
		"a problem document": {401, `{"type":"urn:firebreak:problem:unauthenticated","title":"The sender is not who it should be","detail":"the signature does not fit"}`, nil,
			[]string{"401", "the signature does not fit"}},
		"a full disk":     {503, `{"detail":"the alert could not be stored; send it again"}`, nil, []string{"503", "send it again"}},
		"a redirect":      {301, "", http.Header{"Location": {"/v1/alerts/schema"}}, []string{"301"}},
		"a screenful":     {500, "\x1b[2J\x1b]0;owned\x07down\r\n", nil, []string{"500", "down"}},
		"an endless body": {500, strings.Repeat("x", 1<<20), nil, []string{"500"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSource(t, c.status, c.header, c.body)
			a := callWith(message, "alert", "send", "--url", s.URL, "--secret-file", "secret")
			assert.Equal(t, exitError, a.code)
			assert.Empty(t, a.out)
			assert.True(t, strings.HasPrefix(a.err, "firebreak: the alert was not taken: "), a.err)
			for _, says := range c.says {
				assert.Contains(t, a.err, says)
			}
			assert.NotContains(t, a.err, "\x1b")
			assert.NotContains(t, a.err, secret)
			assert.Less(t, len(a.err), 70<<10)
			assert.Equal(t, 1, s.posts, "nothing is followed and nothing repeated")
		})
	}
}

func TestAnAlertThatCannotBePostedSaysWhy(t *testing.T) {
	s := startSource(t, 202, nil, "{}")
	gone := s.URL
	s.Close()
	require.NoError(t, os.WriteFile("empty", []byte("\n"), 0o600))
	require.NoError(t, os.WriteFile("long", []byte(strings.Repeat("x", maxAlert+1)), 0o600))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nobody listens":       {[]string{"--secret-file", "secret"}, "does firebreak listen there?"},
		"no secret":            {[]string{"--secret-file", "absent"}, "absent"},
		"an empty secret":      {[]string{"--secret-file", "empty"}, "empty"},
		"no file":              {[]string{"--secret-file", "secret", "--file", "absent.json"}, "absent.json"},
		"more than is allowed": {[]string{"--secret-file", "secret", "--file", "long"}, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			a := callWith(message, append([]string{"alert", "send", "--url", gone}, c.args...)...)
			assert.Equal(t, exitError, a.code)
			assert.Contains(t, a.err, c.says)
			assert.NotContains(t, a.err, secret)
			assert.Empty(t, a.out)
		})
	}
}
