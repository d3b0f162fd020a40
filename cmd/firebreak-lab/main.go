// Command firebreak-lab is a range to practise in: a real chain, a protocol
// with a hole, an attacker, a fake Slack in a browser, and the daemon as in
// production between them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/lab"
)

// version is set with -ldflags "-X main.version=v1.2.3".
var version = "v0.0.0-dev"

// The exit codes.
const (
	exitOK           = 0
	exitError        = 1
	exitUsage        = 2
	exitNotContained = 3
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// errNotContained is the outcome of a run, and not a failure of the lab.
var errNotContained = errors.New("the incident was not contained")

// usage is an error of the command line.
type usage struct{ error }

func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the process as if nobody listened for it.
	context.AfterFunc(ctx, stop)
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(errs, "firebreak-lab:", err)
	if errors.Is(err, errNotContained) {
		return exitNotContained
	}
	if _, ok := errors.AsType[usage](err); ok {
		return exitUsage
	}
	return exitError
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "firebreak-lab",
		Short: "Practise stopping an attack",
		Long: `Firebreak-lab runs attacks on a real chain in this process and lets Firebreak,
wired as in production, stop them. Nothing leaves this machine.

Exit codes: 0 contained, 1 the lab failed, 2 wrong command line, 3 not contained.`,
		Example: `  firebreak-lab demo                            # you approve, in a browser
  firebreak-lab run vault-drain --yes           # scripted guardians
  firebreak-lab run vault-drain --no-response   # what is lost without it
  firebreak-lab up --keep ./range               # to write playbooks in`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,

		DisableFlagsInUseLine: true,
		Args:                  args(cobra.NoArgs), // cobra would take an unknown verb for an error like any other
		RunE:                  func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE:     checkFlags,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.AddCommand(newList(), newRun(), newDemo(), newUp())
	return root
}

// checkFlags does what cobra would do itself, and call an error like any other.
func checkFlags(c *cobra.Command, _ []string) error {
	if err := errors.Join(c.ValidateRequiredFlags(), c.ValidateFlagGroups()); err != nil {
		return usage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	}
	return nil
}

// args wraps a cobra check so that its error is a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if err := check(c, given); err != nil {
			return usage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
		}
		return nil
	}
}

func newList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the scenarios",
		Example: "  firebreak-lab list",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, s := range lab.Scenarios() {
				fmt.Fprintf(t, "%s\t%s\n", s.Name, s.Title)
			}
			return t.Flush()
		},
	}
}

// options are the flags that demo and run share.
type options struct {
	yes, json, noResponse, verbose bool
	blockTime, timeout             time.Duration
	keep, listen                   string
	pace                           int
	vault, server, plugin          string
}

func newRun() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario to its end and print what it came to",
		Long: `Run starts a range, lets the attacker loose, and waits for the end. With --yes
two scripted guardians approve as soon as they see the card; without it you do,
at the address that is printed. --json prints one object on standard output and
nothing else there.`,
		Example: `  firebreak-lab run vault-drain --yes --json
  firebreak-lab run allowance-phish
  firebreak-lab run vault-drain --yes --vault real
  firebreak-lab run limit-bleed --no-response`,
		Args: args(cobra.ExactArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, s := range lab.Scenarios() {
				names = append(names, s.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, given []string) error {
			return play(c, given[0], o)
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&o.yes, "yes", false, "scripted guardians approve")
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON object")
	c.Flags().BoolVar(&o.noResponse, "no-response", false, "run the attack alone")
	c.MarkFlagsMutuallyExclusive("yes", "no-response")
	return c
}

func newDemo() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch an attack and stop it yourself, in a browser",
		Example: `  firebreak-lab demo
  firebreak-lab demo --slack 127.0.0.1:8090 --keep ./range`,
		Args: args(cobra.NoArgs),
		Long: `Demo runs vault-drain, with an attacker who strikes every third block so that you
have two minutes: open the address that it prints, be ana, press "Review and
approve", type the phrase, then do the same as dee.`,
		RunE: func(c *cobra.Command, _ []string) error { return play(c, "vault-drain", o) },
	}
	o.flags(c)
	c.Flags().Lookup("pace").DefValue = "3"
	o.pace = 3
	c.Flags().BoolVar(&o.yes, "yes", os.Getenv("CI") != "", "scripted guardians approve (the default where CI is set)")
	return c
}

