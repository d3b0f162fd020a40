package playbooks

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// The types that CEL lacks. They are opaque: an Amount compares with an Amount
// of the same token and with nothing else, because CEL's own numbers end at
// 9.2 ETH of wei; an Address equals an Address and is never text.
var (
	amountType  = cel.ObjectType("firebreak.Amount", traits.ComparerType, traits.AdderType, traits.SubtractorType, traits.DividerType)
	addressType = cel.ObjectType("firebreak.Address")
	suspectList = cel.ListType(addressType)
)

// amountValue is an exact amount inside CEL.
type amountValue struct{ incident.Amount }

func (a amountValue) Type() ref.Type { return amountType }
func (a amountValue) Value() any     { return a.Amount }

func (a amountValue) Compare(other ref.Val) ref.Val {
	b, ok := other.(amountValue)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	if a.Token != b.Token || a.Decimals != b.Decimals {
		return types.NewErr("an amount of %s does not compare with one of %s", a.Token, b.Token)
	}
	return ordered(a.Units.Cmp(b.Units))
}

// ordered is -1, 0 or 1 as CEL wants it, without making it anew each time.
func ordered(n int) ref.Val {
	switch {
	case n < 0:
		return types.IntNegOne
	case n > 0:
		return types.IntOne
	}
	return types.IntZero
}

func (a amountValue) Equal(other ref.Val) ref.Val {
	order := a.Compare(other)
	if n, ok := order.(types.Int); ok {
		return types.Bool(n == 0)
	}
	return order
}

func (a amountValue) ConvertToNative(to reflect.Type) (any, error) {
	if to == reflect.TypeFor[incident.Amount]() {
		return a.Amount, nil
	}
	return nil, fmt.Errorf("convert an amount to %s: there is no such conversion", to)
}

func (a amountValue) ConvertToType(to ref.Type) ref.Val {
	if to == amountType {
		return a
	}
	return types.NewErr("an amount does not become a %s", to.TypeName())
}

// addressValue is an address inside CEL.
type addressValue struct{ common.Address }

func (a addressValue) Type() ref.Type { return addressType }
func (a addressValue) Value() any     { return a.Address }

func (a addressValue) Equal(other ref.Val) ref.Val {
	b, ok := other.(addressValue)
	return types.Bool(ok && a.Address == b.Address)
}

func (a addressValue) ConvertToNative(to reflect.Type) (any, error) {
	if to == reflect.TypeFor[common.Address]() {
		return a.Address, nil
	}
	return nil, fmt.Errorf("convert an address to %s: there is no such conversion", to)
}

func (a addressValue) ConvertToType(to ref.Type) ref.Val {
	if to == addressType {
		return a
	}
	return types.NewErr("an address does not become a %s", to.TypeName())
}
