package playbooks

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/firebreak-project/firebreak/incident"
)

// variables are all that an expression can see. Flat names give better
// messages than fields do.
func variables() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Variable("alert.rule", cel.StringType),
		cel.Variable("alert.severity", cel.StringType),
		cel.Variable("alert.source", cel.StringType),
		cel.Variable("alert.chain", cel.StringType),
		cel.Variable("alert.contract", cel.StringType),
		cel.Variable("alert.confidence", cel.DoubleType),
		cel.Variable("alert.has_confidence", cel.BoolType),
		cel.Variable("alert.loss", amountType),
		cel.Variable("alert.has_loss", cel.BoolType),
		cel.Variable("alert.suspects", suspectList),
		cel.Variable("alert.labels", cel.MapType(cel.StringType, cel.StringType)),
	}
}

// view is an alert as expressions see it. What the alert does not carry is an
// error when it is asked for, and neither zero nor false.
type view = *scene

// scene holds every value as CEL wants it, made once: a thousand playbooks ask
// for the same few. It is of one goroutine at a time.
type scene struct {
	alert    incident.Alert
	named    map[string]ref.Val
	each     ref.Val            // nil outside each
	evidence map[string]ref.Val // by whole name; nil before it is read
}

// see makes the view of an alert.
func see(a incident.Alert) view {
	list := make([]ref.Val, len(a.Suspects))
	for i, s := range a.Suspects {
		list[i] = addressValue{s}
	}
	labels := a.Labels
	if labels == nil {
		labels = map[string]string{}
	}
	s := &scene{alert: a, named: map[string]ref.Val{
		"alert.rule":           types.String(a.Rule),
		"alert.severity":       types.String(a.Severity),
		"alert.source":         types.String(a.Source),
		"alert.chain":          types.String(a.Chain),
		"alert.contract":       types.String(a.Contract),
		"alert.has_confidence": types.Bool(a.Confidence != nil),
		"alert.has_loss":       types.Bool(a.Loss != nil),
		"alert.confidence":     types.NewErr("the alert has no confidence; guard it with alert.has_confidence"),
		"alert.loss":           types.NewErr("the alert has no loss; guard it with alert.has_loss"),
		"alert.suspects":       types.NewRefValList(types.DefaultTypeAdapter, list),
		"alert.labels":         types.DefaultTypeAdapter.NativeToValue(labels),
	}}
	if a.Confidence != nil {
		s.named["alert.confidence"] = types.Double(*a.Confidence)
	}
	if a.Loss != nil {
		s.named["alert.loss"] = amountValue{*a.Loss}
	}
	return s
}

// ResolveName implements cel.Activation.
func (s *scene) ResolveName(name string) (any, bool) {
	if value, ok := s.named[name]; ok {
		return value, true
	}
	if name == "each" {
		return s.each, s.each != nil
	}
	value, ok := s.evidence[name]
	return value, ok
}

// Parent implements cel.Activation; there is none.
func (s *scene) Parent() cel.Activation { return nil }
