package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/hashicorp/vault/api"
)

// settled is how long a token has to last before a login that fails next is
// tried again at once.
const settled = 30 * time.Second

// Run keeps the token alive until ctx ends: it renews it, and logs in again
// when renewing stops. It returns nil when ctx ends. Calls work without it, at
// the price of a login inside a call when a token has run out.
func (c *Client) Run(ctx context.Context) error {
	pace := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second),
		backoff.WithMaxInterval(30*time.Second),
		backoff.WithMaxElapsedTime(0),
	)
	for ctx.Err() == nil {
		since := time.Now()
		issue, ended, err := c.watch(ctx)
		if ctx.Err() != nil {
			break
		}
		if err == nil && !ended {
			continue // a call logged in meanwhile: watch that token
		}
		if err == nil {
			err = c.tokens.renew(ctx, issue)
		}
		if err != nil {
			c.logger.Warn("vault token is not renewed", "err", err)
		}
		if time.Since(since) > settled {
			pace.Reset()
		}
		// Also after a login that worked: a token that ends at once must
		// not become a loop of logins.
		select {
		case <-ctx.Done():
		case <-time.After(pace.NextBackOff()):
		}
	}
	return nil
}

// watch returns when the token in use ends, or with false when another one
// took its place or ctx ended. The library returns nil at the end of life too,
// so any return of its watcher counts as the end.
func (c *Client) watch(ctx context.Context) (issue uint64, ended bool, err error) {
	if _, _, err := c.tokens.ensure(ctx); err != nil {
		return 0, false, err
	}
	c.drain()
	secret, issue := c.tokens.secret()
	if secret.Auth.LeaseDuration == 0 {
		// It does not expire, or may not say so: it is used until it is
		// refused or its file changes.
		select {
		case <-ctx.Done():
		case <-c.tokens.fresh:
		}
		return issue, false, nil
	}
	left := c.tokens.left()
	if left <= 0 {
		return issue, true, nil
	}
	watched := *secret.Auth
	watched.LeaseDuration = int(left.Seconds())
	watcher, err := c.api.NewLifetimeWatcher(&api.LifetimeWatcherInput{Secret: &api.Secret{Auth: &watched}, RenewBehavior: behaviour(secret)})
	if err != nil {
		return issue, false, fmt.Errorf("watch vault token: %w", err)
	}
	go watcher.Start()
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return issue, false, nil
		case <-c.tokens.fresh:
			return issue, false, nil
		case renewed := <-watcher.RenewCh():
			c.tokens.renewed(issue, renewed.Secret)
		case err := <-watcher.DoneCh():
			if err != nil {
				c.logger.Warn("vault token renewal ended", "err", transportError(err))
			}
			return issue, true, nil
		}
	}
}

// behaviour keeps the watcher from repeating a renewal that failed: up to
// api v1.23.0 its backoff has no Stop value, so once it is used up it waits for
// nothing and asks as fast as it can until the token ends. Here the first
// failure ends it, and Run asks again at its own pace.
func behaviour(secret *api.Secret) api.RenewBehavior {
	if !secret.Auth.Renewable {
		return api.RenewBehaviorRenewDisabled // it only tells when the end is near
	}
	return api.RenewBehaviorErrorOnErrors
}

// drain forgets the login that made the token which is about to be watched.
func (c *Client) drain() {
	select {
	case <-c.tokens.fresh:
	default:
	}
}
