package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func newPlaybookFmt() *cobra.Command {
	var at shelf
	var check bool
	c := &cobra.Command{
		Use:   "fmt [FILE...]",
		Short: "Give playbooks their one form: order of keys, indentation",
		Long: `Fmt writes playbooks in their one form: keys in the order of the format, two
blanks of indentation, at most one empty line in a row. Comments stay with what they
stand before or behind. The result is read again before it is written: what cannot be
laid out without a change of meaning is left as it is and said.

Without files it takes all of the folder. A dash reads standard input and writes
standard output. With --check nothing is written: the names of the files that would
change are printed, and they end with exit code 3.`,
		Example: `  firebreak playbook fmt
  firebreak playbook fmt --check
  firebreak playbook fmt - < vault-drain.yaml`,
		RunE: func(c *cobra.Command, files []string) error {
			if slices.Equal(files, []string{"-"}) {
				return formatStream(c.InOrStdin(), c.OutOrStdout())
			}
			if len(files) == 0 {
				if err := at.find(); err != nil {
					return err
				}
				var err error
				if files, err = at.files(); err != nil {
					return err
				}
			}
			return formatFiles(c.OutOrStdout(), files, check)
		},
	}
	shelfFlags(c, &at)
	c.Flags().BoolVar(&check, "check", false, "print which files would change, and change none")
	c.ValidArgsFunction = cobra.FixedCompletions([]string{"yaml"}, cobra.ShellCompDirectiveFilterFileExt)
	return c
}

// files lists the playbooks of the folder, without inventory and tests.
func (s *shelf) files() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(s.folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list playbooks of %s: %w", s.folder, err)
	}
	found = slices.DeleteFunc(found, func(f string) bool {
		return strings.HasSuffix(f, playbooks.TestSuffix) || sameFile(f, s.inventory) || strings.HasPrefix(filepath.Base(f), ".")
	})
	if len(found) == 0 {
		return nil, fmt.Errorf("there is no playbook in %s", s.folder)
	}
	return found, nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func formatStream(in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	formatted, err := desk.Format("standard input", string(text))
	if err != nil {
		return findings{err}
	}
	_, err = io.WriteString(out, formatted)
	return err
}

// formatFiles formats every file that can be, and tells of the others.
func formatFiles(out io.Writer, files []string, check bool) error {
	var refused []string
	changed := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read playbook: %w", err)
		}
		formatted, err := desk.Format(file, string(text))
		switch {
		case err != nil:
			refused = append(refused, err.Error())
			continue
		case formatted == string(text):
			continue
		}
		changed++
		fmt.Fprintln(out, printable(file))
		if check {
			continue
		}
		if err := replace(file, formatted); err != nil {
			return err
		}
	}
	switch {
	case len(refused) > 0:
		return findings{fmt.Errorf("%s", strings.Join(refused, "\n"))}
	case check && changed > 0:
		return findings{fmt.Errorf("%d of %d playbooks are not formatted; run firebreak playbook fmt", changed, len(files))}
	}
	return nil
}

// replace writes a file whole or not at all: an editor's crash is no reason to
// lose a playbook. A link stays one: what it leads to is written.
func replace(file, text string) error {
	file, err := filepath.EvalSymlinks(file)
	if err != nil {
		return fmt.Errorf("write playbook: %w", err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("write playbook: %w", err)
	}
	next, err := os.CreateTemp(filepath.Dir(file), ".fmt-*")
	if err != nil {
		return fmt.Errorf("write playbook: %w", err)
	}
	defer os.Remove(next.Name()) // gone already where all went well
	_, err = next.WriteString(text)
	for _, step := range []func() error{
		func() error { return next.Chmod(info.Mode().Perm()) }, next.Sync, next.Close,
	} {
		if failed := step(); err == nil {
			err = failed
		}
	}
	if err == nil {
		err = os.Rename(next.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write playbook: %w", err)
	}
	return nil
}
