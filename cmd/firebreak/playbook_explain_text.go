package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// text prints the explanation, its parts in the order in which things happened.
func (e explanation) text(w io.Writer) error {
	var out strings.Builder
	note := ""
	if e.Exercise {
		note = "  EXERCISE"
	}
	fmt.Fprintf(&out, "%s  %s  opened %s UTC%s\n", e.Incident, printable(e.Playbook.Name), e.Opened.UTC().Format(time.DateTime), note)
	e.alertText(&out)
	e.bookText(&out)
	for _, r := range e.Runs {
		r.text(&out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (e explanation) alertText(out *strings.Builder) {
	a := e.Alert
	fmt.Fprintf(out, "\nthe alert\n    %s of %s: rule %s", printable(a.ID), printable(a.Source), printable(a.Rule))
	for _, part := range []struct{ what, value string }{
		{"severity", string(a.Severity)}, {"contract", a.Contract}, {"chain", a.Chain}, {"loss", lossOf(a)}, {"confidence", confidenceOf(a)},
	} {
		if part.value != "" {
			fmt.Fprintf(out, ", %s %s", part.what, printable(part.value))
		}
	}
	switch n := len(a.Suspects); n {
	case 0:
	case 1:
		out.WriteString(", 1 suspect")
	default:
		fmt.Fprintf(out, ", %d suspects", n)
	}
	out.WriteByte('\n')
	if e.Joined > 0 {
		fmt.Fprintf(out, "    %d more joined it\n", e.Joined)
	}
}

func lossOf(a incident.Alert) string {
	if a.Loss == nil {
		return ""
	}
	return a.Loss.String()
}

func confidenceOf(a incident.Alert) string {
	if a.Confidence == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", *a.Confidence)
}

func (e explanation) bookText(out *strings.Builder) {
	p := e.Playbook
	fmt.Fprintf(out, "\nthe playbook\n    %s in the text %s, %s then; %s\n", printable(p.Name), p.Digest.Short(), p.Mode, printable(p.Today))
	for _, c := range p.Changes {
		fmt.Fprintf(out, "      %-8s  %s\n", c.Effect, printable(c.Words))
	}
	out.WriteString("\nwhy it matched\n")
	if e.Verdict == nil {
		fmt.Fprintf(out, "    it cannot be told again: %s\n", strings.ReplaceAll(printableLines(e.Unclear), "\n", "\n    "))
		return
	}
	var tree strings.Builder
	verdictText(&tree, *e.Verdict)
	for line := range strings.Lines(tree.String()) {
		out.WriteString("    " + line)
	}
}

func (r runExplained) text(out *strings.Builder) {
	fmt.Fprintf(out, "\nrun %d\n", r.Run)
	if r.Digest == "" {
		out.WriteString("    nothing was planned\n")
	} else {
		fmt.Fprintf(out, "    planned: %s, digest %s\n", printable(r.Title), r.Digest[:12])
	}
	for _, e := range r.Evidence {
		fmt.Fprintf(out, "      read: %s\n", printable(evidenceWords(e)))
	}
	for _, c := range r.Calls {
		fmt.Fprintf(out, "      %s: %s of %s (%s) on %s (%d)\n", printable(c.Step), printable(c.Function), printable(c.Target), c.To, printable(c.Chain), c.ChainID)
		for _, a := range c.Args {
			fmt.Fprintf(out, "        %s %s = %s\n", printable(a.Type), printable(a.Name), printable(a.Value))
		}
		if words := c.Simulation.Words(); words != "" {
			fmt.Fprintf(out, "        tried: %s\n", printable(words))
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(out, "      note: %s\n", printable(n))
	}
	for _, v := range r.Votes {
		fmt.Fprintf(out, "    %s says %s (%s)", printable(v.Person), v.Decision, v.Assurance)
		if !v.At.IsZero() {
			fmt.Fprintf(out, " at %s", v.At.UTC().Format("15:04:05"))
		}
		if v.Reason != "" {
			fmt.Fprintf(out, ": %s", printable(v.Reason))
		}
		out.WriteByte('\n')
	}
	for _, in := range r.Sent {
		fmt.Fprintf(out, "    %s is in block %d: %s, says %s\n", printable(in.Step), in.Block, in.Hash, printable(in.Endpoint))
	}
	fmt.Fprintf(out, "    now %s", r.Phase)
	if r.Why != "" {
		fmt.Fprintf(out, ": %s", printable(r.Why))
	}
	out.WriteByte('\n')
	if r.Mend != "" {
		fmt.Fprintf(out, "    do: %s\n", printable(r.Mend))
	}
}

// evidenceWords say what was read, or why it was not.
func evidenceWords(e incident.Evidence) string {
	if e.Value == "" {
		return fmt.Sprintf("%s, %s: no value, %s", e.ID, e.Asked, e.Doubt)
	}
	return fmt.Sprintf("%s, %s: %s at block %d", e.ID, e.Asked, e.Value, e.Block)
}
