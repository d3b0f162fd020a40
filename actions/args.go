package actions

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Value is one typed argument. The zero value is of no type and is refused by
// every verb.
type Value struct {
	is       Type
	address  common.Address
	amount   incident.Amount
	duration time.Duration
	role     string
}

// Address is an argument of TypeAddress.
func Address(a common.Address) Value { return Value{is: TypeAddress, address: a} }

// Amount is an argument of TypeAmount.
func Amount(a incident.Amount) Value { return Value{is: TypeAmount, amount: a} }

// Duration is an argument of TypeDuration.
func Duration(d time.Duration) Value { return Value{is: TypeDuration, duration: d} }

// Role is an argument of TypeRole, by its name.
func Role(name string) Value { return Value{is: TypeRole, role: name} }

// Type tells what the argument is; empty for the zero Value.
func (v Value) Type() Type { return v.is }

// AsAmount is the amount, of an argument that is one.
func (v Value) AsAmount() (incident.Amount, bool) { return v.amount, v.is == TypeAmount }

// AsDuration is the duration, of an argument that is one.
func (v Value) AsDuration() (time.Duration, bool) { return v.duration, v.is == TypeDuration }

// String is the argument as people read it.
func (v Value) String() string {
	switch v.is {
	case TypeAddress:
		return v.address.Hex()
	case TypeAmount:
		return v.amount.String()
	case TypeDuration:
		return v.duration.String()
	case TypeRole:
		return v.role
	}
	return "nothing"
}

// Args are arguments by parameter name.
type Args map[string]Value

// check refuses missing, additional and wrongly typed arguments.
func (a Args) check(verb string, takes []Parameter) error {
	for _, p := range takes {
		v, ok := a[p.Name]
		if !ok {
			return Refusal{Verb: verb, Why: p.Name + " is missing", Mend: "give it: " + p.Words}
		}
		if v.is != p.Type {
			return Refusal{Verb: verb, Why: fmt.Sprintf("%s is %s, it must be %s", p.Name, orNothing(v.is), p.Type)}
		}
	}
	if len(a) == len(takes) {
		return nil
	}
	var unknown []string
	for name := range a {
		if !slices.ContainsFunc(takes, func(p Parameter) bool { return p.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return Refusal{Verb: verb, Why: "it does not take " + strings.Join(unknown, ", ")}
}

func orNothing(t Type) string {
	if t == "" {
		return "nothing"
	}
	return string(t)
}

// units gives an amount in the target's base units. An amount of another token
// or with other decimals is refused: 100 of one is a fortune of the other.
func units(verb, name string, target Target, v Value) (*big.Int, error) {
	a := v.amount
	switch {
	case target.Token == "":
		return nil, Refusal{Verb: verb, Why: target.Name + " has no token, so " + name + " has no unit",
			Mend: "give the contract a token in the inventory"}
	case a.Token != target.Token || a.Decimals != target.Decimals:
		return nil, Refusal{Verb: verb, Why: fmt.Sprintf("%s is in %q with %d decimals, %s counts in %q with %d",
			name, a.Token, a.Decimals, target.Name, target.Token, target.Decimals)}
	}
	return a.Units.Big(), nil
}

// wholeSeconds refuses what a chain, which counts seconds, cannot hold.
func wholeSeconds(verb, name string, v Value) (time.Duration, error) {
	d := v.duration
	if d < time.Second || d%time.Second != 0 || d > time.Duration(math.MaxInt64) {
		return 0, Refusal{Verb: verb, Why: fmt.Sprintf("%s is %s, it must be a whole number of seconds, at least one", name, d)}
	}
	return d, nil
}
