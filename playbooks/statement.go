package playbooks

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

// supported says what verify.that can be.
const supported = `write read("contract", "function(types)", arguments) ==, <= or >= true, false, a whole number, amount("1 ETH"), contract("name") or account("name"), and join several with &&`

// stated is a check that verify.that asks for. Each lists the arguments that
// are the element of the item's list: they are known with the alert.
type stated struct {
	incident.Check
	each []int
}

// of is the check for one element of the list.
func (c stated) of(element common.Address) incident.Check {
	check := c.Check
	check.Data = slices.Clone(check.Data)
	for _, i := range c.each {
		copy(check.Data[4+32*i:], common.LeftPadBytes(element[:], 32))
	}
	if len(c.each) > 0 {
		check.ID += " " + element.Hex()
		check.Text = strings.ReplaceAll(check.Text, eachMark, element.Hex())
	}
	return check
}

// eachMark stands for the element in a check's words; no name has a blank.
const eachMark = " each "

// translator turns verify.that into checks. The statement is never evaluated
// by CEL: a check is data that people approve together with the call.
type translator struct {
	s    *script
	p    place
	inv  *Inventory
	info *ast.SourceInfo
	each bool // the item has a list
	out  []stated
}

// statement reads a conjunction of comparisons of what views answer.
func (l *loader) statement(n *yaml.Node, each bool) []stated {
	p, ok := l.placeOf(n, false)
	if !ok {
		return nil
	}
	parsed, issues := l.language.statements.Parse(p.text)
	if issues.Err() != nil {
		l.issues(p, issues)
		return nil
	}
	t := &translator{s: l.script, p: p, inv: l.inv, info: parsed.NativeRep().SourceInfo(), each: each}
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
	check, contract, returns, ok := t.read(c.Args()[0])
	if !ok {
		return
	}
	kind, want, words, ok := t.wanted(c.Args()[1], contract)
	if !ok {
		return
	}
	switch {
	case kind != returns && (kind != "uint256" || !strings.HasPrefix(returns, "uint")):
		t.fault(c.Args()[1], CodeVerify, "%s gives %s, which does not compare with %s", check.Text, returns, words)
		return
	case !strings.HasPrefix(returns, "uint") && op != incident.Equals:
		t.fault(c.Args()[1], CodeVerify, "a %s has no order; use ==", returns)
		return
	}
	if always := foregone(returns, op, want); always != "" {
		t.fault(c.Args()[1], CodeVerify, "a %s is %s %s %s, whatever the chain says", returns, always, op, words)
		return
	}
	check.Type, check.Op, check.Want = returns, op, want
	check.Text = fmt.Sprintf("%s %s %s", check.Text, op, words)
	t.out = append(t.out, check)
}

// foregone says that a comparison always comes out the same, so that it checks
// nothing: always, never, or nothing.
func foregone(returns string, op incident.Comparison, want incident.Quantity) string {
	bits, err := strconv.Atoi(strings.TrimPrefix(returns, "uint"))
	if err != nil {
		return "" // a bool, an address or a hash
	}
	above := want.Big().BitLen() > bits
	all := new(big.Int).Add(want.Big(), big.NewInt(1)).BitLen() > bits
	switch {
	case op == incident.AtLeast && want.IsZero(), op == incident.AtMost && all:
		return "always"
	case op != incident.AtMost && above:
		return "never"
	}
	return ""
}

// read translates read("contract", "function(types)", arguments) into a check
// without its right side, and says what type the view gives.
func (t *translator) read(e ast.Expr) (check stated, contract Contract, returns string, ok bool) {
	fail := func(at ast.Expr, code Code, format string, args ...any) (stated, Contract, string, bool) {
		t.fault(at, code, format, args...)
		return stated{}, Contract{}, "", false
	}
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "read" || e.AsCall().IsMemberFunction() || len(e.AsCall().Args()) < 2 {
		return fail(e, CodeVerify, "the left side must be a read; %s", supported)
	}
	args := e.AsCall().Args()
	name, ok := literal(args[0])
	if !ok {
		return fail(args[0], CodeVerify, "read takes the contract's name as text; %s", supported)
	}
	contract, ok = t.inv.contracts[name]
	if !ok {
		return fail(args[0], CodeContract, "unknown contract %q%s", clip(name), meant(name, t.inv.Contracts()))
	}
	signature, ok := literal(args[1])
	if !ok {
		return fail(args[1], CodeVerify, "read takes the function as text; %s", supported)
	}
	view, err := contract.view(signature)
	if err != nil {
		return fail(args[1], CodeView, "%s", err)
	}
	if len(view.method.Inputs) != len(args)-2 {
		return fail(e, CodeVerify, "%s takes %d arguments, %d are given: read(%q, %q, ...)", signature, len(view.method.Inputs), len(args)-2, name, signature)
	}
	named, each, ok := t.arguments(args[2:])
	if !ok {
		return stated{}, Contract{}, "", false
	}
	data, err := t.inv.packStated(view, named, each)
	if err != nil {
		return fail(e, CodeVerify, "%s", err)
	}
	words := fmt.Sprintf("%s.%s(%s)", name, view.method.Name, strings.Join(named, ", "))
	return stated{Check: incident.Check{ID: view.method.Sig, Chain: contract.Chain, ChainID: contract.ChainID, To: contract.Address,
		Data: data, Text: words}, each: each}, contract, view.returns, true
}

// arguments reads what a view is asked with: each, or names and numbers as text
// and literals.
func (t *translator) arguments(args []ast.Expr) (named []string, each []int, ok bool) {
	for i, arg := range args {
		switch {
		case arg.Kind() == ast.IdentKind && arg.AsIdent() == "each":
			if !t.each {
				t.fault(arg, CodeVerify, "the item has no each")
				return nil, nil, false
			}
			named, each = append(named, eachMark), append(each, i)
		case arg.Kind() == ast.LiteralKind && plain(arg):
			named = append(named, fmt.Sprint(arg.AsLiteral().Value()))
		default:
			t.fault(arg, CodeVerify, "an argument is each, a name of the inventory as text, a number, true or false")
			return nil, nil, false
		}
	}
	return named, each, true
}

// plain tells whether a literal is a text, a whole number, true or false.
func plain(e ast.Expr) bool {
	switch e.AsLiteral().(type) {
	case types.String, types.Int, types.Uint, types.Bool:
		return true
	}
	return false
}

// wanted translates the right side; its literal says how the answer is read.
func (t *translator) wanted(e ast.Expr, contract Contract) (kind string, want incident.Quantity, words string, ok bool) {
	if e.Kind() == ast.CallKind && len(e.AsCall().Args()) == 1 {
		arg := e.AsCall().Args()[0]
		switch function := e.AsCall().FunctionName(); function {
		case "amount":
			a, ok := t.amount(arg, contract)
			return "uint256", a.Units, a.String(), ok
		case "contract", "account":
			return t.address(function, arg)
		}
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

// address is the right side contract("name") or account("name").
func (t *translator) address(function string, arg ast.Expr) (kind string, want incident.Quantity, words string, ok bool) {
	text, ok := literal(arg)
	if !ok {
		t.fault(arg, CodeVerify, "%s takes text; %s", function, supported)
		return "", want, "", false
	}
	if code, err := t.inv.literals()[function](text); err != nil {
		t.fault(arg, code, "%s", err)
		return "", want, "", false
	}
	a, known := t.inv.account(text)
	if function == "contract" || !known {
		a = t.inv.contracts[text].Address
	}
	want, err := incident.QuantityFromBig(a.Big())
	return "address", want, text, err == nil
}
