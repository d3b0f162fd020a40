package faults_test

import (
	"errors"
	"fmt"
	"math/big"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// power fails at one write: at the nth append to the journal or at the nth
// transaction that reaches an endpoint. From there on nothing of that process
// has any effect, until it is restored.
type power struct {
	mu      sync.Mutex
	at      point
	off     bool
	appends int
	sends   int
}

// point is one write, and whether it took effect before the process died.
type point struct {
	send   bool
	n      int
	landed bool
}

func (p point) String() string {
	what, how := "append", "lost"
	if p.send {
		what = "send"
	}
	if p.landed {
		how = "landed"
	}
	return fmt.Sprintf("%s %d %s", what, p.n, how)
}

var errPower = errors.New("the power is gone")

// supply puts a world on it.
func (p *power) supply(w *world) {
	w.journal.OnAppend = func([]incident.Entry) (bool, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.off {
			return false, errPower
		}
		p.appends++
		if !p.at.send && p.appends == p.at.n {
			p.off = true
			return p.at.landed, errPower
		}
		return true, nil
	}
	w.gate.before = func(*types.Transaction) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.off {
			return submittertest.ErrLost
		}
		p.sends++
		if p.at.send && p.sends == p.at.n {
			p.off = true
			if !p.at.landed {
				return submittertest.ErrLost
			}
		}
		return nil
	}
	w.gate.after = func(*types.Transaction) error { return p.gone(submittertest.ErrLost) }
	w.key.Fail(func(signer.Request) error { return p.gone(fmt.Errorf("%w: %w", signer.ErrUnavailable, errPower)) })
}

// gone is an error when the power is off.
func (p *power) gone(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return err
	}
	return nil
}

func (p *power) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off, p.at = false, point{}
}

// moods are worlds to crash in. Each leaves one endpoint that is honest.
var moods = []struct {
	name string
	set  func(w *world)
}{
	{"calm", func(*world) {}},
	{"replies are lost", func(w *world) {
		w.endpoints[0].Set(func(s *script) { s.DropReply = true })
		w.endpoints[1].Set(func(s *script) { s.DropReply = true })
	}},
	{"one hangs, one lags", func(w *world) {
		w.endpoints[0].Set(func(s *script) { s.Hang = true })
		w.endpoints[1].Set(func(s *script) { s.Lag = 2 })
	}},
	{"one keeps nothing, one has no receipts", func(w *world) {
		w.endpoints[0].Set(func(s *script) { s.Deaf = true })
		w.endpoints[1].Set(func(s *script) { s.Blind = true })
	}},
	{"one counts too much, one refuses", func(w *world) {
		w.endpoints[0].Set(func(s *script) { s.Count = func() *uint64 { return new(uint64(9)) } })
		w.endpoints[1].Set(func(s *script) { s.Reject = func() error { return said("txpool is full") } })
	}},
	{"blocks are full", func(w *world) {
		w.submit.BumpAfter = 4 * time.Second
		w.chain.Jam()
		go func() { time.Sleep(9 * time.Second); w.chain.Unjam() }()
	}},
	{"fees jump", func(w *world) {
		w.submit.BumpAfter = 4 * time.Second
		go func() {
			time.Sleep(250 * time.Millisecond)
			w.chain.SetBase(70 * gwei)
		}()
	}},
	{"nobody is asked", func(w *world) {
		w.pre = &incident.PreAuthority{Until: w.now().AddDate(0, 1, 0), Per: 24 * time.Hour}
	}},
	{"nobody is asked, replies are lost", func(w *world) {
		w.pre = &incident.PreAuthority{Until: w.now().AddDate(0, 1, 0), Per: 24 * time.Hour}
		w.endpoints[0].Set(func(s *script) { s.DropReply = true })
		w.endpoints[1].Set(func(s *script) { s.DropReply = true })
	}},
	{"another incident has used up the rate", func(w *world) {
		w.pre = &incident.PreAuthority{Until: w.now().AddDate(0, 1, 0), Per: 24 * time.Hour}
		w.usedUp()
	}},
	{"pools forget", func(w *world) {
		w.chain.Set(func(r *rules) { r.MinTip = big.NewInt(6 * gwei) })
		go func() {
			for range 4 {
				time.Sleep(time.Second)
				w.chain.Evict()
			}
		}()
	}},
}

