package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/firebreak-project/firebreak/signer"
)

// polite waits at least as long as the server asked for.
type polite struct {
	backoff.BackOff
	after time.Duration
}

func (p *polite) NextBackOff() time.Duration {
	next := p.BackOff.NextBackOff()
	if next == backoff.Stop {
		return next
	}
	return max(next, p.after)
}

// persist runs one attempt after another until there is an answer or ctx ends.
// Only transient errors are tried again; the attempt has to send the same bytes
// every time.
func (c *Client) persist(ctx context.Context, attempt func(context.Context) ([]byte, error)) ([]byte, error) {
	pace := &polite{BackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(50*time.Millisecond),
		backoff.WithMaxInterval(2*time.Second),
		backoff.WithMaxElapsedTime(0), // ctx decides
	)}
	var last error
	data, err := backoff.RetryWithData(func() ([]byte, error) {
		if err := c.quota.wait(ctx); err != nil {
			last = cmp.Or(last, err)
			return nil, backoff.Permanent(err)
		}
		data, err := attempt(ctx)
		if err == nil {
			return data, nil
		}
		if last == nil || ctx.Err() == nil {
			last = err // an attempt that our own deadline cut off says less than the answer before it
		}
		again, ok := errors.AsType[*transient](err)
		if !ok {
			return nil, backoff.Permanent(err)
		}
		pace.after = again.after
		if again.quota {
			c.quota.extend(again.after)
		}
		return nil, err
	}, backoff.WithContext(pace, ctx))
	if err == nil {
		return data, nil
	}
	if _, wasTransient := errors.AsType[*transient](last); wasTransient {
		return nil, fmt.Errorf("gave up asking: %w", last)
	}
	if ctx.Err() != nil && last == nil {
		return nil, fmt.Errorf("%w: %w", signer.ErrUnavailable, ctx.Err())
	}
	return nil, err
}
