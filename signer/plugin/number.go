package plugin

import "encoding/binary"

// uint64Bytes writes a number in a fixed width, for hashing.
func uint64Bytes(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