// TestAProcessThatStopsAtAnyWriteEndsContainedWithOneTransactionPerStep stops
// the process at every append to the journal and at every transaction on a
// socket, each once before it took effect and once after, and starts another
// one on what is left.
func TestAProcessThatStopsAtAnyWriteEndsContainedWithOneTransactionPerStep(t *testing.T) {
	runs := 0
	for _, steps := range [][]string{{"pause"}, {"pause", "block"}, {"pause", "block", "limit", "freeze"}} {
		for _, mood := range moods {
			t.Run(fmt.Sprintf("%d steps, %s", len(steps), mood.name), func(t *testing.T) {
				for _, at := range []point{{false, 0, false}, {false, 0, true}, {true, 0, false}, {true, 0, true}} {
					for beyond := false; !beyond && !t.Failed(); runs++ {
						at.n++
						synctest.Test(t, func(t *testing.T) {
							w := newWorld(t, 3, steps...)
							mood.set(w)
							beyond = crashAt(t, w, at)
							if t.Failed() {
								t.Logf("stopped at %s", at)
							}
						})
					}
				}
			})
		}
	}
	t.Logf("%d runs", runs)
	assert.Greater(t, runs, 1000)
}

// crashAt lives until the power fails, and then until everything is contained.
// It tells whether there was no such write any more.
func crashAt(t *testing.T, w *world, at point) (beyond bool) {
	w.chain.Run(t, blockTime)
	p := &power{at: at}
	p.supply(w)
	first := w.boot()
	first.live(func() bool { return p.gone(errPower) != nil })
	first.halt()
	beyond = p.gone(errPower) == nil
	p.restore()
	if !beyond {
		second := w.boot()
		second.live(func() bool { return false })
		second.halt()
	}
	states := w.incidents()
	require.Len(t, states, 1, "one alert is one incident")
	require.Equal(t, incident.PhaseContained, states[0].Phase(), "nothing is stuck")
	w.once(states[0])
	w.released(states[0])
	return beyond
}

// usedUp claims what a plan of now would have to claim, in the name of another
// incident.
func (w *world) usedUp() {
	s := incident.State{ID: incident.NewID(w.now())}
	planned, err := parts{w}.Plan(w.t.Context(), incident.State{ID: s.ID, Opened: parts{w}.Match(incident.Alert{})[0]})
	require.NoError(w.t, err)
	for _, body := range []incident.Body{parts{w}.Match(incident.Alert{})[0], planned} {
		s, err = s.Foresee(incident.Draft{Body: body, Seen: w.now()})
		require.NoError(w.t, err)
	}
	_, err = w.journal.Append(w.t.Context(), incident.Entry{Stream: "another", Drafts: []incident.Draft{{Body: incident.Next(s)[0].Body, Seen: w.now()}}})
	require.NoError(w.t, err)
	w.taken = true
}

// released demands that people were asked exactly when nothing allowed to go out
// without it, that the slot was not used up for nothing, and that people heard.
func (w *world) released(s incident.State) {
	w.t.Helper()
	without := w.pre != nil && !w.taken
	assert.Equal(w.t, without, s.Run().PreAuthorised())
	assert.Equal(w.t, without, len(s.Run().Votes) == 0)
	assert.Equal(w.t, without, s.WasTold("run0/pre-authorised"))
	if w.taken {
		require.NotEmpty(w.t, s.Notes)
		assert.Contains(w.t, s.Notes[0].Text, "not sent before asking")
	}
}

// live does what sources and guardians do, who try again after an error, until
// the incident is contained or something else ends it.
func (p *process) live(ended func() bool) {
	for range int(10 * time.Minute / p.w.pulse) {
		states := p.w.incidents()
		switch {
		case ended():
			return
		case len(states) == 0:
			p.Receive(p.w.t.Context(), received()) // a source repeats what was not acknowledged
		case states[0].Phase() == incident.PhaseContained:
			return
		case states[0].Phase() == incident.PhaseAsking:
			p.Vote(p.w.t.Context(), states[0].ID, vote(states[0])) // a guardian who saw an error clicks again
		}
		time.Sleep(p.w.pulse)
	}
}
