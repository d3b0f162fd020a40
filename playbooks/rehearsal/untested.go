package rehearsal

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Untested finds every live playbook that has no tests, or tests that do not pass:
// what it does when it is needed nobody has seen. That is an error at the desk. A
// daemon loads such a playbook all the same: on the day on which it has to start, a
// missing file of tests must not keep it from starting. Tests that are wrong
// themselves are told as what they are.
func Untested(ctx context.Context, set *playbooks.Set, fsys fs.FS, dir string) (playbooks.Problems, error) {
	files, err := set.ReadTests(fsys, dir)
	if problems, ok := errors.AsType[playbooks.Problems](err); ok {
		return problems, nil
	}
	if err != nil {
		return nil, err
	}
	report, err := All(ctx, set, files, func(*playbooks.Tests, playbooks.Case) bool { return true })
	if err != nil {
		return nil, err
	}
	var found playbooks.Problems
	for _, p := range set.Playbooks() {
		if why := unshown(p, report.Results); p.Mode == incident.ModeLive && why != "" {
			found = append(found, atMode(p, why))
		}
	}
	return found, nil
}

// unshown says why nothing shows what a playbook does; empty when something
// does.
func unshown(p *playbooks.Playbook, results []Result) string {
	of := func(r Result) bool { return r.Playbook == p.Name }
	if !slices.ContainsFunc(results, of) {
		return "it is live and has no tests; write " + p.Name + playbooks.TestSuffix + " beside it"
	}
	i := slices.IndexFunc(results, func(r Result) bool { return of(r) && !r.OK })
	if i < 0 {
		return ""
	}
	return "it is live and its test \"" + visible(results[i].Name) + "\" fails; see firebreak playbook test"
}

// atMode is a problem at the line that makes a playbook live.
func atMode(p *playbooks.Playbook, why string) playbooks.Problem {
	out := playbooks.Problem{File: p.Name + ".yaml", Line: 1, Col: 1, Code: playbooks.CodeUntested, Message: why}
	for n, line := range strings.Split(p.Text(), "\n") {
		if strings.HasPrefix(line, "mode:") {
			out.Line, out.Source = n+1, strings.TrimSuffix(line, "\r")
		}
	}
	return out
}
