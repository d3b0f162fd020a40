package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// usualBlock is the time between blocks of a chain that does not say.
const usualBlock = 12 * time.Second

// settle carries out one thing that an incident owes now; false when there is
// none.
func (w *world) settle(ctx context.Context, r *running) (bool, error) {
	for _, e := range incident.Next(r.state) {
		if e.At.After(w.now) {
			continue
		}
		bodies, err := w.carryOut(ctx, r, e)
		if err != nil {
			return false, fmt.Errorf("%s: %w", e.Do, err)
		}
		for _, b := range bodies {
			if err := w.record(r, b); err != nil {
				return false, fmt.Errorf("%s: %w", e.Do, err)
			}
		}
		if len(bodies) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// record writes a fact. A pre-authorisation whose slot another incident has is
// replaced by the question, as the engine does.
func (w *world) record(r *running, b incident.Body) error {
	err := w.write(r, b, r.state.Exercise)
	claimed := (*incident.ClaimedError)(nil)
	if b.Kind() != incident.KindPreAuthorised || !errors.As(err, &claimed) {
		return err
	}
	for _, instead := range r.state.Run().AskInstead(claimed) {
		if err := w.write(r, instead, r.state.Exercise); err != nil {
			return err
		}
	}
	return nil
}

// carryOut plays the part that an effect is for. No bodies: not yet.
func (w *world) carryOut(ctx context.Context, r *running, e incident.Effect) ([]incident.Body, error) {
	switch e.Do {
	case incident.DoRecord:
		return []incident.Body{e.Body}, nil
	case incident.DoPlan:
		body, err := w.plan(ctx, r)
		return []incident.Body{body}, err
	case incident.DoPostCard:
		return []incident.Body{incident.CardPosted{Channel: "rehearsal", TS: "1", Version: r.state.Face}}, nil
	case incident.DoUpdateCard:
		return []incident.Body{incident.CardUpdated{Version: r.state.Face}}, nil
	case incident.DoTell:
		if approvals.Loud(r.state, e.Key) {
			r.paged = append(r.paged, approvals.Summoned(r.state))
		}
		return []incident.Body{incident.Told{Key: e.Key, Text: e.Key}}, nil
	}
	var bodies []incident.Body
	for _, name := range e.Steps {
		if at, ok := w.comes(r, e.Do, name); !ok || at.After(w.now) {
			continue
		}
		bodies = append(bodies, w.step(r, e.Do, name))
	}
	return bodies, nil
}

// plan makes the plan twice: first to learn what it would ask of the chain,
// then with the answers of the script.
func (w *world) plan(ctx context.Context, r *running) (incident.Body, error) {
	silent, err := w.planner(told(w.story), nil)
	if err != nil {
		return nil, err
	}
	first, err := silent.Plan(ctx, r.state)
	if err != nil {
		return nil, err
	}
	answers := told(w.story)
	if planned, ok := first.(incident.Planned); ok {
		answers = scripted(planned.Plan, w.story)
	}
	r.reasons = nil
	planner, err := w.planner(answers, func(reason playbooks.Reason) { r.reasons = append(r.reasons, reason) })
	if err != nil {
		return nil, err
	}
	return planner.Plan(ctx, r.state)
}

func (w *world) planner(answers *script, explain func(playbooks.Reason)) (*playbooks.Planner, error) {
	return w.set.Planner(playbooks.PlannerOptions{Reader: answers, Evidence: answers, Roster: w.rules.Roster.Digest(), Explain: explain,
		KeyAddress: func(signer string, _ uint64) (common.Address, bool) { return w.address(signer), true },
		Now:        func() time.Time { return w.now }})
}

func (w *world) address(signer string) common.Address {
	if s, ok := w.set.Inventory().Signer(signer); ok && s.Address != (common.Address{}) {
		return s.Address
	}
	return stranger(signer)
}

// course is how a step goes: by its own name, or by its item's.
func (w *world) course(step string) playbooks.Course {
	if c, ok := w.story.Chain[step]; ok {
		return c
	}
	id, _, _ := strings.Cut(step, "/")
	return w.story.Chain[id]
}

// comes tells when what is owed to a step comes of itself; false for never.
func (w *world) comes(r *running, do incident.Do, step string) (time.Time, bool) {
	c, block := w.course(step), w.blockTime(r, step)
	switch do {
	case incident.DoWatch:
		// What no block takes is told once to have come about without it.
		now, _ := r.state.Run().Step(step)
		return r.sent[step].Add(block), c.Receipt != playbooks.ReceiptNever || c.Reached() && !now.Reached
	case incident.DoVerify:
		if c.Reached() {
			return w.now, true
		}
		return r.included[step].Add(r.state.Run().Plan.Within(step)), true
	case incident.DoFinalise:
		return r.included[step].Add(2 * block), true
	}
	return w.now, true
}

func (w *world) blockTime(r *running, step string) time.Duration {
	call, _ := r.state.Run().Plan.Call(step)
	if chain, ok := w.set.Inventory().Chain(call.Chain); ok && chain.BlockTime > 0 {
		return chain.BlockTime
	}
	return usualBlock
}

// step plays one effect on one step.
func (w *world) step(r *running, do incident.Do, name string) incident.Body {
	run := r.state.Run()
	step, _ := run.Step(name)
	last, _ := step.Last()
	switch do {
	case incident.DoPrice:
		return w.price(r, name)
	case incident.DoSign:
		raw := fmt.Appendf(nil, "a stand-in for %s/%s/%d, which no chain would take", r.state.ID, name, last.Attempt)
		return incident.Signed{Step: name, Attempt: last.Attempt, Raw: raw, Hash: common.Hash(incident.DigestOf("firebreak-rehearsal/1", raw)), Rule: "rehearsal"}
	case incident.DoBroadcast:
		return incident.Broadcast{Step: name, Attempt: last.Attempt, Outcomes: []incident.Outcome{{Endpoint: "rehearsal", Class: "accepted"}}}
	case incident.DoWatch:
		return w.watched(name, last)
	case incident.DoRecheck:
		if w.course(name).Reached() {
			return incident.AlreadySo{Step: name, Why: "the goal holds all the same"}
		}
		if given, ok := engine.GiveUp(r.state, name); ok {
			return given
		}
		return w.price(r, name)
	case incident.DoVerify:
		if w.course(name).Reached() {
			return incident.Held{Step: name}
		}
		return incident.Unheld{Step: name, Why: "the goal does not hold"}
	}
	return incident.Final{Step: name, Level: incident.LevelFinalized, Depth: 2}
}

// price is what a transaction could cost at most: a gwei per gas, or what is
// left of what was approved.
func (w *world) price(r *running, name string) incident.Body {
	plan := r.state.Run().Plan
	step, _ := r.state.Run().Step(name)
	call, _ := plan.Call(name)
	fee := incident.NewQuantity(1_000_000_000)
	if left := step.Left(call).Div(call.Gas); left.Cmp(fee) < 0 {
		fee = left
	}
	key := plan.KeyOf(call)
	lane := fmt.Sprintf("%d/%s", call.ChainID, key)
	w.nonces[lane]++
	return incident.Priced{Step: name, Attempt: len(step.Attempts) + 1, Issue: step.Issue + 1, ChainID: call.ChainID, Key: key,
		From: w.address(key), Nonce: w.nonces[lane], Gas: call.Gas, FeeCap: fee, Tip: fee, Why: "rehearsed"}
}

// watched is what becomes of bytes that are out.
func (w *world) watched(name string, last incident.Attempt) incident.Body {
	block := 1000 + uint64(w.now.Sub(w.start)/time.Second)
	var hash common.Hash
	if last.Signed != nil {
		hash = last.Signed.Hash
	}
	switch w.course(name).Receipt {
	case playbooks.ReceiptReverts:
		return incident.Reverted{Step: name, Hash: hash, Block: block, GasUsed: 21_000, Why: "it reverts, says the script"}
	case playbooks.ReceiptNever:
		return incident.AlreadySo{Step: name, Why: "the goal holds without it"}
	}
	return incident.Included{Step: name, Hash: hash, Block: block, GasUsed: 50_000, Endpoint: "rehearsal"}
}
