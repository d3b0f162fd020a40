package alerts

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// refusal is why a request is not taken, in the words that its sender gets.
type refusal struct {
	outcome Outcome
	status  int
	detail  string
	retry   time.Duration
}

func (r refusal) Error() string { return r.detail }

// malformed turns a decoder's error into a refusal. Decoders say what is wrong
// where, and never repeat more than a name of what was sent.
func malformed(err error) error {
	if r, ok := errors.AsType[refusal](err); ok {
		return r
	}
	return refusal{Malformed, http.StatusBadRequest, err.Error(), 0}
}

// problem is a problem document (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

var titles = map[Outcome]string{
	Unauthenticated: "The sender is not who it should be",
	Malformed:       "The message cannot be understood",
	TooLarge:        "The message is too large",
	RateLimited:     "Too many messages",
	Unavailable:     "The message cannot be stored now",
	UnknownSource:   "There is no such source",
	Foreign:         "The message comes from the wrong place",
	Busy:            "Too many messages at once",
	OverQuota:       "Too much was sent today",
}

// asRefusal is the refusal in an error; any other error failed here.
func (h *Doors) asRefusal(source string, err error) refusal {
	r, ok := errors.AsType[refusal](err)
	if !ok {
		h.c.Log.Error("an alert could not be handled", "source", source, "err", err)
		return refusal{Unavailable, http.StatusServiceUnavailable, "something failed here; send it again", time.Second}
	}
	return r
}

// answer writes a refusal as a problem document. Nothing about the expected
// proof is in it.
func answer(w http.ResponseWriter, r refusal) {
	w.Header().Set("Content-Type", "application/problem+json")
	if r.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((r.retry+time.Second-1)/time.Second)))
	}
	w.WriteHeader(r.status)
	json.NewEncoder(w).Encode(problem{ // the sender has gone if it fails
		Type: "urn:firebreak:problem:" + string(r.outcome), Title: titles[r.outcome], Status: r.status, Detail: r.detail})
}
