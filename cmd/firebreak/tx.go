package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func newTx() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "tx",
		Short: "See and direct what is on its way to a chain",
		Long: `Tx is about the transactions of incidents. List and show read the journal, beside a
daemon that runs or without one: which nonce each step holds, what was bid and why,
what every endpoint answered and what comes next. Bump and cancel ask the running
daemon, which alone may write.`,
		Example: `  firebreak tx list --journal firebreak.db
  firebreak tx show 01JEQ7V5M2K3ABCD pause --journal firebreak.db
  firebreak tx bump 01JEQ7V5M2K3ABCD pause --why stuck`,
	})
	c.AddCommand(newTxList(), newTxShow(), newTxBump(), newTxCancel())
	return c
}

// listing are the flags of tx list.
type listing struct {
	path, format string
	all          bool
	stuck        time.Duration
}

func newTxList() *cobra.Command {
	var o listing
	c := &cobra.Command{
		Use:   "list",
		Short: "List the nonces that are open, lane by lane",
		Long: `List prints one line per nonce whose transaction is not final, by chain, account
and nonce. BIDS is how often it was priced, CAP and TIP are those of the newest bid,
COST is the most it can cost and what was approved, ACCEPTED is how many endpoints
took it of those that were asked.

The oldest nonce of an account holds up all above it. Where that one is older than
--stuck-after, the list says below what the journal knows of why. With --all, nonces
that are settled are listed too. With --format json each line is one JSON object.`,
		Example: `  firebreak tx list --journal firebreak.db
  firebreak tx list --all --format json | jq -r 'select(.stuck) | .why[]'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			j, err := openJournal(c.Context(), o.path)
			if err != nil {
				return err
			}
			defer j.Close()
			txs, err := transactions(c.Context(), j, o.all)
			if err != nil {
				return err
			}
			now := time.Now()
			markStuck(txs, now, o.stuck)
			if o.format == "json" {
				return txJSON(c.OutOrStdout(), txs)
			}
			return txText(c.OutOrStdout(), txs, now)
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "list nonces that are settled too")
	c.Flags().DurationVar(&o.stuck, "stuck-after", time.Minute, "how old an account's oldest nonce may get before it is called stuck")
	journalFlag(c, &o.path)
	formatFlag(c, &o.format)
	return c
}

func txJSON(w io.Writer, txs []transaction) error {
	enc := json.NewEncoder(w)
	for _, tx := range txs {
		if err := enc.Encode(tx); err != nil {
			return err
		}
	}
	return nil
}

func txText(w io.Writer, txs []transaction, now time.Time) error {
	if len(txs) == 0 {
		fmt.Fprintln(w, "no nonce is open")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CHAIN\tACCOUNT\tNONCE\tINCIDENT\tSTEP\tSTATE\tBIDS\tCAP GWEI\tTIP GWEI\tCOST ETH\tAGE\tACCEPTED\tNEWEST HASH")
	for _, tx := range txs {
		hash := "-"
		if tx.Hash != nil {
			hash = tx.Hash.Hex()
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s of %s\t%s\t%d of %d\t%s\n", printable(tx.Chain), brief(tx.Account), tx.Nonce,
			tx.Incident, printable(tx.Step), tx.State, tx.Bids, tx.FeeCap.Decimal(9), tx.Tip.Decimal(9),
			tx.Cost.Decimal(18), tx.Approved.Decimal(18), now.Sub(tx.Since).Round(time.Second), tx.Accepted, tx.Asked, hash)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, tx := range txs {
		if !tx.Stuck {
			continue
		}
		fmt.Fprintf(w, "\nstuck: nonce %d of %s on %s, open for %s\n", tx.Nonce, tx.Account, printable(tx.Chain), now.Sub(tx.Since).Round(time.Second))
		for _, why := range tx.Why {
			fmt.Fprintf(w, "  %s\n", printable(why))
		}
		fmt.Fprintf(w, "  see firebreak tx show %s %s\n", tx.Incident, printable(tx.Step))
	}
	return nil
}
