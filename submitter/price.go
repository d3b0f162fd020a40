package submitter

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// ErrCold says that no endpoint of a chain has been read yet, so neither nonce
// nor fees are known. Try again.
var ErrCold = errors.New("nonce and fees are not known yet")

// Price gives steps their nonces and fees, consecutive nonces in the order
// given. It makes no call: everything is warm, and extrapolated when it is
// not. Where the lane has room for some steps only, it returns these; where
// another incident is between its prices and its signatures, or is more urgent
// and waits too, it waits: with a context that has ended, not at all. The
// reservations are in memory until the facts are written: Release takes them
// back. It fails with ErrCold, with the end of ctx, and for a plan whose
// approved cost pays nothing.
func (s *Submitter) Price(ctx context.Context, st incident.State, steps []string) ([]incident.Body, error) {
	jobs, errs := s.jobs(st, steps)
	groups := byLane(jobs)
	for _, group := range groups {
		defer group[0].lane.join(ticketOf(st))()
	}
	for {
		changed := s.change.wait()
		bodies, failed := s.priceNow(groups)
		errs := append(errs[:len(errs):len(errs)], failed...)
		if len(bodies) > 0 || len(errs) > 0 || len(jobs) == 0 {
			return bodies, errors.Join(errs...)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-changed:
		}
	}
}

// priceNow prices what can be priced without waiting.
func (s *Submitter) priceNow(groups [][]job) (bodies []incident.Body, errs []error) {
	for _, jobs := range groups {
		n := jobs[0].net
		m, ok := n.quote()
		if !ok || !jobs[0].lane.warm() {
			errs = append(errs, fmt.Errorf("price on chain %s (%d): %w", n.Name, n.ID, ErrCold))
			continue
		}
		jobs, refused := payable(jobs)
		errs = append(errs, refused...)
		if len(jobs) == 0 {
			continue
		}
		var owners []owner
		for _, j := range jobs {
			owners = append(owners, j.owner(j.step.Issue+1))
		}
		nonces := jobs[0].lane.reserve(owners)
		for i, nonce := range nonces {
			bodies = append(bodies, jobs[i].open(nonce, m, len(nonces)-i))
		}
	}
	return bodies, errs
}

// payable takes out what no bid could be made for, before a nonce is reserved.
func payable(jobs []job) (good []job, errs []error) {
	for _, j := range jobs {
		if j.limits().hard().IsZero() {
			errs = append(errs, fmt.Errorf("price step %s: %w", j.call.Step, errNoBudget))
			continue
		}
		good = append(good, j)
	}
	return good, errs
}

func (j job) limits() limits {
	return limits{gas: j.call.Gas, cost: j.step.Left(j.call), node: j.net.NodeFeeCap, floorTip: j.net.FloorTip}
}

// open makes the first bid at a nonce. What the account can put up is shared
// with the steps that are still to be priced.
func (j job) open(nonce uint64, m market, sharers int) incident.Priced {
	l := j.limits()
	if spare := j.lane.spare(nonce); spare != nil {
		l.balance = new(spare.Div(uint64(sharers)))
	}
	p, why, _ := opening(m, l) // payable has ruled its error out
	j.lane.spend(nonce, p.feeCap.Times(j.call.Gas))
	return j.priced(nonce, p, priced{attempt: len(j.step.Attempts) + 1, issue: j.step.Issue + 1, why: why})
}

// priced is the part of a Priced fact that is not the bid.
type priced struct {
	attempt, issue int
	why            string
}

func (j job) priced(nonce uint64, p price, at priced) incident.Priced {
	return incident.Priced{
		Step: j.call.Step, Attempt: at.attempt, Issue: at.issue,
		ChainID: j.call.ChainID, Key: j.key, From: j.from,
		Nonce: nonce, Gas: j.call.Gas, FeeCap: p.feeCap, Tip: p.tip, Why: at.why,
	}
}
