package playbooks

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"go.yaml.in/yaml/v3"
)

// Limits on expressions. The cost is CEL's own measure; 100,000 is about ten
// milliseconds.
const (
	maxExpression = 2048
	maxRecursion  = 32
	maxCost       = 100_000
	// smallCost is what is evaluated without counting, which would cost more
	// than the evaluation. Its worst case is computed for alerts of the sizes
	// below; only texts can be longer, and comparing them is cheap.
	smallCost = 1000
)

// Sizes that worst cases are computed with. An alert that exceeds them meets
// maxCost when it is evaluated.
const (
	maxSuspects = 256
	maxLabels   = 64
	maxLabel    = 1024
)

// language compiles expressions against one inventory. It is immutable and
// safe for concurrent use.
type language struct {
	inv *Inventory
	// plain has the alert, withEach also the element of an item's list.
	plain, withEach *cel.Env
	// statements is the untyped language of verify.that, which is translated
	// and never evaluated.
	statements *cel.Env
	now        func() time.Time // to tell how far ahead a date is
}

func newLanguage(inv *Inventory) (*language, error) {
	options := append(variables(), inv.functions()...)
	options = append(options,
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ParserRecursionLimit(maxRecursion),
		cel.ParserErrorRecoveryLimit(0),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateHomogeneousAggregateLiterals(), cel.ValidateComprehensionNestingLimit(1)),
	)
	plain, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("set up the expression language: %w", err)
	}
	withEach, err := plain.Extend(cel.Variable("each", addressType))
	if err != nil {
		return nil, fmt.Errorf("set up the expression language with each: %w", err)
	}
	statements, err := cel.NewEnv(cel.ClearMacros(), cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(maxRecursion))
	if err != nil {
		return nil, fmt.Errorf("set up the language of statements: %w", err)
	}
	return &language{inv: inv, plain: plain, withEach: withEach, statements: statements, now: time.Now}, nil
}

// expression is a compiled expression. Safe for concurrent use.
type expression struct {
	program cel.Program
	text    string
	line    string   // the text in one line, to be held against another
	asked   []string // ids of evidence
	token   string   // of its amounts; empty where there are none, or an alert's alone
	// trace compiles it once more, when somebody asks why: see atoms.go.
	trace func() *tracing
}

// eval evaluates. An error is neither true nor false: the caller must say so.
func (e *expression) eval(v view) (ref.Val, error) {
	out, _, err := e.program.Eval(v)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", clip(oneLine(e.text)), err)
	}
	return out, nil
}

// holds evaluates a condition; a nil one holds.
func (e *expression) holds(v view) (bool, error) {
	if e == nil {
		return true, nil
	}
	out, err := e.eval(v)
	if err != nil {
		return false, err
	}
	yes, ok := out.(types.Bool)
	if !ok {
		return false, errors.New("the condition gave no bool")
	}
	return bool(yes), nil
}

// assures lists evidence that a condition asks to be there; a nil one asks for
// nothing.
func (e *expression) assures() []string {
	if e == nil {
		return nil
	}
	return e.asked
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// site is where an expression stands and what it must be.
type site struct {
	node  *yaml.Node
	where string // "on.when"
	want  *cel.Type
	each  bool // inside an item that has each
	scope scope
	// present is evidence that the item's own condition asks to be there.
	present []string
	// allowed are the only values that some variables have here: a condition
	// that they make constant is a mistake.
	allowed map[string][]string
	// value: after a leading = in place of a plain value; then it may be a
	// constant, which a condition must not be.
	value bool
}

// compile checks an expression in every way that needs no alert. It returns
// nil when something is wrong with it.
func (l *language) compile(s *script, at site) *expression {
	p, ok := s.placeOf(at.node, at.value)
	if !ok {
		return nil
	}
	env := at.scope.plain
	if at.each {
		env = at.scope.withEach
	}
	if env == nil {
		env = l.plain
	}
	before := len(s.found)
	ast, issues := env.Compile(p.text)
	if issues.Err() != nil {
		s.issues(p, issues)
		return nil
	}
	if out := ast.OutputType(); !out.IsExactType(at.want) {
		s.at(p.line, p.col, CodeCELType, "%s must be %s, this is %s", at.where, typeWords(at.want), typeWords(out))
		return nil
	}
	asked, token := checkRules(s, p, ast, at, l.inv)
	estimate, err := env.EstimateCost(ast, sizes{})
	switch {
	case err != nil:
		s.at(p.line, p.col, CodeCELCost, "the cost of %s cannot be told: %s", at.where, err)
	case estimate.Max > maxCost:
		s.at(p.line, p.col, CodeCELCost, "worst-case cost %d exceeds %d; bound the list", estimate.Max, maxCost)
	}
	if len(s.found) > before {
		return nil
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), cel.CustomDecorator(foldLiterals)}
	if estimate.Max > smallCost {
		options = append(options, cel.CostLimit(maxCost))
	}
	program, err := env.Program(ast, options...)
	if err != nil {
		s.at(p.line, p.col, CodeCEL, "%s", clarify(err.Error()))
		return nil
	}
	return &expression{program: program, text: p.text, line: oneLine(p.text), asked: asked, token: token, trace: sync.OnceValue(func() *tracing { return newTracing(env, p) })}
}

// issues notes what CEL found. After a syntax error the rest is guesswork.
func (s *script) issues(p place, issues *cel.Issues) {
	for _, e := range issues.Errors() {
		line, col := p.of(e.Location)
		s.at(line, col, CodeCEL, "%s", clarify(e.Message))
		if strings.HasPrefix(e.Message, "Syntax error") {
			return
		}
	}
}

// sizes tells CEL how large an alert's lists and texts may be.
type sizes struct{}

func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	path := n.Path()
	if len(path) == 0 {
		return nil
	}
	switch path[0] {
	case "alert.suspects":
		return &cost.SizeEstimate{Max: maxSuspects}
	case "alert.labels":
		if len(path) == 1 {
			return &cost.SizeEstimate{Max: maxLabels}
		}
	}
	if strings.HasSuffix(path[0], ".recipients") {
		return &cost.SizeEstimate{Max: maxTransfers}
	}
	return &cost.SizeEstimate{Max: maxLabel}
}

// EstimateCallCost says that what the functions of ours give has the size of one
// value: CEL would take it to be of any size.
func (sizes) EstimateCallCost(_, overload string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	if !ownOverload[overload] {
		return nil
	}
	one := cost.Estimate{Min: 1, Max: 1}
	return &cost.CallEstimate{CostEstimate: one, ResultSize: &cost.SizeEstimate{Min: 1, Max: 1}}
}

// ownOverload are the functions of ours that give a value.
var ownOverload = map[string]bool{
	"amount_string": true, "percent_string": true, "number_string": true, "contract_string": true, "account_string": true,
	"amount_add": true, "amount_sub": true, "amount_div": true, "percent_mul": true,
}
