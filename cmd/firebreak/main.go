// Command firebreak is the responder: it serves, and it helps the people who
// write playbooks, watch incidents and audit them afterwards.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set with -ldflags "-X main.version=v1.2.3".
var version = "v0.0.0-dev"

// The exit codes, as `firebreak help exit-codes` explains them.
const (
	exitOK       = 0
	exitError    = 1 // it could not be done
	exitUsage    = 2 // the command line is wrong
	exitFindings = 3 // it was done, and something is wrong with what was looked at
)

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// findings is an error that is the result of a check and not its failure.
type findings struct{ error }

// usage is an error of the command line.
type usage struct{ error }

// run is main without the process, so that tests can call it.
func run(args []string, s streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the process as if nobody listened for it.
	context.AfterFunc(ctx, stop)
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(s.err, "firebreak:", printableLines(err.Error()))
	if _, ok := errors.AsType[findings](err); ok {
		return exitFindings
	}
	if _, ok := errors.AsType[usage](err); ok {
		return exitUsage
	}
	return exitError
}

func newRoot(s streams) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "firebreak",
		Short: "Stop an on-chain incident from spreading",
		Long: `Firebreak stops an on-chain incident from spreading.

An authenticated alert matches a playbook; the playbook prepares pause,
blocklist or withdrawal-limit transactions; guardians approve in Slack exactly
what will be sent; a key in Vault signs under a policy that refuses everything
else; the submitter gets it mined, and the chain is read again to prove it.`,
		Example: `  firebreak check --config firebreak.yaml      # before you deploy
  firebreak doctor --config firebreak.yaml     # every week
  firebreak serve --config firebreak.yaml      # the daemon
  firebreak incident list --journal firebreak.db
  firebreak journal verify --journal firebreak.db`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		// Cobra would check these itself, and call it an error like any other.
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(c.ValidateRequiredFlags(), c.ValidateFlagGroups()); err != nil {
				return usage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
			}
			return nil
		},
	})
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.AddCommand(newServe(), newCheck(), newDoctor(), newAlert(), newSource(), newSilence(), newIncident(), newTx(), newJournal(),
		newKey(), newPolicy(), newGuardian(), newApprove(), newDeny(), newRequests(), newPlaybook(), newSlack(), newExitCodes())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			group(c) // cobra takes a shell that it does not know for a success
		}
	}
	return root
}

// group is a command that only has others below it. By itself it shows its
// help; with a word that it does not know it is a wrong command line, which
// cobra would take for a success.
func group(c *cobra.Command) *cobra.Command {
	c.DisableFlagsInUseLine = true
	c.Args = func(c *cobra.Command, given []string) error {
		if len(given) == 0 {
			return nil
		}
		hint := ""
		if near := c.SuggestionsFor(given[0]); len(near) > 0 {
			hint = fmt.Sprintf("; did you mean %s?", strings.Join(near, " or "))
		}
		return usage{fmt.Errorf("unknown command %q for %s%s; see %s --help", given[0], c.CommandPath(), hint, c.CommandPath())}
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.SuggestionsMinimumDistance = 2
	return c
}

// newExitCodes is a help topic.
func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Every command of firebreak ends with one of these:

  0  it was done
  1  it could not be done; the message says why and how to mend it
  2  the command line is wrong
  3  it was done, and found something wrong: a broken fact, a bad playbook`,
	}
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
