package alerts

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// fitsAny compares digests, so that neither content nor length of a secret
// shows in the time it takes, and always compares with all of them.
func fitsAny(secrets []string, shown string) bool {
	fits := 0
	got := sha256.Sum256([]byte(shown))
	for _, secret := range secrets {
		want := sha256.Sum256([]byte(secret))
		fits |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return fits == 1
}

// byAuthorization takes the secret as a bearer token, or as user:password of
// HTTP basic authentication.
func byAuthorization(d delivery, schemes ...string) bool {
	header, ok := single(d.header, "Authorization")
	if !ok {
		return false
	}
	scheme, shown, _ := strings.Cut(header, " ")
	for _, allowed := range schemes {
		switch {
		case scheme != allowed:
		case scheme == "Bearer":
			return fitsAny(d.source.Secrets, shown)
		case scheme == "Basic":
			pair, err := base64.StdEncoding.DecodeString(shown)
			// The text must be the one spelling of it, or a changed byte would do.
			ok := err == nil && strings.Contains(string(pair), ":") && base64.StdEncoding.EncodeToString(pair) == shown
			return fitsAny(d.source.Secrets, string(pair)) && ok
		}
	}
	return false
}

// byHeader takes the secret as it is in a header of its own.
func byHeader(d delivery, name string) bool {
	shown, ok := single(d.header, name)
	return fitsAny(d.source.Secrets, shown) && ok
}

func noToken(how string) error {
	return refusal{Unauthenticated, http.StatusUnauthorized, how, 0}
}

// basic is user:password as HTTP basic authentication shows it.
func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
