package playbooks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Outcome is what a part of a condition came to. An error and what is unknown
// are neither true nor false.
type Outcome string

// The outcomes. Unknown is a part that was not evaluated, because the whole
// cost too much.
const (
	OutcomeTrue    Outcome = "true"
	OutcomeFalse   Outcome = "false"
	OutcomeError   Outcome = "error"
	OutcomeUnknown Outcome = "unknown"
)

// Atom is a part of a condition that is true or false in itself: what stands
// between &&, ||, ! and ? : with the values of what it names.
type Atom struct {
	Text    string  `json:"text"` // as it was written, in one line
	Line    int     `json:"line"` // of its first character, from 1
	Col     int     `json:"col"`
	Outcome Outcome `json:"outcome"`
	// Why says what went wrong, for an error.
	Why string `json:"why,omitempty"`
	// Reached: it counted. The right side of && does not when the left is
	// false, although its outcome is told.
	Reached bool `json:"reached"`
	// Decisive: the condition came out as it did because of this one.
	Decisive bool    `json:"decisive"`
	Values   []Value `json:"values,omitempty"`
}

// Value is a variable of a condition and what the alert has for it.
type Value struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// tracing is a condition compiled once more, so that each part of it can be
// told. It is immutable and safe for concurrent use.
type tracing struct {
	program cel.Program
	root    ast.Expr
	parts   []part
	index   map[int64]int // a leaf's id to its part
}

// part is a leaf of a condition.
type part struct {
	id        int64
	text      string
	line, col int
	names     []string
}

// newTracing compiles for tracing; nil when that cannot be, which a condition
// that was loaded never is.
func newTracing(env *cel.Env, p place) *tracing {
	compiled, issues := env.Compile(p.text)
	if issues.Err() != nil {
		return nil
	}
	program, err := env.Program(compiled, cel.CostLimit(2*maxCost), cel.EvalOptions(cel.OptExhaustiveEval, cel.OptTrackState))
	if err != nil {
		return nil
	}
	t := &tracing{program: program, root: compiled.NativeRep().Expr(), index: map[int64]int{}}
	t.collect(t.root)
	t.place(p, compiled.NativeRep().SourceInfo())
	return t
}

// operands gives the parts of a logical operation; nil for a leaf.
func operands(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind {
		return nil
	}
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional:
		return e.AsCall().Args()
	}
	return nil
}

func (t *tracing) collect(e ast.Expr) {
	if parts := operands(e); parts != nil {
		for _, x := range parts {
			t.collect(x)
		}
		return
	}
	t.index[e.ID()] = len(t.parts)
	t.parts = append(t.parts, part{id: e.ID(), names: namesIn(e)})
}

// place finds the leaves in the text. Both walks meet them in the same order;
// should they ever differ, CEL's own words and positions have to do.
func (t *tracing) place(p place, info *ast.SourceInfo) {
	pieces, runes := segments(p.text), []rune(p.text)
	exprs := map[int64]ast.Expr{}
	ast.PostOrderVisit(t.root, ast.NewExprVisitor(func(e ast.Expr) { exprs[e.ID()] = e }))
	for i := range t.parts {
		at := &t.parts[i]
		if len(pieces) == len(t.parts) {
			s := pieces[i]
			at.text = oneLine(string(runes[s.from:s.to]))
			before := string(runes[:s.from])
			at.line, at.col = p.of(common.NewLocation(strings.Count(before, "\n")+1, s.from-len([]rune(before[:strings.LastIndex(before, "\n")+1]))))
			continue
		}
		at.text, _ = cel.ExprToString(exprs[at.id], info)
		at.text = oneLine(at.text)
		at.line, at.col = p.of(info.GetStartLocation(at.id))
	}
}

