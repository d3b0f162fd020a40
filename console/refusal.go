package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Reason is why a request to the console had no effect, for metrics.
type Reason string

// The reasons.
const (
	ReasonElsewhere  Reason = "elsewhere"  // another host's name
	ReasonCrossSite  Reason = "cross-site" // another site made the browser ask
	ReasonNoMethod   Reason = "no-method"
	ReasonNotFound   Reason = "not-found"
	ReasonMalformed  Reason = "malformed" // not what the API takes
	ReasonTooLarge   Reason = "too-large"
	ReasonTooOften   Reason = "too-often"
	ReasonNoSession  Reason = "no-session" // not signed in, or not any more
	ReasonGone       Reason = "gone"       // signed in, and no guardian any more
	ReasonSpent      Reason = "spent"      // a challenge that is used or out of date
	ReasonSignature  Reason = "signature"  // signs nobody in
	ReasonEnrolment  Reason = "enrolment"  // a passkey that the key in Vault would not take
	ReasonVoter      Reason = "voter"      // the rules say that this vote does not count
	ReasonOutage     Reason = "outage"     // a part that is needed does not answer
	ReasonUnreadable Reason = "unreadable" // an answer that could not be made
)

// Refusal is what is told of a request that had no effect. Nothing in it is
// authority; what a stranger wrote is not in it but for Incident, which has the
// form of an id.
type Refusal struct {
	Reason   Reason
	Person   string      // whom a signature or a session has shown; "" for nobody
	Incident incident.ID // which it was about; "" for none
	Path     string      // the API's or the page's, without what the client chose
	Effect   bool        // it asked for an effect: to sign in, to enrol, to vote
}

// refusal is an answer that says no.
type refusal struct {
	status   int
	reason   Reason
	sentence string // for the person
	err      error  // for the log; may be nil
	person   string // whom a signature has shown; may be empty
	after    time.Duration
}

func refuse(status int, why Reason, format string, args ...any) *refusal {
	return &refusal{status: status, reason: why, sentence: fmt.Sprintf(format, args...)}
}

func (r *refusal) of(person string) *refusal { r.person = person; return r }

func (r *refusal) because(err error) *refusal { r.err = err; return r }

// problem is the answer to a program (RFC 9457).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Reason Reason `json:"reason"`
}

// note leaves a trace of every refusal.
func (c *Console) note(r *http.Request, no *refusal) {
	id, _ := incident.ParseID(r.PathValue("id")) // "" otherwise
	c.o.Refused(Refusal{Reason: no.reason, Person: no.person, Incident: id, Path: routeOf(r), Effect: r.Method == http.MethodPost})
	why := ""
	if no.err != nil {
		why = incident.OneLine(no.err.Error(), 200) // it may repeat what was sent
	}
	c.o.Log.Warn("refused a request to the console", "reason", string(no.reason), "status", no.status,
		"person", no.person, "path", routeOf(r), "err", why)
}

func (c *Console) sayNo(w http.ResponseWriter, r *http.Request, no *refusal) {
	c.note(r, no)
	retryAfter(w, no)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(no.status)
	// The client has gone if it fails.
	_ = json.NewEncoder(w).Encode(problem{http.StatusText(no.status), no.status, no.sentence, no.reason})
}

func retryAfter(w http.ResponseWriter, no *refusal) {
	if no.after > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(no.after.Seconds())+1))
	}
}
