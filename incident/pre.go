package incident

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// AssurancePreAuthorised stands for a playbook that was signed off before
// anything happened. It ranks as no vote: it counts for no quorum, and what
// needs a guardian never rests on it.
const AssurancePreAuthorised Assurance = "pre-authorised"

// KindPreAuthorised is the fact that a plan went out before anybody was asked.
const KindPreAuthorised Kind = "pre-authorised"

// PreAuthority is what a playbook may send before anybody was asked: the whole
// plan, of calls without arguments, until a time, and once in so long.
type PreAuthority struct {
	Until time.Time     `json:"until"` // exclusive
	Per   time.Duration `json:"per"`   // the least time between two
}

// PreAuthorised says that the playbook's own sign-off released exactly this
// digest. Its slots are claimed for ever, so two incidents of one playbook are
// never released within Per of each other, on whatever replica, and never within
// half of the shorter Per when the playbook was given another one in between.
type PreAuthorised struct {
	Digest Digest   `json:"digest"`
	Slots  []string `json:"slots"`
}

// Kind implements Body.
func (PreAuthorised) Kind() Kind { return KindPreAuthorised }

// Claims reserves the slots for this incident.
func (p PreAuthorised) Claims(s Stream, _ int) []Claim {
	claims := make([]Claim, len(p.Slots))
	for i, slot := range p.Slots {
		claims[i] = Claim{Key: slot, Owner: string(s)}
	}
	return claims
}

// leastGrain is the shortest stretch of time that slots are kept for.
const leastGrain = time.Minute

// preSlots names what a plan has to claim: the stretch of time that it was made
// in, and the one after it. Two plans that are less than Per apart are of the
// same stretch or of two that follow each other, so they share a slot. An
// exercise has slots of its own: a drill never uses up the real one.
// Rationale: beside the stretches of Per, those of every doubling of a minute up
// to it are claimed. Stretches of Per alone would begin anew with every edit of
// it, and an edit would be one release more.
func (p *Plan) preSlots() []string {
	if p.Pre == nil || p.Pre.Per <= 0 {
		return nil
	}
	name := "pre-authorised:" + p.Playbook.Name
	if p.Exercise {
		name += " (exercise)"
	}
	var slots []string
	claim := func(grain time.Duration) {
		n := p.PlannedAt.UnixNano() / int64(grain)
		slots = append(slots, fmt.Sprintf("%s:%s:%d", name, grain, n), fmt.Sprintf("%s:%s:%d", name, grain, n+1))
	}
	claim(p.Pre.Per)
	for grain := leastGrain; grain > 0 && grain < p.Pre.Per; grain *= 2 { // not above zero: it overflowed
		claim(grain)
	}
	return slots
}

// PreAuthorised tells whether the run went out before anybody was asked.
func (r Run) PreAuthorised() bool {
	return r.Authorised != nil && r.Authorised.Assurance == AssurancePreAuthorised
}

// preAuthorisation is what a plan may be released by, if there is any.
func (r Run) preAuthorisation() (PreAuthorised, bool) {
	if r.Plan == nil || r.Plan.Pre == nil || r.Plan.Mode != ModeLive {
		return PreAuthorised{}, false
	}
	return PreAuthorised{Digest: r.Digest, Slots: r.Plan.preSlots()}, true
}

// checkPre is the last line for what nobody was asked about: the fold itself
// demands a plan that may, its digest and its slots.
func (r *Run) checkPre(p PreAuthorised) error {
	want, ok := r.preAuthorisation()
	switch {
	case !ok:
		return errors.New("the plan is not pre-authorised")
	case !p.Digest.Equal(r.Digest):
		return errors.New("it is for another digest than the plan's")
	case len(want.Slots) == 0 || !slices.Equal(p.Slots, want.Slots):
		return errors.New("it claims other slots than the plan's")
	}
	return nil
}

// preAuthorityIsNarrow refuses to release a plan that an alert could have
// shaped.
// Rationale: what nobody is asked about must be the same every time: a call
// that is nothing but its selector, in a first run, under a date that stands.
func preAuthorityIsNarrow(p Planned) error {
	pre := p.Plan.Pre
	if pre == nil {
		return nil
	}
	switch {
	case p.Plan.Run > 0:
		return errors.New("a recovery is never pre-authorised")
	case !p.Plan.PlannedAt.Before(pre.Until):
		return fmt.Errorf("the pre-authorisation ended on %s", pre.Until.UTC().Format(time.DateOnly))
	case pre.Per <= 0:
		return errors.New("the pre-authorisation has no rate")
	}
	for _, c := range p.Plan.Calls {
		if len(c.Data) != 4 || c.Verb != "pause" {
			return fmt.Errorf("step %s is no bare pause, so it is not pre-authorised", c.Step)
		}
	}
	return nil
}

// AskInstead is what follows when the slots of a pre-authorisation are taken:
// people are asked, as they would be without it.
func (r Run) AskInstead(why error) []Body {
	return []Body{
		Noted{By: "firebreak", Text: "not sent before asking: " + why.Error() + "; the playbook allows one in " + r.Plan.Pre.Per.String()},
		r.asking(),
	}
}

func (r Run) asking() Asked {
	return Asked{Digest: r.Digest, Deadline: r.Plan.PlannedAt.Add(r.Plan.Quorum.Within)}
}