func (o *options) flags(c *cobra.Command) {
	c.Flags().DurationVar(&o.blockTime, "block-time", time.Second, "how long a block takes")
	c.Flags().DurationVar(&o.timeout, "timeout", 15*time.Minute, "when to give up")
	c.Flags().IntVar(&o.pace, "pace", 1, "the attacker strikes so many times slower")
	c.Flags().StringVar(&o.keep, "keep", "", "`folder` to keep configuration and journal in")
	c.Flags().StringVar(&o.listen, "slack", "127.0.0.1:0", "where the fake Slack's page is, host:port on loopback")
	c.Flags().StringVar(&o.vault, "vault", lab.FakeVault, "where the key is: fake, in this process, or real, a server and a plugin as processes")
	c.Flags().StringVar(&o.server, "vault-binary", "", "the real server's `file` (default $FIREBREAK_VAULT, then .cache/vault/vault)")
	c.Flags().StringVar(&o.plugin, "vault-plugin", "", "the plugin's `file` (default $FIREBREAK_VAULT_PLUGIN, then beside this program, then bin)")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "show the daemon's log")
	c.MarkFlagDirname("keep")
	c.RegisterFlagCompletionFunc("vault", cobra.FixedCompletions([]string{lab.FakeVault, lab.RealVault}, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses what no range can be made of.
func (o *options) check() error {
	switch {
	case o.blockTime < 50*time.Millisecond || o.blockTime > time.Minute:
		return usage{fmt.Errorf("--block-time is between 50ms and 1m, not %s", o.blockTime)}
	case o.timeout <= 0:
		return usage{fmt.Errorf("--timeout is more than nothing, not %s", o.timeout)}
	case o.pace < 1:
		return usage{fmt.Errorf("--pace is 1 or more, not %d", o.pace)}
	case o.vault != lab.FakeVault && o.vault != lab.RealVault:
		return usage{fmt.Errorf("--vault is %s or %s, not %q", lab.FakeVault, lab.RealVault, o.vault)}
	}
	return nil
}

// play runs one scenario in a range of its own.
func play(c *cobra.Command, name string, o options) error {
	scene, err := lab.Find(name)
	if err != nil {
		return usage{err}
	}
	if err := o.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), o.timeout, fmt.Errorf("the scenario took longer than %s", o.timeout))
	defer cancel()
	log := slog.New(slog.DiscardHandler)
	if o.verbose {
		log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
	}
	say := func(format string, args ...any) { fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...) }
	r, err := lab.Start(ctx, lab.Options{
		Scenario: scene, BlockTime: o.blockTime, Dir: o.keep, SlackListen: o.listen,
		Vault: o.vault, VaultBinary: o.server, VaultPlugin: o.plugin,
		Guardians: o.yes, NoResponse: o.noResponse, Pace: o.pace, Log: log, Say: say,
	})
	if err != nil {
		return because(ctx, err)
	}
	result, err := r.Play(ctx)
	closed := r.Close() // its failure takes nothing from the result
	if err != nil {
		return errors.Join(because(ctx, err), closed)
	}
	if o.json {
		err = json.NewEncoder(c.OutOrStdout()).Encode(result)
	} else {
		err = result.Print(c.OutOrStdout())
	}
	if err == nil && result.Outcome != "contained" {
		return fmt.Errorf("%w: %s", errNotContained, result.Outcome)
	}
	return errors.Join(err, closed)
}

// because puts why there was no more time before what it broke.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
