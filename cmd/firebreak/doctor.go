package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/firebreak-project/firebreak/app"
)

func newDoctor() *cobra.Command {
	var config, format string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Find what would fail in an incident, before there is one",
		Long: `Doctor looks at everything that an incident will need, as it is now: endpoints
and their heads, contracts and the views that prove containment, every call of
every playbook simulated from the responder's address, the key and its policy,
nonce and balance, Slack's channels and people, the journal, the clock.

It sends, signs, counts and posts nothing, takes no lock, and is done within 15
seconds even when nothing answers, so it may run beside the daemon, every few
minutes. Run it as the daemon's user, on the daemon's machine.

Each check is ok, a warning, failed, or could not be told (?), and says how to
mend it. The exit code is 0 when nothing failed, 3 when something did, and 1 when
the configuration could not even be read. Secrets and URLs are never shown.`,
		Example: `  firebreak doctor --config /etc/firebreak/firebreak.yaml
  firebreak doctor --format json | jq '.checks[] | select(.verdict == "failed")'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			wait := waitingOn(c.ErrOrStderr())
			found, err := app.Doctor(c.Context(), config, app.DoctorOptions{Progress: wait})
			if wait != nil {
				wait(nil)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w; say with --config where it is", err)
			}
			if err != nil {
				return err
			}
			return diagnosis(c.OutOrStdout(), found, format)
		},
	}
	configFlag(c, &config)
	formatFlag(c, &format)
	return c
}

// waitingOn shows on a terminal what is still being looked at, in one line that
// the next one replaces; it is nil where nobody watches.
func waitingOn(w io.Writer) func([]string) {
	if !isTerminal(w) {
		return nil
	}
	return func(names []string) {
		line := ""
		if len(names) > 0 {
			line = "looking at " + strings.Join(names, ", ")
		}
		fmt.Fprintf(w, "\r\x1b[K%.78s", printable(line))
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func counted(found []app.Finding) map[app.Verdict]int {
	count := map[app.Verdict]int{}
	for _, f := range found {
		count[f.Verdict]++
	}
	return count
}

// diagnosis prints what was found; what failed is a finding.
func diagnosis(w io.Writer, found []app.Finding, format string) (err error) {
	if format == "json" {
		err = diagnosisJSON(w, found)
	} else {
		err = diagnosisText(w, found)
	}
	if n := counted(found)[app.Failed]; err == nil && n > 0 {
		return findings{fmt.Errorf("%d of %d checks failed", n, len(found))}
	}
	return err
}

func diagnosisJSON(w io.Writer, found []app.Finding) error {
	count := counted(found)
	return json.NewEncoder(w).Encode(struct {
		Checks   []app.Finding `json:"checks"`
		OK       int           `json:"ok"`
		Warnings int           `json:"warnings"`
		Failed   int           `json:"failed"`
		NotTold  int           `json:"not_told"`
	}{found, count[app.Passed], count[app.Warned], count[app.Failed], count[app.NotTold]})
}

// mark is how a verdict looks: a word that can be searched for, and a colour
// that repeats it and never replaces it.
type mark struct{ word, colour string }

func markOf(v app.Verdict) mark {
	switch v {
	case app.Passed:
		return mark{"ok", "\x1b[32m"}
	case app.Warned:
		return mark{"warn", "\x1b[33m"}
	case app.NotTold:
		return mark{"?", "\x1b[2m"}
	}
	return mark{"FAIL", "\x1b[1;31m"}
}

func diagnosisText(w io.Writer, found []app.Finding) error {
	colour := isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	widest := 0
	for _, f := range found {
		widest = max(widest, len(printable(f.Check)))
	}
	margin := strings.Repeat(" ", 4+2+widest+2)
	var out strings.Builder
	playbook := ""
	for _, f := range found {
		if f.Playbook != playbook {
			playbook = f.Playbook
			fmt.Fprintf(&out, "\n%s\n", printable(playbook))
		}
		m := markOf(f.Verdict)
		word := fmt.Sprintf("%-4s", m.word)
		if colour {
			word = m.colour + word + "\x1b[0m"
		}
		text := strings.ReplaceAll(printableLines(f.Found), "\n", "\n"+margin)
		fmt.Fprintf(&out, "%s  %-*s  %s\n", word, widest, printable(f.Check), text)
		if f.Mend != "" {
			fmt.Fprintf(&out, "%s-> %s\n", margin, printable(f.Mend))
		}
	}
	n := counted(found)
	fmt.Fprintf(&out, "\n%d ok, %d with a warning, %d failed, %d could not be told\n", n[app.Passed], n[app.Warned], n[app.Failed], n[app.NotTold])
	_, err := io.WriteString(w, out.String())
	return err
}
