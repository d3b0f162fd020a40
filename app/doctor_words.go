package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/ethereum/go-ethereum/rpc"
	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
)

// hide takes secrets and URLs out of what is shown. Nothing should bring them
// here; this is for the day that something does.
func (d *doctor) hide(text string) string {
	for _, secret := range d.hidden {
		if len(secret) >= 6 { // shorter ones would tear holes into ordinary words
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return incident.WithoutURLs(text)
}

// tokens are the parts of an endpoint's URL that a server may repeat by
// themselves, and that open the endpoint to whoever reads them: its host, what
// is long in its path, what is in its query, who logs in. The whole comes
// first, because parts are taken out in this order.
func tokens(text string) []string {
	list := []string{text}
	u, err := url.Parse(text)
	if err != nil {
		return list
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) >= 12 { // "v1" and "mainnet" are words, and no secret
			list = append(list, part)
		}
	}
	for _, values := range u.Query() {
		list = append(list, values...)
	}
	if password, ok := u.User.Password(); ok {
		list = append(list, password, u.User.Username())
	}
	return append(list, u.Host)
}

// why says in words why a call did not work, behind the name of what was
// called. It passes on what a server answered and never what the way to it was:
// errors of the network repeat hosts and URLs, which can hold a token.
func why(err error) string {
	if s, ok := answered(err); ok {
		return s
	}
	if n, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || ok && n.Timeout() {
		return "does not answer in time"
	}
	if errors.Is(err, context.Canceled) {
		return "was not waited for"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "has a host name that cannot be found"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "shows a certificate that is not trusted here"
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return "cannot be reached: " + errno.Error()
	}
	return "cannot be used, for a reason that is not shown because it may hold the URL"
}

// answered says what a server said that answered, though not as wished.
func answered(err error) (string, bool) {
	if e, ok := errors.AsType[rpc.HTTPError](err); ok {
		return fmt.Sprintf("answers HTTP %d %s", e.StatusCode, http.StatusText(e.StatusCode)), true
	}
	if e, ok := errors.AsType[rpc.Error](err); ok {
		return fmt.Sprintf("answers error %d: %.200s", e.ErrorCode(), e.Error()), true
	}
	if e, ok := errors.AsType[*slack.Denied](err); ok {
		return fmt.Sprintf("answers %s to %s", e.Code, e.Method), true
	}
	if e, ok := errors.AsType[*goslack.RateLimitedError](err); ok {
		return fmt.Sprintf("is asked too often and wants to be left alone for %s", e.RetryAfter), true
	}
	if e, ok := errors.AsType[goslack.StatusCodeError](err); ok {
		return fmt.Sprintf("answers HTTP %d %s", e.Code, http.StatusText(e.Code)), true
	}
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	if syntax || kind {
		return "answers what cannot be read", true
	}
	return "", false
}

// several counts things in words: "1 source", "2 sources".
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
