package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func newPlaybookExplain() *cobra.Command {
	var at shelf
	var path, format string
	c := &cobra.Command{
		Use:   "explain INCIDENT",
		Short: "Say afterwards why a playbook matched, and what came of it",
		Long: `Explain reads one incident from the journal: which alert, which playbook in the very
text that the incident began with, why it matched, what was planned, who said what, and
how it ended. Where the playbook is another today, it says in words what has changed.

The condition is evaluated again on the text of the journal, with the inventory of
today; without one, all but that is told.`,
		Example: `  firebreak playbook explain 01JEQ7V5M2K3ABCD --journal firebreak.db
  firebreak playbook explain 01JEQ7V5M2K3ABCD --config firebreak.yaml --format json`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			if at.config != "" && !c.Flags().Changed("journal") {
				cfg, err := loadConfig(at.config)
				if err != nil {
					return err
				}
				path = cfg.Journal
			}
			_, s, err := readIncident(c.Context(), path, given[0])
			if err != nil {
				return err
			}
			told := explain(s, &at)
			if format == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(told)
			}
			return told.text(c.OutOrStdout())
		},
	}
	shelfFlags(c, &at)
	journalFlag(c, &path)
	formatFlag(c, &format)
	c.ValidArgsFunction = completeIncident(&path)
	return c
}

// completeIncident completes INCIDENT alone.
func completeIncident(path *string) cobra.CompletionFunc {
	steps := completeSteps(func() string { return *path })
	return func(c *cobra.Command, given []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(given) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return steps(c, given, word)
	}
}

// explanation is what explain tells of an incident.
type explanation struct {
	Incident incident.ID    `json:"incident"`
	Exercise bool           `json:"exercise"`
	Opened   time.Time      `json:"opened"`
	Alert    incident.Alert `json:"alert"`
	Joined   int            `json:"joined"` // further alerts of the same incident
	Playbook pinnedBook     `json:"playbook"`
	// Verdict is nil when the pinned text could not be evaluated again; Unclear
	// says why.
	Verdict *playbooks.Verdict `json:"verdict,omitempty"`
	Unclear string             `json:"unclear,omitempty"`
	Runs    []runExplained     `json:"runs"`
}

// pinnedBook is the playbook that the incident began with, and how it stands
// to today's.
type pinnedBook struct {
	Name    string          `json:"name"`
	Digest  incident.Digest `json:"digest"`
	Mode    incident.Mode   `json:"mode"`
	Text    string          `json:"text"`
	Today   string          `json:"today"`   // in words
	Changes []desk.Change   `json:"changes"` // since then
}

// runExplained is one run: a plan, what people said, and how it ended.
type runExplained struct {
	Run    int             `json:"run"`
	Phase  incident.Phase  `json:"phase"`
	Title  string          `json:"title,omitempty"`
	Digest string          `json:"digest,omitempty"`
	Calls  []incident.Call `json:"calls"`
	Notes  []string        `json:"notes,omitempty"`
	// Evidence is what was read before the plan was made, Sent what is in a block.
	Evidence []incident.Evidence `json:"evidence,omitempty"`
	Votes    []incident.Vote     `json:"votes"`
	Sent     []incident.Included `json:"sent,omitempty"`
	Why      string              `json:"why,omitempty"`
	Mend     string              `json:"mend,omitempty"`
}

// explain tells of an incident what the journal has. What the shelf adds is
// left out, and said, where it cannot be read.
func explain(s incident.State, at *shelf) explanation {
	o := s.Opened
	e := explanation{Incident: s.ID, Exercise: s.Exercise, Opened: s.OpenedAt, Alert: o.Alert, Joined: max(len(s.Alerts)-1, 0),
		Playbook: pinnedBook{Name: o.Playbook.Name, Digest: o.Playbook.Digest, Mode: o.Mode, Text: o.Text, Changes: []desk.Change{}}}
	for _, r := range s.Runs {
		told := runExplained{Run: r.Number, Phase: r.Phase, Calls: []incident.Call{}, Votes: append([]incident.Vote{}, r.Votes...), Why: r.End, Mend: r.Mend}
		if r.Plan != nil {
			told.Title, told.Digest, told.Calls, told.Notes = r.Plan.Title, r.Digest.String(), r.Plan.Calls, r.Plan.Notes
			told.Evidence = r.Plan.Evidence
		}
		for _, step := range r.Steps {
			if step.In != nil {
				told.Sent = append(told.Sent, *step.In)
			}
		}
		e.Runs = append(e.Runs, told)
	}
	e.judge(o, at)
	return e
}

// judge evaluates the pinned text again, and holds it against today's.
func (e *explanation) judge(o incident.Opened, at *shelf) {
	inv, err := at.readInventory()
	if err != nil {
		e.Unclear, e.Playbook.Today = err.Error(), "what it is today cannot be told without an inventory"
		return
	}
	pinned, err := playbooks.Parse(inv, map[string]string{o.Playbook.Name + ".yaml": o.Text})
	if err != nil {
		e.Unclear = "its text does not load with the inventory of today: " + err.Error()
	} else {
		e.Verdict = &pinned.Trace(o.Alert)[0]
	}
	e.Playbook.Today = e.today(pinned, at)
}

// today says in words how the pinned text stands to the folder's. Pinned may be
// nil.
func (e *explanation) today(pinned *playbooks.Set, at *shelf) string {
	set, err := playbooks.Load(at.inventory, at.folder)
	if err != nil {
		return fmt.Sprintf("the playbooks in %s do not load today: firebreak playbook check says why", at.folder)
	}
	p, err := named(set, e.Playbook.Name)
	switch {
	case err != nil:
		return "there is no playbook of this name today"
	case p.Digest.Equal(e.Playbook.Digest):
		return "the text is the same today"
	case pinned == nil:
		return "the text is another today"
	}
	e.Playbook.Changes = append(e.Playbook.Changes, desk.Compare(describeAll(pinned), []playbooks.Description{set.Describe(p)})...)
	if len(e.Playbook.Changes) == 0 {
		return "the text is another today, of the same meaning"
	}
	return "the text is another today; since then:"
}
