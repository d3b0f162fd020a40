package playbooks

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// truth is what a part of a condition comes to: CEL's && and || take an error
// on one side where the other decides.
type truth int

const (
	untrue truth = iota
	holdsTrue
	fails
)

// guarded tells whether an expression never comes to ask for optional evidence
// that is missing: that it mentions has_ somewhere is not enough. Of what has
// too many parts to be tried nothing is said.
func guarded(root ast.Expr, id string, allowed map[string][]string) bool {
	t := &table{by: map[int64]leaf{}}
	t.collect(root)
	has := slices.IndexFunc(t.atoms, func(a atomOf) bool { return a.text == "evidence.has_"+id })
	if has < 0 || len(t.atoms) > maxAtoms {
		return true
	}
	asks := map[int64]bool{}
	t.leaves(root, func(e ast.Expr) { asks[e.ID()] = asksFor(e, id) })
	for bits := range 1 << len(t.atoms) {
		if bits&(1<<has) == 0 && t.possible(bits, allowed) && t.truth(root, bits, asks) == fails {
			return false
		}
	}
	return true
}

// leaves visits what collect has found.
func (t *table) leaves(e ast.Expr, visit func(ast.Expr)) {
	if _, ok := t.by[e.ID()]; ok {
		visit(e)
		return
	}
	for _, arg := range e.AsCall().Args() {
		t.leaves(arg, visit)
	}
}

// asksFor tells whether a leaf reads an item of evidence without asking itself
// whether it is there.
func asksFor(e ast.Expr, id string) bool {
	asks, guards := false, false
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(x ast.Expr) {
		if x.Kind() != ast.IdentKind {
			return
		}
		name := strings.TrimPrefix(x.AsIdent(), ".")
		asks = asks || name == "evidence."+id || strings.HasPrefix(name, "evidence."+id+".")
		guards = guards || name == "evidence.has_"+id
	}))
	return asks && !guards
}

func (t *table) truth(e ast.Expr, bits int, asks map[int64]bool) truth {
	if _, ok := t.by[e.ID()]; ok {
		switch {
		case asks[e.ID()]:
			return fails
		case t.eval(e, bits):
			return holdsTrue
		}
		return untrue
	}
	c := e.AsCall()
	part := func(i int) truth { return t.truth(c.Args()[i], bits, asks) }
	switch c.FunctionName() {
	case operators.LogicalAnd:
		return decided(part(0), part(1), untrue)
	case operators.LogicalOr:
		return decided(part(0), part(1), holdsTrue)
	case operators.LogicalNot:
		return [...]truth{untrue: holdsTrue, holdsTrue: untrue, fails: fails}[part(0)]
	}
	switch part(0) {
	case holdsTrue:
		return part(1)
	case untrue:
		return part(2)
	}
	return fails
}

// decided is what two sides come to where one value of either decides alone.
func decided(a, b, alone truth) truth {
	switch {
	case a == alone || b == alone:
		return alone
	case a == fails || b == fails:
		return fails
	}
	return a
}
