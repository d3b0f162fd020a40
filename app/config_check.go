package app

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// fill sets what has a default by itself. What a chain's preset decides is
// merged where the inventory is known, in settings.
func (c *Config) fill() {
	if c.Control == "" && c.Journal != "" {
		c.Control = c.Journal + ".sock"
	}
	if c.Reload == "" {
		c.Reload = ReloadWatch
	}
	for name, chain := range c.Chains {
		if chain.Timeout == 0 {
			chain.Timeout = 3 * time.Second
		}
		c.Chains[name] = chain
	}
	if v := c.Signer.Vault; v != nil {
		if v.Mount == "" {
			v.Mount = "eth"
		}
		if v.Timeout == 0 {
			v.Timeout = 5 * time.Second
		}
	}
	if c.Slack.Transport == "" {
		c.Slack.Transport = SlackHTTP
	}
	if c.Slack.Timeout == 0 {
		c.Slack.Timeout = 5 * time.Second
	}
	c.Console.fill()
	if c.Silence.Max == 0 {
		c.Silence.Max = 24 * time.Hour
	}
	for name, s := range c.Sources {
		if s.Rate == 0 {
			s.Rate = 50
		}
		if s.Burst == 0 {
			s.Burst = 200
		}
		s.NATS.fill(name)
		c.Sources[name] = s
	}
}

// checker collects what is wrong with a config.
type checker struct {
	place
	found Problems
}

// say reports a problem at a path of keys.
func (k *checker) say(path string, format string, args ...any) {
	k.found = append(k.found, k.at(path, format, args...))
}

var nameRule = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func (k *checker) config(c Config) {
	k.address("listen", c.Listen)
	k.address("admin", c.Admin)
	for path, value := range map[string]string{"journal": c.Journal, "inventory": c.Inventory, "playbooks": c.Playbooks} {
		if value == "" {
			k.say(path, "is required")
		}
	}
	k.doorTLS(c)
	k.networks("proxies", c.Proxies)
	if c.Control != "" && c.Control == c.Journal {
		k.say("control", "is the journal's own path; leave it out, or name another")
	}
	if c.Reload != ReloadWatch && c.Reload != ReloadManual {
		k.say("reload", "%q is not watch or manual", c.Reload)
	}
	if len(c.Chains) == 0 {
		k.say("chains", "name at least one chain of the inventory")
	}
	for name, chain := range c.Chains {
		k.chain("chains."+name, chain)
	}
	k.signer(c.Signer)
	k.slack(c.Slack)
	k.pager(c.Pager)
	k.console(c.Console)
	if c.Silence.Max < incident.MinSilence || c.Silence.Max > incident.MaxSilence {
		k.say("silence.max", "is %s, it must be from %s to %s: what is silenced for longer is forgotten", c.Silence.Max, incident.MinSilence, incident.MaxSilence)
	}
	if len(c.Sources) == 0 {
		k.say("sources", "name at least one alerting system; without one nothing can ever happen")
	}
	for name, s := range c.Sources {
		k.source("sources."+name, name, s)
		k.entry("sources."+name, c, s)
	}
}

func (k *checker) address(path, value string) {
	if value == "" {
		k.say(path, "is required, for example 127.0.0.1:8080")
	} else if _, _, err := net.SplitHostPort(value); err != nil {
		k.say(path, "%q is no host:port", value)
	}
}

func endpointURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && slices.Contains([]string{"http", "https", "ws", "wss"}, u.Scheme)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (k *checker) slack(s Slack) {
	for path, value := range map[string]string{"slack.team": s.Team, "slack.app": s.App, "slack.token_file": s.TokenFile} {
		if value == "" {
			k.say(path, "is required")
		}
	}
	switch n := len(s.SigningSecretFiles); {
	case s.Transport == SlackSocket:
		if n > 0 {
			k.say("slack.signing_secret_files", "with transport socket nothing comes in that would be signed; leave it out")
		}
		if s.AppTokenFile == "" {
			k.say("slack.app_token_file", "is required with transport socket")
		}
	case s.Transport != SlackHTTP:
		k.say("slack.transport", "%q is not http or socket", s.Transport)
	case s.AppTokenFile != "":
		k.say("slack.app_token_file", "is for transport socket; leave it out")
	case n < 1 || n > 2:
		k.say("slack.signing_secret_files", "name one file, or two while the secret is changed")
	}
	if s.APIURL != "" && !strings.HasSuffix(s.APIURL, "/") {
		k.say("slack.api_url", "must end in a slash")
	}
}

func (k *checker) pager(p *Pager) {
	if p == nil {
		return
	}
	if p.Kind != PagerWebhook && p.Kind != PagerPagerDuty {
		k.say("pager.kind", "%q is not pagerduty or webhook", p.Kind)
	}
	if p.SecretFile == "" {
		k.say("pager.secret_file", "is required: PagerDuty's routing key, or the webhook's address")
	}
	if p.URL == "" {
		return
	}
	if err := checkPagerURL(p.URL); err != nil {
		k.say("pager.url", "%s", err)
	} else if p.Kind == PagerWebhook {
		k.say("pager.url", "a webhook's address may hold a token; put it into secret_file")
	}
}

func (k *checker) source(path, name string, s Source) {
	if !nameRule.MatchString(name) {
		k.say(path, "a source's name is part of its URL: lower case letters, digits and dashes")
	}
	if name == incident.SourcePerson {
		k.say(path, "%q is the source of what people ask for; give it another name", name)
	}
	// What is wrong with a kind's own keys is the front door's to say. It counts
	// secrets and does not look at them: their files stand for them here.
	for _, fault := range s.AlertSource(name, s.SecretFiles).Faults() {
		k.say(path+"."+fault.Key, "%s", fault.Text)
	}
	if s.Heartbeat != 0 && (s.Heartbeat < minHeartbeat || s.Heartbeat > maxHeartbeat) {
		k.say(path+".heartbeat", "is %s, it must be from %s to %s", s.Heartbeat, minHeartbeat, maxHeartbeat)
	}
	if s.Rate < 0 || s.Burst < 0 {
		k.say(path, "rate and burst cannot be negative")
	}
}
