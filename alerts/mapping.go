package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Limits on the expressions of a mapping; the cost is CEL's own measure.
const (
	maxExpression  = 2048
	maxMappingCost = 50_000
)

// mapping says what the messages of a custom sender mean: for each field of the
// generic form a CEL expression over body, the JSON document. Headers are not
// there: no signature covers them. It is safe for concurrent use.
type mapping struct {
	fields []mapped
}

type mapped struct {
	name    string
	program cel.Program
}

// shape is what the result of an expression must be.
type shape struct {
	types []*cel.Type
	words string
	put   func(g *genericAlert, v any) bool
}

var (
	texts   = []*cel.Type{cel.StringType}
	numbers = []*cel.Type{cel.IntType, cel.UintType, cel.DoubleType, cel.StringType}
)

// shapes are the fields of the generic form.
var shapes = map[string]shape{
	"id":         text(func(g *genericAlert) *string { return &g.ID }),
	"rule":       text(func(g *genericAlert) *string { return &g.Rule }),
	"severity":   text(func(g *genericAlert) *string { return &g.Severity }),
	"chain":      text(func(g *genericAlert) *string { return &g.Chain }),
	"contract":   text(func(g *genericAlert) *string { return &g.Contract }),
	"tx":         text(func(g *genericAlert) *string { return &g.Tx }),
	"occurred":   text(func(g *genericAlert) *string { return &g.Occurred }),
	"summary":    text(func(g *genericAlert) *string { return &g.Summary }),
	"link":       text(func(g *genericAlert) *string { return &g.Link }),
	"signal":     text(func(g *genericAlert) *string { return &g.Signal }),
	"loss.token": text(func(g *genericAlert) *string { return &g.loss().Token }),
	"chain_id":   {numbers, "a number or a text of digits", putChainID},
	"loss.amount": {[]*cel.Type{cel.IntType, cel.UintType, cel.StringType}, "a text such as 250000.5, or a whole number: what has been a fraction in JSON is not exact", func(g *genericAlert, v any) bool {
		text, ok := digits(v)
		g.loss().Amount = text
		return ok
	}},
	"confidence": {numbers[:3], "a number", func(g *genericAlert, v any) bool {
		var f float64
		switch n := v.(type) {
		case float64:
			f = n
		case int64:
			f = float64(n)
		default:
			return false
		}
		g.Confidence = &f
		return true
	}},
	"suspects": {[]*cel.Type{cel.ListType(cel.StringType), cel.ListType(cel.DynType)}, "a list of texts", func(g *genericAlert, v any) bool {
		list, ok := v.([]string)
		g.Suspects = list
		return ok
	}},
	"test":     flag(func(g *genericAlert) *bool { return &g.Test }),
	"resolved": flag(func(g *genericAlert) *bool { return &g.Resolved }),
}

func (g *genericAlert) loss() *genericLoss {
	if g.Loss == nil {
		g.Loss = &genericLoss{}
	}
	return g.Loss
}

func text(of func(*genericAlert) *string) shape {
	return shape{texts, "a text", func(g *genericAlert, v any) bool {
		text, ok := v.(string)
		*of(g) = text
		return ok
	}}
}

func flag(of func(*genericAlert) *bool) shape {
	return shape{[]*cel.Type{cel.BoolType}, "true or false", func(g *genericAlert, v any) bool {
		is, ok := v.(bool)
		*of(g) = is
		return ok
	}}
}

func putChainID(g *genericAlert, v any) bool {
	text, ok := digits(v)
	id, err := strconv.ParseUint(text, 10, 64)
	g.ChainID = id
	return ok && err == nil
}

// digits is a whole number as text, exactly.
func digits(v any) (string, bool) {
	switch n := v.(type) {
	case string:
		return n, true
	case int64:
		return strconv.FormatInt(n, 10), n >= 0
	case uint64:
		return strconv.FormatUint(n, 10), true
	}
	return "", false
}

