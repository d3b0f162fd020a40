package playbooks

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// judgement finds which atoms of an evaluated condition counted, and which made
// it come out as it did. It follows CEL: && and || take no side, so that false
// && error is false and error || true is true.
type judgement struct {
	*tracing
	atoms []Atom
}

// of tells what an expression came to, from its leaves.
func (j judgement) of(e ast.Expr) Outcome {
	parts := operands(e)
	if parts == nil {
		return j.atoms[j.index[e.ID()]].Outcome
	}
	switch e.AsCall().FunctionName() {
	case operators.LogicalNot:
		return negate(j.of(parts[0]))
	case operators.LogicalAnd:
		return j.combine(parts, OutcomeFalse)
	case operators.LogicalOr:
		return j.combine(parts, OutcomeTrue)
	}
	if taken := j.taken(parts); taken != nil {
		return j.of(taken)
	}
	return j.of(parts[0])
}

func negate(o Outcome) Outcome {
	switch o {
	case OutcomeTrue:
		return OutcomeFalse
	case OutcomeFalse:
		return OutcomeTrue
	}
	return o
}

// combine is && (settled by one that is false) and || (by one that is true).
func (j judgement) combine(parts []ast.Expr, settles Outcome) Outcome {
	result := negate(settles)
	for _, p := range parts {
		switch o := j.of(p); {
		case o == settles:
			return settles
		case o == OutcomeError || o == OutcomeUnknown:
			result = o
		}
	}
	return result
}

// taken is the branch of ? : that counts; nil when its condition has failed.
func (j judgement) taken(parts []ast.Expr) ast.Expr {
	switch j.of(parts[0]) {
	case OutcomeTrue:
		return parts[1]
	case OutcomeFalse:
		return parts[2]
	}
	return nil
}

// reach marks what counts when a condition is read from left to right.
func (j judgement) reach(e ast.Expr) {
	parts := operands(e)
	if parts == nil {
		j.atoms[j.index[e.ID()]].Reached = true
		return
	}
	var settles Outcome
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd:
		settles = OutcomeFalse
	case operators.LogicalOr:
		settles = OutcomeTrue
	case operators.Conditional:
		j.reach(parts[0])
		if taken := j.taken(parts); taken != nil {
			j.reach(taken)
		}
		return
	}
	for _, p := range parts {
		j.reach(p)
		if j.of(p) == settles {
			return
		}
	}
}

// blame marks what made an expression come out as it did.
func (j judgement) blame(e ast.Expr) {
	parts := operands(e)
	if parts == nil {
		j.atoms[j.index[e.ID()]].Decisive = true
		return
	}
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr:
		whole := j.of(e)
		for _, p := range parts {
			if j.of(p) == whole {
				j.blame(p)
			}
		}
	case operators.Conditional:
		j.blame(parts[0])
		if taken := j.taken(parts); taken != nil {
			j.blame(taken)
		}
	default:
		for _, p := range parts {
			j.blame(p)
		}
	}
}

// first is the first atom that decided.
func first(atoms []Atom) *Atom {
	i := slices.IndexFunc(atoms, func(a Atom) bool { return a.Decisive })
	if i < 0 {
		return nil
	}
	return &atoms[i]
}
