package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Hold keeps the range up without an attack, for somebody who writes playbooks:
// the files in its folder are the daemon's, and a change of them comes into
// force within seconds. It returns nil when ctx ends. With scripted guardians
// every request is approved by ana and dee.
func (r *Range) Hold(ctx context.Context) error {
	r.o.Say("%s", r.welcome())
	g, gctx := errgroup.WithContext(ctx)
	if r.o.Guardians {
		for _, name := range []string{"ana", "dee"} {
			g.Go(func() error { return r.always(gctx, name) })
		}
	}
	g.Go(func() error {
		select {
		case <-gctx.Done():
			return nil
		case <-r.stopped():
			return errors.New("firebreak has stopped; its log says why")
		}
	})
	return g.Wait()
}

// always approves one request after the other.
func (r *Range) always(ctx context.Context, name string) error {
	for ctx.Err() == nil {
		if err := Approve(ctx, r.slack, name); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// welcome says what there is and what to type.
func (r *Range) welcome() string {
	lines := []string{
		"",
		"  The range is up; Ctrl-C ends it. Its files, which you may change:",
		"    " + r.Dir(),
		"  Slack, where you are any of the guardians:",
		"    " + r.slack.PageURL(),
		"  An alert, from that folder:",
		fmt.Sprintf("    firebreak alert send --url http://%s/v1/alerts/%s --secret-file detector-secret --file alert.json", r.responder().Addr(), sourceName),
		"",
	}
	return strings.Join(lines, "\n")
}

// Dir is the folder of the range, as an absolute path where that can be told.
func (r *Range) Dir() string {
	if abs, err := filepath.Abs(r.dir); err == nil {
		return abs
	}
	return r.dir
}
