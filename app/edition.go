package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// shelf is what was read of the files, checked against the configuration.
type shelf struct {
	set    *playbooks.Set
	people approvals.Roster
	digest incident.Digest // of the files, as they were looked at
}

// shown is the digest that people are told: of the files, and of the texts that
// were taken from them.
// Rationale: a file that is exchanged for the moment of the reading, and back,
// looks as it did before. What is in force is then not what the files say, and
// must not be called by their digest.
func (s shelf) shown() string {
	return incident.DigestOf("firebreak-edition/1", fmt.Appendf(nil, "%s %s %s", s.digest, s.set.Inventory().Digest(), s.set.Digest())).String()
}

// edition is a shelf with everything that follows from it. It is built whole
// and never changed; what asks it twice for one question asks one edition.
type edition struct {
	shelf
	planner *playbooks.Planner
	desk    *slack.Desk
	clicks  *slack.Handler
	names   alerts.Names
}

// errUnsettled says that the files changed while they were read.
var errUnsettled = errors.New("the files of the playbooks changed while they were read; try again when they are written")

// read reads inventory and playbooks, and checks all of it. What it gives is
// what the files held at one moment.
func (a *App) read() (shelf, error) {
	for range 3 {
		s := shelf{digest: filesDigest(a.c.Inventory, a.c.Playbooks)}
		var err error
		s.set, err = playbooks.Load(a.c.Inventory, a.c.Playbooks)
		if filesDigest(a.c.Inventory, a.c.Playbooks) != s.digest {
			continue
		}
		if err != nil {
			return s, fmt.Errorf("load playbooks: %w", err)
		}
		if err := CheckTogether(a.c, s.set); err != nil {
			return s, err
		}
		s.people, err = roster(s.set.Inventory(), a.c.Slack.Team)
		return s, err
	}
	return shelf{}, errUnsettled
}

// publish makes an edition of a shelf. It calls nobody.
func (a *App) publish(s shelf) (*edition, error) {
	inv := s.set.Inventory()
	e := &edition{shelf: s, names: AlertNames(inv)}
	var err error
	e.planner, err = s.set.Planner(playbooks.PlannerOptions{
		Reader: a.reader, Evidence: a.reader, Simulator: a.reader, Endpoints: a.reader.Endpoints,
		KeyAddress: func(name string, _ uint64) (common.Address, bool) { address, ok := a.keys[name]; return address, ok },
		Roster:     s.people.Digest(), TxGas: a.txGas,
	})
	if err != nil {
		return nil, fmt.Errorf("open playbooks: %w", err)
	}
	config, rules := a.slack, approvals.Rules{Roster: s.people}
	config.Channels, config.Mention, config.Called = inv.Channels(), func(name string) []string { return mention(inv, name) }, rules.Called
	if e.desk, err = slack.NewDesk(config); err != nil {
		return nil, fmt.Errorf("open %w", err)
	}
	e.clicks, err = slack.NewHandler(config, slack.HandlerOptions{
		Votes: ballotBox{a}, Rules: func() approvals.Rules { return rules },
		Shown: ballotBox{a}.Shown, Alarm: ballotBox{a}.Alarm, Cases: orders{a}, Event: a.slackSaid, Refused: a.turnedAway, Skew: a.metrics.skewed,
	})
	if err != nil {
		return nil, fmt.Errorf("open %w", err)
	}
	return e, nil
}

// openEditions puts the first edition into force, and keeps it up to date.
func (a *App) openEditions(s shelf) (err error) {
	if a.slack, err = a.slackConfig(); err != nil {
		return err
	}
	a.openRecord()
	first, err := a.publish(s)
	if err != nil {
		return err
	}
	a.current.Store(first)
	a.metrics.published(first)
	if a.c.Reload == ReloadWatch {
		a.background("playbooks", a.follow)
	}
	return nil
}

// The parts that others ask. Each question is asked of the edition of now, and
// of one alone.
type (
	books     struct{ now *atomic.Pointer[edition] }
	authority struct{ now *atomic.Pointer[edition] }
	ballotBox struct{ app *App }
)

// Match implements engine.Playbooks.
func (b books) Match(alert incident.Alert) []incident.Opened {
	return b.now.Load().planner.Match(alert)
}

// Plan implements engine.Playbooks. It works by the text that the incident
// pinned, against the inventory of now.
func (b books) Plan(ctx context.Context, s incident.State) (incident.Body, error) {
	return b.now.Load().planner.Plan(ctx, s)
}

// Admit implements engine.Authority, by the roster of now: a vote that was
// mapped to a person by an earlier one is refused with the words to vote again.
func (r authority) Admit(s incident.State, v incident.Vote) error {
	return approvals.Rules{Roster: r.now.Load().people}.Admit(s, v)
}

// Decide implements engine.Authority, by the roster of now: who left it since
// they voted does not count any more, whichever roster the plan was made under.
func (r authority) Decide(s incident.State) incident.Body {
	return approvals.Rules{Roster: r.now.Load().people}.Decide(s)
}

// page tells people through the front of now.
func (a *App) page(ctx context.Context, lines []string, names ...string) error {
	return a.current.Load().desk.Page(ctx, lines, names...)
}

// State implements slack.Votes.
func (b ballotBox) State(ctx context.Context, id incident.ID) (incident.State, error) {
	return b.app.engine.State(ctx, id)
}

// Vote implements slack.Votes.
func (b ballotBox) Vote(ctx context.Context, id incident.ID, v incident.Vote) (incident.State, error) {
	return b.app.engine.Vote(ctx, id, v)
}

// Shown implements slack.HandlerOptions.
func (b ballotBox) Shown(ctx context.Context, id incident.ID, face int) (incident.State, error) {
	return b.app.engine.Shown(ctx, id, face)
}

// Alarm implements slack.HandlerOptions.
func (b ballotBox) Alarm(ctx context.Context, id incident.ID, alarm incident.Alarmed) error {
	return b.app.engine.Alarm(ctx, id, alarm)
}
