package slacktest

import (
	"crypto/rand"
	"encoding/hex"
)

// randomID is n characters of Slack-like capitals and digits.
func randomID(n int) string { return rand.Text()[:n] }

// randomHex is n random bytes in hex.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: documented by crypto/rand
	return hex.EncodeToString(b)
}
