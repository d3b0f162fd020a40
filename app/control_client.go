package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Direct asks the daemon behind a control socket to bump or cancel a step. When
// it returns without error the direction is on disk. The error is a sentence:
// that of the daemon, or that no daemon answers.
func Direct(ctx context.Context, socket, verb string, d Direction) (Directed, error) {
	return speak[Directed](ctx, socket, request{"/v1/tx/" + verb, d, "see in firebreak tx show whether it was taken"})
}

// RequestReload asks the daemon behind a control socket to read inventory and
// playbooks anew. The error is what App.Reload's says, in words.
func RequestReload(ctx context.Context, socket string) (Reloaded, error) {
	return speak[Reloaded](ctx, socket, request{reloadPath, struct{}{}, "see in its log whether it was done"})
}

// request is what is said on the control socket.
type request struct {
	path   string
	body   any
	unsure string // what to do when the answer was lost
}

// speak says something to the daemon and gives its answer.
func speak[T any](ctx context.Context, socket string, say request) (T, error) {
	var none, done T
	client := &http.Client{
		Timeout: directionTime + 5*time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(context.Context, string, string) (net.Conn, error) { return dialControl(socket) },
		},
	}
	body, err := json.Marshal(say.body)
	if err != nil {
		return none, err
	}
	// The host is for HTTP alone: the connection is the socket's.
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://firebreak"+say.path, bytes.NewReader(body))
	if err != nil {
		return none, err
	}
	response, err := client.Do(post)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return none, fmt.Errorf("no daemon answers on %s; start it, or say with --config or --control where its socket is", socket)
	case errors.Is(err, fs.ErrPermission):
		return none, fmt.Errorf("you may not speak to %s; run this as the user that the daemon runs as", socket)
	case err != nil:
		return none, fmt.Errorf("speak to the daemon on %s: %w; %s", socket, errors.Unwrap(err), say.unsure)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return none, fmt.Errorf("read the daemon's answer: %w; %s", err, say.unsure)
	}
	if response.StatusCode != http.StatusOK {
		var said complaint
		if err := json.Unmarshal(text, &said); err != nil || said.Error == "" {
			return none, fmt.Errorf("the daemon on %s answered %s", socket, response.Status)
		}
		return none, said.err(response.StatusCode)
	}
	if err := json.Unmarshal(text, &done); err != nil {
		return none, fmt.Errorf("the daemon on %s answered what is no answer: %w", socket, err)
	}
	return done, nil
}
