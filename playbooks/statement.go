package playbooks

import (
	"fmt"
	"math/big"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

// supported says what verify.that can be.
const supported = `write read("contract", "function()") ==, <= or >= true, false, a whole number or amount("1 ETH"), and join several with &&`

// translator turns verify.that into checks. The statement is never evaluated
// by CEL: a check is data that people approve together with the call.
type translator struct {
	s    *script
	p    place
	inv  *Inventory
	info *ast.SourceInfo
	out  []incident.Check
}

// statement reads a conjunction of comparisons of what views answer.
func (l *loader) statement(n *yaml.Node) []incident.Check {
	p, ok := l.placeOf(n, false)
	if !ok {
		return nil
	}
	parsed, issues := l.language.statements.Parse(p.text)
	if issues.Err() != nil {
		l.issues(p, issues)
		return nil
	}
	t := &translator{s: l.script, p: p, inv: l.inv, info: parsed.NativeRep().SourceInfo()}
	t.conjunction(parsed.NativeRep().Expr())
	return t.out
}

func (t *translator) fault(e ast.Expr, code Code, format string, args ...any) {
	line, col := t.p.of(t.info.GetStartLocation(e.ID()))
	t.s.at(line, col, code, format, args...)
}

func (t *translator) conjunction(e ast.Expr) {
	if e.Kind() == ast.CallKind {
		c := e.AsCall()
		switch c.FunctionName() {
		case operators.LogicalAnd:
			for _, side := range c.Args() {
				t.conjunction(side)
			}
			return
		case operators.Equals, operators.LessEquals, operators.GreaterEquals:
			t.comparison(c)
			return
		}
	}
	t.fault(e, CodeVerify, "this cannot be checked; %s", supported)
}

func (t *translator) comparison(c ast.CallExpr) {
	op := map[string]incident.Comparison{operators.Equals: incident.Equals, operators.LessEquals: incident.AtMost,
		operators.GreaterEquals: incident.AtLeast}[c.FunctionName()]
	check, contract, ok := t.read(c.Args()[0])
	if !ok {
		return
	}
	kind, want, words, ok := t.wanted(c.Args()[1], contract)
	if !ok {
		return
	}
	if kind == "bool" && op != incident.Equals {
		t.fault(c.Args()[1], CodeVerify, "true and false have no order; use ==")
		return
	}
	check.Type, check.Op, check.Want = kind, op, want
	check.Text = fmt.Sprintf("%s %s %s", check.Text, op, words)
	t.out = append(t.out, check)
}

// read translates read("contract", "function()").
func (t *translator) read(e ast.Expr) (incident.Check, Contract, bool) {
	fail := func(at ast.Expr, code Code, format string, args ...any) (incident.Check, Contract, bool) {
		t.fault(at, code, format, args...)
		return incident.Check{}, Contract{}, false
	}
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "read" || e.AsCall().IsMemberFunction() || len(e.AsCall().Args()) != 2 {
		return fail(e, CodeVerify, "the left side must be a read; %s", supported)
	}
	args := e.AsCall().Args()
	name, ok := literal(args[0])
	if !ok {
		return fail(args[0], CodeVerify, "read takes the contract's name as text; %s", supported)
	}
	contract, ok := t.inv.contracts[name]
	if !ok {
		return fail(args[0], CodeContract, "unknown contract %q%s", clip(name), meant(name, t.inv.Contracts()))
	}
	signature, ok := literal(args[1])
	if !ok {
		return fail(args[1], CodeVerify, "read takes the function as text; %s", supported)
	}
	method, err := contracts.Function(signature)
	if err != nil {
		return fail(args[1], CodeVerify, "%s", err)
	}
	if len(method.Inputs) > 0 {
		return fail(args[1], CodeVerify, "read cannot give arguments yet, %s takes %d; the action's own goal is always checked",
			method.Sig, len(method.Inputs))
	}
	return incident.Check{ID: method.Sig, Chain: contract.Chain, ChainID: contract.ChainID, To: contract.Address,
		Data: method.ID, Text: name + "." + method.Sig}, contract, true
}

// wanted translates the right side; its literal says how the answer is read.
func (t *translator) wanted(e ast.Expr, contract Contract) (kind string, want incident.Quantity, words string, ok bool) {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "amount" && len(e.AsCall().Args()) == 1 {
		a, ok := t.amount(e.AsCall().Args()[0], contract)
		return "uint256", a.Units, a.String(), ok
	}
	if e.Kind() == ast.LiteralKind {
		switch v := e.AsLiteral().(type) {
		case types.Bool:
			if v {
				want = incident.NewQuantity(1)
			}
			return "bool", want, fmt.Sprint(bool(v)), true
		case types.Int:
			want, err := incident.QuantityFromBig(big.NewInt(int64(v)))
			if err != nil {
				t.fault(e, CodeVerify, "%d: %s", int64(v), err)
			}
			return "uint256", want, want.String(), err == nil
		case types.Uint:
			want = incident.NewQuantity(uint64(v))
			return "uint256", want, want.String(), true
		}
	}
	t.fault(e, CodeVerify, "the right side cannot be checked; %s", supported)
	return "", want, "", false
}

func (t *translator) amount(e ast.Expr, contract Contract) (incident.Amount, bool) {
	text, ok := literal(e)
	if !ok {
		t.fault(e, CodeVerify, "amount takes text; %s", supported)
		return incident.Amount{}, false
	}
	a, err := t.inv.ParseAmount(text)
	if err != nil {
		t.fault(e, CodeAmount, "%s", err)
		return a, false
	}
	if contract.Token != "" && contract.Token != a.Token {
		t.fault(e, CodeAmount, "this is in %s, %s counts in %s", a.Token, contract.Name, contract.Token)
		return a, false
	}
	return a, true
}
