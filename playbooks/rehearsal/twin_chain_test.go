package rehearsal_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

func (w *twin) Restore([]incident.State) error { return nil }

func (w *twin) Release(incident.State, []string) {}

func (w *twin) Price(_ context.Context, s incident.State, steps []string) (bodies []incident.Body, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	plan := s.Run().Plan
	for _, name := range steps {
		step, _ := s.Run().Step(name)
		call, _ := plan.Call(name)
		fee := incident.NewQuantity(1_000_000_000)
		if left := step.Left(call).Div(call.Gas); left.Cmp(fee) < 0 {
			fee = left
		}
		key := plan.KeyOf(call)
		lane := fmt.Sprintf("%d/%s", call.ChainID, key)
		w.nonces[lane]++
		bodies = append(bodies, incident.Priced{Step: name, Attempt: len(step.Attempts) + 1, Issue: step.Issue + 1, ChainID: call.ChainID,
			Key: key, From: w.address(key), Nonce: w.nonces[lane], Gas: call.Gas, FeeCap: fee, Tip: fee, Why: "rehearsed"})
	}
	return bodies, nil
}

func (w *twin) Sign(_ context.Context, s incident.State, steps []string) (bodies []incident.Body, err error) {
	for _, name := range steps {
		step, _ := s.Run().Step(name)
		last, _ := step.Last()
		raw := fmt.Appendf(nil, "%s/%s/%d", s.ID, name, last.Attempt)
		bodies = append(bodies, incident.Signed{Step: name, Attempt: last.Attempt, Raw: raw, Hash: common.Hash(incident.DigestOf("twin/1", raw)), Rule: "twin"})
	}
	return bodies, nil
}

func (w *twin) Broadcast(_ context.Context, s incident.State, steps []string) (bodies []incident.Body, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range steps {
		step, _ := s.Run().Step(name)
		last, _ := step.Last()
		w.sent[string(s.ID)+name] = w.now()
		bodies = append(bodies, incident.Broadcast{Step: name, Attempt: last.Attempt, Outcomes: []incident.Outcome{{Endpoint: "rehearsal", Class: "accepted"}}})
	}
	return bodies, nil
}

// until waits for a moment that is counted from one of a step.
func (w *twin) until(ctx context.Context, from map[string]time.Time, key string, after time.Duration) error {
	w.mu.Lock()
	at := from[key].Add(after)
	w.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(at.Sub(w.now())):
		return nil
	}
}

func (w *twin) Watch(ctx context.Context, s incident.State, name string) (incident.Body, error) {
	course, key := w.course(name), string(s.ID)+name
	step, _ := s.Run().Step(name)
	last, _ := step.Last()
	if course.Receipt == playbooks.ReceiptNever && (!course.Reached() || step.Reached) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := w.until(ctx, w.sent, key, w.block(s, name)); err != nil {
		return nil, err
	}
	if last.Signed == nil {
		return nil, errors.New("nothing is signed")
	}
	block := 1000 + uint64(w.now().Sub(w.start)/time.Second)
	switch course.Receipt {
	case playbooks.ReceiptReverts:
		return incident.Reverted{Step: name, Hash: last.Signed.Hash, Block: block, GasUsed: 21_000, Why: "it reverts, says the script"}, nil
	case playbooks.ReceiptNever:
		return incident.AlreadySo{Step: name, Why: "the goal holds without it"}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.included[key] = w.now()
	return incident.Included{Step: name, Hash: last.Signed.Hash, Block: block, GasUsed: 50_000, Endpoint: "rehearsal"}, nil
}

func (w *twin) Verify(ctx context.Context, s incident.State, name string) (incident.Body, error) {
	if w.course(name).Reached() {
		return incident.Held{Step: name}, nil
	}
	if err := w.until(ctx, w.included, string(s.ID)+name, s.Run().Plan.Within(name)); err != nil {
		return nil, err
	}
	return incident.Unheld{Step: name, Why: "the goal does not hold"}, nil
}

func (w *twin) Finalise(ctx context.Context, s incident.State, name string) (incident.Body, error) {
	if err := w.until(ctx, w.included, string(s.ID)+name, 2*w.block(s, name)); err != nil {
		return nil, err
	}
	return incident.Final{Step: name, Level: incident.LevelFinalized, Depth: 2}, nil
}

// Look: in a story nobody undoes what was done.
func (w *twin) Look(context.Context, incident.State, string) (incident.Hold, error) {
	return incident.HoldSure, nil
}

func (w *twin) Recheck(_ context.Context, _ incident.State, name string) (incident.Body, error) {
	if w.course(name).Reached() {
		return incident.AlreadySo{Step: name, Why: "the goal holds all the same"}, nil
	}
	return nil, nil
}
