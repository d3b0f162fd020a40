package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

func (a *App) alertsConfig() (alerts.Config, error) {
	config := alerts.Config{
		Inbox: a.engine, Log: a.o.Log, Proxies: networks(a.c.Proxies), MaxConcurrent: mostConcurrent,
		Count:   a.countAlert,
		Refused: a.turnedAwayAtAlerts,
		Names:   a.current.Load().names, Present: func() alerts.Names { return a.current.Load().names },
	}
	for _, name := range slices.Sorted(maps.Keys(a.c.Sources)) {
		s := a.c.Sources[name]
		secrets, err := readSecrets(s.SecretFiles)
		if err != nil {
			return config, fmt.Errorf("source %s: %w", name, err)
		}
		quota, err := parseSize(s.Quota)
		if err != nil {
			return config, fmt.Errorf("source %s: quota: %w", name, err)
		}
		source := s.AlertSource(name, secrets)
		source.Quota = quota
		config.Sources = append(config.Sources, source)
	}
	return config, nil
}

// countAlert hears what became of a delivery.
func (a *App) countAlert(source string, o alerts.Outcome) {
	a.metrics.alerts.WithLabelValues(source, string(o)).Inc()
	a.heartbeats.hear(source, o, time.Now())
	switch o {
	case alerts.Truncated:
		a.raise(summons{Key: "truncated/" + source, Summary: fmt.Sprintf("Source %s left alerts out of a delivery.", source),
			Details: []string{"What it left out is not known here. Raise its limit (max_alerts), and look at the sender."}})
	case alerts.Unreadable:
		a.raise(summons{Key: "unreadable/" + source, Summary: fmt.Sprintf("Source %s sent an authentic message that cannot be understood. Nothing was prepared.", source),
			Details: []string{"It may have been an alert. Read it with firebreak alert list --source " + source + "; firebreak source test " + source + " says how the sender should be set up."}})
	}
}

// turnedAwayAtAlerts records a delivery that was refused for what it is. It is
// kept apart from what people tried: a flood of one must not hide the other.
func (a *App) turnedAwayAtAlerts(r alerts.Refusal) {
	if r.Source == "" {
		return // anybody can ask for any URL; it is counted
	}
	by := "alerts"
	if a.c.Sources[r.Source].NATS != nil {
		by = "nats"
	}
	a.porch.refuse(incident.TurnedAway{By: by, Reason: string(r.Outcome), Who: r.Source,
		Detail: incident.OneLine("from "+r.From+": "+r.Detail, 300), Body: r.Body})
}
