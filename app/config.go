package app

import "time"

// Config is everything that `firebreak serve` is told. It is one YAML document,
// read strictly: an unknown or double key is an error. Paths are relative to
// the file. Secrets are never written into it: each names a file that holds
// one, so that it stays out of process arguments, environment dumps and
// version control.
type Config struct {
	// Listen is where alerting systems and Slack reach the daemon, host:port.
	// Name a certificate in tls, or put a proxy that has one in front of it.
	// Required.
	Listen string `yaml:"listen"`
	// TLS is the certificate of listen, and whose client certificates are
	// believed there. See docs/DOORS.md.
	TLS *DoorTLS `yaml:"tls"`
	// Proxies are the networks of proxies in front of listen, such as 10.0.0.0/8:
	// who calls is then read from their X-Forwarded-For. Default: none, and
	// nobody's header is believed.
	Proxies []string `yaml:"proxies"`
	// Admin is where /healthz, /readyz and /metrics are, host:port. Keep it
	// private: it tells an attacker what is guarded. Required.
	Admin string `yaml:"admin"`
	// Journal is the SQLite file that holds every fact. On a local disk, with
	// a backup. Required.
	Journal string `yaml:"journal"`
	// Control is the socket, a file, over which a person on this machine bumps
	// or cancels a transaction: firebreak tx bump. Only the daemon's user and
	// root may speak to it. In a folder of the daemon's own; "off" is none.
	// Default: the journal's path and ".sock".
	Control string `yaml:"control"`
	// Inventory is the file that names chains, contracts, people and signers.
	// Required.
	Inventory string `yaml:"inventory"`
	// Playbooks is the folder of playbooks; *.test.yaml are left out.
	// Required.
	Playbooks string `yaml:"playbooks"`
	// Reload says when changed inventory and playbooks come into force: watch,
	// a few seconds after their files have changed and are good, or manual, by
	// firebreak playbook reload or SIGHUP alone. Default watch.
	Reload string `yaml:"reload"`

	// Chains says, per chain of the inventory, how to reach it. Required for
	// every chain that a playbook acts on.
	Chains map[string]Chain `yaml:"chains"`
	// Signer is where the key is. Required.
	Signer Signer `yaml:"signer"`
	// Slack is where guardians are asked. Required.
	Slack Slack `yaml:"slack"`
	// Pager reaches people when Slack is away, or refuses the token.
	Pager *Pager `yaml:"pager"`
	// Console is the approval page, the second way to vote beside Slack. Default:
	// none; then nobody can vote while Slack is down.
	Console *Console `yaml:"console"`
	// Silence bounds what firebreak silence may hold back.
	Silence Silence `yaml:"silence"`
	// Sources are the alerting systems that may post to /v1/alerts/<name>. At
	// least one.
	Sources map[string]Source `yaml:"sources"`

	place place // in its file, for problems that only show later
}

// Signer is a key in Vault. There is no other kind in production.
type Signer struct {
	Vault *Vault `yaml:"vault"`
}

// Slack is the app that guardians talk to.
type Slack struct {
	// Team and App are the workspace's and the app's ids. A click from
	// elsewhere is refused. Required.
	Team string `yaml:"team"`
	App  string `yaml:"app"`
	// TokenFile holds the bot token. Required.
	TokenFile string `yaml:"token_file"`
	// Transport is how clicks reach the daemon: http, signed requests to
	// /slack/interactions, /slack/commands and /slack/events, or socket, over
	// WebSockets that the daemon opens, so that Slack needs no way in. Default
	// http.
	Transport string `yaml:"transport"`
	// SigningSecretFiles hold the signing secret; two while it is changed.
	// Required with http, and not to be named with socket.
	SigningSecretFiles []string `yaml:"signing_secret_files"`
	// AppTokenFile holds the app-level token with connections:write. Required
	// with socket.
	AppTokenFile string `yaml:"app_token_file"`
	// Home is the inventory's channel for what has no channel of its own, such
	// as an incident that never got a plan. Required where the inventory names
	// more than one channel.
	Home string `yaml:"home"`
	// APIURL is for the fake Slack of the lab. Default: Slack's.
	APIURL string `yaml:"api_url"`
	// Timeout is how long one call may take. Default 5s.
	Timeout time.Duration `yaml:"timeout"`
}

// Silence bounds silences.
type Silence struct {
	// Max is how long one may last, from 1m to 168h. Default 24h.
	Max time.Duration `yaml:"max"`
}
