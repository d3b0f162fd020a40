package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func newPlaybookNew() *cobra.Command {
	var at shelf
	var draft desk.Draft
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a first draft of a playbook, and its tests",
		Long: `New writes NAME.yaml and NAME.test.yaml into the folder of playbooks. The draft asks
people and signs nothing (mode: dry-run), loads without a problem, and its tests pass;
its comments say what to look at. What the inventory has only one of need not be
given. Files that are there already are never touched.`,
		Example: `  firebreak playbook new vault-drain --do pause --on lab-vault --rule vault.outflow-spike
  firebreak playbook new phish --do blocklist --rule approval.phish --playbooks playbooks`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			inv, err := at.readInventory()
			if err != nil {
				return err
			}
			draft.Name = given[0]
			book, tests, err := desk.Scaffold(inv, draft)
			if err != nil {
				return fmt.Errorf("write a draft: %w", err)
			}
			if err := writeNew(c, filepath.Join(at.folder, draft.Name), book, tests); err != nil {
				return err
			}
			// It loads by itself; beside the others it may be one too many.
			set, err := playbooks.Load(at.inventory, at.folder)
			if err == nil && len(set.Warnings()) > 0 {
				err = set.Warnings()
			}
			if err != nil {
				fmt.Fprintf(c.ErrOrStderr(), "note: together with the other playbooks:\n%s\n", printableLines(err.Error()))
			}
			return nil
		},
	}
	shelfFlags(c, &at)
	c.Flags().StringVar(&draft.Verb, "do", "", "the `verb`, as "+actions.Verbs()[0])
	c.Flags().StringVar(&draft.On, "on", "", "the `contract` that it is done to")
	c.Flags().StringVar(&draft.Rule, "rule", "", "the detector's `rule` that it is for")
	c.RegisterFlagCompletionFunc("do", cobra.FixedCompletions(actions.Verbs(), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("on", at.complete((*playbooks.Inventory).Contracts))
	c.RegisterFlagCompletionFunc("rule", at.complete((*playbooks.Inventory).Rules))
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

// writeNew writes both files, or neither. The stem is their path without an end.
func writeNew(c *cobra.Command, stem, book, tests string) error {
	files := []string{stem + ".yaml", stem + playbooks.TestSuffix}
	for i, text := range []string{book, tests} {
		if err := create(files[i], text); err != nil {
			if i > 0 {
				err = errors.Join(err, os.Remove(files[0]))
			}
			return err
		}
	}
	for _, file := range files {
		fmt.Fprintln(c.OutOrStdout(), printable(file))
	}
	return nil
}

// create writes a file that is not there.
func create(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; choose another name, or remove it first", file)
	}
	if err != nil {
		return fmt.Errorf("write a draft: %w", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// complete offers names of the inventory. Where it cannot be read there is
// nothing to offer.
func (s *shelf) complete(names func(*playbooks.Inventory) []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		inv, err := s.readInventory()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(inv), cobra.ShellCompDirectiveNoFileComp
	}
}
