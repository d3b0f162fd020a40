package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// proofOf is the header that each kind's proof is in.
var proofOf = map[string]string{"alertmanager": "Authorization", "custom": "Authorization", "datadog": alerts.TokenHeader, "forta": "Authorization",
	"generic": alerts.SignatureHeader, "grafana": "X-Grafana-Alerting-Signature", "ozmonitor": "X-Signature",
	"pagerduty": "X-PagerDuty-Signature", "safe": "Authorization", "tenderly": "X-Tenderly-Signature"}

func TestAnAlertIsSignedAsItsSourceDoes(t *testing.T) {
	for _, kind := range alerts.Kinds() {
		t.Run(kind, func(t *testing.T) {
			s := startSource(t, 200, nil, "")
			require.NoError(t, os.WriteFile("key", []byte(strings.Repeat("0", 60)+"f0e1\n"), 0o600))
			given := []string{"--secret-file", "secret"}
			switch kind {
			case "forta":
				given = []string{"--key-file", "key"}
			case "hypernative":
				given = []string{"--key-file", "../nothing"}
			}
			a := callWith(message, append([]string{"alert", "send", "--source", kind, "--url", s.URL + "/v1/alerts/it"}, given...)...)
			if kind == "hypernative" {
				assert.Equal(t, exitError, a.code)
				assert.Contains(t, a.err, "nothing")
				return
			}
			require.Equal(t, exitOK, a.code, a.err)
			assert.Equal(t, "200 OK\n", a.out, "an empty answer is shown as its status")
			assert.Equal(t, message, string(s.body))
			assert.NotEmpty(t, s.got.Header.Get(proofOf[kind]))
			assert.Equal(t, "application/json", s.got.Header.Get("Content-Type"))
		})
	}
}

func TestHypernativesBodyIsWrappedAndSigned(t *testing.T) {
	key, err := os.ReadFile("../../alerts/testdata/keys/p256.pem")
	require.NoError(t, err)
	s := startSource(t, 202, nil, "{}")
	require.NoError(t, os.WriteFile("key", key, 0o600))
	a := callWith(`{"riskInsight":{}}`, "alert", "send", "--source", "hypernative", "--url", s.URL, "--key-file", "key")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, string(s.body), `"data":"{\"riskInsight\":{}}"`)
	assert.Contains(t, string(s.body), `"digitalSignature":"M`)
}

func TestAConfiguredSourceIsSentToByItsName(t *testing.T) {
	s := startSource(t, 202, nil, "{}")
	require.NoError(t, os.WriteFile("firebreak.yaml", []byte(strings.NewReplacer("127.0.0.1:0", strings.TrimPrefix(s.URL, "http://")).Replace(sendConfig)), 0o600))
	a := callWith(message, "alert", "send", "--config", "firebreak.yaml", "--source", "sentinel")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Equal(t, "/v1/alerts/sentinel", s.got.URL.Path)
	assert.True(t, strings.HasPrefix(s.got.Header.Get("X-Risk-Signature"), "sha256="), "as the configuration says")
	assert.NotEmpty(t, s.got.Header.Get("X-Risk-Time"))
}

const sendConfig = `listen: 127.0.0.1:0
admin: 127.0.0.1:1
journal: firebreak.db
inventory: inventory.yaml
playbooks: playbooks
chains: {lab: {rpc: [{name: a, url: "http://127.0.0.1:8545"}]}}
signer: {vault: {address: "https://vault.internal:8200", token_file: vault-token}}
slack: {team: T0GUARD001, app: A07BREAKER1, token_file: slack-token, signing_secret_files: [slack-secret]}
sources:
  sentinel:
    kind: custom
    secret_files: [secret]
    rule: r
    map: {id: body.id}
    hmac: {header: X-Risk-Signature, encoding: hex, prefix: "sha256=", timestamp_header: X-Risk-Time, timestamp: before, separator: ".", unit: ms}
  bus: {kind: generic, secret_files: [secret], nats: {url: "nats://127.0.0.1:4222", stream: ALERTS}}
`

func TestASourceThatCannotBeSentToSaysWhy(t *testing.T) {
	s := startSource(t, 202, nil, "{}")
	require.NoError(t, os.WriteFile("firebreak.yaml", []byte(sendConfig), 0o600))
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no kind":              {[]string{"--source", "pigeon", "--url", s.URL, "--secret-file", "secret"}, exitUsage, "there are alertmanager"},
		"no secret":            {[]string{"--source", "tenderly", "--url", s.URL}, exitUsage, "--secret-file is missing"},
		"no key":               {[]string{"--source", "forta", "--url", s.URL}, exitUsage, "--key-file"},
		"no URL":               {[]string{"--source", "tenderly", "--secret-file", "secret"}, exitUsage, "--url"},
		"a secret for a key":   {[]string{"--source", "forta", "--url", s.URL, "--key-file", "secret"}, exitError, "64 hex digits"},
		"a key of another":     {[]string{"--source", "hypernative", "--url", s.URL, "--key-file", "secret"}, exitError, "PEM"},
		"a config and nobody":  {[]string{"--config", "firebreak.yaml"}, exitUsage, "--source"},
		"nobody in the config": {[]string{"--config", "firebreak.yaml", "--source", "nobody"}, exitError, "no source"},
		"one that is fetched":  {[]string{"--config", "firebreak.yaml", "--source", "bus"}, exitError, "NATS"},
	} {
		t.Run(name, func(t *testing.T) {
			a := callWith(message, append([]string{"alert", "send"}, c.args...)...)
			assert.Equal(t, c.code, a.code, a.err)
			assert.Contains(t, a.err, c.says)
			assert.NotContains(t, a.err, secret)
			assert.Zero(t, s.posts)
		})
	}
}
