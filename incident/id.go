package incident

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"regexp"
	"time"
)

// ID names an incident: 16 characters of Crockford base32, ten of
// milliseconds since 1970 and six of randomness, so that ids sort by the time
// they were made and fit a button value, a log line and a spoken sentence.
type ID string

// crockford leaves out I, L, O and U, which people misread at 3 a.m.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

var idPattern = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{16}$`)

// NewID makes an id for an incident opened at the given time. Two ids of one
// millisecond collide once in 2^30; the journal refuses the second, because a
// stream opens at sequence number one only once.
func NewID(at time.Time) ID {
	ms := uint64(at.UnixMilli())
	digits := make([]byte, 10)
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[ms&31]
		ms >>= 5
	}
	var salt [4]byte
	rand.Read(salt[:]) // never fails: crypto/rand aborts the program instead
	return ID(string(digits) + crockford.EncodeToString(salt[:])[:6])
}

// ParseID accepts exactly the form that NewID makes.
func ParseID(s string) (ID, error) {
	if !idPattern.MatchString(s) {
		return "", fmt.Errorf("%q is not an incident id: want 16 characters of 0-9 and A-Z without I, L, O, U", clip(s, 40))
	}
	return ID(s), nil
}

// clip bounds text of strangers before it enters an error.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "..."
}
