package app_test

import (
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/contracts"
)

// ofAll names every check of a kind, for the three calls of the library.
func ofAll(kinds ...string) []string {
	var names []string
	for _, kind := range kinds {
		for _, call := range []string{"vault-drain/pause", "allowance-phish/block", "limit-bleed/cap"} {
			names = append(names, kind+" "+call)
		}
		if kind == "policy" {
			names = append(names, "policy of guardian")
		}
	}
	return names
}

func everythingWrong() map[string]broken {
	wrong := map[string]broken{}
	for _, group := range []map[string]broken{wrongOnChain(), wrongWithTheKey(), wrongInSlack(), wrongAtHome(), wrongAtTheEdges()} {
		for name, b := range group {
			wrong[name] = b
		}
	}
	return wrong
}

func wrongOnChain() map[string]broken {
	nobody := "0x00000000000000000000000000000000DeaDBeef"
	return map[string]broken{
		"an endpoint is gone": {
			breakIt: func(c *clinic) { c.file("node-a-url", "http://127.0.0.1:1/?key="+urlToken) },
			check:   "endpoint lab/node-a", verdict: app.Failed, says: "cannot be reached: connection refused", mend: "check the url of node-a",
			besides: []string{"chain lab"},
		},
		"an endpoint's file is gone": {
			breakIt: func(c *clinic) { require.NoError(c.t, os.Remove(filepath.Join(c.dir, "node-a-url"))) },
			check:   "endpoint lab/node-a", verdict: app.Failed, says: "no such file", mend: "write the endpoint's URL",
			besides: []string{"chain lab"},
		},
		"the inventory has another chain id": {
			breakIt: func(c *clinic) { c.edit("inventory.yaml", "id: 1337", "id: 11155111") },
			check:   "endpoint lab/node-b", verdict: app.Failed, says: "it is of chain 1337, and the inventory says that lab is chain 11155111", mend: "chains.lab.id",
			besides: append(ofAll("goal", "call", "policy"), "endpoint lab/node-a", "chain lab", "finality lab", "gas lab", "fee cap lab", "contract lab-vault", "contract lab-registry", "token USDX", "account guardian@lab"),
		},
		"there is one endpoint": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", "{name: node-a, url_file: node-a-url}, ", "") },
			check:   "chain lab", verdict: app.Warned, says: "one endpoint", mend: "name a second endpoint",
		},
		"both endpoints are of one host": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", c.chain.WS, c.chain.HTTP) },
			check:   "chain lab", verdict: app.Warned, says: "node-a and node-b are of one host", mend: "another operator",
		},
		"a contract has no code": {
			breakIt: func(c *clinic) { c.edit("inventory.yaml", c.at.Registry.Hex(), nobody) },
			check:   "contract lab-registry", verdict: app.Failed, says: "has no code", mend: "contracts.lab-registry",
			besides: []string{"goal allowance-phish/block", "call allowance-phish/block", "policy allowance-phish/block", "policy of guardian"},
		},
		"a view cannot be read": {
			breakIt: func(c *clinic) { c.edit("inventory.yaml", c.at.Registry.Hex(), c.at.Harvester.Hex()) },
			check:   "goal allowance-phish/block", verdict: app.Failed, says: "isBlacklisted", mend: "contracts.lab-registry",
			besides: []string{"call allowance-phish/block", "policy allowance-phish/block", "policy of guardian"},
		},
		"a token has other decimals": {
			breakIt: func(c *clinic) { c.edit("inventory.yaml", "decimals: 6", "decimals: 5") },
			check:   "token USDX", verdict: app.Failed, says: "6 decimals", mend: "power of ten",
		},
		"the key has no role": {
			before: habit{roleless: true},
			check:  "call vault-drain/pause", verdict: app.Failed, says: "PAUSER_ROLE", mend: "the role for pause()",
			besides: []string{"call allowance-phish/block", "call limit-bleed/cap"},
		},
		"the key has no ether": {
			before: habit{poor: true},
			check:  "balance guardian@lab", verdict: app.Failed, says: "does not cover one plan", mend: "send ETH to",
		},
		"a playbook is dearer than the account": {
			breakIt: func(c *clinic) { c.edit("playbooks/vault-drain.yaml", "max_fee: 0.5 ETH", "max_fee: 2 ETH") },
			check:   "balance guardian@lab", verdict: app.Warned, says: "fewer than 3 times: vault-drain may take 2 ETH", mend: "send ETH to",
			besides: []string{},
		},
		"a limit would loosen": {
			breakIt: func(c *clinic) { c.send(c.sign(c.at.Vault, c.limit(1, time.Hour))) },
			check:   "goal limit-bleed/cap", verdict: app.Failed, says: "would loosen what the chain has now", mend: "a tighter limit",
			besides: []string{"call limit-bleed/cap"},
		},
		"a limit is tighter already": {
			breakIt: func(c *clinic) { c.send(c.sign(c.at.Vault, c.limit(1, 24*time.Hour))) },
			check:   "goal limit-bleed/cap", verdict: app.Passed, says: "already so now",
		},
		"somebody has paused it": {
			breakIt: func(c *clinic) { c.send(c.sign(c.at.Vault, contracts.Pause())) },
			check:   "call vault-drain/pause", verdict: app.Passed, says: "would revert, and its goal holds already",
		},
	}
}

