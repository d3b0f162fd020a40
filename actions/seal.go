package actions

import (
	"fmt"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

// decoded reads calldata back and refuses it when it is not the function that
// the verb means to call. What people are shown comes from here, so it is
// what is sent and not what was intended.
func decoded(verb, function string, data []byte) ([]incident.Arg, error) {
	call, err := contracts.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("read back %s: %w", verb, err)
	}
	if call.Signature != function {
		return nil, Refusal{Verb: verb, Why: fmt.Sprintf("its calldata calls %s, the verb may call %s alone", call.Signature, function)}
	}
	args := make([]incident.Arg, len(call.Args))
	for i, a := range call.Args {
		args[i] = incident.Arg{Name: a.Name, Type: a.Type, Value: a.Value}
	}
	return args, nil
}

// boolCheck is the statement that a view answers true or false.
func boolCheck(target Target, view string, data []byte, want bool) incident.Check {
	c := check(target, view, data)
	c.Type, c.Op, c.Text = "bool", incident.Equals, fmt.Sprintf("%s.%s == %t", target.Name, view, want)
	if want {
		c.Want = incident.NewQuantity(1)
	}
	return c
}

// bound is a comparison of a uint256 view with a number.
type bound struct {
	view string
	data []byte
	op   incident.Comparison
	want incident.Quantity
}

// on makes the statement about a target; words is the number as people read it.
func (b bound) on(target Target, words string) incident.Check {
	c := check(target, b.view, b.data)
	c.Type, c.Op, c.Want = "uint256", b.op, b.want
	c.Text = fmt.Sprintf("%s.%s %s %s", target.Name, b.view, b.op, words)
	return c
}

func check(target Target, view string, data []byte) incident.Check {
	return incident.Check{ID: view, Chain: target.Chain, ChainID: target.ChainID, To: target.Address, Data: data}
}