// newMapping compiles the expressions of a configuration.
func newMapping(texts map[string]string) (mapping, []Fault) {
	var m mapping
	var found []Fault
	env, err := cel.NewEnv(
		cel.Variable("body", cel.DynType),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(32), cel.ParserErrorRecoveryLimit(0),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateComprehensionNestingLimit(1)),
	)
	if err != nil {
		return m, []Fault{{"map", err.Error()}}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		want, known := shapes[name]
		if !known {
			found = append(found, Fault{"map." + name, "is no field of an alert; there are " + list(slices.Sorted(maps.Keys(shapes)))})
			continue
		}
		program, err := compile(env, texts[name], want)
		if err != nil {
			found = append(found, Fault{"map." + name, err.Error()})
			continue
		}
		m.fields = append(m.fields, mapped{name, program})
	}
	switch {
	case texts["id"] == "":
		found = append(found, Fault{"map", "maps no id; without one a repeat cannot be told from another alert"})
	case (texts["loss.amount"] == "") != (texts["loss.token"] == ""):
		found = append(found, Fault{"map", "maps one of loss.amount and loss.token; an amount is both"})
	}
	return m, found
}

func compile(env *cel.Env, text string, want shape) (cel.Program, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, errors.New(strings.TrimSpace(strings.SplitN(issues.Err().Error(), "\n", 2)[0]))
	}
	fits := func(t *cel.Type) bool { return t.IsExactType(ast.OutputType()) }
	if out := ast.OutputType(); !out.IsExactType(cel.DynType) && !slices.ContainsFunc(want.types, fits) {
		return nil, fmt.Errorf("gives %s and must give %s", out, want.words)
	}
	return env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxMappingCost))
}

// read evaluates every expression. What the message does not have stays
// unknown; what is of another kind than it must be is an error.
func (m mapping) read(d delivery) (genericAlert, error) {
	var g genericAlert
	if err := checkJSON(d.body); err != nil {
		return g, err
	}
	body, err := celJSON(d.body)
	if err != nil {
		return g, err
	}
	for _, f := range m.fields {
		out, _, err := f.program.Eval(map[string]any{"body": body})
		if err != nil && missing(err) {
			continue
		}
		if err != nil {
			return g, fmt.Errorf("%q: its expression fails on this message: %s", f.name, clip(err.Error()))
		}
		if _, null := out.(types.Null); null {
			continue
		}
		if !shapes[f.name].put(&g, plain(out)) {
			return g, fmt.Errorf("%q must give %s, and gave %s", f.name, shapes[f.name].words, out.Type().TypeName())
		}
	}
	if g.Rule == "" {
		g.Rule = d.source.Rule
	}
	if g.Loss != nil && (g.Loss.Amount == "" || g.Loss.Token == "") {
		g.Loss = nil // one of them is missing from the message
	}
	return g, nil
}

// missing tells what a message does not have from what is wrong with it.
func missing(err error) bool {
	return strings.Contains(err.Error(), "no such key") || strings.Contains(err.Error(), "index out of bounds")
}

// plain is a result in Go's own types.
func plain(v ref.Val) any {
	if v.Type() == types.ListType {
		list, err := v.ConvertToNative(reflect.TypeFor[[]string]())
		if err != nil {
			return nil
		}
		return list
	}
	if f, ok := v.(types.Double); ok && float64(f) == math.Trunc(float64(f)) && math.Abs(float64(f)) < 1<<53 {
		return int64(f)
	}
	return v.Value()
}

// celJSON decodes a checked document. Whole numbers stay exact: they are CEL's
// int, and others are its double.
func celJSON(body []byte) (any, error) {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, explain(err)
	}
	return exact(v)
}

func exact(v any) (any, error) {
	var err error
	switch x := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
			return n, nil
		}
		return x.Float64()
	case []any:
		for i := range x {
			if x[i], err = exact(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range x {
			if x[k], err = exact(x[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func list(words []string) string { return strings.Join(words, ", ") }
