package lab

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// tilt is written while the daemon runs. It reads evidence of a real chain, and
// goes out before anybody is asked.
const tilt = `playbook: 1
name: tilt
summary: Pause the vault at once.
owner: security
mode: live
on:
  rules: [vault.tilt]
incident:
  key: [alert.chain]
evidence:
  - {id: paused, read: lab-vault.paused()}
  - {id: limit, read: lab-vault.withdrawalLimit(), in: USDX}
  - {id: flows, get: transfers, token: USDX, to: lab-vault, since: 1h}
prepare:
  - id: pause
    do: pause
    on: lab-vault
    when: "!evidence.paused && evidence.flows.total > amount(\"1 USDX\") && evidence.limit > evidence.flows.total"
approve:
  quorum: 2
  from: [security, protocol]
  in: "#inc-onchain"
  within: 10m
pre_authorize:
  only: [pause]
  until: "UNTIL"
  per: 24h
submit: {as: guardian, deadline: 1m, max_fee: 0.5 ETH}
verify:
  - {of: pause, within: 2m}
notify:
  - {in: "#inc-onchain", text: "{{ alert.contract }} is paused"}
recover:
  - id: unpause
    undo: pause
    approve: {quorum: 3, from: [security, protocol]}
`

func TestAPlaybookPutIntoForceWhileTheDaemonRunsPausesARealVaultBeforeAnybodyIsAsked(t *testing.T) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()

	inventory := filepath.Join(r.dir, "inventory.yaml")
	text, err := os.ReadFile(inventory)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(inventory, []byte(strings.Replace(string(text), "rules: [", "rules: [vault.tilt, ", 1)), 0o600))
	book := strings.Replace(tilt, "UNTIL", time.Now().AddDate(0, 6, 0).Format(time.DateOnly), 1)
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "playbooks", "tilt.yaml"), []byte(book), 0o600))
	reload(t, ctx, r)

	_, err = r.post(ctx, map[string]any{"id": "1", "rule": "vault.tilt", "severity": "critical", "chain": "lab", "contract": "lab-vault"})
	require.NoError(t, err)
	s := ended(t, ctx, r)
	require.Equal(t, incident.PhaseContained, s.Phase(), s.Run().End)
	assert.True(t, s.Run().PreAuthorised())
	assert.Empty(t, s.Run().Votes)
	var read []string
	for _, e := range s.Run().Plan.Evidence {
		assert.Empty(t, e.Doubt, e.Asked)
		assert.NotZero(t, e.Block, e.Asked)
		read = append(read, e.Asked)
	}
	assert.Equal(t, []string{"lab-vault.paused()", "lab-vault.withdrawalLimit()", "transfers of USDX to lab-vault since 1h0m0s"}, read)
	assert.Equal(t, []incident.Notice{{Channel: "#inc-onchain", Text: "lab-vault is paused"}}, s.Run().Plan.Notify)
}

// reload asks the daemon in this process to read its files anew.
func reload(t *testing.T, ctx context.Context, r *Range) {
	t.Helper()
	d, ok := r.responder().(inProcess)
	require.True(t, ok)
	_, err := d.a.Reload(ctx) // the watcher may have been faster, and then nothing has changed
	require.NoError(t, err)
}

// ended waits until nothing is owed to the only incident.
func ended(t *testing.T, ctx context.Context, r *Range) incident.State {
	t.Helper()
	for {
		states, err := journal.Incidents(ctx, r.record)
		require.NoError(t, err)
		if len(states) == 1 && !states[0].Open() {
			return states[0]
		}
		select {
		case <-ctx.Done():
			require.Fail(t, "the incident has not ended", "%v", states)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
