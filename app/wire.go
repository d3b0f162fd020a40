package app

import (
	"cmp"
	"context"
	"fmt"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// openEngine joins the parts that carry an incident.
func (a *App) openEngine(ctx context.Context) (err error) {
	a.watchReceipts()
	if err := a.rememberRequests(ctx); err != nil {
		return err
	}
	a.engine, err = engine.New(ctx, engine.Options{
		Journal: record{a.journal, a.end}, Playbooks: books{&a.current}, Authority: authority{&a.current}, Desk: newFront(a),
		Sender: a.submitter, Watcher: a.submitter, Verifier: a.verifier, Looker: a.verifier, Log: a.o.Log,
		Observe: func(s incident.State, facts []incident.Fact) {
			a.metrics.observe(s, facts)
			a.seeDecisions(facts)
			a.watch.see(facts...)
			a.recent.see(s)
			if a.o.Observe != nil {
				a.o.Observe(s, facts)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("open engine: %w", err)
	}
	a.metrics.incidents(a.engine)
	a.keepDoors()
	a.watchKey()
	a.life.onStop("engine", func() error { a.engine.Stop(); return nil })
	a.check("journal", func(context.Context) error { return a.Err() })
	return nil
}

// slackConfig is all of Slack but what the inventory says: channels, and who is
// mentioned.
func (a *App) slackConfig() (slack.Config, error) {
	token, err := readSecret(a.c.Slack.TokenFile)
	if err != nil {
		return slack.Config{}, err
	}
	secrets, err := readSecrets(a.c.Slack.SigningSecretFiles)
	if err != nil {
		return slack.Config{}, err
	}
	config := slack.Config{Token: slack.Secret(token), TeamID: a.c.Slack.Team, AppID: a.c.Slack.App, APIURL: a.c.Slack.APIURL,
		Timeout: a.c.Slack.Timeout, Log: a.o.Log, Home: a.c.Slack.Home, Pace: cmp.Or(a.o.Pace, slack.NewPace()), Newest: ballotBox{a}.State,
		Closed: a.slackWatch.isClosed, Page: a.consoleURL, SocketMode: a.c.Slack.Transport == SlackSocket}
	for _, s := range secrets {
		config.SigningSecrets = append(config.SigningSecrets, slack.Secret(s))
	}
	return config, nil
}

// openDoors makes what listens.
func (a *App) openDoors() error {
	in, err := a.alertsConfig()
	if err != nil {
		return err
	}
	posts, err := alerts.Handler(in)
	if err != nil {
		return fmt.Errorf("open %w", err)
	}
	if err = a.openPulls(posts); err != nil {
		return err
	}
	if a.addr, err = a.serveTLS("alerts and clicks", a.c.Listen, a.c.TLS, a.publicHandler(posts, clicks{&a.current, itself})); err != nil {
		return err
	}
	if a.admin, err = a.serve("health and metrics", a.c.Admin, a.adminHandler()); err != nil {
		return err
	}
	if err = a.openSocket(); err != nil {
		return err
	}
	if err = a.watchSlack(); err != nil {
		return err
	}
	if err := a.openConsole(); err != nil {
		return err
	}
	return a.openControl(a.engine)
}
