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
	client := &http.Client{
		Timeout: directionTime + 5*time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(context.Context, string, string) (net.Conn, error) { return dialControl(socket) },
		},
	}
	body, err := json.Marshal(d)
	if err != nil {
		return Directed{}, err
	}
	// The host is for HTTP alone: the connection is the socket's.
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://firebreak/v1/tx/"+verb, bytes.NewReader(body))
	if err != nil {
		return Directed{}, err
	}
	response, err := client.Do(request)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return Directed{}, fmt.Errorf("no daemon answers on %s; start it, or say with --config or --control where its socket is", socket)
	case errors.Is(err, fs.ErrPermission):
		return Directed{}, fmt.Errorf("you may not speak to %s; run this as the user that the daemon runs as", socket)
	case err != nil:
		return Directed{}, fmt.Errorf("speak to the daemon on %s: %w; see in firebreak tx show whether it was taken", socket, errors.Unwrap(err))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return Directed{}, fmt.Errorf("read the daemon's answer: %w; see in firebreak tx show whether it was taken", err)
	}
	if response.StatusCode != http.StatusOK {
		var said complaint
		if err := json.Unmarshal(text, &said); err != nil || said.Error == "" {
			return Directed{}, fmt.Errorf("the daemon on %s answered %s", socket, response.Status)
		}
		return Directed{}, errors.New(said.Error)
	}
	var done Directed
	if err := json.Unmarshal(text, &done); err != nil {
		return Directed{}, fmt.Errorf("the daemon on %s answered what is no answer: %w", socket, err)
	}
	return done, nil
}
