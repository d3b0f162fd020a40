package submitter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

// Sign asks the signer for exactly what was priced, nonce after nonce on each
// lane, lanes side by side. It returns Signed, Refused or Released for each
// step it came to, in the order given, and the first error of each lane with
// them: ask again then, the request is the same and so are the bytes. A refusal
// frees its nonce when nothing is live there, and with it every unsigned nonce
// above; one that is about the nonce alone is Released, to be priced again once
// endpoints had time to agree. Bytes are not durable yet when it returns, and no socket has seen them.
func (s *Submitter) Sign(ctx context.Context, st incident.State, steps []string) ([]incident.Body, error) {
	jobs, errs := s.jobs(st, steps)
	var mu sync.Mutex
	var all []incident.Body
	var wg sync.WaitGroup
	for _, group := range byLane(jobs) {
		slices.SortStableFunc(group, byNonce)
		wg.Go(func() {
			bodies, err := s.signLane(ctx, group)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, bodies...)
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	slices.SortStableFunc(all, func(a, b incident.Body) int {
		return cmp.Compare(slices.Index(steps, stepOf(a)), slices.Index(steps, stepOf(b)))
	})
	return all, errors.Join(errs...)
}

func stepOf(body incident.Body) string {
	switch b := body.(type) {
	case incident.Signed:
		return b.Step
	case incident.Refused:
		return b.Step
	case incident.Released:
		return b.Step
	}
	return ""
}

func (s *Submitter) signLane(ctx context.Context, jobs []job) (bodies []incident.Body, err error) {
	// All of them are on disk: say so before the first is signed, so that a
	// refusal below voids them and nobody prices in between.
	for _, j := range jobs {
		last, ok := j.step.Last()
		if !ok {
			return nil, fmt.Errorf("sign step %s: it has no price", j.call.Step)
		}
		if err := j.lane.hold(j.owner(last.Issue), last.Nonce, j.stage()); err != nil {
			return nil, fmt.Errorf("sign step %s: %w", j.call.Step, err)
		}
	}
	for _, j := range jobs {
		last, _ := j.step.Last()
		if last.Signed != nil || last.Refused || j.step.State != incident.StepPriced {
			continue
		}
		body, err := s.signOne(ctx, j, last)
		if err != nil {
			return bodies, fmt.Errorf("sign step %s of incident %s: %w", j.call.Step, j.state.ID, err)
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// stage is where the step's present nonce is.
func (j job) stage() stage {
	if len(j.step.Live()) > 0 {
		return signed
	}
	return unsigned
}

func (s *Submitter) signOne(ctx context.Context, j job, a incident.Attempt) (incident.Body, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.SignTimeout)
	defer cancel()
	fresh := j.stage() == unsigned
	if fresh {
		isVoid, err := s.awaitTurn(ctx, j.lane, a.Nonce)
		if err != nil {
			return nil, err
		}
		if isVoid {
			j.lane.free(j.owner(a.Issue))
			return incident.Released{Step: j.call.Step, Attempt: a.Attempt, Slot: a.Slot(),
				Why: "a nonce below it was given back, so this one would have waited behind a gap"}, nil
		}
	}
	r := request(j, a)
	got, err := s.o.Signer.Sign(ctx, r)
	if refusal, ok := errors.AsType[*signer.Refusal](err); ok {
		return s.refused(j, a, refusal), nil
	}
	if err != nil {
		return nil, err
	}
	if err := r.Accept(got, j.from); err != nil {
		return nil, err
	}
	if err := j.lane.hold(j.owner(a.Issue), a.Nonce, signed); err != nil {
		return nil, err
	}
	j.lane.spend(a.Nonce, a.FeeCap.Times(a.Gas))
	return incident.Signed{Step: j.call.Step, Attempt: a.Attempt, Raw: got.Raw, Hash: got.Hash,
		Rule: got.Rule, Policy: got.PolicyHash.Hex(),
		Seq: got.Seq, Receipt: got.Receipt.Hash(), PrevReceipt: got.Prev}, nil
}

// awaitTurn waits until everything below the nonce is signed or given back.
func (s *Submitter) awaitTurn(ctx context.Context, l *lane, nonce uint64) (isVoid bool, err error) {
	for {
		changed := s.change.wait()
		wait, isVoid := l.turn(nonce)
		if isVoid || !wait {
			return isVoid, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("wait for the nonces below %d to be signed: %w", nonce, context.Cause(ctx))
		case <-changed:
		}
	}
}

func (s *Submitter) refused(j job, a incident.Attempt, refusal *signer.Refusal) incident.Body {
	refused := incident.Refused{Step: j.call.Step, Attempt: a.Attempt, Code: refusal.Code, Why: incident.OneLine(refusal.Error(), 500)}
	if j.stage() == signed {
		j.intent.refuseBumps(a.Attempt, refusal.Code+": "+refused.Why)
		return refused
	}
	if misplaced(refusal.Code) && len(j.step.Attempts) < maxMisplaced {
		// Shut before the nonce falls free, or whoever waits gets the same one.
		j.lane.doubt(s.o.Now().Add(j.net.agreeing(len(j.step.Attempts))))
		j.lane.free(j.owner(a.Issue))
		return incident.Released{Step: j.call.Step, Attempt: a.Attempt, Slot: a.Slot(),
			Why: "the key signs another nonce next, so the endpoints count wrong or lag: " + refused.Why}
	}
	j.lane.free(j.owner(a.Issue))
	refused.Slot = new(a.Slot())
	return refused
}

// maxMisplaced is how many bids of a step the key may refuse for their nonce
// before that is a refusal like any other.
const maxMisplaced = 20

// agreeing is how long endpoints are given to agree with the key, which has
// refused so many nonces: a block, and one more each time, so that a fast chain's
// blocks are not over before a node has caught up.
func (n *network) agreeing(refused int) time.Duration {
	return max(n.BlockTime, min(time.Duration(refused)*n.BlockTime, longAgreeing))
}

// longAgreeing is the most that they are given at once, where a block is shorter.
const longAgreeing = 12 * time.Second

// misplaced tells whether a refusal is about the nonce alone. Nothing is live
// then, and the key knows better than endpoints which one comes next: they are
// asked again.
func misplaced(code string) bool {
	return code == signer.CodeNonceGap || code == signer.CodeNonceStale
}

// request is what is asked of the signer. It is a function of facts alone, so
// that asking again after a crash asks for the same bytes.
func request(j job, a incident.Attempt) signer.Request {
	return signer.Request{
		Key: a.Key, ChainID: a.ChainID, Nonce: a.Nonce,
		To: j.call.To, Data: j.call.Data, Gas: a.Gas,
		MaxFeePerGas: a.FeeCap.Big(), MaxPriorityFeePerGas: a.Tip.Big(),
		Incident:  string(j.state.ID),
		Reason:    incident.OneLine(j.run.Plan.Reason, signer.MaxReason),
		RequestID: incident.OneLine(fmt.Sprintf("%s/%d/%s/%d", j.state.ID, j.run.Number, j.call.Step, a.Attempt), signer.MaxText),
		Approvals: j.run.Consents(j.call.Step),
	}
}
