package ballot

import (
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Request is what people are shown of a run before they decide, and afterwards:
// the same facts in the same order as on the card in Slack. Every text in it is
// plain and printable; it holds no markup, and whoever shows it escapes it.
type Request struct {
	Incident incident.ID     `json:"incident"`
	Run      int             `json:"run"`
	Revision int             `json:"revision"`
	Digest   incident.Digest `json:"digest"`
	Words    string          `json:"digest_words"` // the digest, to be compared aloud
	Phase    incident.Phase  `json:"phase"`
	Open     bool            `json:"open"` // a vote is asked for now

	Exercise      bool `json:"exercise"`
	DryRun        bool `json:"dry_run"`
	PreAuthorised bool `json:"pre_authorised"` // it went out before anybody was asked

	Headline string   `json:"headline"`          // the state and the title, in one line
	Sentence string   `json:"sentence"`          // the whole state, for screen readers and lists
	Banners  []string `json:"banners,omitempty"` // what is not real, or not as usual
	Outcome  []string `json:"outcome,omitempty"` // what came of it; empty while a vote is open

	Why      []Fact `json:"why,omitempty"` // why now, what for, and what each answer leads to
	Summary  string `json:"summary,omitempty"`
	Calls    []Call `json:"calls,omitempty"` // every one, in full
	Facts    []Fact `json:"facts,omitempty"`
	Evidence []Fact `json:"evidence,omitempty"`

	Votes    *Votes     `json:"votes,omitempty"`
	Deadline *time.Time `json:"deadline,omitempty"` // set while a vote is open
	Phrase   string     `json:"phrase,omitempty"`   // the deed in capitals; who decides on a terminal types it
}

// Fact is one line: what it is, and what it says.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	Exact bool   `json:"exact,omitempty"` // an address, a number, a value: shown in one width, never cut
	Alarm bool   `json:"alarm,omitempty"` // must not be overlooked
}

// Call is one call of the plan in words.
type Call struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	Lines []Fact `json:"lines"`
}

// Votes are who is asked and what they said.
type Votes struct {
	Tally      string             `json:"tally"` // "1 of 2"
	Need       int                `json:"need"`
	Teams      []string           `json:"teams"`
	Distinct   string             `json:"distinct"`
	Assurance  incident.Assurance `json:"assurance"`
	Approvals  []Said             `json:"approvals,omitempty"`
	Objections []Said             `json:"objections,omitempty"`
}

// Said is one person's standing vote.
type Said struct {
	Person string `json:"person"`
	Team   string `json:"team"`
	How    string `json:"how"` // "with a passkey at 14:01:12 UTC"
	Reason string `json:"reason,omitempty"`
}
