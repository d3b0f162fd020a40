package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/engine"
)

// stopWithin is how long a stop may take before the process leaves anyway:
// everything that matters is in the journal.
const stopWithin = 10 * time.Second

func newServe() *cobra.Command {
	var config, logs string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the responder",
		Long: `Serve runs the responder until it gets SIGINT or SIGTERM. It may be killed at
any moment: the next start owes what this one owed.

SIGHUP has inventory and playbooks read anew, as firebreak playbook reload does; with
reload: watch in the configuration, the default, a change of the files does so too.
What is wrong is in the log, and the last good ones stay in force.

Alerts are posted to listen, over TLS where the configuration names a certificate,
or fetched from NATS JetStream; docs/DOORS.md says what each way in asks for.

It prints one line when it is ready, with the addresses it listens on, and one more
for the approval page where the configuration has one. Logs go to standard error.`,
		Example: `  firebreak serve --config /etc/firebreak/firebreak.yaml
  firebreak serve --config firebreak.yaml --log json 2>> firebreak.log`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := newLog(c.ErrOrStderr(), logs)
			if err != nil {
				return err
			}
			cfg, err := loadConfig(config)
			if err != nil {
				return err
			}
			return serve(c.Context(), cfg, log, c.OutOrStdout())
		},
	}
	configFlag(c, &config)
	c.Flags().StringVar(&logs, "log", "auto", "log format: text, json, or auto (text on a terminal)")
	c.RegisterFlagCompletionFunc("log", cobra.FixedCompletions([]string{"auto", "text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func configFlag(c *cobra.Command, config *string) {
	c.Flags().StringVar(config, "config", "firebreak.yaml", "the configuration `file`")
	c.MarkFlagFilename("config", "yaml", "yml")
}

// loadConfig is app.LoadConfig with a word for who has none.
func loadConfig(path string) (app.Config, error) {
	cfg, err := app.LoadConfig(path)
	if errors.Is(err, fs.ErrNotExist) {
		return cfg, fmt.Errorf("%w; say with --config where it is", err)
	}
	return cfg, err
}

func newLog(w io.Writer, format string) (*slog.Logger, error) {
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "auto":
		if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return newLog(w, "text")
		}
		return newLog(w, "json")
	}
	return nil, usage{fmt.Errorf("--log is text, json or auto, not %q", format)}
}

// serve runs the app until it is told to stop or cannot go on.
func serve(ctx context.Context, cfg app.Config, log *slog.Logger, out io.Writer) error {
	engine.CollectSeldom()
	a, err := app.New(ctx, cfg, app.Options{Log: log, Version: version})
	if err != nil {
		return err
	}
	a.Start()
	fmt.Fprintf(out, "firebreak %s listens on %s, admin on %s\n", version, a.Addr(), a.AdminAddr())
	if at := a.ConsoleAddr(); at != nil {
		fmt.Fprintf(out, "approval page %s, served on %s\n", cfg.Console.Origin, at)
	}
	untilStopped(ctx, a, log)
	stopped := make(chan error, 1)
	go func() { stopped <- a.Stop() }()
	select {
	case err = <-stopped:
	case <-time.After(stopWithin):
		log.Warn("not everything stopped in time; what is owed is in the journal", "after", stopWithin)
	}
	if failed := a.Err(); failed != nil {
		return failed
	}
	return err
}

// untilStopped waits until the app is told to stop or cannot go on, and reloads
// at every SIGHUP meanwhile. Several that come at once are one.
func untilStopped(ctx context.Context, a *app.App, log *slog.Logger) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			log.Info("stopping", "why", context.Cause(ctx).Error())
			return
		case <-a.Done():
			return
		case <-hangup:
			_, _ = a.Reload(ctx) // it says in the log what came of it
		}
	}
}
