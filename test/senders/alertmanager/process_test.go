// Package alertmanager_test lets Alertmanager's own code send: its API takes the
// alerts, its dispatcher groups them, its pipeline repeats and its webhook posts,
// in process, put together as its own program does. Its user interface is left
// out: its module does not hold that in built form.
package alertmanager_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/api"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"
	"github.com/stretchr/testify/require"
)

// start runs an Alertmanager with a configuration file's text, and returns where
// its API is.
func start(t *testing.T, text string) string {
	t.Helper()
	conf, err := config.Load(text)
	require.NoError(t, err)
	log, reg, ff, events := slog.New(slog.NewTextHandler(t.Output(), nil)), prometheus.NewRegistry(), featurecontrol.NoopFlags{}, eventrecorder.NopRecorder()

	silences, err := silence.New(silence.Options{SnapshotFile: filepath.Join(t.TempDir(), "silences"), Retention: time.Hour, Logger: log, Metrics: reg, EventRecorder: events})
	require.NoError(t, err)
	silencer := silence.NewSilencer(silences, log, events)
	notified, err := nflog.New(nflog.Options{SnapshotFile: filepath.Join(t.TempDir(), "nflog"), Retention: time.Hour, Logger: log, Metrics: reg})
	require.NoError(t, err)
	store, err := mem.NewAlerts(t.Context(), time.Hour, 0, silencer, log, events, reg, ff)
	require.NoError(t, err)
	t.Cleanup(store.Close)

	tmpl, err := template.FromGlobs(conf.Templates)
	require.NoError(t, err)
	tmpl.ExternalURL = &url.URL{Scheme: "http", Host: "alertmanager.example"}
	receivers := map[string][]notify.Integration{}
	for _, r := range conf.Receivers {
		receivers[r.Name], err = receiver.BuildReceiverIntegrations(r, tmpl, log)
		require.NoError(t, err)
	}
	groups := marker.NewGroupMarker()
	inhibitor := inhibit.NewInhibitor(store, conf.InhibitRules, log, events)
	pipeline := notify.NewPipelineBuilder(reg, ff, events).New(receivers, func() time.Duration { return 0 }, inhibitor, silencer,
		timeinterval.NewIntervener(nil), groups, notified, nil)
	dispatcher := dispatch.NewDispatcher(store, dispatch.NewRoute(conf.Route, nil), pipeline, groups,
		func(d time.Duration) time.Duration { return max(d, notify.MinTimeout) }, time.Minute, nil, log, events,
		dispatch.NewDispatcherMetrics(false, reg, ff), tmpl)
	go inhibitor.Run()
	inhibitor.WaitForLoading()
	t.Cleanup(inhibitor.Stop)
	go dispatcher.Run(time.Now())
	dispatcher.WaitForLoading()
	t.Cleanup(dispatcher.Stop)

	handler, err := api.New(api.Options{Alerts: store, Silences: silences, GroupMutedFunc: groups.Muted, Logger: log, Registry: reg,
		RequestDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "request_seconds"}, []string{"code", "handler", "method"}),
		GroupFunc: func(ctx context.Context, routes func(*dispatch.Route) bool, alerts func(*alert.Alert, time.Time) bool) (dispatch.AlertGroups, map[model.Fingerprint][]string, error) {
			return dispatcher.Groups(ctx, routes, alerts)
		}})
	require.NoError(t, err)
	handler.Update(conf, func(ctx context.Context, labels model.LabelSet) {
		inhibitor.Mutes(ctx, labels)
		silencer.Mutes(ctx, labels)
	})
	s := httptest.NewServer(http.Handler(handler.Register(route.New(), "/")))
	t.Cleanup(s.Close)
	return s.URL + "/api/v2/alerts"
}