func wrongWithTheKey() map[string]broken {
	return map[string]broken{
		"vault is sealed": {
			breakIt: func(c *clinic) { c.vault.Faults.Seal(true) },
			check:   "vault", verdict: app.Failed, says: "sealed", mend: "unsealed",
			besides: append(ofAll("policy"), "nonce guardian@lab"),
		},
		"the token is refused": {
			breakIt: func(c *clinic) { c.file("vault-token", c.vault.BotToken("another-key", 0)) },
			check:   "key guardian", verdict: app.Failed, says: "refused the token", mend: "eth/check/",
			besides: append(ofAll("policy"), "nonce guardian@lab", "vault rights"),
		},
		"the token may do anything": {
			breakIt: func(c *clinic) { c.file("vault-token", c.vault.RootToken()) },
			check:   "vault rights", verdict: app.Failed, says: "root on", mend: "exact paths and nothing else",
		},
		"the token may change the policy": {
			breakIt: func(c *clinic) {
				c.file("vault-token", c.vault.TokenFor(map[string][]string{"eth/sign/guardian": {"update"}, "eth/check/guardian": {"update"},
					"eth/keys/guardian": {"read"}, "eth/keys/guardian/policy": {"read", "update"}, "eth/keys/guardian/guardians": {"read"}, "sys/capabilities-self": {"update"}}))
			},
			check: "vault rights", verdict: app.Failed, says: "update on eth/keys/guardian/policy", mend: "eth/sign/",
		},
		"the token may read and not sign": {
			breakIt: func(c *clinic) {
				c.file("vault-token", c.vault.TokenFor(map[string][]string{"eth/check/guardian": {"update"}, "eth/keys/guardian": {"read"},
					"eth/keys/guardian/policy": {"read"}, "sys/capabilities-self": {"update"}}))
			},
			check: "vault rights", verdict: app.Failed, says: "lacks update on eth/sign/guardian", mend: "eth/sign/",
		},
		"the token may not ask about itself": {
			breakIt: func(c *clinic) {
				c.file("vault-token", c.vault.TokenFor(map[string][]string{"eth/sign/guardian": {"update"}, "eth/check/guardian": {"update"},
					"eth/keys/guardian": {"read"}, "eth/keys/guardian/policy": {"read"}}))
			},
			check: "vault rights", verdict: app.NotTold, says: "by hand",
		},
		"the token may not read the policy": {
			breakIt: func(c *clinic) {
				c.file("vault-token", c.vault.TokenFor(map[string][]string{"eth/sign/guardian": {"update"}, "eth/check/guardian": {"update"},
					"eth/keys/guardian": {"read"}, "eth/keys/guardian/guardians": {"read"}, "sys/capabilities-self": {"update"}}))
			},
			check: "policy of guardian", verdict: app.NotTold, says: "allow read on eth/keys/guardian/policy", besides: []string{"vault rights"},
		},
		"the policy allows what no playbook needs": {
			breakIt: func(c *clinic) { c.edit("playbooks/vault-drain.yaml", "mode: live", "mode: off") },
			check:   "policy of guardian", verdict: app.Warned, says: "pause() on lab-vault (chain 1337)", mend: "firebreak policy compile",
		},
		"the token lives for a moment": {
			breakIt: func(c *clinic) { c.file("vault-token", c.vault.BotToken("guardian", time.Minute)) },
			check:   "vault login", verdict: app.Warned, says: "by token file; the service token ends in", mend: "token_ttl",
		},
		"there is no such key": {
			breakIt: func(c *clinic) {
				c.edit("inventory.yaml", "guardian:", "warden:")
				for _, name := range []string{"vault-drain", "allowance-phish", "limit-bleed"} {
					c.edit("playbooks/"+name+".yaml", "as: guardian", "as: warden")
				}
				c.file("vault-token", c.vault.RootToken())
			},
			check: "key warden", verdict: app.Failed, says: "no key of this name", mend: "create it at eth/keys/warden",
			besides: append(ofAll("policy"), "vault", "vault rights", "nonce warden@lab", "account warden@lab", "policy of warden"),
		},
		"the key is at another address": {
			breakIt: func(c *clinic) { c.edit("inventory.yaml", c.key.Address.Hex(), c.cast.Loot.Hex()) },
			check:   "key guardian", verdict: app.Failed, says: "in Vault and", mend: "signers.guardian.address",
			besides: append(ofAll("call", "policy"), "nonce guardian@lab"),
		},
		"the key is frozen": {
			breakIt: func(c *clinic) {
				_, err := c.client().Freeze(c.t.Context(), "guardian", "a test")
				require.NoError(c.t, err)
			},
			check: "key guardian", verdict: app.Failed, says: "is frozen", mend: "have guardians release it",
			besides: ofAll("policy"),
		},
		"the policy lacks a rule": {
			before: habit{rules: []string{"blacklist"}},
			check:  "policy allowance-phish/block", verdict: app.Failed, says: "NO_RULE", mend: "with a rule for this function",
		},
		"the policy bounds an argument more tightly": {
			breakIt: func(c *clinic) { c.edit("playbooks/limit-bleed.yaml", "limit: 10_000 USDX", "limit: 200_000 USDX") },
			check:   "policy limit-bleed/cap", verdict: app.Failed, says: "ARG:0, rule limit", mend: "compare the playbook's arguments",
		},
		"a plan may be larger than the policy's window": {
			breakIt: func(c *clinic) { c.edit("playbooks/allowance-phish.yaml", "max: 20", "max: 30") },
			check:   "policy allowance-phish/block", verdict: app.Warned, says: "20 more within 1h0m0s, where one plan may hold 30", mend: "lower max",
		},
		"the chain has mined what the key does not know of": {
			breakIt: func(c *clinic) {
				c.setVaultBack(func() { c.send(c.sign(c.at.Vault, contracts.Pause())) })
			},
			check: "nonce guardian@lab", verdict: app.Failed, says: "has spent 1 nonce on chain and knows of 0 in Vault", mend: "compromised until it is explained",
		},
		"the key has signed what the chain has not": {
			breakIt: func(c *clinic) { c.sign(c.at.Vault, contracts.Pause()) },
			check:   "nonce guardian@lab", verdict: app.Failed, says: "no pool has it", mend: "offer the signed bytes",
		},
	}
}

