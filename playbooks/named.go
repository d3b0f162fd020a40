package playbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
)

// viewNamed finds the view of "balanceOf(treasury)" among those of a contract:
// by its name and by how many arguments it takes.
func (c Contract) viewNamed(call string) (viewFunction, []string, error) {
	open := strings.IndexByte(call, '(')
	name, list := call[:open], strings.TrimSuffix(call[open+1:], ")")
	var args []string
	if strings.TrimSpace(list) != "" {
		for _, arg := range strings.Split(list, ",") {
			args = append(args, strings.TrimSpace(arg))
		}
	}
	var found []viewFunction
	for _, signature := range c.Views() {
		v := c.views[signature]
		if v.method.Name == name && len(v.method.Inputs) == len(args) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 1:
		return found[0], args, nil
	case 0:
		_, err := c.view(call)
		return viewFunction{}, nil, err
	}
	return viewFunction{}, nil, fmt.Errorf("%s has several views %s with %d arguments, and a read tells them apart by that number alone; keep one of them in its abi", c.Name, name, len(args))
}

// roleName is how contracts name a role whose id is the hash of that name.
var roleName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}_ROLE$`)

// packNamed encodes a call of a view whose arguments are names of the inventory
// (addresses), names of roles (bytes32), numbers, true and false.
func (inv *Inventory) packNamed(v viewFunction, args []string) ([]byte, error) {
	return inv.packStated(v, args, nil)
}

// packStated is packNamed where some arguments are known only with the alert;
// they are zero until then.
func (inv *Inventory) packStated(v viewFunction, args []string, each []int) ([]byte, error) {
	values := make([]any, len(args))
	for i, arg := range args {
		if slices.Contains(each, i) {
			if t := v.method.Inputs[i].Type.String(); t != "address" {
				return nil, fmt.Errorf("argument %d of %s is a %s, and each is an address", i+1, v.method.Sig, t)
			}
			values[i] = common.Address{}
			continue
		}
		value, err := inv.named(v.method.Inputs[i].Type, arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i+1, v.method.Sig, err)
		}
		values[i] = value
	}
	return contracts.Pack(v.method, values...)
}

func (inv *Inventory) named(t abi.Type, arg string) (any, error) {
	switch t.String() {
	case "address":
		if c, ok := inv.contracts[arg]; ok {
			return c.Address, nil
		}
		if a, ok := inv.account(arg); ok {
			return a, nil
		}
		return nil, fmt.Errorf("%q is no contract, protected account or signer of the inventory", clip(arg))
	case "bytes32":
		if !roleName.MatchString(arg) {
			return nil, fmt.Errorf("%q is no name of a role, such as PAUSER_ROLE", clip(arg))
		}
		return [32]byte(contracts.Role(arg)), nil
	case "bool":
		if arg == "true" || arg == "false" {
			return arg == "true", nil
		}
		return nil, fmt.Errorf("%q is neither true nor false", clip(arg))
	case "uint256":
		q, err := parseNumber(arg)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", clip(arg))
		}
		return q.Big(), nil
	}
	return nil, fmt.Errorf("a %s cannot be given here; address, bytes32, bool and uint256 can", t.String())
}

var digitsForm = regexp.MustCompile(`^[0-9]+(_[0-9]+)*$`)

// plainDigits takes single underscores out of digits; what is not such a number
// becomes empty.
func plainDigits(text string) string {
	if !digitsForm.MatchString(text) {
		return ""
	}
	return strings.ReplaceAll(text, "_", "")
}
