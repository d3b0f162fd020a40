package incident

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/holiman/uint256"
)

// Quantity is an exact, non-negative 256-bit count of a smallest unit: wei of
// ether, base units of a token. The zero value is zero. It travels as a
// decimal string, because JSON numbers lose digits above 2^53.
type Quantity struct{ n uint256.Int }

// Wei is a Quantity of ether's smallest unit.
type Wei = Quantity

// NewQuantity counts n smallest units.
func NewQuantity(n uint64) Quantity { return Quantity{*uint256.NewInt(n)} }

// QuantityFromBig refuses a negative number and one of more than 256 bits.
func QuantityFromBig(b *big.Int) (Quantity, error) {
	if b == nil || b.Sign() < 0 {
		return Quantity{}, fmt.Errorf("a quantity cannot be negative or missing")
	}
	n, overflow := uint256.FromBig(b)
	if overflow {
		return Quantity{}, fmt.Errorf("a quantity must fit into 256 bits")
	}
	return Quantity{*n}, nil
}

// ParseQuantity reads plain decimal digits: no sign, no space, no leading
// zero, no hex, no exponent. Every such form has misled some reader.
func ParseQuantity(s string) (Quantity, error) {
	if s == "" || len(s) > 78 || (len(s) > 1 && s[0] == '0') || strings.Trim(s, "0123456789") != "" {
		return Quantity{}, fmt.Errorf("%q is not a plain decimal number", clip(s, 80))
	}
	n, err := uint256.FromDecimal(s)
	if err != nil {
		return Quantity{}, fmt.Errorf("%q does not fit into 256 bits", clip(s, 80))
	}
	return Quantity{*n}, nil
}

// Big returns a copy for go-ethereum's interfaces.
func (q Quantity) Big() *big.Int { return q.n.ToBig() }

// Cmp returns -1, 0 or 1.
func (q Quantity) Cmp(o Quantity) int { return q.n.Cmp(&o.n) }

// IsZero tells whether nothing is counted.
func (q Quantity) IsZero() bool { return q.n.IsZero() }

// Add saturates at 2^256-1: a sum that overflows is above every limit it is
// compared with, which is the safe side.
func (q Quantity) Add(o Quantity) Quantity {
	sum, overflow := new(uint256.Int).AddOverflow(&q.n, &o.n)
	if overflow {
		sum.SetAllOne()
	}
	return Quantity{*sum}
}

// Sub stops at zero.
func (q Quantity) Sub(o Quantity) Quantity {
	if q.Cmp(o) <= 0 {
		return Quantity{}
	}
	return Quantity{*new(uint256.Int).Sub(&q.n, &o.n)}
}

// Times saturates like Add.
func (q Quantity) Times(k uint64) Quantity {
	product, overflow := new(uint256.Int).MulOverflow(&q.n, uint256.NewInt(k))
	if overflow {
		product.SetAllOne()
	}
	return Quantity{*product}
}

// Div divides, rounding down; by zero it returns zero.
func (q Quantity) Div(k uint64) Quantity {
	return Quantity{*new(uint256.Int).Div(&q.n, uint256.NewInt(k))}
}

// String is plain decimal digits.
func (q Quantity) String() string { return q.n.Dec() }

// Decimal writes the quantity in whole units of a token with so many
// decimals, exactly, without trailing zeros: 1500000 with 6 is "1.5".
func (q Quantity) Decimal(decimals uint8) string {
	digits := q.n.Dec()
	if decimals == 0 {
		return digits
	}
	d := int(decimals)
	if len(digits) <= d {
		digits = strings.Repeat("0", d-len(digits)+1) + digits
	}
	whole, frac := digits[:len(digits)-d], strings.TrimRight(digits[len(digits)-d:], "0")
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// MarshalText writes plain decimal digits.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what MarshalText writes and nothing else.
func (q *Quantity) UnmarshalText(text []byte) error {
	parsed, err := ParseQuantity(string(text))
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}

// Amount is a quantity of a named token. Decimals come from the inventory, so
// that "250000 USDC" reads the same on the card, in the plan and on chain.
type Amount struct {
	Units    Quantity `json:"units"`
	Token    string   `json:"token"`
	Decimals uint8    `json:"decimals"`
}

// String is the amount as people write it: "250000.5 USDC".
func (a Amount) String() string {
	if a.Token == "" {
		return a.Units.String()
	}
	return a.Units.Decimal(a.Decimals) + " " + a.Token
}
