package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// sourceName is the alert source of the lab's detector.
const sourceName = "detector"

// detect watches what the victims hold, block by block, and posts one alert
// when more than the scenario's threshold is gone: what a monitoring system
// would do, over HTTP and signed like any other.
func (a *Attack) detect(ctx context.Context) (accepted time.Time, err error) {
	for {
		_, lost, err := a.Funds(ctx)
		if err != nil {
			return time.Time{}, err
		}
		if lost.Cmp(a.scene.noticed) >= 0 {
			if a.r.onAlarm != nil {
				a.r.onAlarm()
			}
			units, err := incident.QuantityFromBig(lost)
			if err != nil {
				return time.Time{}, err
			}
			return a.r.post(ctx, a.alert(units.Decimal(6)))
		}
		if !a.r.chain.waitBlock(ctx) {
			return time.Time{}, fmt.Errorf("watch the attack: %w", context.Cause(ctx))
		}
	}
}

// alert is the message in the generic source's form.
func (a *Attack) alert(lost string) map[string]any {
	return map[string]any{
		"id": rand.Text(), "rule": a.scene.Rule, "severity": "critical", "chain": "lab", "contract": a.scene.Target,
		"suspects": a.scene.suspects(a.r), "loss": map[string]any{"amount": lost, "token": "USDX"}, "confidence": 0.97,
		"occurred": a.Began.UTC().Format(time.RFC3339Nano), "summary": a.scene.Story,
	}
}

// request is one signed delivery to the daemon of now.
func (r *Range) request(ctx context.Context, message map[string]any) (*http.Request, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("write alert: %w", err)
	}
	url := fmt.Sprintf("http://%s/v1/alerts/%s", r.responder().Addr(), sourceName)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = alerts.SignGeneric(r.cfg.alertSecret(), body, time.Now())
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// post sends an alert until it is acknowledged, as sources do: signed anew each
// time, with the same id.
func (r *Range) post(ctx context.Context, message map[string]any) (time.Time, error) {
	for {
		status, text, err := r.postOnce(ctx, message)
		switch {
		case err == nil && status/100 == 2:
			return time.Now(), nil
		case err == nil && status/100 == 4 && status != http.StatusTooManyRequests:
			return time.Time{}, fmt.Errorf("the alert was refused: %d %s", status, text)
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("post alert: %w", context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (r *Range) postOnce(ctx context.Context, message map[string]any) (int, string, error) {
	req, err := r.request(ctx, message)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	return resp.StatusCode, string(text), err
}
