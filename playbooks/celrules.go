package playbooks

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// rules checks what CEL's type checker lets pass: literals that a variable can
// never equal, amounts that cannot be compared, conditions that are always the
// same, labels that may be missing, and the untyped dyn.
type rules struct {
	s      *script
	p      place
	tree   *ast.AST
	inv    *Inventory
	token  string // of the amounts seen so far
	guards []string
	reads  []label
	items  []evidenceItem
	// of evidence: what is asked for, what of that may be missing, and what is
	// asked to be there
	asked   []string
	needs   []label
	present []string
}

// label is a label that an expression reads, and where.
type label struct {
	name string
	id   int64
}

// checkRules returns which evidence the expression asks for, and the token of its
// amounts, where there are any and it can be told.
func checkRules(s *script, p place, compiled *cel.Ast, at site, inv *Inventory) (asked []string, token string) {
	r := &rules{s: s, p: p, tree: compiled.NativeRep(), inv: inv, items: at.scope.items}
	root, before := r.tree.Expr(), len(s.found)
	if !at.value && !varies(root) {
		r.fault(root, CodeConstant, "%s is always the same; a condition must depend on the alert", at.where)
		return nil, ""
	}
	r.walk(root, root)
	if !at.value && len(s.found) == before {
		switch yes, no := reach(root, at.allowed); {
		case !yes:
			r.fault(root, CodeConstant, "%s is never true: its parts exclude each other, or on.rules and on.severity exclude them", at.where)
		case !no:
			r.fault(root, CodeConstant, "%s is always true: its parts leave nothing out, or on.rules and on.severity see to it already", at.where)
		}
	}
	for _, l := range r.reads {
		if !slices.Contains(r.guards, l.name) {
			r.faultID(l.id, CodeCEL, "label %q may be missing; guard it with %q in alert.labels && ...", clip(l.name), clip(l.name))
		}
	}
	for _, l := range r.needs {
		if slices.Contains(at.present, l.name) {
			continue
		}
		if !slices.Contains(r.present, l.name) || !guarded(root, l.name, at.allowed) {
			r.faultID(l.id, CodePresence, "evidence.%s is optional, so it may be missing; guard it with evidence.has_%s && ...", l.name, l.name)
		}
	}
	return append(r.asked, r.present...), r.token
}

func (r *rules) fault(e ast.Expr, code Code, format string, args ...any) {
	r.faultID(e.ID(), code, format, args...)
}

func (r *rules) faultID(id int64, code Code, format string, args ...any) {
	line, col := r.p.of(r.tree.SourceInfo().GetStartLocation(id))
	r.s.at(line, col, code, format, args...)
}

// walk visits what the author wrote. Parts that macros generate are skipped.
func (r *rules) walk(e, parent ast.Expr) {
	if t := r.tree.GetType(e.ID()); t != nil && t.Kind() == types.DynKind {
		r.fault(e, CodeCEL, "the type of this is not known; dyn is not allowed")
		return
	}
	if r.isAmount(e) && !r.mayHoldAmount(e, parent) {
		r.fault(e, CodeCEL, "an amount can only be compared with ==, <, <=, > and >=, added, subtracted and divided")
	}
	switch e.Kind() {
	case ast.IdentKind:
		r.evidence(e)
	case ast.CallKind:
		r.call(e)
	case ast.SelectKind:
		r.selects(e)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			r.walk(element, e)
		}
	case ast.MapKind:
		r.fault(e, CodeCEL, "a map has no use here")
	case ast.StructKind:
		r.fault(e, CodeCEL, "a message has no use here")
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		r.walk(c.IterRange(), e)
		r.walk(c.LoopStep(), e)
	}
}

func (r *rules) isAmount(e ast.Expr) bool {
	t := r.tree.GetType(e.ID())
	return t != nil && t.IsExactType(amountType)
}

// mayHoldAmount allows amounts as the whole value and as sides of an order:
// elsewhere CEL's equality would say false where the answer is unknown.
func (r *rules) mayHoldAmount(e, parent ast.Expr) bool {
	if e.ID() == parent.ID() {
		return true
	}
	return parent.Kind() == ast.CallKind && slices.Contains([]string{operators.Equals, operators.Less, operators.LessEquals,
		operators.Greater, operators.GreaterEquals, operators.Add, operators.Subtract, operators.Divide, operators.Multiply}, parent.AsCall().FunctionName())
}

