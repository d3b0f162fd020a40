package playbooks

import (
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/firebreak-project/firebreak/incident"
)

// Two more types that CEL lacks. A Number is a uint256 without a unit, as a
// view answers it. A Percent is an exact ratio: what two amounts come to when
// one is divided by the other, or "5%" as people write it.
var (
	numberType  = cel.ObjectType("firebreak.Number", traits.ComparerType)
	percentType = cel.ObjectType("firebreak.Percent", traits.ComparerType, traits.MultiplierType)
)

// numberValue is an exact unsigned number inside CEL.
type numberValue struct{ incident.Quantity }

func (n numberValue) Type() ref.Type { return numberType }
func (n numberValue) Value() any     { return n.Quantity }

func (n numberValue) Compare(other ref.Val) ref.Val {
	switch b := other.(type) {
	case numberValue:
		return ordered(n.Cmp(b.Quantity))
	case types.Int:
		return ordered(n.Big().Cmp(big.NewInt(int64(b))))
	}
	return types.MaybeNoSuchOverloadErr(other)
}

func (n numberValue) Equal(other ref.Val) ref.Val { return equalByOrder(n.Compare(other)) }

func (n numberValue) ConvertToNative(to reflect.Type) (any, error) { return native(n.Quantity, to) }

func (n numberValue) ConvertToType(to ref.Type) ref.Val { return sameType(n, to) }

// percentValue is an exact ratio inside CEL.
type percentValue struct{ ratio *big.Rat }

func (p percentValue) Type() ref.Type { return percentType }
func (p percentValue) Value() any     { return p.ratio }

func (p percentValue) Compare(other ref.Val) ref.Val {
	b, ok := other.(percentValue)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return ordered(p.ratio.Cmp(b.ratio))
}

func (p percentValue) Equal(other ref.Val) ref.Val { return equalByOrder(p.Compare(other)) }

// Multiply gives a part of an amount, rounded down to its base unit.
func (p percentValue) Multiply(other ref.Val) ref.Val {
	a, ok := other.(amountValue)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	product := new(big.Int).Mul(p.ratio.Num(), a.Units.Big())
	return a.with(product.Quo(product, p.ratio.Denom()))
}

func (p percentValue) ConvertToNative(to reflect.Type) (any, error) { return native(p.ratio, to) }

func (p percentValue) ConvertToType(to ref.Type) ref.Val { return sameType(p, to) }

// String is the ratio in percent, to four places.
func (p percentValue) String() string {
	percent := new(big.Rat).Mul(p.ratio, big.NewRat(100, 1))
	text := percent.FloatString(4)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"
}

// percentForm is "5%" or "0.25%", with at most four places.
var percentForm = regexp.MustCompile(`^([0-9]{1,6}(?:\.[0-9]{1,4})?)%$`)

// parsePercent reads a percentage as people write it, exactly.
func parsePercent(text string) (percentValue, error) {
	m := percentForm.FindStringSubmatch(text)
	if m == nil {
		return percentValue{}, fmt.Errorf("%q is not a percentage; write 5%% or 0.25%%", clip(text))
	}
	ratio, _ := new(big.Rat).SetString(m[1]) // the form is a decimal number
	return percentValue{ratio.Quo(ratio, big.NewRat(100, 1))}, nil
}

// Add and Subtract are exact. Below zero and beyond 2^256 there is no amount,
// so that is an error and never a wrapped number.
func (a amountValue) Add(other ref.Val) ref.Val {
	return a.combine(other, func(x, y *big.Int) *big.Int { return x.Add(x, y) })
}

// Subtract implements traits.Subtractor.
func (a amountValue) Subtract(other ref.Val) ref.Val {
	return a.combine(other, func(x, y *big.Int) *big.Int { return x.Sub(x, y) })
}

func (a amountValue) combine(other ref.Val, do func(x, y *big.Int) *big.Int) ref.Val {
	order := a.Compare(other) // says whether they are of one token
	if types.IsUnknownOrError(order) {
		return order
	}
	return a.with(do(a.Units.Big(), other.(amountValue).Units.Big()))
}

// Divide gives the ratio of two amounts of one token.
func (a amountValue) Divide(other ref.Val) ref.Val {
	order := a.Compare(other)
	if types.IsUnknownOrError(order) {
		return order
	}
	b := other.(amountValue)
	if b.Units.IsZero() {
		return types.NewErr("division of an amount by nothing")
	}
	return percentValue{new(big.Rat).SetFrac(a.Units.Big(), b.Units.Big())}
}

// with is another amount of the same token.
func (a amountValue) with(units *big.Int) ref.Val {
	q, err := incident.QuantityFromBig(units)
	switch {
	case units.Sign() < 0:
		return types.NewErr("an amount of %s is never below zero", a.Token)
	case err != nil:
		return types.NewErr("an amount of %s is never above 2^256-1 base units", a.Token)
	}
	a.Units = q
	return a
}

func equalByOrder(order ref.Val) ref.Val {
	if n, ok := order.(types.Int); ok {
		return types.Bool(n == 0)
	}
	return order
}

func native(value any, to reflect.Type) (any, error) {
	if reflect.TypeOf(value) == to {
		return value, nil
	}
	return nil, fmt.Errorf("convert a %T to %s: there is no such conversion", value, to)
}

func sameType(v ref.Val, to ref.Type) ref.Val {
	if to == v.Type() {
		return v
	}
	return types.NewErr("a %s does not become a %s", v.Type().TypeName(), to.TypeName())
}
