package incident

// What a transaction takes before its call is even begun, gas.
const (
	txGas         = 21_000
	zeroByteGas   = 4  // of calldata (EIP-2028)
	otherByteGas  = 16 // of calldata (EIP-2028)
	floorTokenGas = 10 // EIP-7623; a zero byte is one token, any other four
)

// LeastGas is the least gas limit with which a call of this calldata comes into
// a pool: its intrinsic gas (EIP-2028), or the floor that calldata alone costs
// (EIP-7623), whichever is more. It holds for Ethereum's schedule, which is the
// lowest of the chains in use. Pure.
func LeastGas(data []byte) uint64 {
	var zeroes, others uint64
	for _, b := range data {
		if b == 0 {
			zeroes++
			continue
		}
		others++
	}
	return txGas + max(zeroes*zeroByteGas+others*otherByteGas, floorTokenGas*(zeroes+4*others))
}
