package playbooks

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// amountForm is "250_000.5 USDX": plain digits, single underscores between
// them, a point and more digits, one space, a token.
var amountForm = regexp.MustCompile(`^([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))? ([A-Za-z][A-Za-z0-9.]{0,15})$`)

// ParseAmount reads an amount as people write it, "0.5 ETH", exactly: more
// decimals than the token has are an error and not rounded away.
func (inv *Inventory) ParseAmount(text string) (incident.Amount, error) {
	m := amountForm.FindStringSubmatch(text)
	if m == nil || len(text) > 128 {
		return incident.Amount{}, fmt.Errorf("%q is not an amount; write digits, a space and a token, as in 0.5 ETH", clip(text))
	}
	token, ok := inv.Token(m[3])
	if !ok {
		return incident.Amount{}, fmt.Errorf("unknown token %q%s", m[3], meant(m[3], inv.tokenNames()))
	}
	fraction := strings.TrimRight(m[2], "0")
	if len(fraction) > int(token.Decimals) {
		return incident.Amount{}, fmt.Errorf("%q has %d decimals, %s has %d", clip(text), len(fraction), token.Name, token.Decimals)
	}
	digits := strings.ReplaceAll(m[1], "_", "") + fraction + strings.Repeat("0", int(token.Decimals)-len(fraction))
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return incident.Amount{}, fmt.Errorf("%q is not an amount", clip(text))
	}
	units, err := incident.QuantityFromBig(n)
	if err != nil {
		return incident.Amount{}, fmt.Errorf("%q is too large: %w", clip(text), err)
	}
	return incident.Amount{Units: units, Token: token.Name, Decimals: token.Decimals}, nil
}

func (inv *Inventory) tokenNames() []string {
	names := make([]string, 0, len(inv.tokens))
	for name := range inv.tokens {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
