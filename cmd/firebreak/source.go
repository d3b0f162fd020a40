package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
)

func newSource() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "source",
		Short: "Set up the alerting systems that may post",
		Example: `  firebreak source list
  firebreak source test tenderly-vault --base https://firebreak.example.org`,
	})
	c.AddCommand(newSourceList(), newSourceTest())
	return c
}

// completeSources completes a source's name from the configuration.
func completeSources(config *string) cobra.CompletionFunc {
	return func(_ *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(given) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return (&sending{config: *config}).offer(), cobra.ShellCompDirectiveNoFileComp
	}
}

// heard is when a source spoke last, and what it said.
type heard struct {
	At      time.Time `json:"at,omitzero"`
	Receipt uint64    `json:"receipt,omitempty"`
	Inert   string    `json:"inert,omitempty"`
	Test    time.Time `json:"test,omitzero"` // its last test
}

// words says it for people.
func (h heard) words() string {
	switch {
	case h.At.IsZero():
		return "never"
	case h.Inert != "":
		return fmt.Sprintf("%s (%s)", h.At.UTC().Format(time.DateTime), printable(h.Inert))
	}
	return h.At.UTC().Format(time.DateTime)
}

// lastHeard reads when sources spoke last. A journal that is not there yet is no
// error: a set-up is tried before there is one.
func lastHeard(c *cobra.Command, path string) (map[string]heard, error) {
	all := map[string]heard{}
	if missing(path) {
		return all, nil
	}
	j, err := openJournal(c.Context(), path)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	for f, err := range j.Read(c.Context(), incident.Inbox, 0) {
		if err != nil {
			return nil, err
		}
		body, err := f.Body()
		if err != nil {
			return nil, err
		}
		if r, ok := body.(incident.Received); ok {
			h := all[r.Alert.Source]
			h.At, h.Receipt, h.Inert = f.Seen, f.Seq, r.Inert
			if r.Inert == incident.InertTest {
				h.Test = f.Seen
			}
			all[r.Alert.Source] = h
		}
	}
	return all, nil
}

// sourceLine is one source as a script reads it.
type sourceLine struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	URL       string `json:"url,omitempty"`
	Pulled    bool   `json:"pulled,omitempty"`
	Heartbeat string `json:"heartbeat,omitempty"`
	Last      heard  `json:"last"`
}

