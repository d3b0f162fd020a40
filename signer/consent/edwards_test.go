package consent

import (
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The eight points of small order and their non-canonical encodings, as other
// implementations list them (libsodium's blacklist, "Taming the many EdDSAs").
func smallOrder() []string {
	return []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0000000000000000000000000000000000000000000000000000000000000080", // order 4
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		// not canonical: x = 0 with the sign bit, and y above the field
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	}
}

func TestKeysThatVouchForAnybodyAreRefused(t *testing.T) {
	for _, text := range smallOrder() {
		key, err := hex.DecodeString(text)
		require.NoError(t, err)
		assert.False(t, validEd25519(key), text)
	}
	c, orders := newEdwards(), map[string]bool{}
	for _, text := range smallOrder()[:8] {
		key, _ := hex.DecodeString(text)
		x, y, ok := c.decode(key)
		require.True(t, ok, text)
		orders[x.String()+" "+y.String()] = true
		for range 3 {
			x, y = c.double(x, y)
		}
		assert.True(t, x.Sign() == 0 && y.Cmp(big.NewInt(1)) == 0, "%s is of small order", text)
	}
	assert.Len(t, orders, 8, "eight points")
}

// With a key of small order, crypto/ed25519 accepts one signature for many
// messages: this is what enrolment has to keep out.
func TestWhyPointsOfSmallOrderMatter(t *testing.T) {
	key, _ := hex.DecodeString(smallOrder()[0])
	signature := append(slices.Clone(key), make([]byte, 32)...) // R = identity, S = 0
	assert.True(t, ed25519.Verify(key, []byte("one message"), signature))
	assert.True(t, ed25519.Verify(key, []byte("any other"), signature))
}

// Non-canonical y of points that are not of small order: y = 2^255-19+k.
func TestEveryNonCanonicalEncodingIsRefused(t *testing.T) {
	for k := range byte(19) {
		key, _ := hex.DecodeString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
		key[0] += k
		assert.False(t, validEd25519(key), "%d", k)
		key[31] |= 0x80
		assert.False(t, validEd25519(key), "%d with a sign", k)
	}
}

func TestEncodingsWithoutAPointAreRefused(t *testing.T) {
	refused := 0
	for y := byte(2); y < 34; y++ {
		key := make([]byte, 32)
		key[0] = y
		_, _, ok := newEdwards().decode(key)
		assert.Equal(t, ok, validEd25519(key))
		if !ok {
			refused++
		}
	}
	assert.InDelta(t, 16, refused, 10, "about half of all y have no x")
	assert.False(t, validEd25519(make([]byte, 31)))
	assert.False(t, validEd25519(nil))
}

func TestHonestKeysAreAccepted(t *testing.T) {
	c := newEdwards()
	for i := range byte(64) {
		key := ed25519.NewKeyFromSeed(slices.Repeat([]byte{i}, 32)).Public().(ed25519.PublicKey)
		require.True(t, validEd25519(key))
		x, y, ok := c.decode(key)
		require.True(t, ok)
		assert.Equal(t, uint(key[31]>>7), x.Bit(0))
		for range 2 { // on the curve, and still so when doubled: -x^2 + y^2 = 1 + d x^2 y^2
			x2, y2 := new(big.Int).Mul(x, x), new(big.Int).Mul(y, y)
			left := new(big.Int).Sub(y2, x2)
			right := new(big.Int).Mul(x2, y2)
			right.Mul(right, c.d).Add(right, big.NewInt(1))
			assert.Zero(t, left.Sub(left, right).Mod(left, c.p).Sign())
			x, y = c.double(x, y)
		}
	}
	// RFC 8032 section 7.1, test 1.
	key, _ := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	assert.True(t, validEd25519(key))
}