// namesIn lists the variables that a leaf reads, each once, in order. A label
// counts by its own name. What a macro declares is no variable of ours; it is
// left out because no view knows it.
func namesIn(e ast.Expr) []string {
	var all []string
	add := func(name string) {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	var visit func(e ast.Expr)
	visit = func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			add(strings.TrimPrefix(e.AsIdent(), "."))
		case ast.SelectKind:
			if sel := e.AsSelect(); isLabels(sel.Operand()) {
				add("alert.labels." + sel.FieldName())
			} else {
				visit(sel.Operand())
			}
		case ast.CallKind:
			c := e.AsCall()
			if name, ok := labelOf(c); ok {
				add("alert.labels." + name)
				return
			}
			if c.IsMemberFunction() {
				visit(c.Target())
			}
			for _, x := range c.Args() {
				visit(x)
			}
		case ast.ListKind:
			for _, x := range e.AsList().Elements() {
				visit(x)
			}
		case ast.ComprehensionKind:
			visit(e.AsComprehension().IterRange())
			visit(e.AsComprehension().LoopStep())
		}
	}
	visit(e)
	return all
}

// labelOf gives the label in alert.labels["k"] and in "k" in alert.labels.
func labelOf(c ast.CallExpr) (string, bool) {
	args := c.Args()
	switch {
	case c.FunctionName() == operators.Index && isLabels(args[0]):
		return literal(args[1])
	case c.FunctionName() == operators.In && isLabels(args[1]):
		return literal(args[0])
	}
	return "", false
}

// atoms evaluates every leaf, also those that the whole does not need.
func (t *tracing) atoms(v view) []Atom {
	list := make([]Atom, len(t.parts))
	_, details, _ := t.program.Eval(v) // the whole has been told by the condition itself
	for i, p := range t.parts {
		list[i] = Atom{Text: p.text, Line: p.line, Col: p.col, Outcome: OutcomeUnknown}
		if details != nil && details.State() != nil {
			if out, ok := details.State().Value(p.id); ok {
				list[i].Outcome, list[i].Why = outcome(out)
			}
		}
		for _, name := range p.names {
			if text, ok := v.words(name); ok {
				list[i].Values = append(list[i].Values, Value{name, text})
			}
		}
	}
	judge := judgement{t, list}
	judge.reach(t.root)
	judge.blame(t.root)
	return list
}

func outcome(out ref.Val) (Outcome, string) {
	switch x := out.(type) {
	case types.Bool:
		if x {
			return OutcomeTrue, ""
		}
		return OutcomeFalse, ""
	case *types.Err:
		return OutcomeError, clip(x.Error())
	}
	return OutcomeUnknown, ""
}

// words gives a variable's value as people read it. A stranger's text is
// quoted, so it does nothing to a terminal.
func (v view) words(name string) (string, bool) {
	if label, ok := strings.CutPrefix(name, "alert.labels."); ok {
		text, has := v.alert.Labels[label]
		if !has {
			return "absent", true
		}
		return strconv.Quote(clip(text)), true
	}
	value, ok := v.ResolveName(name)
	if !ok {
		return "", false
	}
	switch x := value.(type) {
	case string:
		return strconv.Quote(clip(x)), true
	case *types.Err:
		return "absent", true
	case amountValue:
		return x.String(), true
	case addressValue:
		return x.Hex(), true
	case traits.Lister:
		return listWords(x), true
	case map[string]string:
		return counted(len(x), "label"), true
	case ref.Val:
		return clip(fmt.Sprint(x.Value())), true
	}
	return clip(fmt.Sprint(value)), true
}

// maxNamed is how many elements of a list are shown.
const maxNamed = 3

func listWords(list traits.Lister) string {
	var shown []string
	n := 0
	for it := list.Iterator(); it.HasNext() == types.True; n++ {
		if e := it.Next(); n < maxNamed {
			shown = append(shown, fmt.Sprint(e.Value()))
		}
	}
	if n > maxNamed {
		shown = append(shown, fmt.Sprintf("and %d more", n-maxNamed))
	}
	return "[" + strings.Join(shown, ", ") + "]"
}
