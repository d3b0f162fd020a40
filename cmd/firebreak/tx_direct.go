package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
)

// direction are the flags of tx bump and tx cancel.
type direction struct {
	config, control, why, as, format string
	yes                              bool
}

func newTxBump() *cobra.Command {
	var o direction
	c := &cobra.Command{
		Use:   "bump INCIDENT STEP",
		Short: "Ask for a higher bid now, inside the approved cost",
		Long: `Bump asks the running daemon to outbid a step's newest transaction now and not when
its time has come: the same nonce, higher fees, never above what people approved. It
is for a transaction that waits while everything above its nonce waits too.

The daemon answers on a socket beside its journal. Run this on its machine, as the
user that it runs as. Who asked and why becomes part of the record.`,
		Example: `  firebreak tx bump 01JEQ7V5M2K3ABCD pause --why stuck
  firebreak tx bump 01JEQ7V5M2K3ABCD pause --why spike --as ana --control /var/lib/firebreak/firebreak.db.sock`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, given []string) error { return o.direct(c, app.Bump, given) },
	}
	o.flags(c)
	return c
}

func newTxCancel() *cobra.Command {
	var o direction
	c := &cobra.Command{
		Use:   "cancel INCIDENT STEP",
		Short: "Call a step off, as far as that can still be done",
		Long: `Cancel asks the running daemon to call a step off. One that has no nonce yet is not
sent. Once a nonce is fixed nothing can be recalled: a containment key signs nothing
else at that nonce, and everything above waits for it. Then no higher bid is made any
more, and the same bytes go on being offered so that no gap stays behind. The answer
says which of these it is, and what to do.

It asks before it does it. Where nobody can be asked, say --yes.`,
		Example: `  firebreak tx cancel 01JEQ7V5M2K3ABCD block/1 --why false-alarm
  firebreak tx cancel 01JEQ7V5M2K3ABCD block/1 --why false-alarm --yes --format json`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, given []string) error {
			if err := o.confirm(c, given); err != nil {
				return err
			}
			return o.direct(c, app.Cancel, given)
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	return c
}

func (o *direction) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.why, "why", "", "the `reason`, for the record (required)")
	c.Flags().StringVar(&o.as, "as", "", "your `name`, for the record; the system's user is written beside it")
	c.Flags().StringVar(&o.control, "control", "", "the daemon's control `socket`; default: the configuration's")
	c.MarkFlagRequired("why")
	c.MarkFlagFilename("control", "sock")
	c.RegisterFlagCompletionFunc("as", cobra.NoFileCompletions)
	c.RegisterFlagCompletionFunc("why", cobra.NoFileCompletions)
	configFlag(c, &o.config)
	formatFlag(c, &o.format)
	c.ValidArgsFunction = completeSteps(func() string {
		cfg, err := loadConfig(o.config)
		if err != nil {
			return "firebreak.db"
		}
		return cfg.Journal
	})
}

// direct asks the daemon and prints how the step stands then.
func (o *direction) direct(c *cobra.Command, verb string, given []string) error {
	id, err := incident.ParseID(given[0])
	if err != nil {
		return usage{err}
	}
	if strings.TrimSpace(o.why) == "" {
		return usage{errors.New("--why needs a reason: it becomes part of the record")}
	}
	socket, err := o.socket()
	if err != nil {
		return err
	}
	done, err := app.Direct(c.Context(), socket, verb, app.Direction{Incident: id, Step: given[1], Why: o.why, As: o.as})
	if err != nil {
		return err
	}
	if o.format == "json" {
		return json.NewEncoder(c.OutOrStdout()).Encode(done)
	}
	fmt.Fprintf(c.OutOrStdout(), "step %s of %s is %s; on record as directed by %s\n", printable(done.Step), done.Incident, done.State, printable(done.By))
	for _, words := range done.Words {
		fmt.Fprintln(c.OutOrStdout(), printable(words))
	}
	return nil
}

// socket is where the daemon answers: the flag's, or the configuration's.
func (o *direction) socket() (string, error) {
	if o.control != "" {
		return o.control, nil
	}
	cfg, err := loadConfig(o.config)
	if err != nil {
		return "", fmt.Errorf("%w; or name the socket with --control", err)
	}
	if cfg.Control == app.ControlOff {
		return "", fmt.Errorf("control: is off in %s, so the daemon takes no directions", o.config)
	}
	return cfg.Control, nil
}

// confirm asks on a terminal.
func (o *direction) confirm(c *cobra.Command, given []string) error {
	if o.yes {
		return nil
	}
	if !isTerminalIn(c.InOrStdin()) {
		return usage{errors.New("nobody can be asked here whether to call the step off; say --yes")}
	}
	fmt.Fprintf(c.ErrOrStderr(), "Call off step %s of %s? What is signed already cannot be recalled. Type yes: ", printable(given[1]), printable(given[0]))
	return agreed(c.InOrStdin())
}

func agreed(in io.Reader) error {
	line, err := bufio.NewReader(io.LimitReader(in, 64)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(line) != "yes" {
		return errors.New("nothing was called off")
	}
	return nil
}
