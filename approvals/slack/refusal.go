package slack

import (
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// Reason is why something was refused, in a word for metrics.
type Reason string

// The reasons of refusals. Forged says that the signature, its time or the
// shape of the request is not Slack's; the others are Slack's own requests.
const (
	ReasonForged    Reason = "forged"         // HTTP 401: signature or timestamp
	ReasonMalformed Reason = "malformed"      // HTTP 4xx: method, query, type, size, payload
	ReasonElsewhere Reason = "other-app"      // another app or workspace
	ReasonForeign   Reason = "foreign-user"   // somebody of another workspace
	ReasonChannel   Reason = "channel"        // not one of the configured channels, or shared
	ReasonUnknown   Reason = "not-on-roster"  // nobody on the roster has this account
	ReasonAccount   Reason = "account"        // deactivated, guest or bot
	ReasonStale     Reason = "stale"          // another revision
	ReasonClosed    Reason = "closed"         // no vote is open any more
	ReasonPhrase    Reason = "phrase"         // the confirmation was not typed
	ReasonRules     Reason = "rules"          // the quorum rules say no
	ReasonStore     Reason = "not-stored"     // the journal did not take it in time
	ReasonSlack     Reason = "slack-api"      // Slack's API did not answer
	ReasonRepeated  Reason = "repeated"       // that vote is recorded already; it was answered as such
	ReasonTampered  Reason = "card-changed"   // the card is not as firebreak wrote it
	ReasonUnread    Reason = "unreadable-now" // the journal could not be read in time
)

// refusal is a no with its reason, a sentence for the person, and the detail
// for the log.
type refusal struct {
	reason   Reason
	status   int    // HTTP status when there is nobody to show a view to
	sentence string // for the person
	detail   error  // for the log
}

func (r *refusal) Error() string {
	if r.detail != nil {
		return fmt.Sprintf("%s: %v", r.reason, r.detail)
	}
	return fmt.Sprintf("%s: %s", r.reason, r.sentence)
}

// turnedAway is a refusal that is answered over HTTP alone.
func turnedAway(status int, reason Reason, format string, args ...any) *refusal {
	return &refusal{reason: reason, status: status, detail: fmt.Errorf(format, args...)}
}

// shown is a refusal that the person reads.
func shown(reason Reason, format string, args ...any) *refusal {
	return &refusal{reason: reason, sentence: fmt.Sprintf(format, args...)}
}

// Refusal is a no as the record keeps it. Nothing in it opens anything.
type Refusal struct {
	Transport string // "slack-http" or "slack-socket"
	Reason    Reason
	Who       string      // the Slack user id, as the request claims it
	Incident  incident.ID // that it names, "" for none
	Detail    string      // one line
	Body      string      // SHA-256 of what came, hex
}

// about reads which incident a value of ours names. It proves nothing.
func (r *Refusal) about(value string) {
	if at, err := parsePointer(value); err == nil && r.Incident == "" {
		r.Incident = at.id
	}
}
