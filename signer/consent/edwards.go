package consent

import (
	"math/big"
	"slices"
)

// edwards is the curve of RFC 8032 section 5.1. It is used when a key is
// enrolled and touches public values alone, so plain big integers will do.
type edwards struct{ p, d *big.Int }

func newEdwards() edwards {
	p := new(big.Int).Lsh(big.NewInt(1), 255)
	p.Sub(p, big.NewInt(19))
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665)).Mod(d, p)
	return edwards{p, d}
}

// validEd25519 refuses keys that could vouch for anybody. With a point of small
// order, one signature fits many messages; a point in a non-canonical encoding
// is the same key under two names. crypto/ed25519 accepts both.
func validEd25519(key []byte) bool {
	if len(key) != 32 {
		return false
	}
	c := newEdwards()
	x, y, ok := c.decode(key)
	if !ok {
		return false
	}
	for range 3 { // times the cofactor, 8
		x, y = c.double(x, y)
	}
	return x.Sign() != 0 // the only multiple of 8 with x = 0 is the identity
}

// decode follows RFC 8032 section 5.1.3, step by step.
func (c edwards) decode(key []byte) (x, y *big.Int, ok bool) {
	bigEndian := slices.Clone(key)
	slices.Reverse(bigEndian)
	odd := bigEndian[0]>>7 == 1
	bigEndian[0] &= 0x7f
	y = new(big.Int).SetBytes(bigEndian)
	if y.Cmp(c.p) >= 0 {
		return nil, nil, false
	}
	// x^2 = (y^2 - 1) / (d y^2 + 1)
	y2 := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(y2, big.NewInt(1))
	v := c.divisor(new(big.Int).Mul(c.d, y2))
	x = u.Mul(u, v).Mod(u, c.p)
	if x.ModSqrt(x, c.p) == nil {
		return nil, nil, false
	}
	// Step 4 also refuses x = 0 with the sign bit; both such points are of small
	// order, which the caller refuses.
	if (x.Bit(0) == 1) != odd {
		x.Sub(c.p, x)
	}
	return x, y, true
}

// divisor is 1 / (1 + n), which exists: -1/d is not a square.
func (c edwards) divisor(n *big.Int) *big.Int {
	sum := new(big.Int).Add(n, big.NewInt(1))
	return sum.ModInverse(sum.Mod(sum, c.p), c.p)
}

// double adds a point to itself: x' = 2xy / (1 + d x^2 y^2) and
// y' = (y^2 + x^2) / (1 - d x^2 y^2).
func (c edwards) double(x, y *big.Int) (x2, y2 *big.Int) {
	product := new(big.Int).Mul(x, y)
	k := new(big.Int).Mul(product, product)
	k.Mul(k, c.d)
	squares := new(big.Int).Add(new(big.Int).Mul(x, x), new(big.Int).Mul(y, y))
	x2 = product.Lsh(product, 1)
	x2.Mul(x2, c.divisor(k)).Mod(x2, c.p)
	y2 = squares.Mul(squares, c.divisor(new(big.Int).Neg(k)))
	return x2, y2.Mod(y2, c.p)
}
