package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
)

func newPlaybookReload() *cobra.Command {
	var o direction
	c := &cobra.Command{
		Use:   "reload",
		Short: "Have the daemon read inventory and playbooks anew, now",
		Long: `Reload asks the running daemon to read inventory and playbooks anew. All of it is
read and checked, and comes into force in one step, or nothing changes and the
answer says everything that is wrong. What only a start reads (the configuration,
chains, keys) is refused with what it is.

Incidents that run keep their playbook and their plan. Who may vote on them is
always as the inventory of now says.

The daemon answers on a socket beside its journal, so run this on its machine, as
the user that it runs as. SIGHUP does the same. With reload: watch, which is the
default, it does so by itself a few seconds after the files have changed.

The exit code is 0 when it was done or nothing had changed, 3 when the files are
wrong, and 1 when the daemon could not do it.`,
		Example: `  firebreak playbook reload
  firebreak playbook reload --control /var/lib/firebreak/firebreak.db.sock --format json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			socket, err := o.socket()
			if err != nil {
				return err
			}
			done, err := app.RequestReload(c.Context(), socket)
			if unfit, ok := errors.AsType[*app.Unfit](err); ok {
				return findings{fmt.Errorf("nothing was reloaded, the last good playbooks stay in force:\n%s", printableLines(unfit.Error()))}
			}
			if err != nil {
				return err
			}
			if o.format == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(done)
			}
			out := c.OutOrStdout()
			if done.Same {
				fmt.Fprintln(out, "nothing has changed: what is in force is what the files say")
				return nil
			}
			for _, line := range done.Changed {
				fmt.Fprintln(out, printable(line))
			}
			for _, line := range done.Warnings {
				fmt.Fprintln(out, printableLines(line))
			}
			fmt.Fprintf(out, "reloaded; digest %.12s\n", printable(done.Digest))
			return nil
		},
	}
	c.Flags().StringVar(&o.control, "control", "", "the daemon's control `socket`; default: the configuration's")
	c.MarkFlagFilename("control", "sock")
	configFlag(c, &o.config)
	formatFlag(c, &o.format)
	return c
}
