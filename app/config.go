package app

import (
	"time"
)

// Config is everything that `firebreak serve` is told. It is one YAML document,
// read strictly: an unknown or double key is an error. Paths are relative to
// the file. Secrets are never written into it: each names a file that holds
// one, so that it stays out of process arguments, environment dumps and
// version control.
type Config struct {
	// Listen is where alerting systems and Slack reach the daemon, host:port.
	// Put TLS in front of it. Required.
	Listen string `yaml:"listen"`
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

	// Chains says, per chain of the inventory, how to reach it. Required for
	// every chain that a playbook acts on.
	Chains map[string]Chain `yaml:"chains"`
	// Signer is where the key is. Required.
	Signer Signer `yaml:"signer"`
	// Slack is where guardians are asked. Required.
	Slack Slack `yaml:"slack"`
	// Sources are the alerting systems that may post to /v1/alerts/<name>. At
	// least one.
	Sources map[string]Source `yaml:"sources"`

	place place // in its file, for problems that only show later
}

// Chain is how one chain is reached and how it behaves.
type Chain struct {
	// RPC are the endpoints, at least one; two of independent operators are
	// what lets one of them lie or die.
	RPC []RPC `yaml:"rpc"`
	// Depth is how many blocks must stand on top of a transaction's block
	// before its goal is read a last time. 0 takes the goal at its block as
	// the last word; use it only where blocks are final at once. Default 2.
	Depth *uint64 `yaml:"depth"`
	// BlockTime is how long a block takes, for polling and patience. Default:
	// the inventory's, or 12s.
	BlockTime time.Duration `yaml:"block_time"`
	// BumpAfter is how long a transaction may wait before its fees are raised.
	// Default: one BlockTime.
	BumpAfter time.Duration `yaml:"bump_after"`
	// Rebroadcast is how often the same bytes are offered again. Default: a
	// third of BlockTime, between 250ms and 4s.
	Rebroadcast time.Duration `yaml:"rebroadcast"`
	// FloorTip is the least priority fee in wei, as decimal digits. It keeps a
	// silent fee oracle from sending something that no block takes. Default
	// 1000000000 (1 gwei).
	FloorTip string `yaml:"floor_tip"`
	// Timeout is how long one call of one endpoint may take. Default 3s.
	Timeout time.Duration `yaml:"timeout"`
	// NoBump says that the chain has no mempool, so that a second transaction
	// at the same nonce replaces nothing (Arbitrum).
	NoBump bool `yaml:"no_bump"`
}

// RPC is one endpoint. Facts, logs and errors call it by its name, because its
// URL may hold a token.
type RPC struct {
	Name string `yaml:"name"`
	// URL is http, https, ws or wss. Give either this or URLFile.
	URL string `yaml:"url"`
	// URLFile is a file that holds the URL, where it contains a token.
	URLFile string `yaml:"url_file"`
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
	// SigningSecretFiles hold the signing secret; two while it is changed.
	// Required.
	SigningSecretFiles []string `yaml:"signing_secret_files"`
	// Home is the inventory's channel for what has no channel of its own, such
	// as an incident that never got a plan. Required where the inventory names
	// more than one channel.
	Home string `yaml:"home"`
	// APIURL is for the fake Slack of the lab. Default: Slack's.
	APIURL string `yaml:"api_url"`
	// Timeout is how long one call may take. Default 5s.
	Timeout time.Duration `yaml:"timeout"`
}

// Source is one alerting system.
type Source struct {
	// Kind is generic or alertmanager. Required.
	Kind string `yaml:"kind"`
	// SecretFiles hold the secret or token; two while it is changed. A source
	// without one is refused. Required.
	SecretFiles []string `yaml:"secret_files"`
	// Rules maps the source's own alert names to rules of the inventory.
	Rules map[string]string `yaml:"rules"`
	// Exercises says that this source may mark alerts as exercises.
	Exercises bool `yaml:"exercises"`
	// Rate is how many alerts it may post per second, Burst how many at once.
	// Default 50 and 200.
	Rate  float64 `yaml:"rate"`
	Burst int     `yaml:"burst"`
}
