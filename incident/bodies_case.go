package incident

import (
	"encoding/json"
	"time"
)

// The kinds of facts about alerts and the case file.
const (
	KindReceived      Kind = "received"
	KindRouted        Kind = "routed"
	KindOpened        Kind = "opened"
	KindAlertAttached Kind = "alert-attached"
	KindNoted         Kind = "noted"
	KindCardPosted    Kind = "card-posted"
	KindCardUpdated   Kind = "card-updated"
	KindCardLost      Kind = "card-lost"
	KindTold          Kind = "told"
)

// Received says that a source delivered an authentic message. It is durable
// before the source gets its 2xx.
type Received struct {
	Alert   Alert             `json:"alert"`
	Raw     []byte            `json:"raw"`               // the body as it came, byte for byte; of several alerts in one, the first has it all
	Headers map[string]string `json:"headers,omitempty"` // those that the proof rests on, secrets left out
	Inert   string            `json:"inert,omitempty"`   // why it is no order to act (test, resolved, late), if it is not
}

// Routed says what became of received alerts: of one, and of those before it
// that the same commit decided.
type Routed struct {
	Decided
	Before []Decided `json:"before,omitempty"` // in the order of the inbox
}

// Decided says what became of one received alert.
type Decided struct {
	Receipt uint64  `json:"receipt"` // sequence number in the inbox
	Matches []Match `json:"matches,omitempty"`
}

// All lists what was decided, in the order of the inbox.
func (r Routed) All() []Decided { return append(r.Before[:len(r.Before):len(r.Before)], r.Decided) }

// Match is what one playbook made of an alert.
type Match struct {
	Playbook string `json:"playbook"`
	Verdict  string `json:"verdict"` // what became of it, one of the Verdict constants
	Incident ID     `json:"incident,omitempty"`
	Silence  uint64 `json:"silence,omitempty"` // the number of the one that held it back
	Why      string `json:"why,omitempty"`
}

// What a router made of a match.
const (
	VerdictOpened    = "opened"
	VerdictAttached  = "attached"  // to one that runs
	VerdictCooldown  = "cooldown"  // to one that ended lately
	VerdictContained = "contained" // to one whose containment still holds on chain
	VerdictLimit     = "limit"     // to the one that says that the playbook may open no more
	VerdictSilenced  = "silenced"
	VerdictInert     = "inert" // the message is no order to act; Why says what it is
)

// Opened says that an alert matched a playbook and that nothing open had the
// same key. It carries the playbook's text, because a run works to its end by
// the playbook it started with.
type Opened struct {
	Key      string        `json:"key"`
	Playbook PlaybookRef   `json:"playbook"`
	Text     string        `json:"text"`
	Mode     Mode          `json:"mode"`
	Owner    string        `json:"owner"`
	Alert    Alert         `json:"alert"`
	Receipt  uint64        `json:"receipt"`
	Sources  int           `json:"sources,omitempty"` // distinct sources that must agree; 0 and 1 mean this one
	Within   time.Duration `json:"within,omitempty"`  // how long to wait for them
	Cooldown time.Duration `json:"cooldown,omitempty"`
	// Inhibit is how long after its containment alerts that name nothing new join
	// the incident, as long as the chain says that it holds.
	Inhibit   time.Duration `json:"inhibit,omitempty"`
	MatchFail string        `json:"match_fail,omitempty"` // the condition failed to evaluate: neither true nor false
	// Unsilenceable says that no silence keeps the playbook from opening.
	Unsilenceable bool   `json:"unsilenceable,omitempty"`
	Limit         *Limit `json:"limit,omitempty"` // how many incidents the playbook may open
	// OverLimit says that the playbook has opened as many as it may: this
	// incident pages a person and prepares nothing.
	OverLimit string `json:"over_limit,omitempty"`
}

// Limit bounds how many incidents one playbook opens.
type Limit struct {
	Runs int           `json:"runs"`
	Per  time.Duration `json:"per"`
}

// AlertAttached says that a further alert belongs to this incident. It never
// restarts an action.
type AlertAttached struct {
	Alert   Alert  `json:"alert"`
	Receipt uint64 `json:"receipt"`
}

// Noted is what a person wrote into the case file, or firebreak itself about
// what kept it waiting.
type Noted struct {
	By   string `json:"by"`
	Text string `json:"text"`
}

// CardPosted says that people can see the request. Version is the Face of the
// state that was rendered.
type CardPosted struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Version int    `json:"version"`
	Render  Digest `json:"render"` // of what the blocks say, as Slack gives them back
}

// CardUpdated says that the card shows a newer version.
type CardUpdated struct {
	Version int    `json:"version"`
	Render  Digest `json:"render"`
}

// CardLost says that the card can no longer be changed; another is owed.
type CardLost struct {
	Why string `json:"why"`
}

// Told says that people were told something once: an end, a delay, a failure.
type Told struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

func (Received) Kind() Kind      { return KindReceived }
func (Routed) Kind() Kind        { return KindRouted }
func (Opened) Kind() Kind        { return KindOpened }
func (AlertAttached) Kind() Kind { return KindAlertAttached }
func (Noted) Kind() Kind         { return KindNoted }
func (CardPosted) Kind() Kind    { return KindCardPosted }
func (CardUpdated) Kind() Kind   { return KindCardUpdated }
func (CardLost) Kind() Kind      { return KindCardLost }
func (Told) Kind() Kind          { return KindTold }

// AlertKey is the claim of a delivery: a source's id is accepted once, for
// ever.
func AlertKey(source, id string) string {
	key, _ := json.Marshal([]string{"alert", source, id}) // strings always marshal
	return string(key)
}

// Claims reserves the delivery for nobody, so that it can never come again.
func (r Received) Claims(Stream, int) []Claim {
	return []Claim{{Key: AlertKey(r.Alert.Source, r.Alert.ID)}}
}
