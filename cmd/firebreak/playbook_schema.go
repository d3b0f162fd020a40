package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func newPlaybookSchema() *cobra.Command {
	var at shelf
	var of string
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print a JSON schema for editors, with your inventory's names",
		Long: `Schema prints the format of playbooks as a JSON schema (draft-07). The names of your
contracts, rules, teams, keys and channels are in it, so an editor completes them and
marks a misspelt one while it is typed. Print it again when the inventory changes.
--of inventory and --of tests are for inventory.yaml and for NAME.test.yaml.

Editors with the YAML language server read it when a playbook's first line is
  # yaml-language-server: $schema=playbook.schema.json`,
		Example: `  firebreak playbook schema > playbooks/playbook.schema.json
  firebreak playbook schema --of tests > playbooks/tests.schema.json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			schema, err := at.schema(of)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(schema)
		},
	}
	shelfFlags(c, &at)
	enumFlag(c, &of, "of", []string{"playbook", "inventory", "tests"})
	return c
}

// schema is that of a kind of file.
func (s *shelf) schema(of string) (desk.Schema, error) {
	if of == "inventory" {
		return desk.InventorySchema(), nil // which may be what is still wrong
	}
	inv, err := s.readInventory()
	switch {
	case err != nil:
		return nil, err
	case of == "tests":
		return desk.TestsSchema(inv), nil
	}
	return desk.PlaybookSchema(inv), nil
}

// readInventory reads the inventory alone: playbooks that are still wrong must
// not keep an author from the help in writing them.
func (s *shelf) readInventory() (*playbooks.Inventory, error) {
	if err := s.find(); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(s.inventory)
	if err != nil {
		return nil, fmt.Errorf("read inventory: %w", err)
	}
	inv, err := playbooks.ParseInventory(s.inventory, string(text))
	if err != nil {
		return nil, found(err)
	}
	return inv, nil
}
