package lab

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// Play lets the attacker loose and waits for the end: until the incident has
// ended and been told, or, without a response, until nothing is left to take.
func (r *Range) Play(ctx context.Context) (Result, error) {
	scene := r.o.Scenario
	r.o.Say("\n%s", scene.Story)
	a, err := r.attack(ctx, scene)
	if err != nil {
		return Result{}, err
	}
	r.o.Say("attack     it has begun")
	if r.o.NoResponse {
		return r.watch(ctx, a)
	}
	id, err := r.respond(ctx, a)
	if err != nil {
		return Result{}, err
	}
	return r.result(ctx, a, id)
}

// stopped is closed when a daemon in this process has stopped. One of its own
// may be killed and started again, so nothing is concluded from that.
func (r *Range) stopped() <-chan struct{} {
	if d, ok := r.responder().(inProcess); ok {
		return d.Done()
	}
	return nil
}

// watch waits for the attack to run out.
func (r *Range) watch(ctx context.Context, a *Attack) (Result, error) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return Result{}, context.Cause(ctx)
		case <-a.done:
			total, lost, err := a.Funds(ctx)
			res := Result{Scenario: a.scene.Name, Outcome: "no-response", FundsTotal: total, FundsLost: lost, AttackTxs: len(a.Strikes()), Timings: map[string]int64{}, TxHashes: []common.Hash{}}
			if err == nil {
				res.FundsSaved = new(big.Int).Sub(total, lost)
			}
			return res, errors.Join(err, a.err)
		case <-tick.C:
			if _, lost, err := a.Funds(ctx); err == nil {
				r.o.Say("attack     %s gone", usd(lost))
			}
		}
	}
}

// respond posts the alert, has people asked, and waits for the incident's end.
func (r *Range) respond(ctx context.Context, a *Attack) (incident.ID, error) {
	if _, err := a.detect(ctx); err != nil {
		return "", err
	}
	r.o.Say("detector   it has raised the alarm")
	if !r.o.Guardians {
		r.o.Say("\n  Open %s and approve as two guardians of two teams,\n  for example ana and dee. The vault is losing money meanwhile.\n", r.slack.PageURL())
	}
	approving, done := context.WithCancel(ctx)
	defer done()
	g, gctx := errgroup.WithContext(approving)
	if r.o.Guardians {
		for _, name := range []string{"ana", "dee"} {
			g.Go(func() error { return ignoreCancel(gctx, Approve(gctx, r.slack, name)) })
		}
	}
	var id incident.ID
	g.Go(func() (err error) {
		defer done() // a guardian who still waits for a card waits no longer
		id, err = r.end(gctx, a)
		return err
	})
	if err := g.Wait(); err != nil {
		return id, err
	}
	return id, context.Cause(ctx)
}

func ignoreCancel(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// end follows the only incident until nothing is owed to it.
func (r *Range) end(ctx context.Context, a *Attack) (incident.ID, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var id incident.ID
	var said incident.Phase
	for {
		select {
		case <-ctx.Done():
			return id, context.Cause(ctx)
		case <-r.stopped():
			return id, errors.New("firebreak has stopped; its log says why")
		case <-tick.C:
		}
		states, err := journal.Incidents(ctx, r.record)
		if err != nil {
			return id, err
		}
		if len(states) == 0 {
			continue
		}
		s := states[0]
		id = s.ID
		if s.Phase() != said {
			said = s.Phase()
			_, lost, err := a.Funds(ctx)
			if err != nil {
				return id, err
			}
			r.o.Say("incident   %-10s %s gone", said, usd(lost))
		}
		if s.Phase().Ended() && !s.Open() {
			return id, nil
		}
	}
}

// result lets the attacker try until it gives up, so that "contained" is shown
// and not only said, and adds up.
func (r *Range) result(ctx context.Context, a *Attack, id incident.ID) (Result, error) {
	facts, s, err := journal.Incident(ctx, r.record, id)
	if err != nil {
		return Result{}, err
	}
	res := Result{Scenario: a.scene.Name, Outcome: string(s.Phase()), Incident: string(id), Timings: timings(a.Began, facts), TxHashes: []common.Hash{}}
	if s.Phase() == incident.PhaseContained {
		select {
		case <-a.done:
		case <-ctx.Done():
			return res, context.Cause(ctx)
		}
		if a.err != nil {
			return res, fmt.Errorf("the attack ended by itself: %w", a.err)
		}
	}
	if res.FundsTotal, res.FundsLost, err = a.Funds(ctx); err != nil {
		return res, err
	}
	res.FundsSaved = new(big.Int).Sub(res.FundsTotal, res.FundsLost)
	res.AttackTxs = len(a.Strikes())
	for _, step := range s.Run().Steps {
		if step.In != nil {
			res.TxHashes = append(res.TxHashes, step.In.Hash)
		}
	}
	head, err := r.head(ctx)
	res.JournalHead = head.String()
	return res, err
}
