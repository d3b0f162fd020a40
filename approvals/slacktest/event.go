package slacktest

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The headers of an event that is sent again, and the app's answer to that.
const (
	retryNumHeader    = "X-Slack-Retry-Num"
	retryReasonHeader = "X-Slack-Retry-Reason"
	noRetryHeader     = "X-Slack-No-Retry"
)

// retryAfter is when an event that was not acknowledged is sent again, each
// time counted from the try before.
var retryAfter = []time.Duration{0, time.Minute, 5 * time.Minute}

// lateEvent is an event that waits to be sent again.
type lateEvent struct {
	attempt *Attempt
	due     time.Time
}

// Event sends an event of the Events API, signed as an interaction is, and
// waits as long as Slack waits. One that fails is sent again at once, and
// after one and five minutes more when [Server.DeliverDue] is called by then.
// The Delivery is that of the last try so far.
func (s *Server) Event(ctx context.Context, kind string, body map[string]any) (Delivery, error) {
	a, err := s.NewEvent(kind, body)
	if err != nil {
		return Delivery{}, err
	}
	d, err := a.Send(ctx)
	if err != nil {
		return d, err
	}
	return s.tryAgain(ctx, a, d)
}

// NewEvent builds an event without sending it. body is what stands beside the
// type; "event_ts" is added.
func (s *Server) NewEvent(kind string, body map[string]any) (*Attempt, error) {
	if kind == "" {
		return nil, errors.New("event: its type is empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	event := map[string]any{"type": kind, "event_ts": s.newTS()}
	maps.Copy(event, body)
	id := "Ev" + randomID(10)
	payload := map[string]any{
		"token": "deprecated", "team_id": s.cfg.TeamID, "api_app_id": s.cfg.AppID, "type": "event_callback",
		"event": event, "event_id": id, "event_time": s.cfg.Now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []any{map[string]any{
			"enterprise_id": nil, "team_id": s.cfg.TeamID, "user_id": s.cfg.BotUserID, "is_bot": true, "is_enterprise_install": false,
		}},
	}
	channel, _ := event["channel"].(string)
	return s.newAttempt(events(), payload, Delivery{Kind: "event", Action: kind, EventID: id, Channel: channel}), nil
}

// DeliverDue sends the events again whose time has come by [Config.Now].
func (s *Server) DeliverDue(ctx context.Context) ([]Delivery, error) {
	now := s.cfg.Now()
	s.mu.Lock()
	var due []*Attempt
	s.late = slices.DeleteFunc(s.late, func(l lateEvent) bool {
		ripe := !l.due.After(now)
		if ripe {
			due = append(due, l.attempt)
		}
		return ripe
	})
	s.mu.Unlock()
	var out []Delivery
	for _, a := range due {
		d, err := a.again(ctx)
		if err != nil {
			return out, err
		}
		if d, err = s.tryAgain(ctx, a, d); err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

// tryAgain does what follows a try: nothing when it went well or the app said
// stop, the next try at once, or a note of when it is due.
func (s *Server) tryAgain(ctx context.Context, a *Attempt, d Delivery) (Delivery, error) {
	for !d.Acked && !d.noRetry && d.Retry < len(retryAfter) {
		wait := retryAfter[d.Retry]
		a.meta.Retry, a.meta.RetryReason = d.Retry+1, whyAgain(d)
		if wait > 0 {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.late = append(s.late, lateEvent{a, s.cfg.Now().Add(wait)})
			return d, nil
		}
		var err error
		if d, err = a.again(ctx); err != nil {
			return d, err
		}
	}
	return d, nil
}

// again sends the same event with a fresh signature and the retry headers.
func (a *Attempt) again(ctx context.Context) (Delivery, error) {
	a.at = a.server.cfg.Now()
	a.header = http.Header{
		retryNumHeader: {strconv.Itoa(a.meta.Retry)}, retryReasonHeader: {a.meta.RetryReason},
	}
	return a.Send(ctx)
}

// whyAgain is Slack's word for what went wrong with a try.
func whyAgain(d Delivery) string {
	switch {
	case d.Status != 0:
		return "http_error"
	case d.Notice == noticeTimeout && d.Transport == OverSocket:
		return "timeout"
	case d.Notice == noticeTimeout:
		return "http_timeout"
	}
	return "connection_failed"
}

// VerifyEventsURL asks what Slack asks when somebody enters an events URL:
// the app must give a challenge back, in a signed request's answer with
// status 200, within the ack limit.
func (s *Server) VerifyEventsURL(ctx context.Context) error {
	challenge := randomHex(20)
	payload := map[string]any{"token": "deprecated", "challenge": challenge, "type": "url_verification"}
	d, err := s.newAttempt(events(), payload, Delivery{Kind: "event", Action: "url_verification"}).Send(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("verify events URL: %w", err)
	case d.Status != http.StatusOK:
		return fmt.Errorf("verify events URL: %s", cmp.Or(d.Notice, "status "+strconv.Itoa(d.Status)))
	case subtle.ConstantTimeCompare([]byte(challengeOf(d.Reply)), []byte(challenge)) != 1:
		return errors.New("verify events URL: the answer is not the challenge")
	}
	return nil
}

// challengeOf reads the three forms in which Slack accepts the challenge.
func challengeOf(reply []byte) string {
	var body struct{ Challenge string }
	if json.Unmarshal(reply, &body) == nil && body.Challenge != "" {
		return body.Challenge
	}
	text := strings.TrimSpace(string(reply))
	if form, err := url.ParseQuery(text); err == nil && form.Get("challenge") != "" {
		return form.Get("challenge")
	}
	return text
}
