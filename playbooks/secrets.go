package playbooks

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

// secretForms are what keys and tokens of common services look like. Playbooks
// and inventories are reviewed, copied and posted: nothing secret has a place
// in them.
var secretForms = map[string]*regexp.Regexp{
	"a Slack token":          regexp.MustCompile(`\bxox[abeoprs]-[0-9A-Za-z-]{10,}|\bxapp-[0-9]-[0-9A-Za-z-]{10,}`),
	"a Slack webhook":        regexp.MustCompile(`hooks\.slack\.com/(services|workflows|triggers)/[A-Za-z0-9/]{10,}`),
	"a Vault token":          regexp.MustCompile(`\bhv[sbr]\.[A-Za-z0-9_-]{20,}`),
	"a GitHub token":         regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}`),
	"an AWS key":             regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`),
	"a private key":          regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	"a password in a URL":    regexp.MustCompile(`\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@`),
	"an RPC key in a URL":    regexp.MustCompile(`(infura\.io/v3|alchemy\.com/v2|quiknode\.pro)/[A-Za-z0-9_-]{16,}`),
	"a key of 64 hex digits": regexp.MustCompile(`(^|[^0-9a-zA-Z])[0-9a-fA-F]{64}($|[^0-9a-zA-Z])`),
}

// secretNames is the order in which they are tried, and shortestSecret less than
// any of them has.
var secretNames = names(secretForms)

const shortestSecret = 12

// checkSecret refuses what looks like a secret, without repeating it: the
// message goes to logs that more people read than the file.
func (s *script) checkSecret(n *yaml.Node) {
	if len(n.Value) < shortestSecret {
		return
	}
	for _, what := range secretNames {
		if secretForms[what].MatchString(n.Value) {
			s.refused[n] = true
			p := len(s.found)
			s.fault(n, CodeSecret, "this looks like %s: take it out, and change it, because it has been in a file", what)
			s.found[p].Source = ""
			return
		}
	}
}
