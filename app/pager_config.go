package app

import (
	"errors"
	"net"
	"net/url"
	"unicode/utf8"
)

// Pager is how people are reached when Slack is not: required by nobody, and the
// difference between an outage and a missed incident.
type Pager struct {
	// Kind is pagerduty (Events API v2) or webhook. Required.
	Kind string `yaml:"kind"`
	// SecretFile holds PagerDuty's routing key, or the webhook's whole address.
	// Required.
	SecretFile string `yaml:"secret_file"`
	// URL is another address of PagerDuty's events, such as that of its European
	// service region. Default: the usual one.
	URL string `yaml:"url"`
}

// checkPagerURL wants https, or a loopback host.
func checkPagerURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("it is no absolute address")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (u.Scheme != "http" || !ip.IsLoopback()) {
		return errors.New("use https: a page says what is under attack")
	}
	return nil
}

// withoutURL drops the address from an error, because it may hold a token.
func withoutURL(err error) error {
	if located, ok := errors.AsType[*url.Error](err); ok {
		return located.Err
	}
	return err
}

// clipped is at most n bytes of whole characters.
func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[:n]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
