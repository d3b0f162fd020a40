package app

import (
	"time"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// Source is one alerting system.
type Source struct {
	// Kind is alertmanager, custom, datadog, forta, generic, grafana, hypernative,
	// ozmonitor, pagerduty, safe or tenderly; docs/SOURCES.md says what each takes.
	// Required.
	Kind string `yaml:"kind"`
	// SecretFiles hold the secret, token or user:password; two while it is changed.
	// A source without one is refused, but where its kind signs with a key of its
	// own, or nothing is signed and client is set.
	SecretFiles []string `yaml:"secret_files"`
	// Rules maps the source's own alert names to rules of the inventory.
	Rules map[string]string `yaml:"rules"`
	// Rule is the rule of all its messages, and Severity how bad they are, where
	// they do not say it themselves.
	Rule     string `yaml:"rule"`
	Severity string `yaml:"severity"`
	// Window is how far the signed time of a message may be from this clock, from
	// 30s to 1h. Outside, it is kept and never acted on. Default: the kind's own.
	Window time.Duration `yaml:"window"`
	// Chains maps the source's own names of chains to the inventory's. The usual
	// ones are known.
	Chains map[string]string `yaml:"chains"`
	// Suspects names the typed fields or roles whose accounts are accused. Default:
	// nobody is.
	Suspects []string `yaml:"suspects"`
	// Loss says which typed argument is an amount, and of which token. ozmonitor.
	Loss *SourceLoss `yaml:"loss"`
	// Keys are public keys that may sign, base64 of DER. hypernative. Default: the
	// vendor's.
	Keys []string `yaml:"keys"`
	// Scanners are the addresses of the nodes that may send. forta.
	Scanners []string `yaml:"scanners"`
	// HMAC says how the sender signs. custom, and the headers' names for grafana.
	HMAC *SourceHMAC `yaml:"hmac"`
	// TokenHeader is where a sender shows its secret that does not sign. custom.
	// Default: Authorization.
	TokenHeader string `yaml:"token_header"`
	// Map gives, for each field of an alert, a CEL expression over body. custom.
	Map map[string]string `yaml:"map"`
	// Exercises says that this source may mark alerts as exercises.
	Exercises bool `yaml:"exercises"`
	// Heartbeat is the longest silence of the source, from 1m to 168h. When it
	// has said nothing authentic for longer, not even a test, people are told.
	// Default: nobody waits for it.
	Heartbeat time.Duration `yaml:"heartbeat"`
	// Rate is how many alerts it may post per second, Burst how many at once.
	// Default 50 and 200.
	Rate  float64 `yaml:"rate"`
	Burst int     `yaml:"burst"`
	// Concurrent is how many of its messages are handled at once, 256 at most.
	// Default 64, a quarter of what all sources have together.
	Concurrent int `yaml:"concurrent"`
	// Quota is how much of it is stored in a day, such as 200MiB. What is used up
	// comes back evenly; its sender is asked to come again meanwhile. Default
	// 1GiB.
	Quota string `yaml:"quota"`
	// Client is a name in the client certificate that its sender must show: a DNS
	// name, a URI, a mail address or the common name. Needs tls.client_ca_file.
	Client string `yaml:"client"`
	// Addresses are the networks that it may post from, such as 192.0.2.0/24.
	// Default: anywhere.
	Addresses []string `yaml:"addresses"`
	// NATS is a stream to fetch its messages from, for a source that cannot post;
	// then nothing is posted for it.
	NATS *NATS `yaml:"nats"`
}

// SourceLoss names the argument of an event or a function that is an amount in
// base units of Token, a token of the inventory.
type SourceLoss struct {
	Arg   string `yaml:"arg"`
	Token string `yaml:"token"`
}

// SourceHMAC is HMAC-SHA256 with the source's secret over the raw body, and a
// timestamp where there is one.
type SourceHMAC struct {
	// Header holds the proof, in Encoding (hex or base64), behind Prefix.
	Header   string `yaml:"header"`
	Encoding string `yaml:"encoding"`
	Prefix   string `yaml:"prefix"`
	// TimestampHeader holds the signed time, in Unit (s or ms) since 1970.
	// Timestamp says where it is signed: none, before or after the body, with
	// Separator between them.
	TimestampHeader string `yaml:"timestamp_header"`
	Timestamp       string `yaml:"timestamp"`
	Separator       string `yaml:"separator"`
	Unit            string `yaml:"unit"`
}

// AlertSource is the source as the front door knows it. It has the secrets that
// it is given and reads none.
func (s Source) AlertSource(name string, secrets []string) alerts.Source {
	a := alerts.Source{
		Name: name, Kind: s.Kind, Secrets: secrets, Client: s.Client, Rules: s.Rules, Rule: s.Rule, Severity: incident.Severity(s.Severity),
		Window: s.Window, Chains: s.Chains, Suspects: s.Suspects, Keys: s.Keys, Scanners: s.Scanners, TokenHeader: s.TokenHeader, Map: s.Map,
		Exercises: s.Exercises, Rate: s.Rate, Burst: s.Burst,
		Addresses: networks(s.Addresses), Concurrent: s.Concurrent, Pulled: s.NATS != nil,
	}
	if s.Loss != nil {
		a.Loss = &alerts.Loss{Arg: s.Loss.Arg, Token: s.Loss.Token}
	}
	if h := s.HMAC; h != nil {
		a.HMAC = &alerts.HMAC{Header: h.Header, Encoding: h.Encoding, Prefix: h.Prefix, TimestampHeader: h.TimestampHeader,
			Timestamp: h.Timestamp, Separator: h.Separator, Unit: h.Unit}
	}
	return a
}
