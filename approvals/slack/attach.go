package slack

import (
	"context"
	"fmt"
	"strings"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// isFile tells whether a key is of the file that holds a plan which is too long
// for its card.
func isFile(key string) bool {
	what, _ := cutKey(key)
	return what == "plan"
}

// attach puts every call of a plan, calldata and all, as a file under the card.
// It is for reading: the review and the approval page are what people decide on.
// After an error it is perhaps there; a second copy does no harm.
func (d *Desk) attach(ctx context.Context, s incident.State, key string) (incident.Told, error) {
	text := planText(s)
	name := fmt.Sprintf("firebreak-%s-r%d.txt", s.ID, s.Run().Plan.Revision)
	_, err := d.api.UploadFileContext(ctx, goslack.UploadFileParameters{
		Reader: strings.NewReader(text), FileSize: len(text), Filename: name, Title: "Every call of this request, with its calldata",
		Channel: s.Card.Channel, ThreadTimestamp: s.Card.TS,
	})
	if err != nil {
		return incident.Told{}, fmt.Errorf("put the plan into the thread: %w", err)
	}
	return incident.Told{Key: key, Text: "the plan as a file, " + name}, nil
}

// planText is a plan as plain text, one thing a line.
func planText(s incident.State) string {
	run := s.Run()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", clean(approvals.Headline(s)))
	line("incident %s, run %d, revision %d", s.ID, run.Number, run.Plan.Revision)
	line("digest %s (%s)", run.Digest, run.Digest.Words())
	line("This file is a copy: the journal is the record.")
	for i, c := range run.Plan.Calls {
		line("\ncall %d of %d: %s", i+1, len(run.Plan.Calls), clean(c.Step))
		line("  %s %s", clean(c.Verb), clean(c.Target))
		line("  to       %s", c.To.Hex())
		line("  chain    %s (%d)", clean(c.Chain), c.ChainID)
		line("  function %s", clean(c.Function))
		for _, a := range c.Args {
			line("    %s %s = %s", clean(a.Type), clean(a.Name), clean(a.Value))
		}
		line("  value    %s wei", c.Value)
		line("  calldata %s", c.Data)
		line("  gas      %d, at most %s wei in all", c.Gas, c.MaxCost)
		line("  effect   %s", clean(c.Effect))
		line("  undo     %s", clean(c.Undo))
		if c.SpareOf != "" {
			line("  the same call as %s, by key %s", clean(c.SpareOf), clean(c.Key))
		}
		if c.Warning != "" {
			line("  warning  %s", clean(c.Warning))
		}
	}
	return b.String()
}
