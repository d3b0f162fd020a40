package playbooks

import (
	"slices"

	"cel.dev/cel-go/common/ast"

	"github.com/firebreak-project/firebreak/incident"
)

// enum checks a literal that a variable with known values is compared with.
func (r *rules) enum(variable, value ast.Expr) {
	text, ok := literal(value)
	if !ok || variable.Kind() != ast.IdentKind {
		return
	}
	known, ok := r.known(variable.AsIdent())
	if ok && !slices.Contains(known, text) {
		r.fault(value, CodeEnum, "%s is never %q%s", variable.AsIdent(), clip(text), meant(text, known))
	}
}

func (r *rules) enumList(variable, list ast.Expr) {
	if list.Kind() != ast.ListKind {
		return
	}
	for _, element := range list.AsList().Elements() {
		r.enum(variable, element)
	}
}

// known lists the values that a variable may have.
func (r *rules) known(variable string) ([]string, bool) {
	switch variable {
	case "alert.severity":
		return severities(), true
	case "alert.rule":
		return r.inv.rules, true
	case "alert.chain":
		return r.inv.Chains(), true
	case "alert.contract":
		return r.inv.Contracts(), true
	case "alert.source":
		return names(r.inv.sources), len(r.inv.sources) > 0
	}
	return nil, false
}

func severities() []string {
	var all []string
	for _, s := range incident.Severities() {
		all = append(all, string(s))
	}
	return all
}
