package alerts_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

func TestEveryKindSaysWhatToPasteAtTheVendor(t *testing.T) {
	const url = "https://firebreak.example.org/v1/alerts/it"
	for kind, s := range sources(t) {
		text, err := alerts.Guide(s, url)
		require.NoError(t, err, kind)
		assert.Contains(t, text, url, kind)
		for _, hidden := range append([]string{scannerKey}, s.Secrets...) {
			assert.NotContains(t, text, hidden, kind)
		}
		for line := range strings.Lines(text) {
			for _, left := range []string{"{url}", "{name}", "{header}", "{proof}", "{timestamp_header}"} {
				assert.NotContains(t, line, left, kind)
			}
		}
		signed, err := alerts.Sign(s, trialOf(t, kind, payload(t, kind, orders[kind]), now))
		require.NoError(t, err)
		for _, header := range proofs(signed.Header) {
			if kind == "generic" || kind == "grafana" || kind == "custom" || kind == "datadog" {
				assert.Contains(t, strings.ToLower(text), strings.ToLower(header), "%s: the header that its operator sets", kind)
			}
		}
	}
	_, err := alerts.Guide(alerts.Source{Kind: "carrier-pigeon"}, url)
	assert.ErrorContains(t, err, "carrier-pigeon")
}

func TestTheBodyToPasteIntoDatadogIsTheOneThatIsRead(t *testing.T) {
	s := sources(t)["datadog"]
	text, err := alerts.Guide(s, "https://firebreak.example.org/v1/alerts/datadog")
	require.NoError(t, err)
	var template map[string]string
	for line := range strings.Lines(text) {
		if strings.Contains(line, `"schema"`) {
			require.NoError(t, json.Unmarshal([]byte(strings.TrimSpace(line)), &template))
		}
	}
	require.NotEmpty(t, template)
	var example map[string]string
	require.NoError(t, json.Unmarshal(payload(t, "datadog", "triggered"), &example))
	for key, value := range template {
		assert.Contains(t, example, key)
		if strings.HasPrefix(value, "$") {
			template[key] = example[key]
		}
	}
	body, err := json.Marshal(template)
	require.NoError(t, err)
	f := frontOf(t, s)
	f.send(signedBy(t, s, body, now))
	assert.Equal(t, 1, opens(f))
}
