package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// online checks the playbooks of a configuration against their chains and Slack.
// What is wrong with the files themselves comes first, and then nothing else.
func (s *shelf) online(c *cobra.Command, format string, strict bool) error {
	switch {
	case s.config == "":
		return usage{errors.New("--online needs --config: it says how the chains and Slack are reached")}
	case format != "text" && format != "json":
		return usage{fmt.Errorf("--online reports as text or json, not as %s", format)}
	}
	set, err := s.load()
	if err != nil {
		return err
	}
	remarks, err := s.remarks(c.Context(), set)
	if err != nil {
		return err
	}
	if grave(remarks) || strict && len(remarks) > 0 {
		return findings{fmt.Errorf("the playbooks have %s:\n%w", count(len(remarks)), desk.Locate(remarks, s.inventory, s.folder))}
	}
	wait := waitingOn(c.ErrOrStderr())
	found, err := app.CheckOnline(c.Context(), s.config, app.DoctorOptions{Progress: wait})
	if wait != nil {
		wait(nil)
	}
	if err != nil {
		return err
	}
	return diagnosis(c.OutOrStdout(), found, format)
}
