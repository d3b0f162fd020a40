package app

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// check is one thing that must work for an incident to go well.
type check struct {
	name  string
	probe func(ctx context.Context) error
}

// readiness runs the checks behind /readyz and remembers the answer for a
// moment, so that a busy probe is no load on Vault and Slack.
type readiness struct {
	checks []check
	keep   time.Duration

	mu     sync.Mutex
	at     time.Time
	ready  bool
	answer map[string]string
}

func (r *readiness) look(ctx context.Context) (bool, map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answer != nil && time.Since(r.at) < r.keep {
		return r.ready, r.answer
	}
	// A client that hangs up must not leave an answer about itself to others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	errs := make([]error, len(r.checks))
	var wg sync.WaitGroup
	for i, c := range r.checks {
		wg.Go(func() { errs[i] = c.probe(ctx) })
	}
	wg.Wait()
	r.ready, r.answer, r.at = true, map[string]string{}, time.Now()
	for i, c := range r.checks {
		r.answer[c.name] = "ok"
		if errs[i] != nil {
			r.ready, r.answer[c.name] = false, errs[i].Error()
		}
	}
	return r.ready, r.answer
}

// adminHandler serves health and metrics on the private address.
func (a *App) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ready, answer := a.ready.look(r.Context())
		w.Header().Set("Content-Type", "application/json")
		if !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(map[string]any{"ready": ready, "checks": answer}) // the client has gone if it fails
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}

// healthz tells whether the process can do its work at all. A lost journal is
// the end of it: an orchestrator should start another one.
func (a *App) healthz(w http.ResponseWriter, _ *http.Request) {
	if a.Err() != nil { // why is for the log: this is on the public address too
		http.Error(w, "firebreak cannot go on; its log says why", http.StatusInternalServerError)
		return
	}
	w.Write([]byte("ok\n"))
}
