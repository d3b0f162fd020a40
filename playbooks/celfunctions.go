package playbooks

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// functions are what expressions can do with the types of ours. CEL's own
// operators find the implementation by the type's traits; an overload tells
// the checker that it may.
func (inv *Inventory) functions() []cel.EnvOption {
	order := func(name string, a, b *cel.Type) []cel.EnvOption {
		var all []cel.EnvOption
		for operator, word := range map[string]string{operators.Greater: "gt", operators.GreaterEquals: "ge", operators.Less: "lt", operators.LessEquals: "le"} {
			all = append(all, cel.Function(operator, cel.Overload(name+"_"+word, []*cel.Type{a, b}, cel.BoolType)))
		}
		return all
	}
	pair := []*cel.Type{amountType, amountType}
	all := []cel.EnvOption{
		text("amount", amountType, inv.amountOf),
		text("percent", percentType, percentOf),
		text("number", numberType, numberOf),
		text("contract", addressType, inv.contractOf),
		text("account", addressType, inv.accountOf),
		cel.Function(operators.Add, cel.Overload("amount_add", pair, amountType)),
		cel.Function(operators.Subtract, cel.Overload("amount_sub", pair, amountType)),
		cel.Function(operators.Divide, cel.Overload("amount_div", pair, percentType)),
		cel.Function(operators.Multiply, cel.Overload("percent_mul", []*cel.Type{percentType, amountType}, amountType)),
	}
	all = append(all, order("amount", amountType, amountType)...)
	all = append(all, order("percent", percentType, percentType)...)
	all = append(all, order("number", numberType, numberType)...)
	return append(all, order("number_int", numberType, cel.IntType)...)
}

// text is a function of one literal text, which is checked at load.
func text(name string, gives *cel.Type, do func(ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_string", []*cel.Type{cel.StringType}, gives, cel.UnaryBinding(do)))
}

// literals are the functions whose argument is a literal text, and what it must
// be. The rules check it at load; at run time it is the same function.
func (inv *Inventory) literals() map[string]func(string) (Code, error) {
	only := func(code Code, do func(ref.Val) ref.Val) func(string) (Code, error) {
		return func(text string) (Code, error) {
			if err, failed := do(types.String(text)).(*types.Err); failed {
				return code, err
			}
			return code, nil
		}
	}
	return map[string]func(string) (Code, error){
		"amount": only(CodeAmount, inv.amountOf), "percent": only(CodeAmount, percentOf), "number": only(CodeAmount, numberOf),
		"contract": only(CodeContract, inv.contractOf), "account": only(CodeAddress, inv.accountOf),
	}
}

// amountOf is what amount("0.5 ETH") does.
func (inv *Inventory) amountOf(text ref.Val) ref.Val {
	a, err := inv.ParseAmount(string(text.(types.String)))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return amountValue{a}
}

func percentOf(text ref.Val) ref.Val {
	p, err := parsePercent(string(text.(types.String)))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return p
}

// numberOf is what number("1_000_000") does: plain digits, single underscores
// between them.
func numberOf(text ref.Val) ref.Val {
	s := string(text.(types.String))
	q, err := parseNumber(s)
	if err != nil {
		return types.NewErr("%q is not a number; write digits, with _ between them where that helps", clip(s))
	}
	return numberValue{q}
}

// contractOf is the address of a contract of the inventory.
func (inv *Inventory) contractOf(text ref.Val) ref.Val {
	name := string(text.(types.String))
	c, ok := inv.contracts[name]
	if !ok {
		return types.NewErr("unknown contract %q%s", clip(name), meant(name, inv.Contracts()))
	}
	return addressValue{c.Address}
}

// accountOf is the address of a protected account or a signer of the inventory.
func (inv *Inventory) accountOf(text ref.Val) ref.Val {
	name := string(text.(types.String))
	if a, ok := inv.account(name); ok {
		return addressValue{a}
	}
	return types.NewErr("unknown account %q%s", clip(name), meant(name, inv.accountNames()))
}

// account finds the address of a protected account or of a signer.
func (inv *Inventory) account(name string) (common.Address, bool) {
	if a, ok := inv.accounts[name]; ok {
		return a, true
	}
	s, ok := inv.signers[name]
	return s.Address, ok && s.Address != common.Address{}
}

func (inv *Inventory) accountNames() []string {
	all := names(inv.accounts)
	for _, name := range names(inv.signers) {
		if _, ok := inv.account(name); ok {
			all = append(all, name)
		}
	}
	return all
}

// parseNumber reads digits with single underscores between them.
func parseNumber(text string) (incident.Quantity, error) {
	return incident.ParseQuantity(plainDigits(text))
}
