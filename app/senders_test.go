package app_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
)

func TestAPlaybookThatCouldNeverFireIsRefusedWithTheConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		edits   []edit
		sources []string
		says    string // empty: nothing is wrong
	}{
		"one source suffices": {nil, []string{"detector"}, ""},
		"two are asked for and one is configured": {[]edit{{"vault-drain.yaml", "severity: [critical, high]", "severity: [critical, high]\n  confirm: {sources: 2, within: 90s}"}, bothSend},
			[]string{"detector"}, "playbook vault-drain waits for 2 sources that say the same, and of those that are configured 1 could: detector"},
		"two are asked for and configured": {[]edit{{"vault-drain.yaml", "severity: [critical, high]", "severity: [critical, high]\n  confirm: {sources: 2, within: 90s}"}, bothSend},
			[]string{"detector", "watcher"}, ""},
		"a source that the inventory does not know": {nil, []string{"detector", "stranger"}, "has no source stranger; it has detector, watcher"},
	} {
		t.Run(name, func(t *testing.T) {
			set := library(t, c.edits...)
			config := app.Config{Inventory: "inventory.yaml", Chains: map[string]app.Chain{"lab": {RPC: []app.RPC{{Name: "a", URL: "http://127.0.0.1:1"}}}}, Sources: map[string]app.Source{}}
			for _, source := range c.sources {
				config.Sources[source] = app.Source{Kind: "generic"}
			}
			err := app.CheckTogether(config, set)
			if c.says == "" {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Contains(t, strings.Join(strings.Fields(err.Error()), " "), c.says)
		})
	}
}

// bothSend lets the second source of the example inventory send the rule too.
var bothSend = edit{"inventory.yaml", "    rules: [oracle.divergence,", "    rules: [vault.outflow-spike, oracle.divergence,"}

func TestVotesThatNobodyCouldGiveAreRefusedWithTheConfiguration(t *testing.T) {
	for assurance, refused := range map[string]bool{"slack": false, "passkey": true, "wallet": true} {
		set := library(t, edit{"vault-drain.yaml", "\napprove:\n", "\napprove:\n  assurance: " + assurance + "\n"})
		config := app.Config{Inventory: "inventory.yaml", Chains: map[string]app.Chain{"lab": {RPC: []app.RPC{{Name: "a", URL: "http://127.0.0.1:1"}}}},
			Sources: map[string]app.Source{"detector": {Kind: "generic"}}}
		err := app.CheckTogether(config, set)
		if refused {
			assert.ErrorContains(t, err, "console: playbook vault-drain asks for votes by "+assurance)
		} else {
			assert.NoError(t, err)
		}
		config.Console = &app.Console{Origin: "https://approve.example.org"}
		assert.NoError(t, app.CheckTogether(config, set))
	}
}
