package grafana_test

import (
	"testing"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/alerting/notify"
	amv2 "github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/test/senders/sendertest"
)

const (
	secret = "the-secret-of-this-grafana"
	stamp  = "X-Grafana-Alerting-Timestamp"
)

// dated is a contact point whose signature covers the time, and its source here.
var dated = map[string]any{"timestampHeader": stamp}

func source(hmac *alerts.HMAC) alerts.Source {
	return alerts.Source{Name: "grafana", Kind: "grafana", Secrets: []string{secret}, HMAC: hmac, Rules: map[string]string{"BridgeOutflow": "bridge.outflow"}}
}

// fire puts one alert, as Grafana's scheduler does: with the rule's identifier.
func fire(t *testing.T, am *notify.GrafanaAlertmanager, started, ends time.Time) {
	t.Helper()
	require.NoError(t, am.PutAlerts(amv2.PostableAlerts{{
		StartsAt: strfmt.DateTime(started), EndsAt: strfmt.DateTime(ends),
		Annotations: amv2.LabelSet{"summary": "more goes out than came in"},
		Alert: amv2.Alert{GeneratorURL: "https://grafana.example/alerting/grafana/abc/view", Labels: amv2.LabelSet{
			"alertname": "BridgeOutflow", "rule": "bridge.outflow", "severity": "critical", "chain_id": "1337",
			"contract": sendertest.Vault.Hex(), "__alert_rule_uid__": "abc"}},
	}}))
}

func TestARealGrafanasAlertIsStoredInItsNormalForm(t *testing.T) {
	for name, c := range map[string]struct {
		point map[string]any
		hmac  *alerts.HMAC
	}{
		"without the time":   {nil, nil},
		"with the time":      {dated, &alerts.HMAC{TimestampHeader: stamp}},
		"with other headers": {map[string]any{"header": "X-Proof", "timestampHeader": "X-Time"}, &alerts.HMAC{Header: "X-Proof", TimestampHeader: "X-Time"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := sendertest.Start(t, source(c.hmac))
			am := start(t, contactPoint(t, r.URL, secret, c.point))
			started := time.Now().Add(-time.Minute).Truncate(time.Second)
			fire(t, am, started, time.Now().Add(time.Hour))

			got := r.Until(t, 1)[0]
			assert.Empty(t, got.Inert, "it is an order to act")
			a := got.Alert
			assert.Equal(t, "bridge.outflow", a.Rule)
			assert.Equal(t, incident.SeverityCritical, a.Severity)
			assert.Equal(t, "lab-vault", a.Contract)
			assert.Equal(t, sendertest.Vault, *a.Address)
			assert.Equal(t, started.UTC(), a.Occurred)
			assert.Equal(t, "more goes out than came in", a.Summary)
			assert.NotEmpty(t, a.Signal)
			assert.Equal(t, len(c.point) > 0, !a.Sent.IsZero(), "when it was sent is known where that is signed")

			fire(t, am, started, time.Now().Add(-time.Second))
			resolved := r.Until(t, 2)[1]
			assert.Equal(t, incident.InertResolved, resolved.Inert)
			assert.Equal(t, a.Signal, resolved.Alert.Signal, "it closes what it opened")
			assert.Zero(t, r.Refused.Load())
		})
	}
}

// TestTheTestButtonOfARealGrafanaOpensNothing, whatever the person who presses it
// writes into the labels.
func TestTheTestButtonOfARealGrafanaOpensNothing(t *testing.T) {
	for name, labels := range map[string]model.LabelSet{
		"as it is":            nil,
		"with labels of ours": {"alertname": "BridgeOutflow", "severity": "critical", "chain_id": "1337"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sendertest.Start(t, source(&alerts.HMAC{TimestampHeader: stamp}))
			point := contactPoint(t, r.URL, secret, dated)
			result, _, err := start(t, point).TestReceivers(t.Context(), notify.TestReceiversConfigBodyParams{
				Alert: &notify.TestReceiversConfigAlertParams{Labels: labels}, Receivers: []*notify.APIReceiver{point}})
			require.NoError(t, err)
			assert.Empty(t, result.Receivers[0].Configs[0].Error, "the person who pressed it is told that it works")
			assert.Equal(t, incident.InertTest, r.Until(t, 1)[0].Inert)
		})
	}
}

func TestARealGrafanaThatDoesNotSignStoresNothing(t *testing.T) {
	for name, c := range map[string]struct {
		secret string
		extra  map[string]any
	}{
		"another secret":   {"another-secret-of-somebody", dated},
		"without the time": {secret, nil},
		"in another place": {secret, map[string]any{"timestampHeader": stamp, "header": "X-Elsewhere"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := sendertest.Start(t, source(&alerts.HMAC{TimestampHeader: stamp}))
			fire(t, start(t, contactPoint(t, r.URL, c.secret, c.extra)), time.Now(), time.Now().Add(time.Hour))
			require.Eventually(t, func() bool { return r.Refused.Load() > 0 }, 60*time.Second, 20*time.Millisecond)
			assert.Empty(t, r.Stored(t))
		})
	}
}

func TestARealGrafanaComesAgainWhenTheDiskWasFull(t *testing.T) {
	r := sendertest.Start(t, source(nil))
	r.Failing.Store(1)
	fire(t, start(t, contactPoint(t, r.URL, secret, nil)), time.Now(), time.Now().Add(time.Hour))
	assert.Len(t, r.Until(t, 1), 1)
}