func wrongInSlack() map[string]broken {
	room := func(change func(*slacktest.Channel)) func(*clinic) {
		return func(c *clinic) {
			r := clinicRoom()
			change(&r)
			require.NoError(c.t, c.slack.SetChannel(r))
		}
	}
	person := func(name string, change func(*slacktest.User)) func(*clinic) {
		return func(c *clinic) {
			u := slacktest.User{ID: slackUser(name), Name: name}
			change(&u)
			require.NoError(c.t, c.slack.SetUser(u))
		}
	}
	return map[string]broken{
		"the token is another": {
			breakIt: func(c *clinic) { c.file("slack-token", "xoxb-another") },
			check:   "slack token", verdict: app.Failed, says: "invalid_auth", mend: "slack.token_file",
		},
		"nobody is paged when Slack is away": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", "pager: {kind: pagerduty, secret_file: pager-key}\n", "") },
			check:   "beside slack", verdict: app.Warned, says: "nobody is paged", mend: "under pager",
		},
		"a socket that Slack opens to nobody": {
			breakIt: func(c *clinic) {
				c.file("slack-app-token", "xapp-of-another-app")
				c.edit("firebreak.yaml", "signing_secret_files: [slack-secret]", "transport: socket, app_token_file: slack-app-token")
			},
			check: "slack app token", verdict: app.Failed, says: "nobody could click", mend: "connections:write",
		},
		"a pager without its secret": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", "secret_file: pager-key", "secret_file: no-such-file") },
			check:   "pager", verdict: app.Failed, says: "no-such-file", mend: "write the secret into its file", besides: []string{"secrets"},
		},
		"the workspace is another": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", "team: "+clinicTeam, "team: T0OTHER") },
			check:   "slack token", verdict: app.Failed, says: "workspace T0CLINIC, the configuration says T0OTHER", mend: "mend slack.team",
		},
		"the app is another": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", "app: "+clinicApp, "app: A0OTHER") },
			check:   "slack app", verdict: app.Failed, says: "app A0CLINIC, the configuration says A0OTHER", mend: "mend slack.app",
		},
		"slack is gone": {
			breakIt: func(c *clinic) { c.doors.Close() },
			check:   "slack token", verdict: app.Failed, says: "cannot be reached", mend: "reaches Slack",
		},
		"the channel is archived": {
			breakIt: room(func(r *slacktest.Channel) { r.IsArchived = true }),
			check:   "channel #inc-onchain", verdict: app.Failed, says: "is archived", mend: "open it again",
		},
		"the channel is shared": {
			breakIt: room(func(r *slacktest.Channel) { r.IsExtShared = true }),
			check:   "channel #inc-onchain", verdict: app.Failed, says: "is shared with another workspace", mend: "end the sharing",
		},
		"the app is not in the channel": {
			breakIt: room(func(r *slacktest.Channel) { r.BotAbsent = true }),
			check:   "channel #inc-onchain", verdict: app.Failed, says: "shows the app no channel", mend: "invite the app",
		},
		"a guardian is not in the channel": {
			breakIt: room(func(r *slacktest.Channel) { r.Members = r.Members[1:] }),
			check:   "quorum vault-drain", verdict: app.Warned, says: "ana cannot see the card", mend: "invite them",
			besides: []string{"quorum allowance-phish", "quorum limit-bleed"},
		},
		"a guardian is deactivated": {
			breakIt: person("cho", func(u *slacktest.User) { u.Deleted = true }),
			check:   "guardian cho", verdict: app.Failed, says: "is deactivated", mend: "people.cho",
		},
		"a team has one who can vote": {
			breakIt: person("dee", func(u *slacktest.User) { u.IsRestricted = true }),
			check:   "quorum allowance-phish", verdict: app.Warned, says: "without eli it cannot be reached", mend: "add people",
			besides: []string{"guardian dee"},
		},
		"a team has nobody who can vote": {
			breakIt: func(c *clinic) {
				person("dee", func(u *slacktest.User) { u.Deleted = true })(c)
				person("eli", func(u *slacktest.User) { u.IsBot = true })(c)
			},
			check: "quorum allowance-phish", verdict: app.Failed, says: "only ana, ben, cho could vote", mend: "add people",
			besides: []string{"guardian dee", "guardian eli"},
		},
	}
}