func newSourceList() *cobra.Command {
	var config, format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the configured sources and when each was heard last",
		Long: `List prints the sources of a configuration: their kind, where they post on this
machine, the longest silence that nobody is told of, and when each was heard last, as
the journal says. With --format json each line is one JSON object.`,
		Example: `  firebreak source list --config firebreak.yaml
  firebreak source list --format json | jq -r 'select(.last.at == null).name'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(config)
			if err != nil {
				return err
			}
			last, err := lastHeard(c, cfg.Journal)
			if err != nil {
				return err
			}
			var lines []sourceLine
			for _, name := range slices.Sorted(maps.Keys(cfg.Sources)) {
				s := cfg.Sources[name]
				l := sourceLine{Name: name, Kind: s.Kind, URL: door(cfg) + name, Pulled: s.NATS != nil, Last: last[name]}
				if l.Pulled {
					l.URL = ""
				}
				if s.Heartbeat > 0 {
					l.Heartbeat = s.Heartbeat.String()
				}
				lines = append(lines, l)
			}
			return saySources(c.OutOrStdout(), lines, format)
		},
	}
	configFlag(c, &config)
	formatFlag(c, &format)
	return c
}

func saySources(out io.Writer, lines []sourceLine, format string) error {
	if format == "json" {
		return jsonLines(out, lines)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tKIND\tPOSTS TO\tHEARTBEAT\tHEARD LAST (UTC)")
	for _, l := range lines {
		where, beat := l.URL, l.Heartbeat
		if l.Pulled {
			where = "(fetched from NATS)"
		}
		if beat == "" {
			beat = "not missed"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", printable(l.Name), printable(l.Kind), printable(where), beat, l.Last.words())
	}
	return t.Flush()
}

func newSourceTest() *cobra.Command {
	var config, base string
	c := &cobra.Command{
		Use:   "test NAME",
		Short: "Print what to paste at a source's vendor, and whether its test has come",
		Long: `Test prints how to set a configured source up at its vendor: the address, the
headers, the body where one has to be pasted, and where its secret goes. Then what
firebreak asks of its messages, and when one has come last, with the number of its
receipt. Send a test from the vendor's side, and run this again: it says that it came.

It ends with exit code 3 while nothing authentic was ever received from the source.
Nothing secret is printed, and nothing is sent: firebreak alert send posts one.`,
		Example: `  firebreak source test tenderly-vault --base https://firebreak.example.org
  firebreak source test detector --config firebreak.yaml`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			cfg, err := loadConfig(config)
			if err != nil {
				return err
			}
			s, ok := cfg.Sources[given[0]]
			if !ok {
				return fmt.Errorf("there is no source %q in %s; there are %s", given[0], config, strings.Join(slices.Sorted(maps.Keys(cfg.Sources)), ", "))
			}
			at, err := posts(cfg, base)
			if err != nil {
				return usage{err}
			}
			last, err := lastHeard(c, cfg.Journal)
			if err != nil {
				return err
			}
			return saySetUp(c.OutOrStdout(), setUp{given[0], s, at + given[0]}, last[given[0]])
		},
	}
	c.Flags().StringVar(&base, "base", "", "the address under which vendors reach the daemon, as https://`host`")
	configFlag(c, &config)
	c.ValidArgsFunction = completeSources(&config)
	return c
}

// posts is the address in front of a source's name: the one that vendors reach,
// else that on this machine.
func posts(cfg app.Config, base string) (string, error) {
	if base == "" {
		return door(cfg), nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("--base is the address under which vendors reach the daemon, such as https://firebreak.example.org, not %q", base)
	}
	return strings.TrimSuffix(base, "/") + "/v1/alerts/", nil
}

// setUp is a source and where it posts.
type setUp struct {
	name string
	app.Source
	url string
}

// errUnheard is the finding that a set-up was never seen to work.
var errUnheard = errors.New("nothing authentic has come from this source yet; send a test from its side, and run this again")

func saySetUp(out io.Writer, s setUp, last heard) error {
	if s.NATS != nil {
		fmt.Fprintf(out, "Fetched from NATS stream %s by consumer %s. Publish with the headers that %s signs with.\n", printable(s.NATS.Stream), printable(s.NATS.Consumer), s.Kind)
	}
	guide, err := alerts.Guide(s.AlertSource(s.name, nil), s.url)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, printableLines(strings.TrimSpace(guide)))
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, file := range s.SecretFiles {
		fmt.Fprintf(t, "secret\tthe content of %s\n", printable(file))
	}
	if len(s.SecretFiles) == 2 {
		fmt.Fprintln(t, "rotation\tboth are valid; when the vendor signs with the new one, take the old one out")
	}
	if s.Client != "" {
		fmt.Fprintf(t, "certificate\tit must come with a client certificate of %s\n", printable(s.Client))
	}
	if len(s.Addresses) > 0 {
		fmt.Fprintf(t, "addresses\tit may post from %s alone\n", printable(strings.Join(s.Addresses, ", ")))
	}
	beat := "nobody is told when it falls silent; set heartbeat"
	if s.Heartbeat > 0 {
		beat = fmt.Sprintf("people are told when it says nothing for %s: have it send a test more often", s.Heartbeat)
	}
	fmt.Fprintf(t, "heartbeat\t%s\n", beat)
	fmt.Fprintf(t, "heard last\t%s\n", last.words())
	if !last.Test.IsZero() {
		fmt.Fprintf(t, "last test\t%s\n", last.Test.UTC().Format(time.DateTime))
	}
	if last.Receipt > 0 {
		fmt.Fprintf(t, "read it\tfirebreak alert show %d\n", last.Receipt)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if last.At.IsZero() {
		return findings{errUnheard}
	}
	return nil
}
