package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/incident"
)

// The kinds of pager.
const (
	PagerWebhook   = "webhook"
	PagerPagerDuty = "pagerduty"
)

// pagerDutyURL is where PagerDuty takes events (Events API v2).
const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// pager reaches people when Slack does not: that Slack is away, its token is
// revoked, or a request could not be shown. Telling fails open: a page may come
// twice, and what the pager does not take is tried again. The zero value is no
// pager; what it is told goes to the log alone. Safe for concurrent use.
type pager struct {
	kind, url, key string
	client         *http.Client
	log            *slog.Logger
	sent           *prometheus.CounterVec

	mu   sync.Mutex
	told map[string]time.Time // by key
}

const (
	pagerAgain = 15 * time.Minute // the same is said again after this long
	pagerTries = 4
	maxTold    = 4096
)

// summons is one thing to tell. The key is of what it is about: the same is not
// said again for a while.
type summons struct {
	Key      string      `json:"key"`
	Summary  string      `json:"summary"`
	Details  []string    `json:"details,omitempty"`
	Incident incident.ID `json:"incident,omitempty"`
	Link     string      `json:"link,omitempty"` // where to read and vote; it opens nothing by itself
	At       time.Time   `json:"at"`
}

// openPager reads where the pager is.
func (a *App) openPager() error {
	a.pager = &pager{log: a.o.Log, told: map[string]time.Time{}, sent: prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "firebreak", Name: "pages_total", Help: "Pages beside Slack, by what came of them."}, []string{"outcome"})}
	a.metrics.registry.MustRegister(a.pager.sent)
	c := a.c.Pager
	if c == nil {
		return nil
	}
	secret, err := readSecret(c.SecretFile)
	if err != nil {
		return fmt.Errorf("pager: %w", err)
	}
	a.pager.kind, a.pager.client = c.Kind, &http.Client{Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if c.Kind == PagerPagerDuty {
		a.pager.url, a.pager.key = pagerDutyURL, secret
		if c.URL != "" {
			a.pager.url = c.URL
		}
		return nil
	}
	if err := checkPagerURL(secret); err != nil {
		return fmt.Errorf("pager: the address in secret_file: %w", err)
	}
	a.pager.url = secret
	return nil
}

// raise tells people in the background, once for each key in a while. It tells
// whether it was said now.
func (a *App) raise(p summons) bool {
	if !a.pager.fresh(p.Key) {
		return false
	}
	p.At = time.Now().UTC()
	a.o.Log.Error("people are paged", "key", p.Key, "summary", p.Summary, "incident", p.Incident)
	if a.pager.url == "" {
		a.pager.sent.WithLabelValues("no pager").Inc()
		return true
	}
	a.running.Go(func() {
		if err := a.pager.send(a.ended, p); err != nil {
			a.pager.forget(p.Key)
			a.o.Log.Error("the pager took nothing", "key", p.Key, "err", err)
		}
	})
	return true
}

// fresh tells whether a key was not said for a while, and notes that it is now.
func (p *pager) fresh(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if last, ok := p.told[key]; ok && now.Sub(last) < pagerAgain {
		return false
	}
	if len(p.told) >= maxTold {
		clear(p.told) // saying things twice is fine
	}
	p.told[key] = now
	return true
}

func (p *pager) forget(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.told, key)
}

// send posts it, a few times if it must. After an error it was perhaps seen.
func (p *pager) send(ctx context.Context, what summons) error {
	var last error
	for try := range pagerTries {
		if last = p.post(ctx, what); last == nil {
			p.sent.WithLabelValues("sent").Inc()
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(last, context.Cause(ctx))
		case <-time.After(time.Second << try):
		}
	}
	p.sent.WithLabelValues("failed").Inc()
	return last
}

func (p *pager) post(ctx context.Context, what summons) error {
	var body any = what
	if p.kind == PagerPagerDuty {
		event := map[string]any{
			"routing_key": p.key, "event_action": "trigger", "dedup_key": clipped(what.Key, 255),
			"payload": map[string]any{"summary": clipped(what.Summary, 1024), "source": "firebreak", "severity": "critical",
				"timestamp": what.At.Format(time.RFC3339), "custom_details": map[string]any{"details": what.Details, "incident": what.Incident}},
		}
		if what.Link != "" {
			event["links"] = []map[string]string{{"href": what.Link, "text": "Read and vote without Slack"}}
		}
		body = event
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode page: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(raw))
	if err != nil {
		return errors.New("the pager's address cannot be used") // without it: it may hold a token
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := p.client.Do(request)
	if err != nil {
		return withoutURL(err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 4096) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the pager answered %s", answer.Status)
	}
	return nil
}
