package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
)

// online checks the playbooks of a configuration against their chains and Slack.
// What is wrong with the files themselves comes first, and then nothing else.
func (s *shelf) online(c *cobra.Command, format string) error {
	switch {
	case s.config == "":
		return usage{errors.New("--online needs --config: it says how the chains and Slack are reached")}
	case format != "text" && format != "json":
		return usage{fmt.Errorf("--online reports as text or json, not as %s", format)}
	}
	if _, err := s.load(); err != nil {
		return err
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
