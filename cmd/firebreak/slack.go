package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/approvals/slack/manifest"
)

func newSlack() *cobra.Command {
	c := group(&cobra.Command{
		Use:     "slack",
		Short:   "Set up the guardians' app in Slack",
		Example: "  firebreak slack manifest --transport socket   # what to give Slack to create the app",
	})
	c.AddCommand(newSlackManifest())
	return c
}

func newSlackManifest() *cobra.Command {
	var transport, base, format string
	c := &cobra.Command{
		Use:   "manifest",
		Short: "Print what to give Slack to create the app",
		Long: `Manifest prints the app's manifest: its name, its scopes with the reason for each,
its command and its events. Paste it at https://api.slack.com/apps under "Create
New App", "From a manifest".

With --transport http Slack sends signed requests to --url, which must be https
and reachable from the internet: /slack/interactions, /slack/commands and
/slack/events below it. With --transport socket the daemon connects to Slack, and
nothing has to be reachable; the app then needs an app-level token too, with the
scope connections:write and no other.`,
		Example: `  firebreak slack manifest --transport socket > manifest.yaml
  firebreak slack manifest --transport http --url https://firebreak.example.com
  firebreak slack manifest --transport socket --format json | jq .oauth_config.scopes.bot`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"yaml", "json"}, format) {
				return usage{fmt.Errorf("--format is %q; choose yaml or json", format)}
			}
			text, err := manifest.For(transport, base)
			if err != nil {
				return usage{fmt.Errorf("%w; see firebreak slack manifest --help", err)}
			}
			return printManifest(c.OutOrStdout(), text, format)
		},
	}
	c.Flags().StringVar(&transport, "transport", "", "`way` in which Slack reaches the daemon: "+strings.Join(manifest.Transports, " or "))
	c.Flags().StringVar(&base, "url", "", "`address` of the daemon as Slack reaches it, for --transport http")
	c.Flags().StringVar(&format, "format", "yaml", "yaml, with the reasons, or json")
	c.MarkFlagRequired("transport")
	c.RegisterFlagCompletionFunc("transport", cobra.FixedCompletions(manifest.Transports, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("url", cobra.NoFileCompletions)
	return c
}

// printManifest writes the manifest as it is, or the same as JSON, which has no
// room for reasons.
func printManifest(out io.Writer, text, format string) error {
	if format == "yaml" {
		_, err := io.WriteString(out, text)
		return err
	}
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
