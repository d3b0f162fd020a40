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
type view struct {
	alert incident.Alert
	// suspects is made once: an expression that loops over it asks for it in
	// every turn.
	suspects ref.Val
	each     ref.Val            // nil outside each
	evidence map[string]ref.Val // by whole name; nil before it is read
}

// see makes the view of an alert.
func see(alert incident.Alert) view {
	list := make([]ref.Val, len(alert.Suspects))
	for i, s := range alert.Suspects {
		list[i] = addressValue{s}
	}
	return view{alert: alert, suspects: types.NewRefValList(types.DefaultTypeAdapter, list)}
}

// ResolveName implements cel.Activation.
func (v view) ResolveName(name string) (any, bool) {
	a := v.alert
	switch name {
	case "alert.rule":
		return a.Rule, true
	case "alert.severity":
		return string(a.Severity), true
	case "alert.source":
		return a.Source, true
	case "alert.chain":
		return a.Chain, true
	case "alert.contract":
		return a.Contract, true
	case "alert.has_confidence":
		return a.Confidence != nil, true
	case "alert.has_loss":
		return a.Loss != nil, true
	case "alert.confidence":
		if a.Confidence == nil {
			return types.NewErr("the alert has no confidence; guard it with alert.has_confidence"), true
		}
		return *a.Confidence, true
	case "alert.loss":
		if a.Loss == nil {
			return types.NewErr("the alert has no loss; guard it with alert.has_loss"), true
		}
		return amountValue{*a.Loss}, true
	case "alert.suspects":
		return v.suspects, true
	case "alert.labels":
		if a.Labels == nil {
			return map[string]string{}, true
		}
		return a.Labels, true
	case "each":
		return v.each, v.each != nil
	}
	value, ok := v.evidence[name]
	return value, ok
}

// Parent implements cel.Activation; there is none.
func (v view) Parent() cel.Activation { return nil }
