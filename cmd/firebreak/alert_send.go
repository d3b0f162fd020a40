package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/app"
)

// sending is what alert send is told.
type sending struct {
	url, source, config, secretFile, keyFile, file string
}

func newAlertSend() *cobra.Command {
	var s sending
	c := &cobra.Command{
		Use:   "send",
		Short: "Sign an alert as one of its sources does and post it",
		Long: `Send signs a JSON message as a source does and posts it, to try a set-up. The
source is one of a configuration, by its name, or a kind: alertmanager, custom,
datadog, forta, generic, grafana, hypernative, ozmonitor, pagerduty, safe or
tenderly. It signs as of now; what is dated inside the message is left as it is,
and may be too old to act on.

What is sent is as real as an alert: mark it as a test in the way that its source
has, such as "test": true for generic, and it is stored and never acted on. The
schema of generic is at GET /v1/alerts/schema. Kinds that sign with a key of
their own (hypernative, forta) take --key-file: a key whose public part, or
address, the source is configured with.`,
		Example: `  echo '{"id":"try-1","rule":"vault.outflow-spike","test":true}' |
    firebreak alert send --url http://127.0.0.1:8080/v1/alerts/detector --secret-file detector.secret
  firebreak alert send --config firebreak.yaml --source tenderly-vault --file test.json
  firebreak alert send --source tenderly --url http://127.0.0.1:8080/v1/alerts/vault \
    --secret-file tenderly.secret --file test.json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			source, err := s.find(c.Flags().Changed("source"))
			if err != nil {
				return err
			}
			if s.url == "" {
				return usage{errors.New("--url is missing: where the source takes alerts, such as http://127.0.0.1:8080/v1/alerts/detector; or name --config")}
			}
			if err := checkURL(s.url); err != nil {
				return err
			}
			trial, err := s.trial(c.InOrStdin(), &source)
			if err != nil {
				return err
			}
			signed, err := alerts.Sign(source, trial)
			if err != nil {
				return err
			}
			return send(c.Context(), c.OutOrStdout(), s.url, signed)
		},
	}
	c.Flags().StringVar(&s.url, "url", "", "the source's `URL`; with --config, where the daemon listens")
	c.Flags().StringVar(&s.source, "source", "generic", "sign as this `source`: a kind, or with --config a source's name")
	c.Flags().StringVar(&s.config, "config", "", "take the source from this configuration `file`")
	c.Flags().StringVar(&s.secretFile, "secret-file", "", "`file` that holds the source's secret; with --config, the first of its own")
	c.Flags().StringVar(&s.keyFile, "key-file", "", "`file` that holds a private key, for kinds that sign with one")
	c.Flags().StringVar(&s.file, "file", "-", "`file` that holds the alert; - is standard input")
	c.MarkFlagFilename("config", "yaml", "yml")
	c.MarkFlagFilename("secret-file")
	c.MarkFlagFilename("key-file")
	c.MarkFlagFilename("file", "json")
	c.RegisterFlagCompletionFunc("source", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return s.offer(), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// offer lists the sources there are. A configuration that cannot be read offers
// nothing: a shell asks at every key.
func (s *sending) offer() []cobra.Completion {
	if s.config == "" {
		return alerts.Kinds()
	}
	cfg, err := app.LoadConfig(s.config)
	if err != nil {
		return nil
	}
	var names []cobra.Completion
	for name, source := range cfg.Sources {
		names = append(names, cobra.CompletionWithDesc(name, source.Kind))
	}
	slices.Sort(names)
	return names
}

// find is the source to sign as, without its secret. What a configuration says
// fills the URL and the secret's file where they were not given.
func (s *sending) find(named bool) (alerts.Source, error) {
	if s.config == "" {
		if !slices.Contains(alerts.Kinds(), s.source) {
			return alerts.Source{}, usage{fmt.Errorf("--source %q is no kind; there are %s; a configured source's name needs --config", s.source, strings.Join(alerts.Kinds(), ", "))}
		}
		return alerts.Source{Name: s.source, Kind: s.source}, nil
	}
	if !named {
		return alerts.Source{}, usage{errors.New("--config needs --source: the name of a source that it configures")}
	}
	cfg, err := loadConfig(s.config)
	if err != nil {
		return alerts.Source{}, err
	}
	source, ok := cfg.Sources[s.source]
	switch {
	case !ok:
		return alerts.Source{}, fmt.Errorf("there is no source %q in %s", s.source, s.config)
	case source.NATS != nil:
		return alerts.Source{}, fmt.Errorf("source %s is fetched from a NATS stream and takes no posts; publish to its subject", s.source)
	case s.secretFile == "" && len(source.SecretFiles) > 0:
		s.secretFile = source.SecretFiles[0]
	}
	if s.url == "" {
		s.url = door(cfg) + s.source
	}
	return source.AlertSource(s.source, nil), nil
}

// door is where a daemon with this configuration takes alerts, seen from its
// own machine.
func door(cfg app.Config) string {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	scheme := "http"
	if cfg.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/v1/alerts/"
}

// trial reads the message and what it is signed with.
func (s *sending) trial(in io.Reader, source *alerts.Source) (t alerts.Trial, err error) {
	if alerts.Keyed(source.Kind) {
		if s.keyFile == "" {
			return t, usage{fmt.Errorf("a source of kind %s signs with a key of its own: name a file of one for trials in --key-file", source.Kind)}
		}
		text, err := readSecret(s.keyFile)
		if err != nil {
			return t, err
		}
		t.Key = []byte(text)
	} else {
		if s.secretFile == "" {
			return t, usage{errors.New("--secret-file is missing: the file that the source's secret_files names")}
		}
		secret, err := readSecret(s.secretFile)
		if err != nil {
			return t, err
		}
		source.Secrets = []string{secret}
	}
	t.Now = time.Now()
	t.Body, err = readAlert(in, s.file)
	return t, err
}

func send(ctx context.Context, out io.Writer, to string, d alerts.Signed) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(d.Body))
	if err != nil {
		return usage{err}
	}
	req.Header = d.Header
	// A redirect would turn the POST into a GET, whose success says nothing.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("post alert: %w; does firebreak listen there?", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	text := printableLines(strings.TrimSpace(string(answer)))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the alert was not taken: %s\n%s", resp.Status, text)
	}
	if text == "" {
		text = resp.Status // some hear nothing else
	}
	_, err = fmt.Fprintln(out, text)
	return err
}
