package incident

// The kinds of facts about those who come to the door.
const (
	KindTurnedAway Kind = "turned-away"
	KindAlarmed    Kind = "alarmed"

	KindFreezeAsked Kind = "freeze-asked"
	KindKeyFrozen   Kind = "key-frozen"
)

// Door is the stream of what was refused: clicks, commands and signed votes
// that had no effect. It is the other half of the record of votes: who tried
// what, when, and why it did not count.
const Door Stream = "door"

// Keys is the stream of what people ordered about keys, outside any incident.
const Keys Stream = "keys"

// FreezeAsked says that a person wants a key to sign nothing more. It is on disk
// before it counts.
type FreezeAsked struct {
	Key      string `json:"key"`
	By       string `json:"by"`
	Why      string `json:"why"`
	Delivery string `json:"delivery"` // the same one counts once
}

// KeyFrozen says that the key was frozen because enough people asked for it.
type KeyFrozen struct {
	Key string   `json:"key"`
	By  []string `json:"by"`
}

// Claims reserves the delivery for nobody.
func (f FreezeAsked) Claims(Stream, int) []Claim {
	return []Claim{{Key: "delivery:" + f.Delivery}}
}

// TurnedAway says that something asked for an effect and was refused. Nothing
// in it is authority, and what strangers wrote is bounded and printable.
type TurnedAway struct {
	By       string `json:"by"`                 // the way in: "slack-http", "slack-socket", "page", "alerts", "nats"
	Reason   string `json:"reason"`             // in a word
	Who      string `json:"who,omitempty"`      // as they claimed to be: a Slack user id, a roster name, a source
	Incident ID     `json:"incident,omitempty"` // which it was about, where it said so
	Detail   string `json:"detail,omitempty"`   // one line
	Body     string `json:"body,omitempty"`     // SHA-256 of what came, hex
	// Unwritten is how many more were refused since the last of these facts
	// and only counted: whoever floods the door must not fill the disk.
	Unwritten uint64 `json:"unwritten,omitempty"`
}

// Alarmed says that something about an incident is not as firebreak left it,
// such as a card that somebody else rewrote. People are told of it at once.
type Alarmed struct {
	What   string `json:"what"`   // in a word: "card-changed"
	Detail string `json:"detail"` // one line, for people
	Who    string `json:"who,omitempty"`
}

func (TurnedAway) Kind() Kind  { return KindTurnedAway }
func (Alarmed) Kind() Kind     { return KindAlarmed }
func (FreezeAsked) Kind() Kind { return KindFreezeAsked }
func (KeyFrozen) Kind() Kind   { return KindKeyFrozen }
