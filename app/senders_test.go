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

func TestASourceMaySpeakOnlyOfWhatTheInventoryKnows(t *testing.T) {
	for name, c := range map[string]struct {
		source app.Source
		says   string
	}{
		"a rule for all":   {app.Source{Kind: "tenderly", Rule: "vault.outlfow"}, `sources.detector.rule: "vault.outlfow" is no rule`},
		"a rule for one":   {app.Source{Kind: "pagerduty", Rules: map[string]string{"P1": "vault.outlfow"}}, `sources.detector.rules.P1: maps to "vault.outlfow", which is no rule`},
		"a chain":          {app.Source{Kind: "hypernative", Chains: map[string]string{"ethereum": "lba"}}, `sources.detector.chains.ethereum: maps to "lba", which is no chain`},
		"a token":          {app.Source{Kind: "ozmonitor", Loss: &app.SourceLoss{Arg: "value", Token: "USDZ"}}, `sources.detector.loss.token: "USDZ" is no token`},
		"nothing is wrong": {app.Source{Kind: "ozmonitor", Rule: "vault.outflow-spike", Chains: map[string]string{"x": "lab"}, Loss: &app.SourceLoss{Arg: "value", Token: "USDX"}}, ""},
	} {
		config := app.Config{Inventory: "inventory.yaml", Chains: map[string]app.Chain{"lab": {RPC: []app.RPC{{Name: "a", URL: "http://127.0.0.1:1"}}}},
			Sources: map[string]app.Source{"detector": c.source}}
		err := app.CheckTogether(config, library(t))
		if c.says == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.says, name)
	}
}