func (r *rules) call(e ast.Expr) {
	c := e.AsCall()
	args := c.Args()
	switch c.FunctionName() {
	case "dyn", "type":
		r.fault(e, CodeCEL, "%s() is not allowed: every value has its type", c.FunctionName())
		return
	case "amount", "percent", "number", "contract", "account":
		r.literalArgument(c.FunctionName(), args[0])
		return
	case operators.Equals, operators.NotEquals:
		if c.FunctionName() == operators.NotEquals && r.isAmount(args[0]) {
			r.fault(e, CodeCEL, "amounts do not compare with !=, which would be true for two tokens; write !(a == b)")
			return
		}
		r.enum(args[0], args[1])
		r.enum(args[1], args[0])
		r.sameSides(e, args)
	case operators.In:
		r.enumList(args[0], args[1])
		r.guard(args)
	case operators.Index:
		r.index(e, args)
	case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional:
		r.constantSide(args)
	}
	if c.IsMemberFunction() {
		r.walk(c.Target(), e)
	}
	for _, arg := range args {
		r.walk(arg, e)
	}
}

// literalArgument checks the text of amount("...") and its like now rather than
// at night.
func (r *rules) literalArgument(function string, arg ast.Expr) {
	text, ok := literal(arg)
	if !ok {
		r.fault(arg, CodeAmount, "%s() takes a text as it is written, to be checked now", function)
		return
	}
	if code, err := r.inv.literals()[function](text); err != nil {
		r.fault(arg, code, "%s", err)
		return
	}
	if function == "amount" {
		a, _ := r.inv.ParseAmount(text) // it has just been checked
		r.counts(arg, a.Token)
	}
}

// counts notes the token of an amount: one of another never compares with it.
func (r *rules) counts(at ast.Expr, token string) {
	switch {
	case token == "":
	case r.token != "" && r.token != token:
		r.fault(at, CodeAmount, "amounts of %s and %s in one expression: a loss in one never compares with the other", r.token, token)
	default:
		r.token = token
	}
}

// evidence notes what an expression asks for, and refuses to ask what may be
// missing without asking first whether it is there.
func (r *rules) evidence(e ast.Expr) {
	name, ok := strings.CutPrefix(strings.TrimPrefix(e.AsIdent(), "."), "evidence.")
	if !ok {
		return
	}
	id, _, _ := strings.Cut(name, ".")
	if has, asks := strings.CutPrefix(id, "has_"); asks {
		r.present = append(r.present, has)
		return
	}
	for _, item := range r.items {
		if item.id != id {
			continue
		}
		r.asked = append(r.asked, id)
		if t := r.tree.GetType(e.ID()); t != nil && t.IsExactType(amountType) {
			r.counts(e, item.token.Name)
		}
		if item.optional {
			r.needs = append(r.needs, label{id, e.ID()})
		}
	}
}

// sameSides refuses a comparison of a thing with itself.
func (r *rules) sameSides(e ast.Expr, args []ast.Expr) {
	if args[0].Kind() == ast.IdentKind && args[1].Kind() == ast.IdentKind && args[0].AsIdent() == args[1].AsIdent() {
		r.fault(e, CodeConstant, "both sides are %s: this is always the same", args[0].AsIdent())
	}
}

// constantSide refuses a part of a condition that is always the same.
func (r *rules) constantSide(args []ast.Expr) {
	for _, arg := range args {
		t := r.tree.GetType(arg.ID())
		if t != nil && t.IsExactType(cel.BoolType) && !varies(arg) {
			r.fault(arg, CodeConstant, "this part is always the same; leave it out")
		}
	}
}

// guard notes "k" in alert.labels.
func (r *rules) guard(args []ast.Expr) {
	if name, ok := literal(args[0]); ok && isLabels(args[1]) {
		r.guards = append(r.guards, name)
	}
}

// index notes alert.labels["k"].
func (r *rules) index(e ast.Expr, args []ast.Expr) {
	if !isLabels(args[0]) {
		return
	}
	name, ok := literal(args[1])
	if !ok {
		r.fault(e, CodeCEL, "a label must be named as it is written, so that its guard can be checked")
		return
	}
	r.reads = append(r.reads, label{name, e.ID()})
}

// selects notes alert.labels.k and has(alert.labels.k).
func (r *rules) selects(e ast.Expr) {
	sel := e.AsSelect()
	if isLabels(sel.Operand()) {
		if sel.IsTestOnly() {
			r.guards = append(r.guards, sel.FieldName())
			return
		}
		r.reads = append(r.reads, label{sel.FieldName(), e.ID()})
		return
	}
	r.walk(sel.Operand(), e)
}

func isLabels(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && strings.TrimPrefix(e.AsIdent(), ".") == "alert.labels"
}

// literal gives the text of a text literal.
func literal(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}
