package lab

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/playbooks"
)

// files are the daemon's configuration, inventory, playbooks and secrets, as
// an operator would write them.
type files struct {
	dir       string
	at        contracts.Deployment
	responder common.Address
	treasury  common.Address // protected, as in the example inventory
	rpc       []string
	blockTime time.Duration

	vault, vaultToken                 string
	slackAPI, slackToken, slackSecret string
	socket                            bool // Slack is reached over Socket Mode
	console                           *Console
	signed                            bool   // votes are signed by the guardians' own keys
	storm                             bool   // with the benchmarks' playbook and rule
	listen, admin                     string // default: free ports of loopback
}

// alertSecret signs the detector's alerts.
func (f files) alertSecret() string { return "lab-detector-secret-of-no-worth" }

// write writes everything and returns the configuration's path.
func (f files) write() (string, error) {
	if f.listen == "" {
		f.listen, f.admin = "127.0.0.1:0", "127.0.0.1:0"
	}
	config := filepath.Join(f.dir, "firebreak.yaml")
	all := map[string]string{
		"firebreak.yaml":        f.config(),
		"inventory.yaml":        f.inventory(),
		"slack-token":           f.slackToken,
		"slack-signing-secret":  f.slackSecret,
		"slack-app-token":       slackAppToken,
		"detector-secret":       f.alertSecret(),
		"vault-token":           f.vaultToken,
		"playbooks/README.text": "The playbooks of the library that the range practises, as they ship, with their tests.\n",
	}
	if f.storm {
		all["playbooks/storm.yaml"] = stormPlaybook
	}
	for _, scene := range Scenarios() {
		for _, name := range []string{scene.Playbook, strings.TrimSuffix(scene.Playbook, ".yaml") + playbooks.TestSuffix} {
			text, err := fs.ReadFile(playbooks.Library(), name)
			if err != nil {
				return "", err
			}
			all["playbooks/"+name] = f.assured(string(text))
		}
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "playbooks"), 0o700); err != nil {
		return "", err
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write the lab's files: %w", err)
		}
	}
	return config, nil
}

// assured is the text of a playbook that asks for signed votes, in a range that
// has them.
func (f files) assured(playbook string) string {
	if !f.signed {
		return playbook
	}
	return strings.Replace(playbook, "\napprove:\n", "\napprove:\n  assurance: passkey\n", 1)
}

func (f files) config() string {
	var rpc strings.Builder
	for i, url := range f.rpc {
		fmt.Fprintf(&rpc, "      - {name: node-%c, url: %q}\n", 'a'+i, url)
	}
	return fmt.Sprintf(`# Written by the lab; the same file would serve in production.
listen: %q
admin: %q
journal: firebreak.db
inventory: inventory.yaml
playbooks: playbooks
chains:
  lab:
    depth: 2
    block_time: %s
    bump_after: %s
    rebroadcast: %s
    rpc:
%ssigner:
  vault: {address: %q, mount: eth, token_file: vault-token}
slack:
  team: %s
  app: %s
  token_file: slack-token
%s
  api_url: %q
sources:
  %s: {kind: generic, secret_files: [detector-secret], rate: 100000, burst: 200000}
%s`, f.listen, f.admin, f.blockTime, max(2*f.blockTime, 500*time.Millisecond), max(f.blockTime, 250*time.Millisecond), rpc.String(),
		f.vault, teamID, appID, f.transport(), f.slackAPI, sourceName, f.console.config())
}

// transport is how Slack's clicks reach the daemon.
func (f files) transport() string {
	if f.socket {
		return "  transport: socket\n  app_token_file: slack-app-token"
	}
	return "  signing_secret_files: [slack-signing-secret]"
}

func (f files) inventory() string {
	var people strings.Builder
	for _, name := range guardians {
		fmt.Fprintf(&people, "  %s: {slack: %s}\n", name, slackID(name))
	}
	return fmt.Sprintf(`inventory: 1
tokens:
  ETH: 18
  USDX: {decimals: 6, chain: lab, address: "%s"}
chains:
  lab: {id: %d, block_time: 1s, currency: ETH}
contracts:
  lab-vault: {chain: lab, address: "%s", can: [pause, withdrawal-limit], token: USDX}
  lab-registry: {chain: lab, address: "%s", can: [blocklist]}
rules: [vault.outflow-spike, approval.phish, vault.slow-bleed%s]
people:
%steams:
  security: [ana, ben, cho]
  protocol: [dee, eli]
signers:
  %s: {chains: [lab], address: "%s"}
protected:
  treasury: "%s"
channels:
  "#inc-onchain": %s
`, f.at.Token.Hex(), ChainID, f.at.Vault.Hex(), f.at.Registry.Hex(), map[bool]string{true: ", storm"}[f.storm], people.String(), keyName, f.responder.Hex(), f.treasury.Hex(), channelID)
}
