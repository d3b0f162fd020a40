// Package grafana_test lets Grafana's own alerting code send: its Alertmanager
// takes the alerts, groups them, and its webhook contact point signs and posts, in
// process. Its test button is its own too.
package grafana_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/grafana/alerting/images"
	"github.com/grafana/alerting/models"
	"github.com/grafana/alerting/notify"
	"github.com/grafana/alerting/receivers"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// contactPoint is the webhook's settings as Grafana stores them.
func contactPoint(t *testing.T, url, secret string, extra map[string]any) *notify.APIReceiver {
	t.Helper()
	hmac := map[string]any{"secret": secret}
	for k, v := range extra {
		hmac[k] = v
	}
	settings, err := json.Marshal(map[string]any{"url": url, "hmacConfig": hmac})
	require.NoError(t, err)
	return &notify.APIReceiver{ConfigReceiver: notify.ConfigReceiver{Name: "firebreak"},
		ReceiverConfig: models.ReceiverConfig{Integrations: []*models.IntegrationConfig{{UID: "fb", Name: "firebreak", Type: "webhook", Settings: settings}}}}
}

// start runs Grafana's Alertmanager with one contact point.
func start(t *testing.T, to *notify.APIReceiver) *notify.GrafanaAlertmanager {
	t.Helper()
	log := log.NewNopLogger()
	am, err := notify.NewGrafanaAlertmanager(notify.GrafanaAlertmanagerOpts{
		ExternalURL: "https://grafana.example/", TenantKey: "orgID", TenantID: 1, Version: "12.2.0",
		Silences: forgetful{}, Nflog: forgetful{}, EmailSender: nobody{}, ImageProvider: &images.UnavailableProvider{},
		Decrypter: func(_ context.Context, _ map[string][]byte, _, fallback string) string { return fallback },
		Peer:      &notify.NilPeer{}, Logger: log, Metrics: notify.NewGrafanaAlertmanagerMetrics(prometheus.NewRegistry(), log),
	})
	require.NoError(t, err)
	t.Cleanup(am.StopAndWait)
	wait, interval, repeat := model.Duration(10*time.Millisecond), model.Duration(200*time.Millisecond), model.Duration(4*time.Hour)
	require.NoError(t, am.ApplyConfig(notify.NotificationsConfiguration{
		RoutingTree: &notify.Route{Receiver: "firebreak", GroupByStr: []string{"alertname"}, GroupBy: []model.LabelName{"alertname"},
			GroupWait: &wait, GroupInterval: &interval, RepeatInterval: &repeat},
		Receivers: []*notify.APIReceiver{to},
	}))
	return am
}

// forgetful keeps no state over a restart, which there is none of.
type forgetful struct{}

func (forgetful) InitialState() string                        { return "" }
func (forgetful) Retention() time.Duration                    { return time.Hour }
func (forgetful) MaintenanceFrequency() time.Duration         { return time.Hour }
func (forgetful) MaintenanceFunc(notify.State) (int64, error) { return 0, nil }

// nobody sends no mail.
type nobody struct{}

func (nobody) SendEmail(context.Context, *receivers.SendEmailSettings) error {
	return fmt.Errorf("no mail is sent here")
}
