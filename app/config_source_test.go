package app

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// withSource is the good config with one source more.
func withSource(text string) string { return good + "  added: {" + text + "}\n" }

func TestEveryKindOfSourceCanBeConfigured(t *testing.T) {
	all := map[string]string{
		"alertmanager": `kind: alertmanager, secret_files: [a], rules: {BridgeOutflow: bridge.outflow}`,
		"custom":       `kind: custom, secret_files: [a, b], rule: r, map: {id: body.id, loss.amount: body.sum, loss.token: "'USDX'"}, hmac: {header: X-Sig, encoding: base64, prefix: "v0=", timestamp_header: X-At, timestamp: before, separator: ":", unit: ms}`,
		"datadog":      `kind: datadog, secret_files: [a], rule: r`,
		"forta":        `kind: forta, scanners: ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"], suspects: [attacker]`,
		"generic":      `kind: generic, secret_files: [a], exercises: true, window: 2m`,
		"grafana":      `kind: grafana, secret_files: [a], hmac: {timestamp_header: X-Grafana-At}, window: 1m`,
		"hypernative":  `kind: hypernative, chains: {ethereum: mainnet}`,
		"ozmonitor":    `kind: ozmonitor, secret_files: [a], severity: high, suspects: [tx.from, arg.to], loss: {arg: value, token: USDX}`,
		"pagerduty":    `kind: pagerduty, secret_files: [a], rules: {PF9KMXH: bridge.outflow}`,
		"safe":         `kind: safe, secret_files: [a]`,
		"tenderly":     `kind: tenderly, secret_files: [a], rule: vault.outflow-spike, severity: critical`,
	}
	for kind, text := range all {
		c, err := parseConfig("firebreak.yaml", []byte(withSource(text)))
		require.NoError(t, err, kind)
		assert.Empty(t, c.Sources["added"].AlertSource("added", c.Sources["added"].SecretFiles).Faults(), kind)
	}
	for _, kind := range alerts.Kinds() {
		assert.Contains(t, all, kind)
	}
	c, err := parseConfig("firebreak.yaml", []byte(withSource(all["custom"])))
	require.NoError(t, err)
	s := c.Sources["added"].AlertSource("added", []string{"one"})
	assert.Equal(t, &alerts.HMAC{Header: "X-Sig", Encoding: "base64", Prefix: "v0=", TimestampHeader: "X-At", Timestamp: "before", Separator: ":", Unit: "ms"}, s.HMAC)
	assert.Equal(t, "body.sum", s.Map["loss.amount"])
	c, err = parseConfig("firebreak.yaml", []byte(withSource(all["generic"])))
	require.NoError(t, err)
	assert.Equal(t, 2*time.Minute, c.Sources["added"].AlertSource("added", nil).Window)
}

func TestAWrongSourceSaysWhereAndWhat(t *testing.T) {
	for name, c := range map[string]struct{ text, where, what string }{
		"a key of another kind":        {`kind: generic, secret_files: [a], scanners: [x]`, "sources.added.scanners:", "means nothing for kind generic"},
		"no rule for one without":      {`kind: tenderly, secret_files: [a]`, "sources.added", "rule: is required"},
		"no rule and no rules":         {`kind: pagerduty, secret_files: [a]`, "sources.added", "or rules"},
		"a secret for a key":           {`kind: hypernative, secret_files: [a]`, "sources.added.secret_files:", "leave it out"},
		"a key that is none":           {`kind: hypernative, keys: [AAAA]`, "sources.added.keys:", "P-256"},
		"a node that is no address":    {`kind: forta, scanners: [node]`, "sources.added.scanners:", "40 hex digits"},
		"no node":                      {`kind: forta`, "sources.added", "scanners: is required"},
		"a window for a year":          {`kind: generic, secret_files: [a], window: 8760h`, "sources.added.window:", "between 30s and 1h"},
		"a window where nothing dates": {`kind: grafana, secret_files: [a], window: 1m`, "sources.added.window:", "timestamp_header"},
		"a severity of nothing":        {`kind: tenderly, secret_files: [a], rule: r, severity: sev1`, "sources.added.severity:", "critical"},
		"nobody's suspects":            {`kind: tenderly, secret_files: [a], rule: r, suspects: [everybody]`, "sources.added.suspects:", "tx.from"},
		"half a loss":                  {`kind: ozmonitor, secret_files: [a], loss: {arg: value}`, "sources.added.loss:", "token"},
		"a misspelt loss":              {`kind: ozmonitor, secret_files: [a], loss: {argument: value}`, ":", "there are arg, token"},
		"grafana's own scheme":         {`kind: grafana, secret_files: [a], hmac: {encoding: hex}`, "sources.added.hmac:", "Grafana's own"},
		"no mapping":                   {`kind: custom, secret_files: [a]`, "sources.added", "map: is required"},
		"no id":                        {`kind: custom, secret_files: [a], map: {rule: body.rule}`, "sources.added.map:", "no id"},
		"no rule anywhere":             {`kind: custom, secret_files: [a], map: {id: body.id}`, "sources.added.map:", "no rule"},
		"a field that is none":         {`kind: custom, secret_files: [a], rule: r, map: {id: body.id, calldata: body.x}`, "sources.added.map.calldata:", "no field"},
		"an expression that is none":   {`kind: custom, secret_files: [a], rule: r, map: {id: "body.id +"}`, "sources.added.map.id:", "Syntax"},
		"an expression of a wrong type": {`kind: custom, secret_files: [a], rule: r, map: {id: "1 + 1"}`, "sources.added.map.id:",
			"must give a text"},
		"a name that is not there":  {`kind: custom, secret_files: [a], rule: r, map: {id: header.id}`, "sources.added.map.id:", "undeclared"},
		"half an amount":            {`kind: custom, secret_files: [a], rule: r, map: {id: body.id, loss.amount: body.x}`, "sources.added.map:", "both"},
		"no encoding":               {`kind: custom, secret_files: [a], rule: r, map: {id: body.id}, hmac: {header: X, timestamp: none}`, "sources.added.hmac", "hex, base64"},
		"a time that is not signed": {`kind: custom, secret_files: [a], rule: r, map: {id: body.id}, hmac: {header: X, encoding: hex, timestamp: none, timestamp_header: Y}`, "sources.added.hmac.timestamp:", "anybody's"},
		"a time of no unit":         {`kind: custom, secret_files: [a], rule: r, map: {id: body.id}, hmac: {header: X, encoding: hex, timestamp: after, timestamp_header: Y}`, "sources.added.hmac", "s or ms"},
		"two ways to show a secret": {`kind: custom, secret_files: [a], rule: r, map: {id: body.id}, token_header: Z, hmac: {header: X, encoding: hex, timestamp: none}`, "sources.added.token_header:", "leave"},
		"a safe without a secret":   {`kind: safe`, "sources.added", "anybody"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig("firebreak.yaml", []byte(withSource(c.text)))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.what)
			assert.Contains(t, err.Error(), c.where)
			assert.True(t, strings.HasPrefix(err.Error(), "firebreak.yaml"), err.Error())
		})
	}
}

func TestTheSourcesOfTheManualCanBeConfigured(t *testing.T) {
	manual, err := os.ReadFile("../docs/SOURCES.md")
	require.NoError(t, err)
	blocks := strings.Split(string(manual), "```yaml\n")[1:]
	require.Len(t, blocks, 2)
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		_, err := parseConfig("firebreak.yaml", []byte(good+strings.TrimPrefix(text, "sources:\n")))
		assert.NoError(t, err, text)
	}
}
