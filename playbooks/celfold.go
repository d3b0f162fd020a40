package playbooks

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

// foldLiterals computes amount("250_000 USDX") and its like once, when the
// expression is compiled: it is the same in every evaluation, and reading it
// again would cost more than the rest.
func foldLiterals(i interpreter.Interpretable) (interpreter.Interpretable, error) {
	call, ok := i.(interpreter.InterpretableCall)
	if !ok || len(call.Args()) != 1 || !folded[call.Function()] {
		return i, nil
	}
	if _, constant := call.Args()[0].(interpreter.InterpretableConst); !constant {
		return i, nil
	}
	value := call.Eval(interpreter.EmptyActivation())
	if types.IsUnknownOrError(value) {
		return i, nil // it fails again when it is asked, and says why
	}
	return interpreter.NewConstValue(call.ID(), value), nil
}

// folded are the functions of one literal text.
var folded = map[string]bool{"amount": true, "percent": true, "number": true, "contract": true, "account": true}
