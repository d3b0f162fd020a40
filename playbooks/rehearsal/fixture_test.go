package rehearsal_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

const inventory = `inventory: 1
tokens:
  ETH: 18
  USDX: {decimals: 6, chain: lab, address: "0x3333333333333333333333333333333333333333"}
chains:
  lab: {id: 1337, block_time: 2s, currency: ETH}
contracts:
  lab-vault: {chain: lab, address: "0x1111111111111111111111111111111111111111", can: [pause, withdrawal-limit], token: USDX}
  lab-registry: {chain: lab, address: "0x2222222222222222222222222222222222222222", can: [blocklist]}
rules: [vault.outflow-spike]
people: {ana: {}, ben: {}, cho: {}, dee: {}, eli: {}}
teams:
  security: [ana, ben, cho]
  protocol: [dee, eli]
signers:
  guardian: {chains: [lab]}
  second: {chains: [lab]}
protected:
  treasury: "0x5555555555555555555555555555555555555555"
channels:
  "#inc-onchain": C0ONCHAIN
`

// drain uses most of the format.
const drain = `playbook: 1
name: drain
summary: Stop it.
owner: protocol
mode: live
on:
  rules: [vault.outflow-spike]
  when: alert.has_loss && alert.loss >= amount("250_000 USDX")
incident:
  key: [alert.chain, alert.contract]
  cooldown: 30m
evidence:
  - {id: paused, read: lab-vault.paused()}
  - {id: flows, get: transfers, token: USDX, from: lab-vault, since: 30m, optional: true}
prepare:
  - id: pause
    do: pause
    on: lab-vault
    when: "!evidence.paused"
  - id: block
    do: blocklist
    on: lab-registry
    when: evidence.has_flows && evidence.flows.total > amount("1_000 USDX")
    each: '= evidence.has_flows ? evidence.flows.recipients : alert.suspects'
    max: 5
    with: {account: = each}
    after: [pause]
approve:
  quorum: 2
  from: [security, protocol]
  distinct: team
  in: "#inc-onchain"
  within: 10m
  on_timeout: {page: eli, then: reject}
submit: {as: guardian, deadline: 3m, max_fee: 0.5 ETH}
verify:
  - {of: pause, within: 2m}
recover:
  - id: unpause
    undo: pause
    approve: {quorum: 3, from: [security, protocol]}
`

const base = `tests: 1
base: {rule: vault.outflow-spike, severity: critical, chain: lab, contract: lab-vault, loss: 400_000 USDX}
evidence: {paused: false, flows: {total: 2_000 USDX, recipients: 2}}
cases:
`

// edit changes one place of a text.
type edit struct{ old, new string }

func load(t testing.TB, changes ...edit) *playbooks.Set {
	t.Helper()
	text := drain
	for _, c := range changes {
		require.Equal(t, 1, strings.Count(text, c.old), c.old)
		text = strings.Replace(text, c.old, c.new, 1)
	}
	set, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: []byte(inventory)}, "playbooks/drain.yaml": {Data: []byte(text)}},
		"inventory.yaml", "playbooks")
	require.NoError(t, err)
	return set
}

// play plays one case, written without its name.
func play(t testing.TB, set *playbooks.Set, lines string) rehearsal.Result {
	t.Helper()
	text := base + "  - name: a story\n    " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n    ") + "\n"
	tests, err := set.ParseTests("drain.test.yaml", text)
	require.NoError(t, err)
	require.Len(t, tests.Cases, 1)
	r, err := rehearsal.Run(t.Context(), set, tests, tests.Cases[0])
	require.NoError(t, err)
	return r
}

// missed are the keys of the expectations that were not met.
func missed(r rehearsal.Result) []string {
	keys := []string{}
	for _, f := range r.Failures {
		keys = append(keys, f.What)
	}
	return keys
}
