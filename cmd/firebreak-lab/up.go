package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/lab"
)

func newUp() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "up",
		Short: "Start a range without an attack, to write playbooks in",
		Long: `Up starts a chain, a protocol, a key, a fake Slack and the daemon, and leaves them
running until Ctrl-C. Its folder is yours: inventory.yaml and playbooks/ are what the
daemon reads, and a change comes into force within seconds. It prints where Slack is
and how to send an alert. docs/PLAYBOOKS.md walks through it.

With --yes two scripted guardians approve whatever is asked.`,
		Example: `  firebreak-lab up --keep ./range
  firebreak-lab up --keep ./range --slack 127.0.0.1:8090 --verbose`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return hold(c, o) },
	}
	o.flags(c)
	for _, name := range []string{"pace", "timeout"} {
		c.Flags().MarkHidden(name) // nothing strikes, and nothing gives up
	}
	c.Flags().BoolVar(&o.yes, "yes", false, "scripted guardians approve")
	return c
}

// hold starts a range and waits until it is interrupted.
func hold(c *cobra.Command, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	scene, err := lab.Find("vault-drain")
	if err != nil {
		return err
	}
	level := slog.LevelWarn // a file that was refused has to be seen where the range was started
	if o.verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	r, err := lab.Start(c.Context(), lab.Options{
		Scenario: scene, BlockTime: o.blockTime, Dir: o.keep, SlackListen: o.listen, Guardians: o.yes,
		Vault: o.vault, VaultBinary: o.server, VaultPlugin: o.plugin, Log: log,
		Say: func(format string, args ...any) { fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...) },
	})
	if err != nil {
		return because(c.Context(), err)
	}
	held := r.Hold(c.Context())
	if errors.Is(held, context.Canceled) {
		held = nil
	}
	return errors.Join(held, r.Close())
}
