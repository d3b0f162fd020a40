package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// rehearse is the command line of playbook test.
type rehearse struct {
	at       shelf
	only     []string // names of playbooks; empty: all
	run      string
	junit    string
	format   string
	coverage bool
}

func newPlaybookTest() *cobra.Command {
	var r rehearse
	c := &cobra.Command{
		Use:   "test [FOLDER | FILE...]",
		Short: "Rehearse playbooks by the tests beside them",
		Long: `Test plays the stories of every NAME.test.yaml beside its playbook: alerts arrive,
people answer, the chain does what the story says, and what comes of it is held
against what is expected. What decides is the daemon's own code; time is virtual, so
a story of hours takes a moment, and there is no network, no key and no secret.

Of a test that fails it prints what was expected, what came, and the part of the
condition that made the difference. A failed test ends with exit code 3, and so do
tests that are wrong themselves, and a run that plays none, or none of a file that
is named. With --coverage every condition, and every part of one, must be seen true
and false, and every playbook must have tests.`,
		Example: `  firebreak playbook test
  firebreak playbook test playbooks/library --coverage
  firebreak playbook test playbooks/vault-drain.test.yaml --run 'silence'
  firebreak playbook test --junit report.xml --format json`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(c *cobra.Command, given []string) error {
			if err := r.places(given); err != nil {
				return err
			}
			return r.play(c)
		},
	}
	shelfFlags(c, &r.at)
	c.Flags().StringVar(&r.run, "run", "", "play only tests whose name this `regular expression` matches")
	c.Flags().StringVar(&r.junit, "junit", "", "write the results as JUnit XML into this `file` too")
	c.Flags().BoolVar(&r.coverage, "coverage", false, "demand that every condition is seen true and false")
	c.MarkFlagFilename("junit", "xml")
	formatFlag(c, &r.format)
	return c
}

// places takes a folder, or files of one folder: of tests or of playbooks.
func (r *rehearse) places(given []string) error {
	for _, path := range given {
		info, err := os.Stat(path)
		if err != nil {
			return usage{fmt.Errorf("there is no %s", path)}
		}
		if info.IsDir() && len(given) > 1 {
			return usage{errors.New("name one folder, or files of one folder")}
		}
		folder := path
		if !info.IsDir() {
			folder = filepath.Dir(path)
			name := strings.TrimSuffix(filepath.Base(path), playbooks.TestSuffix)
			r.only = append(r.only, strings.TrimSuffix(name, ".yaml"))
		}
		if folder == r.at.folder && len(r.only) > 0 {
			continue
		}
		if len(r.only) > 1 {
			return usage{errors.New("name one folder, or files of one folder")}
		}
		if err := r.at.folderArg([]string{folder}); err != nil {
			return err
		}
	}
	return nil
}

func (r *rehearse) play(c *cobra.Command) error {
	pattern, err := regexp.Compile(r.run)
	if err != nil {
		return usage{fmt.Errorf("--run: %w", err)}
	}
	set, err := r.at.load()
	if err != nil {
		return err
	}
	files, err := set.ReadTests(os.DirFS(r.at.folder), ".")
	if problems, ok := errors.AsType[playbooks.Problems](err); ok {
		return findings{fmt.Errorf("the tests have %s:\n%w", count(len(problems)), desk.Locate(problems, r.at.inventory, r.at.folder))}
	}
	if err != nil {
		return err
	}
	report, err := rehearsal.All(c.Context(), set, files, func(t *playbooks.Tests, one playbooks.Case) bool {
		return r.wanted(t.Playbook) && pattern.MatchString(one.Name)
	})
	if err != nil {
		return err
	}
	if r.coverage {
		books := slices.DeleteFunc(set.Playbooks(), func(p *playbooks.Playbook) bool { return !r.wanted(p.Name) })
		report.Coverage = new(rehearsal.Cover(books, report.Results))
	}
	report.In(r.at.folder)
	return r.tell(c, report)
}

func (r *rehearse) wanted(name string) bool { return len(r.only) == 0 || slices.Contains(r.only, name) }

// silent are the playbooks that were named and of which no test was played. Where
// --run chose, it is what was asked for.
func (r *rehearse) silent(report rehearsal.Report) (names []string) {
	for _, name := range r.only {
		if r.run == "" && !slices.ContainsFunc(report.Results, func(x rehearsal.Result) bool { return x.Playbook == name }) {
			names = append(names, name)
		}
	}
	return names
}

// tell writes the report everywhere it is wanted, and says how it ended.
func (r *rehearse) tell(c *cobra.Command, report rehearsal.Report) error {
	if r.junit != "" {
		if err := r.writeJUnit(report.Results); err != nil {
			return err
		}
	}
	if r.format == "json" {
		if err := report.WriteJSON(c.OutOrStdout()); err != nil {
			return err
		}
	} else {
		report.WriteText(c.OutOrStdout())
	}
	switch failed, silent := report.Failed(), r.silent(report); {
	case len(report.Results) == 0:
		return findings{errors.New("no test was played: nothing is shown by that; see firebreak playbook test --help")}
	case failed > 0:
		return findings{fmt.Errorf("%d of %d tests failed", failed, len(report.Results))}
	case len(silent) > 0:
		return findings{fmt.Errorf("no test of %s was played: nothing is shown of it", strings.Join(silent, ", "))}
	case report.Coverage != nil && !report.Coverage.Complete():
		return findings{errors.New("the tests do not show every condition both ways")}
	}
	return nil
}

func (r *rehearse) writeJUnit(results []rehearsal.Result) (err error) {
	f, err := os.Create(r.junit)
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return rehearsal.WriteJUnit(f, results)
}
