package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// challengeLife is how long somebody may take to sign what they were given.
const challengeLife = 2 * time.Minute

// The uses of a challenge. One of them is worth nothing for another.
const (
	forSession = "session"
	forEnrol   = "enrol"
)

// challenges makes nonces that carry their own proof, so that strangers who ask
// for many cost no memory and push out nobody's: 12 random bytes, 4 of Unix
// seconds at which it ends, 16 of a MAC over use, person and both. Only what was
// used with a good signature is remembered, until it ends. The secret dies with
// the process, and with it every challenge.
type challenges struct {
	secret [32]byte

	mu   sync.Mutex
	used map[common.Hash]time.Time // when it ends
}

func newChallenges() *challenges {
	c := &challenges{used: map[common.Hash]time.Time{}}
	rand.Read(c.secret[:]) // never fails: crypto/rand ends the process first
	return c
}

// make is a new nonce and when it ends, in whole seconds.
func (c *challenges) make(use, person string, now time.Time) (common.Hash, time.Time) {
	var nonce common.Hash
	rand.Read(nonce[:12])
	until := now.Add(challengeLife).Truncate(time.Second)
	binary.BigEndian.PutUint32(nonce[12:16], uint32(until.Unix()))
	copy(nonce[16:], c.mac(use, person, nonce))
	return nonce, until
}

// open says until when a nonce of ours is good; ok is false for any other and
// for one that is over. It does not say whether it was used.
func (c *challenges) open(use, person string, nonce common.Hash, now time.Time) (until time.Time, ok bool) {
	if !hmac.Equal(nonce[16:], c.mac(use, person, nonce)) {
		return time.Time{}, false
	}
	until = time.Unix(int64(binary.BigEndian.Uint32(nonce[12:16])), 0)
	return until, now.Before(until)
}

// spend uses a nonce up; false says that it was used before.
func (c *challenges) spend(nonce common.Hash, until, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old, end := range c.used {
		if !end.After(now) {
			delete(c.used, old)
		}
	}
	if _, used := c.used[nonce]; used {
		return false
	}
	c.used[nonce] = until
	return true
}

func (c *challenges) mac(use, person string, nonce common.Hash) []byte {
	m := hmac.New(sha256.New, c.secret[:])
	for _, part := range [][]byte{[]byte(use), []byte(person), nonce[:16]} {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		m.Write(part)
	}
	return m.Sum(nil)[:16]
}
