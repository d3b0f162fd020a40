package playbooks

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// maxAtoms bounds what is tried out: 2^12 combinations are a millisecond.
const maxAtoms = 12

// atom is a part of a condition that is true or false by itself. Where it
// compares a variable with a literal, two atoms of one variable are never both
// true.
type atomOf struct {
	text     string
	variable string // compared with
	value    string
}

// table tries a condition for every way in which its parts can come out.
type table struct {
	r     *rules
	atoms []atomOf
	by    map[int64]int // expression -> atom
}

// reach tells whether a condition can be true and whether it can be false, as
// far as logic goes; allowed are the only values that some variables have here.
func (r *rules) reach(root ast.Expr, allowed map[string][]string) (yes, no bool) {
	t := &table{r: r, by: map[int64]int{}}
	t.collect(root)
	if len(t.atoms) > maxAtoms {
		return true, true
	}
	for bits := range 1 << len(t.atoms) {
		if !t.possible(bits, allowed) {
			continue
		}
		if t.eval(root, bits) {
			yes = true
		} else {
			no = true
		}
	}
	return yes, no
}

func (t *table) collect(e ast.Expr) {
	if e.Kind() == ast.CallKind {
		switch c := e.AsCall(); c.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional:
			for _, arg := range c.Args() {
				t.collect(arg)
			}
			return
		}
	}
	a := t.describe(e)
	i := slices.IndexFunc(t.atoms, func(b atomOf) bool { return b.text == a.text })
	if i < 0 {
		i, t.atoms = len(t.atoms), append(t.atoms, a)
	}
	t.by[e.ID()] = i
}

// describe names an atom, so that the same one twice is one. What it cannot
// name is an atom of its own.
func (t *table) describe(e ast.Expr) atomOf {
	own := atomOf{text: fmt.Sprint("#", e.ID())}
	switch e.Kind() {
	case ast.IdentKind:
		own.text = e.AsIdent()
	case ast.CallKind:
		c := e.AsCall()
		args := c.Args()
		if len(args) != 2 || args[0].Kind() != ast.IdentKind || args[1].Kind() != ast.LiteralKind {
			return own
		}
		own.text = fmt.Sprintf("%s %s %T %v", args[0].AsIdent(), c.FunctionName(), args[1].AsLiteral(), args[1].AsLiteral().Value())
		if value, ok := literal(args[1]); ok && c.FunctionName() == operators.Equals {
			own.variable, own.value = args[0].AsIdent(), value
		}
	}
	return own
}

// possible leaves out what cannot be: one variable equal to two values, or to
// one that it never has here.
func (t *table) possible(bits int, allowed map[string][]string) bool {
	equals := map[string]bool{}
	for i, a := range t.atoms {
		if a.variable == "" || bits&(1<<i) == 0 {
			continue
		}
		known, bound := allowed[a.variable]
		if equals[a.variable] || bound && !slices.Contains(known, a.value) {
			return false
		}
		equals[a.variable] = true
	}
	return true
}

func (t *table) eval(e ast.Expr, bits int) bool {
	if i, ok := t.by[e.ID()]; ok {
		return bits&(1<<i) != 0
	}
	c := e.AsCall()
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalAnd:
		return t.eval(args[0], bits) && t.eval(args[1], bits)
	case operators.LogicalOr:
		return t.eval(args[0], bits) || t.eval(args[1], bits)
	case operators.LogicalNot:
		return !t.eval(args[0], bits)
	}
	if t.eval(args[0], bits) {
		return t.eval(args[1], bits)
	}
	return t.eval(args[2], bits)
}
