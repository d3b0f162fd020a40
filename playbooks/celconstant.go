package playbooks

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// maxAtoms bounds what is tried out: 2^12 combinations are a millisecond.
const maxAtoms = 12

// atomOf is a part of a condition that is true or false by itself. Where it
// compares a variable with a literal, two atoms of one variable are never both
// true.
type atomOf struct {
	text     string
	variable string // compared with
	value    string
}

// table tries a condition for every way in which its parts can come out.
type table struct {
	atoms []atomOf
	by    map[int64]leaf // expression -> what it is
}

// leaf is true where one of its atoms is, or where none is when it is a denial:
// != is one, and in has an atom for each entry of its list.
type leaf struct {
	atoms  []int
	denies bool
}

// reach tells whether a condition can be true and whether it can be false, as
// far as logic goes; allowed are the only values that some variables have here.
func reach(root ast.Expr, allowed map[string][]string) (yes, no bool) {
	t := &table{by: map[int64]leaf{}}
	t.collect(root)
	if len(t.atoms) > maxAtoms {
		return true, true
	}
	for bits := range 1 << len(t.atoms) {
		if !t.possible(bits, allowed) {
			continue
		}
		if !t.eval(root, bits) {
			no = true
		} else if t.complete(bits, allowed) {
			yes = true
		}
	}
	return yes, no
}

func (t *table) collect(e ast.Expr) {
	if args := operands(e); args != nil {
		for _, arg := range args {
			t.collect(arg)
		}
		return
	}
	parts, denies := t.describe(e)
	own := leaf{denies: denies}
	for _, a := range parts {
		i := slices.IndexFunc(t.atoms, func(b atomOf) bool { return b.text == a.text })
		if i < 0 {
			i, t.atoms = len(t.atoms), append(t.atoms, a)
		}
		own.atoms = append(own.atoms, i)
	}
	t.by[e.ID()] = own
}

// describe names the atoms of a leaf, so that the same one twice is one. What
// it cannot name is an atom of its own.
func (t *table) describe(e ast.Expr) (parts []atomOf, denies bool) {
	own := []atomOf{{text: fmt.Sprint("#", e.ID())}}
	switch e.Kind() {
	case ast.IdentKind:
		own[0].text = e.AsIdent()
	case ast.CallKind:
		c := e.AsCall()
		if len(c.Args()) != 2 {
			return own, false
		}
		variable, value := c.Args()[0], c.Args()[1]
		function := c.FunctionName()
		if variable.Kind() == ast.LiteralKind && (function == operators.Equals || function == operators.NotEquals) {
			variable, value = value, variable
		}
		if variable.Kind() != ast.IdentKind {
			return own, false
		}
		switch {
		case function == operators.NotEquals && value.Kind() == ast.LiteralKind:
			return []atomOf{compared(variable, operators.Equals, value)}, true
		case value.Kind() == ast.LiteralKind:
			return []atomOf{compared(variable, function, value)}, false
		case function == operators.In && value.Kind() == ast.ListKind:
			return fromList(variable, value.AsList().Elements(), own)
		}
	}
	return own, false
}

// fromList are the atoms of a variable that is in a list of literals.
func fromList(variable ast.Expr, elements []ast.Expr, own []atomOf) (parts []atomOf, denies bool) {
	for _, element := range elements {
		if element.Kind() != ast.LiteralKind {
			return own, false
		}
		parts = append(parts, compared(variable, operators.Equals, element))
	}
	return parts, false
}

// compared is the atom of a variable and a literal.
func compared(variable ast.Expr, function string, value ast.Expr) atomOf {
	a := atomOf{text: fmt.Sprintf("%s %s %T %v", variable.AsIdent(), function, value.AsLiteral(), value.AsLiteral().Value())}
	if text, ok := literal(value); ok && function == operators.Equals {
		a.variable, a.value = variable.AsIdent(), text
	}
	return a
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

// complete leaves out what denies every value that a variable has here. A
// condition is called never true by that, and not always true: to repeat what
// the lists of on say is no mistake.
func (t *table) complete(bits int, allowed map[string][]string) bool {
	for variable, known := range allowed {
		denied := 0
		for i, a := range t.atoms {
			if a.variable == variable && bits&(1<<i) == 0 && slices.Contains(known, a.value) {
				denied++
			}
		}
		if denied == len(known) {
			return false
		}
	}
	return true
}

func (t *table) eval(e ast.Expr, bits int) bool {
	if own, ok := t.by[e.ID()]; ok {
		return own.denies != slices.ContainsFunc(own.atoms, func(i int) bool { return bits&(1<<i) != 0 })
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

// varies tells whether an expression depends on anything but what its own macros
// declare.
func varies(e ast.Expr) bool {
	depends, own := false, map[string]bool{}
	visit := func(each func(x ast.Expr)) { ast.PostOrderVisit(e, ast.NewExprVisitor(each)) }
	visit(func(x ast.Expr) {
		if x.Kind() == ast.ComprehensionKind {
			c := x.AsComprehension()
			own[c.IterVar()], own[c.AccuVar()] = true, true
		}
	})
	visit(func(x ast.Expr) {
		depends = depends || x.Kind() == ast.IdentKind && !own[strings.TrimPrefix(x.AsIdent(), ".")]
	})
	return depends
}
