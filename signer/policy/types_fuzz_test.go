package policy

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pickType names any static type, by two numbers.
func pickType(kind, size byte) string {
	n := 1 + int(size)%wordSize
	switch kind % 4 {
	case 0:
		return "address"
	case 1:
		return "bool"
	case 2:
		return fmt.Sprintf("uint%d", 8*n)
	}
	return fmt.Sprintf("bytes%d", n)
}

// fitsType says by arithmetic whether a word is a value of a type.
func fitsType(typ string, word []byte) bool {
	n := new(big.Int).SetBytes(word)
	var size uint
	switch {
	case typ == "address":
		return n.BitLen() <= 160
	case typ == "bool":
		return n.BitLen() <= 1
	case strings.HasPrefix(typ, "uint"):
		_, _ = fmt.Sscanf(typ, "uint%d", &size)
		return n.Cmp(new(big.Int).Lsh(big.NewInt(1), size)) < 0
	}
	_, _ = fmt.Sscanf(typ, "bytes%d", &size)
	unit := new(big.Int).Lsh(big.NewInt(1), 256-8*size)
	return new(big.Int).Mod(n, unit).Sign() == 0
}

// FuzzCalldataOfAnyTypesIsWhatArithmeticSays reaches every type that a policy
// can name. (The ABI package does not check the range of uint24 and its like.)
func FuzzCalldataOfAnyTypesIsWhatArithmeticSays(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte{0, 0, 1, 0, 2, 2, 3, 3}, make([]byte, 4*wordSize))
	for kind := range byte(4) {
		for _, size := range []byte{0, 2, 15, 31} {
			for _, at := range []int{0, 11, 12, 28, 31} {
				word := make([]byte, wordSize)
				word[at] = 1
				f.Add([]byte{kind, size}, word)
			}
		}
	}
	f.Fuzz(func(t *testing.T, types, args []byte) {
		var names []string
		for i := 0; i+1 < len(types) && len(names) < maxArguments; i += 2 {
			names = append(names, pickType(types[i], types[i+1]))
		}
		fn, err := ParseFunction("f(" + strings.Join(names, ",") + ")")
		require.NoError(t, err)
		want := len(args) == wordSize*len(names)
		for i := 0; want && i < len(names); i++ {
			want = fitsType(names[i], args[wordSize*i:wordSize*(i+1)])
		}
		words, err := fn.Decode(append(fn.Selector[:], args...))
		require.Equal(t, want, err == nil, "%s %x", fn.Signature, args)
		for i, w := range words {
			require.Equal(t, args[wordSize*i:wordSize*(i+1)], w[:])
		}
	})
}
