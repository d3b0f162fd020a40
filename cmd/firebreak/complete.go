package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// completeSteps completes INCIDENT and STEP from the journal, newest incident
// first: at 3 a.m. nobody types sixteen characters. Where the journal cannot be
// read there is nothing to offer, and no error: a shell asks at every key.
func completeSteps(path func() string) cobra.CompletionFunc {
	return func(c *cobra.Command, given []string, _ string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
		j, err := openJournal(c.Context(), path())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer j.Close()
		switch len(given) {
		case 0:
			states, err := journal.Incidents(c.Context(), j)
			if err != nil {
				break
			}
			for i := len(states) - 1; i >= 0; i-- {
				s := states[i]
				offers = append(offers, cobra.CompletionWithDesc(string(s.ID), printable(fmt.Sprintf("%s, %s", s.Opened.Playbook.Name, s.Phase()))))
			}
		case 1:
			id, err := incident.ParseID(given[0])
			if err != nil {
				break
			}
			_, s, err := journal.Incident(c.Context(), j, id)
			if err != nil {
				break
			}
			for _, step := range s.Run().Steps {
				offers = append(offers, cobra.CompletionWithDesc(printable(step.Name), string(step.State)))
			}
		}
		return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}
