package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/ethereum/go-ethereum/rpc"
)

// subscribing bounds the making of one subscription: a server that takes the
// request and answers nothing must not end the announcements.
const subscribing = 10 * time.Second

// Heads implements submitter.Announcer where the line is a WebSocket: the
// channel has a value on every new head, several heads together when nobody
// reads, and after every new subscription, because heads may have passed
// meanwhile. It subscribes again by itself, later each time, and closes the
// channel at the end of ctx. Over HTTP it is errors.ErrUnsupported.
func (l *line) Heads(ctx context.Context) (<-chan struct{}, error) {
	if scheme, _, _ := strings.Cut(strings.ToLower(l.url), ":"); scheme != "ws" && scheme != "wss" {
		return nil, fmt.Errorf("announce blocks over HTTP: %w", errors.ErrUnsupported)
	}
	heads := make(chan struct{}, 1)
	go func() {
		defer close(heads)
		again := backoff.NewExponentialBackOff(backoff.WithInitialInterval(250*time.Millisecond),
			backoff.WithMaxInterval(30*time.Second), backoff.WithMaxElapsedTime(0))
		// Only the end of ctx ends it: listen's error is that of one connection.
		_ = backoff.Retry(func() error { return l.listen(ctx, heads, again.Reset) }, backoff.WithContext(again, ctx))
	}()
	return heads, nil
}

// listen announces the heads of one subscription until it ends, always with an
// error. began is called once it stands.
func (l *line) listen(ctx context.Context, heads chan<- struct{}, began func()) error {
	come := make(chan json.RawMessage, 16)
	sub, err := l.subscribe(ctx, come)
	if err != nil {
		return err
	}
	defer sub.Unsubscribe()
	began()
	for {
		l.answered.Store(time.Now().UnixNano())
		select {
		case heads <- struct{}{}:
		default: // one is waiting to be read already
		}
		select {
		case <-ctx.Done():
			return backoff.Permanent(context.Cause(ctx))
		case err := <-sub.Err():
			return fmt.Errorf("the announcements ended: %w", errors.Join(errEnded, err))
		case <-come:
		}
	}
}

var errEnded = errors.New("the server ended the subscription")

func (l *line) subscribe(ctx context.Context, come chan json.RawMessage) (*rpc.ClientSubscription, error) {
	ctx, cancel := context.WithTimeout(ctx, subscribing)
	defer cancel()
	client, err := l.client(ctx)
	if err != nil {
		return nil, err
	}
	return client.EthSubscribe(ctx, come, "newHeads")
}
