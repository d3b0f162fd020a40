package rehearsal_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/journaltest"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// twin is a daemon's engine in a world where a story happens. Its chain moves by
// the clock: a block takes what was sent one block later, as the story says.
type twin struct {
	approvals.Rules // engine.Authority
	t               *testing.T
	set             *playbooks.Set
	book            string
	story           playbooks.Case
	start, end      time.Time
	ahead           time.Duration // of the bubble's clock
	journal         *journaltest.Memory
	engine          *engine.Engine
	refused         map[string]string

	mu             sync.Mutex
	paged          []string
	nonces         map[string]uint64
	sent, included map[string]time.Time
}

func newTwin(t *testing.T, set *playbooks.Set, book string, c playbooks.Case, said rehearsal.Played) *twin {
	if c.Mode != "" {
		set = set.As(book, c.Mode)
	}
	w := &twin{Rules: said.Rules, t: t, set: set, book: book, story: c, start: said.Start, end: said.End, ahead: time.Until(said.Start),
		journal: &journaltest.Memory{}, refused: map[string]string{}, nonces: map[string]uint64{}, sent: map[string]time.Time{}, included: map[string]time.Time{}}
	w.journal.Now = w.now
	var err error
	w.engine, err = engine.New(t.Context(), engine.Options{Journal: w.journal, Playbooks: w, Authority: w, Desk: w, Sender: w, Watcher: w, Verifier: w, Looker: w, Now: w.now})
	require.NoError(t, err)
	return w
}

func (w *twin) now() time.Time { return time.Now().Add(w.ahead).UTC() }

// play lets the story happen, second by second.
func (w *twin) play() {
	w.engine.Start()
	defer w.engine.Stop()
	arrived, answered := 0, 0
	var last time.Time
	for {
		for ; arrived < len(w.story.Alerts) && !w.start.Add(w.story.Alerts[arrived].At).After(w.now()); arrived++ {
			w.receive(arrived)
		}
		synctest.Wait()
		if answered < len(w.story.Approvals) && w.due(w.story.Approvals[answered], last) {
			w.answer(answered)
			answered, last = answered+1, w.now()
			synctest.Wait()
		}
		if !w.now().Before(w.end) {
			return
		}
		time.Sleep(time.Second)
	}
}

func (w *twin) receive(n int) {
	alert := w.story.Alerts[n].Alert
	alert.ID, alert.Occurred = fmt.Sprintf("alert-%d", n+1), w.now()
	if alert.Source == "" {
		alert.Source = "detector"
	}
	_, _, err := w.engine.Receive(w.t.Context(), incident.Received{Alert: alert, Raw: []byte("{}")})
	require.NoError(w.t, err)
	synctest.Wait()
}

// due tells whether an answer comes now: when it says, or a second after the
// request or the answer before it.
func (w *twin) due(a playbooks.Answer, last time.Time) bool {
	if a.At > 0 {
		return !w.start.Add(a.At).After(w.now())
	}
	states := w.states()
	if len(states) == 0 {
		return false
	}
	asked := w.askedAt(states[len(states)-1].ID)
	if asked.IsZero() {
		return false
	}
	if last.After(asked) {
		asked = last
	}
	return !asked.Add(time.Second).After(w.now())
}

func (w *twin) askedAt(id incident.ID) (at time.Time) {
	for f, err := range w.journal.Read(w.t.Context(), id.Stream(), 0) {
		require.NoError(w.t, err)
		if f.Kind == incident.KindAsked {
			at = f.Seen
		}
	}
	return at
}

func (w *twin) answer(n int) {
	a := w.story.Approvals[n]
	states := w.states()
	if len(states) == 0 {
		w.refused[a.Person] = "there is nothing to answer to"
		return
	}
	s := states[len(states)-1]
	team, _ := w.TeamFor(s, a.Person)
	_, err := w.engine.Vote(w.t.Context(), s.ID, incident.Vote{Person: a.Person, Team: team, Decision: a.Decision, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Roster: w.Roster.Digest(), Delivery: fmt.Sprintf("answer-%d", n+1)})
	if err != nil {
		w.refused[a.Person] = err.Error()
	}
}

// states are the incidents in the order of the alerts that opened them.
func (w *twin) states() []incident.State {
	var states []incident.State
	for f, err := range w.journal.Read(w.t.Context(), incident.Router, 0) {
		require.NoError(w.t, err)
		body, err := f.Body()
		require.NoError(w.t, err)
		for _, d := range body.(incident.Routed).All() {
			for _, m := range d.Matches {
				if m.Verdict == "opened" {
					states = append(states, w.fold(m.Incident))
				}
			}
		}
	}
	return states
}

func (w *twin) Match(alert incident.Alert) (mine []incident.Opened) {
	for _, o := range w.set.Match(alert) {
		if o.Playbook.Name == w.book {
			mine = append(mine, o)
		}
	}
	return mine
}

func (w *twin) address(key string) common.Address {
	if s, ok := w.set.Inventory().Signer(key); ok && s.Address != (common.Address{}) {
		return s.Address
	}
	return rehearsal.Stranger(key)
}

// Plan asks once for what would be asked of the chain, and plans with the answers.
func (w *twin) Plan(ctx context.Context, s incident.State) (incident.Body, error) {
	o := playbooks.PlannerOptions{Roster: w.Roster.Digest(), Now: w.now,
		KeyAddress: func(key string, _ uint64) (common.Address, bool) { return w.address(key), true }}
	chain := rehearsal.Told(w.story)
	for pass := 0; ; pass++ {
		o.Reader, o.Evidence = chain, chain
		planner, err := w.set.Planner(o)
		if err != nil {
			return nil, err
		}
		body, err := planner.Plan(ctx, s)
		planned, ok := body.(incident.Planned)
		if err != nil || pass == 1 || !ok {
			return body, err
		}
		chain = rehearsal.Scripted(planned.Plan, w.story)
	}
}

func (w *twin) Post(_ context.Context, s incident.State) (incident.CardPosted, error) {
	return incident.CardPosted{Channel: "C", TS: "1", Version: s.Face}, nil
}

func (w *twin) Update(_ context.Context, s incident.State) (incident.Body, error) {
	return incident.CardUpdated{Version: s.Face}, nil
}

func (w *twin) Tell(_ context.Context, s incident.State, key string) (incident.Told, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if approvals.Loud(s, key) {
		w.paged = append(w.paged, approvals.Summoned(s))
	}
	return incident.Told{Key: key, Text: key}, nil
}

func (w *twin) course(step string) playbooks.Course {
	if c, ok := w.story.Chain[step]; ok {
		return c
	}
	item, _, _ := strings.Cut(step, "/")
	return w.story.Chain[item]
}

func (w *twin) block(s incident.State, step string) time.Duration {
	call, _ := s.Run().Plan.Call(step)
	if chain, ok := w.set.Inventory().Chain(call.Chain); ok && chain.BlockTime > 0 {
		return chain.BlockTime
	}
	return 12 * time.Second
}

func (w *twin) fold(id incident.ID) incident.State {
	var facts []incident.Fact
	for f, err := range w.journal.Read(w.t.Context(), id.Stream(), 0) {
		require.NoError(w.t, err)
		facts = append(facts, f)
	}
	s, err := incident.Fold(facts)
	require.NoError(w.t, err)
	return s
}
