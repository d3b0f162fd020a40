package desk

import (
	"crypto/sha1"
	"encoding/hex"
)

// space is the namespace of our UUIDs, made once and never changed: an export
// of the same playbook has the same ids for ever.
var space = [16]byte{0x9b, 0x1f, 0x5c, 0x2e, 0x63, 0x0d, 0x4b, 0x7a, 0x8e, 0x51, 0x3d, 0x27, 0xc4, 0x90, 0xaa, 0x16}

// uuid is a version 5 UUID of a name (RFC 9562): the same for the same name.
// SHA-1 is what the standard prescribes; nothing is kept safe by it.
func uuid(name string) string {
	h := sha1.New()
	h.Write(space[:])
	h.Write([]byte(name))
	sum := h.Sum(nil)[:16]
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	text := hex.EncodeToString(sum)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
