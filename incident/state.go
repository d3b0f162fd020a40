package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// State is an incident as its facts tell it. It is a value: Apply returns a
// new one and leaves the old as it was, so effects may read one that the
// incident has already left behind.
type State struct {
	ID       ID
	Seq      uint64
	Head     Digest
	Exercise bool
	Opened   Opened
	OpenedAt time.Time
	Alerts   []Alert  // the first is the one that opened it
	Receipts []uint64 // their numbers in the inbox
	Notes    []Noted
	Runs     []Run
	Card     Card
	Face     int // how many times what people should see has changed
	Told     []string
	Alarms   []Alarmed     // at most MaxAlarms
	Signals  []SignalNoted // what sources said later; at most MaxSignals
}

// MaxAlarms bounds the alarms of one incident: whoever can set one off can set
// off more, and after some of them people know.
const MaxAlarms = 16

// Run is one passage through the run machine.
type Run struct {
	Number       int
	Phase        Phase
	Plan         *Plan
	Digest       Digest
	Deadline     time.Time
	Votes        []Vote
	Authorised   *Authorised
	AuthorisedAt time.Time
	ExecutedAt   time.Time // when every step was settled
	Steps        []Step
	End          string // why it ended, in words
	Mend         string // what a person should do now, if anything
	EndedAt      time.Time
}

// Card is the message that people see. A zero Version is no card.
type Card struct {
	Channel, TS string
	Version     int
	Render      Digest // of what it says, in that version
}

// Step is one transaction on its way.
type Step struct {
	Name     string
	State    StepState
	Issue    int // nonces opened so far
	Attempts []Attempt
	In       *Included
	Revert   *Reverted
	Held     bool
	HeldAt   time.Time // when it was first read to hold, since it was included last
	Level    string    // the highest at which the goal was read; empty before it held
	Seen     []Observation
	Why      string // why it failed, or what was observed
	NoBump   string // why fees are not raised any more
	Spent    Wei    // what its failed transactions may have cost, wei
	// Reached says that the goal holds while bytes of the step are still out.
	Reached bool
	// Stalled is the attempt of which people were told that it waits, Hurried
	// the one that a person wants outbid; zero: none.
	Stalled, Hurried int
	Mend             string // what a person can do about a bid that waits
	Cancelled        bool   // a person called it off
	Directions       int    // how often a person has given one
}

// Left is what another transaction of the step may cost, wei: what was approved
// less what its failed ones may have cost. A transaction whose nonce a stranger
// used costs nothing, and counts as nothing.
func (s Step) Left(call Call) Wei { return call.MaxCost.Sub(s.Spent) }

// ended tells whether the run need not wait for the step any more.
func (s Step) ended() bool { return s.State.Ended() || s.Reached }

// well tells whether the step's goal was seen to hold as it should.
func (s Step) well() bool {
	return s.State == StepFinal || s.State == StepAlreadySo || s.Reached && s.State != StepFailed
}

// Attempt is one set of nonce and fees, and the bytes once there are any.
type Attempt struct {
	Priced
	Signed   *Signed
	Sent     bool
	Outcomes []Outcome
	Refused  bool
}

// Run returns the run that facts now belong to.
func (s State) Run() Run {
	if len(s.Runs) == 0 {
		return Run{}
	}
	return s.Runs[len(s.Runs)-1]
}

// Phase returns the phase of the present run.
func (s State) Phase() Phase { return s.Run().Phase }

// Step returns a step of the run by name.
func (r Run) Step(name string) (Step, bool) {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return Step{}, false
	}
	return r.Steps[i], true
}

// Consents are the signatures that the key gets with a step: of everybody whose
// standing vote approves this digest, in the order in which they voted. Who
// denied after an approval consents no more.
func (r Run) Consents(step string) []json.RawMessage {
	standing := map[string]Vote{}
	var order []string
	for _, v := range r.Votes {
		if !v.Digest.Equal(r.Digest) {
			continue
		}
		earlier, voted := standing[v.Person]
		if !voted {
			order = append(order, v.Person)
		}
		if earlier.Decision != Deny {
			standing[v.Person] = v
		}
	}
	var given []json.RawMessage
	for _, person := range order {
		for _, c := range standing[person].Consents {
			if c.Step == step && standing[person].Decision == Approve {
				given = append(given, c.Approval)
			}
		}
	}
	return given
}

