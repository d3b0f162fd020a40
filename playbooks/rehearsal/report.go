package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/firebreak-project/firebreak/playbooks"
)

// Report is what came of tests, in the order of their files.
type Report struct {
	Results  []Result  `json:"results"`
	Coverage *Coverage `json:"coverage,omitempty"` // nil: not asked for
}

// All plays every case that is wanted.
func All(ctx context.Context, set *playbooks.Set, files []*playbooks.Tests, want func(*playbooks.Tests, playbooks.Case) bool) (Report, error) {
	out := Report{Results: []Result{}}
	for _, file := range files {
		for _, c := range file.Cases {
			if !want(file, c) {
				continue
			}
			r, err := Run(ctx, set, file, c)
			if err != nil {
				return out, err
			}
			out.Results = append(out.Results, r)
		}
	}
	return out, nil
}

// In names all files as seen from outside their folder.
func (r *Report) In(folder string) {
	for i := range r.Results {
		r.Results[i].File = filepath.Join(folder, r.Results[i].File)
	}
	if r.Coverage != nil {
		for i := range r.Coverage.Conditions {
			r.Coverage.Conditions[i].File = filepath.Join(folder, r.Coverage.Conditions[i].File)
		}
	}
}

// Failed counts the tests that failed.
func (r Report) Failed() (n int) {
	for _, one := range r.Results {
		if !one.OK {
			n++
		}
	}
	return n
}

// WriteJSON writes one object for scripts.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Tests  int `json:"tests"`
		Failed int `json:"failed"`
		Report
	}{len(r.Results), r.Failed(), r})
}

// WriteText writes what people read: every test by name, of a failed one what
// was expected and what came, then the sums.
func (r Report) WriteText(w io.Writer) {
	last := ""
	for _, one := range r.Results {
		if one.Playbook != last {
			fmt.Fprintln(w, one.Playbook)
			last = one.Playbook
		}
		if one.OK {
			fmt.Fprintf(w, "  ✓ %s\n", visible(one.Name))
			continue
		}
		fmt.Fprintf(w, "  ✗ %s\n    %s:%d:%d\n", visible(one.Name), one.File, one.Line, one.Col)
		for _, line := range Lines(one) {
			fmt.Fprintln(w, "      "+visible(line))
		}
	}
	fmt.Fprintf(w, "%s, %d failed\n", counted(len(r.Results), "test"), r.Failed())
	if r.Coverage != nil {
		r.Coverage.write(w)
	}
}

func (c Coverage) write(w io.Writer) {
	missing := 0
	for _, one := range c.Conditions {
		if one.Missing() != "" {
			missing++
			fmt.Fprintln(w, visible(one.String()))
		}
	}
	for _, name := range c.Untested {
		fmt.Fprintf(w, "%s has no tests: write %s%s\n", name, name, playbooks.TestSuffix)
	}
	n := len(c.Conditions)
	fmt.Fprintf(w, "coverage: %d of %s seen true and false\n", n-missing, counted(n, "condition"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
