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
func (a *Attack) detect(ctx context.Context, url func() string, secret string) (accepted time.Time, err error) {
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
			return a.r.post(ctx, url, secret, a.alert(units.Decimal(6)))
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

// post sends an alert until it is acknowledged, as sources do.
func (r *Range) post(ctx context.Context, url func() string, secret string, message map[string]any) (time.Time, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return time.Time{}, fmt.Errorf("write alert: %w", err)
	}
	for {
		status, text, err := postOnce(ctx, url(), secret, body)
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

func postOnce(ctx context.Context, url, secret string, body []byte) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header = alerts.SignGeneric(secret, body, time.Now())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	return resp.StatusCode, string(text), err
}
