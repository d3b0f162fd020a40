package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
)

func newGuardian() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "guardian",
		Short: "List and change the people who decide over a key",
		Example: `  firebreak guardian list responder-1
  firebreak guardian propose guardians.json --out change.json`,
	})
	c.AddCommand(newGuardianList(), newPropose(signer.ChangeRoster, "propose FILE", "Prepare a change of guardians for the guardians to sign",
		`Propose compares a new guardian document with the one in force and writes a
proposal that the present guardians sign. Taking somebody or a key away holds as
soon as they have; adding anything waits for the delay of the policy. The change
is handed in with firebreak policy activate.`,
		`  firebreak guardian list responder-1 --format json > guardians.json   # and edit
  firebreak guardian propose guardians.json --out change.json
  firebreak policy activate responder-1 --proposal change.json`))
	return c
}

func newGuardianList() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list NAME",
		Short: "List the guardians of a key and what they sign with",
		Long: `List shows the guardians in force for a key. With --format json it prints
its successor, ready to be edited: the same people, the next version, and the hash
of the document in force.`,
		Example: `  firebreak guardian list responder-1
  firebreak guardian list responder-1 --format json > guardians.json`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	formatFlag(c, &format)
	c.RunE = func(c *cobra.Command, given []string) error {
		client, err := k.open()
		if err != nil {
			return err
		}
		document, err := client.Document(c.Context(), given[0], signer.Guardians)
		if err != nil {
			return err
		}
		g, err := consent.ParseGuardians([]byte(document.Text), given[0])
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		if format == "json" {
			var fields map[string]any
			if err := json.Unmarshal([]byte(document.Text), &fields); err != nil {
				return err
			}
			fields["version"], fields["previous"] = g.Version+1, g.Hash.Hex()
			encoder := json.NewEncoder(out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(fields)
		}
		fmt.Fprintf(out, "guardians of %s, version %d, %s\n", g.Key, g.Version, g.Hash)
		for _, person := range g.People {
			fmt.Fprintf(out, "  %s\n", person.ID)
			for _, key := range person.Keys {
				fmt.Fprintf(out, "    %s\n", printable(key.String()))
			}
		}
		return nil
	}
	return c
}
