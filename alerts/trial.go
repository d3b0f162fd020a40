package alerts

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Trial is a message that somebody sends by hand, to try a set-up.
type Trial struct {
	Body []byte
	Now  time.Time
	// Key is a private key, as a file holds it, for kinds that sign with one.
	Key []byte
}

// Signed is a delivery as a sender makes it. Body may differ from the trial's:
// some put the proof into it.
type Signed struct {
	Header http.Header
	Body   []byte
}

// Sign makes a delivery as a source of this kind does, with the first of its
// secrets. The error says what is missing, and never repeats a secret or key.
func Sign(s Source, t Trial) (Signed, error) {
	own, known := kinds[s.Kind]
	if !known {
		return Signed{}, fmt.Errorf("sign: kind %q is none of %v", s.Kind, Kinds())
	}
	if !own.unkeyed && len(s.Secrets) == 0 {
		return Signed{}, fmt.Errorf("sign: %s signs with a secret, and there is none", s)
	}
	signed, err := own.sign(s, t)
	if err != nil {
		return Signed{}, fmt.Errorf("sign as %s: %w", s, err)
	}
	if signed.Header == nil {
		return Signed{}, errors.New("sign: nothing came of it")
	}
	signed.Header.Set("Content-Type", "application/json")
	return signed, nil
}

// Keyed tells whether a kind signs with a private key in place of a secret.
func Keyed(kind string) bool { return kinds[kind].unkeyed }
