package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

// call sends one request, again and again if need be, and returns the "data"
// of the reply. A nil body is a read.
func (c *Client) call(ctx context.Context, path string, body map[string]any) ([]byte, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	return c.persist(ctx, func(ctx context.Context) ([]byte, error) { return c.authorised(ctx, path, raw) })
}

// authorised is one attempt, and after a 403 one more with a new token: a token
// that was revoked or has ended early is replaced, one that may not do this is
// an error. Where the token has just come from a login, another login would
// only give its equal.
func (c *Client) authorised(ctx context.Context, path string, raw []byte) ([]byte, error) {
	issue, isNew, err := c.tokens.ensure(ctx)
	if err != nil {
		return nil, err
	}
	data, err := c.attempt(ctx, path, raw)
	if !errors.Is(err, errTokenRefused) {
		return data, err
	}
	if !isNew && !c.tokens.isBarred(path, issue) {
		if err := c.tokens.renew(ctx, issue); err != nil {
			return nil, err
		}
		if data, err = c.attempt(ctx, path, raw); !errors.Is(err, errTokenRefused) {
			return data, err
		}
		_, issue = c.tokens.secret()
	}
	c.tokens.bar(path, issue)
	capability := "update"
	if raw == nil {
		capability = "read"
	}
	return nil, fmt.Errorf("%w (403): a token straight from the login by %s may not %s %s; allow it in the token's policy",
		err, c.tokens.name, capability, path)
}

func (c *Client) attempt(ctx context.Context, path string, raw []byte) ([]byte, error) {
	var resp *api.Response
	var err error
	if raw == nil {
		resp, err = c.api.Logical().ReadRawWithContext(ctx, path)
	} else {
		resp, err = c.api.Logical().WriteRawWithContext(ctx, path, raw)
	}
	return readReply(path, resp, err)
}

// quota is until when the server wants to hear nothing, over all calls.
type quota struct {
	mu    sync.Mutex
	until time.Time
}

func (q *quota) extend(after time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if until := time.Now().Add(after); after > 0 && until.After(q.until) {
		q.until = until
	}
}

// wait ends when asking is welcome, or with ctx.
func (q *quota) wait(ctx context.Context) error {
	q.mu.Lock()
	left := time.Until(q.until)
	q.mu.Unlock()
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: vault asked to wait for another %s: %w", signer.ErrUnavailable, left.Round(time.Second), context.Cause(ctx))
	}
}
