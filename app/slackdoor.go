package app

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
)

// How Slack reaches the daemon.
const (
	SlackHTTP   = "http"
	SlackSocket = "socket"
)

var errNoSocket = errors.New("no WebSocket to Slack stands, so nobody can click")

type slackHandler = slack.Handler

// clicks is one of Slack's doors over HTTP, as the edition of now has it.
type clicks struct {
	now  *atomic.Pointer[edition]
	door func(*slackHandler) http.Handler
}

func itself(h *slackHandler) http.Handler { return h }

// ServeHTTP implements http.Handler.
func (c clicks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.door(c.now.Load().clicks).ServeHTTP(w, r)
}

// openSocket connects to Slack where nothing of Slack's comes in over HTTP.
func (a *App) openSocket() error {
	if a.c.Slack.Transport != SlackSocket {
		return nil
	}
	token, err := readSecret(a.c.Slack.AppTokenFile)
	if err != nil {
		return err
	}
	up := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "firebreak", Name: "slack_socket_connections",
		Help: "WebSockets to Slack that stand; 0 is nobody who can click."})
	a.metrics.registry.MustRegister(up)
	socket, err := slack.NewSocket(a.slackNow(), slack.SocketOptions{AppToken: slack.Secret(token),
		Handler:   func() *slack.Handler { return a.current.Load().clicks },
		Connected: func(n int) { up.Set(float64(n)); a.o.Log.Info("connections to Slack", "up", n) }})
	if err != nil {
		return err
	}
	a.background("clicks over Socket Mode", func(ctx context.Context) error { socket.Run(ctx); return nil })
	a.check("socket mode", func(context.Context) error {
		if socket.Up() == 0 {
			return errNoSocket
		}
		return nil
	})
	return nil
}

// consoleURL is where a request is read and voted on without Slack, "" where
// there is no such place; of no request: where all are.
func (a *App) consoleURL(id incident.ID) string {
	switch {
	case a.c.Console == nil:
		return ""
	case id == "":
		return a.c.Console.Origin + "/"
	}
	return console.RequestURL(a.c.Console.Origin, id)
}