// Last returns the newest attempt; ok is false when there is none.
func (s Step) Last() (a Attempt, ok bool) {
	if len(s.Attempts) == 0 {
		return Attempt{}, false
	}
	return s.Attempts[len(s.Attempts)-1], true
}

// Live returns the attempts of the present issue whose bytes may be mined: all
// that were ever signed at its nonce. Oldest first.
func (s Step) Live() []Attempt {
	var live []Attempt
	for _, a := range s.Attempts {
		if a.Issue == s.Issue && a.Signed != nil {
			live = append(live, a)
		}
	}
	return live
}

// Hashes returns every hash the step ever had, over all issues: a transaction
// that was called superseded can come back in a reorganisation.
func (s Step) Hashes() []common.Hash {
	var hashes []common.Hash
	for _, a := range s.Attempts {
		if a.Signed != nil {
			hashes = append(hashes, a.Signed.Hash)
		}
	}
	return hashes
}

// Sources returns the distinct sources of the incident's alerts, sorted.
func (s State) Sources() []string {
	var names []string
	for _, a := range s.Alerts {
		names = append(names, a.Source)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// WasTold tells whether people were told under this key.
func (s State) WasTold(key string) bool { return slices.Contains(s.Told, key) }

// Fold replays a stream from its first fact.
func Fold(facts []Fact) (State, error) {
	var s State
	for _, f := range facts {
		next, err := s.Apply(f)
		if err != nil {
			return State{}, err
		}
		s = next
	}
	return s, nil
}

// Apply adds the next fact. It refuses one that is out of order, that does not
// chain to the one before, or that the machines do not allow here; the state
// is then unchanged.
func (s State) Apply(f Fact) (State, error) {
	if f.Seq != s.Seq+1 {
		return s, fmt.Errorf("fact %d of %s came where %d belongs", f.Seq, f.Stream, s.Seq+1)
	}
	if s.Seq > 0 && f.Stream != s.ID.Stream() {
		return s, fmt.Errorf("fact of %s came into %s", f.Stream, s.ID)
	}
	if err := f.Verify(s.Head); err != nil {
		return s, err
	}
	body, err := f.Body()
	if err != nil {
		return s, err
	}
	if s.Seq == 0 {
		s.ID = ID(f.Stream)
	}
	next, err := s.with(Draft{Run: f.Run, Body: body, Happened: f.Happened, Seen: f.Seen, Exercise: f.Exercise})
	if err != nil {
		return s, fmt.Errorf("fact %d of %s: %w", f.Seq, f.Stream, err)
	}
	next.Head = f.Hash
	return next, nil
}

// Foresee is the state as it would be with a fact that is not written yet. The
// engine decides on it what belongs into the same append; nothing else may
// rest on it. It foresees what a replay would see, not what is in memory: JSON
// replaces bytes that are no UTF-8, so a plan with one would be written and
// then be refused, with its incident, at every start for ever.
func (s State) Foresee(d Draft) (State, error) {
	written, err := d.asWritten()
	if err != nil {
		return s, err
	}
	return s.with(written)
}

// with is the state after one more fact.
func (s State) with(d Draft) (State, error) {
	if s.Seq > 0 && d.Exercise != s.Exercise {
		return s, fmt.Errorf("%s: an exercise stays an exercise, and an incident is none", d.Body.Kind())
	}
	next := s
	next.Runs = slices.Clone(s.Runs)
	if err := next.take(d); err != nil {
		return s, fmt.Errorf("%s: %w", d.Body.Kind(), err)
	}
	next.Seq++
	if changesFace[d.Body.Kind()] {
		next.Face++
	}
	return next, nil
}

// changesFace lists the facts after which people should see something else.
var changesFace = map[Kind]bool{
	KindAlarmed: true, KindSignalNoted: true, KindAsked: true, KindVoted: true, KindAuthorised: true, KindPreAuthorised: true, KindDeclined: true,
	KindLapsed: true, KindMoot: true, KindEscalated: true, KindContained: true,
	KindExecuted: true, KindBroadcast: true, KindIncluded: true, KindReverted: true,
	KindPreempted: true, KindDisplaced: true, KindAlreadySo: true, KindRefused: true,
	KindHeld: true, KindUnheld: true, KindGaveUp: true, KindCardLost: true, KindStalled: true, KindCancelled: true,
}
