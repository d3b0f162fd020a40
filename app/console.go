package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// openConsole serves the approval page, where there is one.
func (a *App) openConsole() error {
	if a.c.Console == nil {
		return nil
	}
	page, err := a.newConsole()
	if err != nil {
		return fmt.Errorf("open %w", err)
	}
	l, err := net.Listen("tcp", a.c.Console.Listen)
	if err != nil {
		return fmt.Errorf("listen for the approval page: %w; stop what uses the port, or name another one", err)
	}
	a.console = l.Addr()
	l = a.bounded("approval page", l)
	if a.c.Console.TLS != nil {
		certificate := &certificate{files: *a.c.Console.TLS, failed: func(err error) {
			a.o.Log.Error("the approval page's new certificate cannot be used; the old one stays", "err", err)
		}}
		if err := certificate.load(); err != nil {
			return errors.Join(fmt.Errorf("open the approval page: %w", err), l.Close())
		}
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get})
	}
	a.serveOn("approval page", l, page, nil)
	return nil
}

func (a *App) newConsole() (*console.Console, error) {
	decoys, err := a.decoys()
	if err != nil {
		return nil, err
	}
	keys := newKeyring(a.signer, slices.Sorted(maps.Keys(a.keys)), time.Now)
	return console.New(console.Options{
		Origin: a.c.Console.Origin, RPID: a.c.Console.RPID, Requests: desktop{a}, Guardians: guardians{keys},
		Ballots: &ballots{votes: a.engine, keys: keys, now: time.Now,
			rules: func() approvals.Rules { return approvals.Rules{Roster: a.current.Load().people} }},
		Decoys: decoys, Version: a.o.Version, Log: a.o.Log, Refused: a.turnedAwayAtConsole,
	})
}

// decoys is the secret behind what strangers seem to have. It is made from one
// that the daemon has anyway, and says nothing of it.
func (a *App) decoys() ([]byte, error) {
	secret, err := readSecret(a.c.Slack.TokenFile) // which there is with either transport
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("firebreak-console-decoys/1"))
	return mac.Sum(nil), nil
}

// turnedAwayAtConsole counts every refusal and records those that asked for an
// effect: who merely looks at a wrong page fills no disk.
func (a *App) turnedAwayAtConsole(r console.Refusal) {
	a.metrics.refused.WithLabelValues("page-" + string(r.Reason)).Inc()
	if r.Effect && r.Reason != console.ReasonTooOften {
		a.door.refuse(incident.TurnedAway{By: "page", Reason: string(r.Reason), Who: r.Person, Incident: r.Incident, Detail: r.Path})
	}
}

// desktop is the journal as the console reads it.
type desktop struct{ app *App }

// State implements console.Requests.
func (d desktop) State(ctx context.Context, id incident.ID) (incident.State, error) {
	s, err := d.app.engine.State(ctx, id)
	if errors.Is(err, engine.ErrUnknown) {
		return s, fmt.Errorf("%w: %s", console.ErrUnknown, id)
	}
	return s, err
}

// Open implements console.Requests.
func (d desktop) Open() []incident.State {
	open := slices.DeleteFunc(d.app.engine.Active(), func(s incident.State) bool { return s.Phase() != incident.PhaseAsking })
	slices.SortFunc(open, newestFirst)
	return open
}

// Ended implements console.Requests.
func (d desktop) Ended(context.Context) ([]incident.State, error) { return d.app.recent.list(), nil }
