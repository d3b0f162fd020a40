package slacktest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// reply is the successful answer of a method, without "ok".
type reply map[string]any

// refusal is an answer with "ok": false. Slack answers it with status 200,
// except when rate limited.
type refusal struct {
	code     string
	messages []string
	needed   string
	provided string
	wait     time.Duration // > 0: HTTP 429 with Retry-After
}

func refuse(code string, messages ...string) *refusal {
	return &refusal{code: code, messages: messages}
}

// answer is what a call will say, before a fault has had its way with it.
type answer struct {
	status int
	header http.Header
	body   []byte
	code   string // Slack's error code, "" for ok
}

func answerOf(ok reply, no *refusal) answer {
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}}
	body := map[string]any{"ok": no == nil}
	if no == nil {
		for k, v := range ok {
			body[k] = v
		}
	} else {
		a.code = no.code
		body["error"] = no.code
		if len(no.messages) > 0 {
			body["errors"] = no.messages
			body["response_metadata"] = map[string]any{"messages": no.messages}
		}
		if no.needed != "" {
			body["needed"], body["provided"] = no.needed, no.provided
		}
		if no.wait > 0 {
			a.status = http.StatusTooManyRequests
			a.header.Set("Retry-After", strconv.Itoa(wholeSeconds(no.wait)))
		}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		a.status, a.code = http.StatusInternalServerError, "fatal_error"
		encoded = []byte(`{"ok":false,"error":"fatal_error"}`)
	}
	a.body = encoded
	return a
}

// wholeSeconds rounds up: a client that waits the stated time must pass.
func wholeSeconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}

func (a answer) write(w http.ResponseWriter) {
	for k, vs := range a.header {
		w.Header()[k] = vs
	}
	w.WriteHeader(a.status)
	// The only failure is a client that has gone; nobody is left to tell.
	_, _ = w.Write(a.body)
}