func wrongAtHome() map[string]broken {
	return map[string]broken{
		"the configuration is wrong": {
			breakIt: func(c *clinic) { c.edit("firebreak.yaml", "listen: 127.0.0.1:0", "lisen: 127.0.0.1:0") },
			check:   "configuration", verdict: app.Failed, says: `"lisen" is not a key here`, mend: "firebreak check",
		},
		"a playbook is wrong": {
			breakIt: func(c *clinic) { c.edit("playbooks/vault-drain.yaml", "do: pause", "do: paws") },
			check:   "playbooks", verdict: app.Failed, says: "paws", mend: "firebreak check",
		},
		"a secret is open to all": {
			breakIt: func(c *clinic) { require.NoError(c.t, os.Chmod(filepath.Join(c.dir, "detector-secret"), 0o644)) },
			check:   "source detector", verdict: app.Failed, says: "others may read the file", mend: "the daemon's user alone",
		},
		"a playbook is in dry-run and wrong": {
			before:  habit{rules: []string{"pause"}},
			breakIt: func(c *clinic) { c.edit("playbooks/vault-drain.yaml", "mode: live", "mode: dry-run") },
			check:   "policy vault-drain/pause", verdict: app.Warned, says: "NO_RULE", mend: "with a rule for this function",
		},
		"the clock is a minute off": {
			breakIt: func(c *clinic) { c.skew = time.Minute },
			check:   "clock", verdict: app.Warned, says: "behind, says Slack", mend: "NTP",
		},
		"the clock is so far off that clicks are refused": {
			breakIt: func(c *clinic) { c.skew = -10 * time.Minute },
			check:   "clock", verdict: app.Failed, says: "ahead, says Slack", mend: "NTP",
		},
		"the journal is no journal": {
			breakIt: func(c *clinic) { c.file("firebreak.db", "this is no database, and it is long enough to be one") },
			check:   "journal", verdict: app.Failed, says: "damaged or is no journal", mend: "restored backup",
		},
	}
}
