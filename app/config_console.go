package app

import (
	"net"
	"slices"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// Console is the approval page and its API; see docs/CONSOLE.md.
type Console struct {
	// Listen is where it is served, host:port. Without tls it must be loopback,
	// with a proxy on this machine that has the certificate. Default
	// 127.0.0.1:8443.
	Listen string `yaml:"listen"`
	// Origin is what browsers call it: https, a host name with a dot in it, and a
	// port only where it is not 443. Passkeys are bound to it. Required.
	Origin string `yaml:"origin"`
	// RPID is the domain that passkeys belong to: Origin's host, which is the
	// default, or a domain above it, for a page that may move within it.
	RPID string `yaml:"rp_id"`
	// TLS is the certificate, where no proxy has it.
	TLS *TLS `yaml:"tls"`
}

// TLS is a certificate chain and its key, PEM. They are read again when they
// change, so that a renewal needs no restart.
type TLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

func (c *Console) fill() {
	if c == nil {
		return
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8443"
	}
	if host, err := console.CheckOrigin(c.Origin); err == nil && c.RPID == "" {
		c.RPID = host
	}
}

func (k *checker) console(c *Console) {
	if c == nil {
		return
	}
	k.address("console.listen", c.Listen)
	if c.Origin == "" {
		k.say("console.origin", "is required, for example https://approve.example.org")
	} else if _, err := console.CheckOrigin(c.Origin); err != nil {
		k.say("console.origin", "%v", err)
	} else if err := console.CheckRPID(c.Origin, c.RPID); err != nil {
		k.say("console.rp_id", "%v", err)
	}
	host, _, err := net.SplitHostPort(c.Listen)
	switch {
	case c.TLS != nil && (c.TLS.CertFile == "" || c.TLS.KeyFile == ""):
		k.say("console.tls", "name both cert_file and key_file")
	case c.TLS == nil && err == nil && !loopback(host):
		k.say("console.listen", "%q without tls: listen on loopback behind a proxy that has the certificate, or name the certificate in tls", c.Listen)
	}
}

// signsWith tells whether a guardian can sign votes for this page with a key; a
// passkey of another site stays silent.
func (c *Console) signsWith(k consent.Key) bool {
	return k.Kind != consent.WebAuthn || c != nil && k.RPID == c.RPID && slices.Contains(k.Origins, c.Origin)
}

// signed checks that votes by a key of one's own can be given where a playbook
// asks for them: Slack has none to give.
func signed(c Config, set *playbooks.Set) (found Problems) {
	for _, p := range set.Playbooks() {
		need := set.Describe(p).Approve.Assurance
		if c.Console == nil && p.Mode != incident.ModeOff && need.Rank() > incident.AssuranceSlack.Rank() {
			found = append(found, c.place.at("console", "playbook %s asks for votes by %s, which only the approval page takes; configure it: console: {origin: \"https://approve.example.org\"}",
				p.Name, need))
		}
	}
	return found
}

// RequestURL is where a request is read and voted on when Slack is down; empty
// without a console. It carries no secret.
func (c Config) RequestURL(id incident.ID) string {
	if c.Console == nil {
		return ""
	}
	return console.RequestURL(c.Console.Origin, id)
}
