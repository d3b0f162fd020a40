package alerts_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// What tests sign with. Nothing trusts it.
const (
	scannerKey = "0000000000000000000000000000000000000000000000000000000000f0e1d2"
	scanner    = "0xe7Ac0693141b3caeA7A0D4898112495DAecfe01D"
	newSecret  = "a-new-secret-of-this-test"
	safePair   = "firebreak:a-password-of-this-test"
	newPair    = "firebreak:a-new-password-of-this-test"
	oldSecret  = "a-secret-from-before-of-this-test"
	oldPair    = "firebreak:a-password-from-before"
)

var wallet = common.HexToAddress("0x3333333333333333333333333333333333333333")

// vendorNames is an inventory on mainnet: a vault and a token of ours.
func vendorNames() alerts.Names {
	ours := map[common.Address]string{vault: "vault", wallet: "token"}
	return alerts.Names{
		ChainByID:  func(id uint64) (string, bool) { return "mainnet", id == 1 },
		KnownChain: func(name string) bool { return name == "mainnet" },
		ContractAt: func(chain string, a common.Address) (string, bool) {
			return ours[a], chain == "mainnet" && ours[a] != ""
		},
		Contract: func(name string) (string, common.Address, bool) { return "mainnet", vault, name == "vault" },
		Decimals: func(token string) (uint8, bool) { return 6, token == "USDX" },
	}
}

// sources has one of every kind, as an operator would write it.
func sources(t testing.TB) map[string]alerts.Source {
	key, err := os.ReadFile("testdata/keys/p256.pub")
	require.NoError(t, err)
	one := []string{secret}
	all := map[string]alerts.Source{
		"alertmanager": {Secrets: one, Rules: map[string]string{"BridgeOutflow": "bridge.outflow"}},
		"custom": {Secrets: one, Map: map[string]string{"id": "body.customer_id + '/' + string(body.rule_type)", "rule": "'sentinel.' + body.rule_type",
			"chain_id": "body.chain_id", "contract": "body.token_address", "summary": "body.message", "suspects": "body.nested.accounts",
			"loss.amount": "body.nested.lost", "loss.token": "'USDX'", "confidence": "body.score", "severity": "body.score > 0.4 ? 'high' : 'low'",
			"occurred": "string(timestamp(body.timestamp_ms / 1000))"},
			HMAC: &alerts.HMAC{Header: "X-Risk-Sentinel-Signature", Encoding: "hex", Prefix: "sha256=", TimestampHeader: "X-Risk-Sentinel-Timestamp", Timestamp: "before", Separator: ".", Unit: "ms"}},
		"datadog":     {Secrets: one, Rule: "bridge.outflow"},
		"forta":       {Scanners: []string{scanner}, Suspects: []string{"scammer-eoa"}, Rules: map[string]string{"OZ-GNOSIS-EVENTS": "bridge.outflow"}},
		"generic":     {Secrets: one},
		"grafana":     {Secrets: one, HMAC: &alerts.HMAC{TimestampHeader: "X-Grafana-Alerting-Timestamp"}, Rules: map[string]string{"abc": "bridge.outflow"}},
		"hypernative": {Keys: []string{string(key)}, Suspects: []string{"origin"}, Rules: map[string]string{"A-0000": "bridge.outflow"}},
		"ozmonitor": {Secrets: one, Rules: map[string]string{"Large Transfer": "bridge.outflow"}, Severity: incident.SeverityHigh,
			Suspects: []string{"tx.from", "arg.to"}, Loss: &alerts.Loss{Arg: "value", Token: "USDX"}},
		"pagerduty": {Secrets: one, Rules: map[string]string{"PF9KMXH": "bridge.outflow"}},
		"safe":      {Secrets: []string{safePair}},
		"tenderly":  {Secrets: one, Rule: "vault.outflow-spike", Severity: incident.SeverityCritical, Suspects: []string{"tx.from"}},
	}
	for kind, s := range all {
		s.Kind, s.Name = kind, kind
		all[kind] = s
	}
	return all
}

// frontOf is a front door with one source.
func frontOf(t testing.TB, s alerts.Source, change ...func(*alerts.Config)) *front {
	return newFront(t, append([]func(*alerts.Config){func(c *alerts.Config) { c.Sources, c.Names = []alerts.Source{s}, vendorNames() }}, change...)...)
}

// trialOf is what a kind signs a body with.
func trialOf(t testing.TB, kind string, body []byte, at time.Time) alerts.Trial {
	trial := alerts.Trial{Body: body, Now: at}
	switch kind {
	case "forta":
		trial.Key = []byte(scannerKey)
	case "hypernative":
		pem, err := os.ReadFile("testdata/keys/p256.pem")
		require.NoError(t, err)
		trial.Key = pem
	}
	return trial
}

// signedBy makes a delivery as its sender does.
func signedBy(t testing.TB, s alerts.Source, body []byte, at time.Time) *http.Request {
	signed, err := alerts.Sign(s, trialOf(t, s.Kind, body, at))
	require.NoError(t, err)
	return request(s.Name, signed)
}

func request(source string, d alerts.Signed) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/alerts/"+source, bytes.NewReader(d.Body))
	r.Header = d.Header.Clone()
	return r
}

// payload is one of the bodies in testdata.
func payload(t testing.TB, kind, name string) []byte {
	body, err := os.ReadFile(filepath.Join("testdata", kind, name+".json"))
	require.NoError(t, err)
	return body
}

// payloads lists a kind's bodies.
func payloads(t testing.TB, kind string) []string {
	files, err := filepath.Glob(filepath.Join("testdata", kind, "*.json"))
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	return names
}

// orders are the bodies that open a run, one per kind that has any.
var orders = map[string]string{"alertmanager": "firing", "custom": "alert", "datadog": "triggered", "forta": "batch", "generic": "alert", "grafana": "firing",
	"hypernative": "alert", "ozmonitor": "raw", "pagerduty": "triggered", "safe": "confirmation", "tenderly": "alert"}
