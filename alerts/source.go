package alerts

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Source is one configured sender. What a kind does not take must be left out:
// it would look like a promise.
type Source struct {
	Name string
	Kind string
	// Secrets has one entry, or two while the secret is changed. A kind whose
	// proof is a public key or an address has none; one that is known by its
	// connection may have none where Client is set.
	Secrets []string
	// Client is the client certificate's name that it must come with; "" asks for
	// none.
	Client string
	// Rules maps the sender's own names to rules.
	Rules map[string]string
	// Rule and Severity are of every message, where messages say neither.
	Rule     string
	Severity incident.Severity
	// Window is how far a signed time may be from our clock. Zero: the kind's own.
	Window time.Duration
	// Chains maps the sender's own names of chains to the inventory's.
	Chains map[string]string
	// Suspects names the typed fields or roles whose accounts are accused. Empty:
	// nobody is.
	Suspects []string
	// Loss says which typed argument is an amount, and of which token.
	Loss *Loss
	// Keys are public keys (base64, PKIX), Scanners addresses, that may sign.
	Keys     []string
	Scanners []string
	// HMAC says how the sender signs, TokenHeader where it shows its secret as it
	// is, and Map what its messages mean.
	HMAC        *HMAC
	TokenHeader string
	Map         map[string]string
	Exercises   bool    // it may mark alerts as exercises
	Rate        float64 // alerts per second, and how many at once
	Burst       int
	// Addresses are where it may post from. None: anywhere.
	Addresses []netip.Prefix
	// Concurrent bounds its deliveries that are handled at once. Zero: a quarter
	// of all.
	Concurrent int
	// Quota bounds the bytes that are stored of it in a day. Zero: 1 GiB.
	Quota int64
	// Pulled says that its deliveries come by Take, and none by HTTP.
	Pulled bool
}

// Loss names the argument of an event or function that is the amount lost, in
// base units of Token, a token of the inventory.
type Loss struct{ Arg, Token string }

// LogValue keeps secrets out of logs.
func (s Source) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", s.Name), slog.String("kind", s.Kind))
}

// String keeps secrets out of everything that prints.
func (s Source) String() string { return s.Kind + " source " + s.Name }

// GoString keeps secrets out of %#v.
func (s Source) GoString() string { return s.String() }

// Fault is something wrong with a Source: the key of the configuration, from the
// source on, and what is wrong with it.
type Fault struct{ Key, Text string }

func (f Fault) String() string { return f.Key + ": " + f.Text }

// The bounds of a window. Below, honest clocks and networks differ too much;
// above, what is old would be news.
const (
	minWindow = 30 * time.Second
	maxWindow = time.Hour
)

// Faults is everything wrong with a source but the content of its secrets: only
// how many there are is looked at. Pure.
func (s Source) Faults() []Fault {
	t, known := kinds[s.Kind]
	if !known {
		return []Fault{{"kind", fmt.Sprintf("%q is none of %s", s.Kind, strings.Join(Kinds(), ", "))}}
	}
	found := append(s.secretFaults(t), s.keyFaults(t)...)
	if s.Window != 0 && (s.Window < minWindow || s.Window > maxWindow) {
		found = append(found, Fault{"window", fmt.Sprintf("lies between %s and %s", minWindow, maxWindow)})
	}
	if s.Severity != "" && !slices.Contains(incident.Severities(), s.Severity) {
		found = append(found, Fault{"severity", "is one of critical, high, medium, low"})
	}
	if len(found) > 0 {
		return found
	}
	_, found = t.bind(s)
	return found
}

// secretFaults says how many secrets there must be.
func (s Source) secretFaults(t trade) []Fault {
	n := len(s.Secrets)
	switch {
	case t.unkeyed && n > 0:
		return []Fault{{"secret_files", "a source of this kind signs with a key of its own, so there is no secret; leave it out"}}
	case t.unkeyed, t.transport && s.Client != "" && n == 0:
		return nil
	case n < 1 || n > 2:
		return []Fault{{"secret_files", "name one file, or two while the secret is changed; a source without one would take orders from anybody"}}
	}
	return nil
}

// keyFaults finds keys that the kind does not take, and those that it lacks.
func (s Source) keyFaults(t trade) (found []Fault) {
	given := s.given()
	for _, key := range optional {
		switch {
		case given[key] && !slices.Contains(t.takes, key):
			found = append(found, Fault{key, fmt.Sprintf("means nothing for kind %s, which takes %s; leave it out", s.Kind, cmp.Or(strings.Join(t.takes, ", "), "none of these keys"))})
		case !given[key] && slices.Contains(t.needs, key):
			found = append(found, Fault{key, "is required for kind " + s.Kind})
		}
	}
	if len(t.anyOf) > 0 && !slices.ContainsFunc(t.anyOf, func(key string) bool { return given[key] }) {
		found = append(found, Fault{t.anyOf[0], fmt.Sprintf("is required for kind %s, or %s: its messages do not say it", s.Kind, strings.Join(t.anyOf[1:], ", "))})
	}
	return found
}

// optional are the keys that only some kinds take, sorted as they are shown.
var optional = []string{"chains", "exercises", "hmac", "keys", "loss", "map", "rule", "rules", "scanners", "severity", "suspects", "token_header", "window"}

func (s Source) given() map[string]bool {
	return map[string]bool{
		"chains": len(s.Chains) > 0, "exercises": s.Exercises, "hmac": s.HMAC != nil, "keys": len(s.Keys) > 0, "loss": s.Loss != nil,
		"map": len(s.Map) > 0, "rule": s.Rule != "", "rules": len(s.Rules) > 0, "scanners": len(s.Scanners) > 0, "severity": s.Severity != "",
		"suspects": len(s.Suspects) > 0, "token_header": s.TokenHeader != "", "window": s.Window != 0,
	}
}

// checkSecret refuses a secret that somebody could guess. It never repeats it.
func (s Source) checkSecret(secret string) error {
	guarded := secret
	if user, password, pair := strings.Cut(secret, ":"); kinds[s.Kind].basic {
		if !pair || user == "" {
			return fmt.Errorf("alerts: source %s: the secret of kind %s is user:password, as its sender shows it in HTTP basic authentication", s.Name, s.Kind)
		}
		guarded = password
	}
	if len(guarded) < 16 {
		return fmt.Errorf("alerts: source %s has a secret of less than 16 characters; make one with openssl rand -hex 32", s.Name)
	}
	return nil
}

// proofs are what a message for the source is known by. Of two sources that had
// one in common, each would take what was meant for the other.
func (s Source) proofs() []string {
	all := slices.Clone(s.Secrets)
	for _, key := range s.Keys {
		all = append(all, "key "+key)
	}
	for _, node := range s.Scanners {
		all = append(all, "node "+strings.ToLower(node))
	}
	switch {
	case s.Kind == "hypernative" && len(s.Keys) == 0:
		all = append(all, "key "+hypernativeKey)
	case s.Client != "" && len(s.Secrets) == 0:
		all = append(all, "client "+s.Client)
	}
	return all
}
