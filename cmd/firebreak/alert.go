package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/alerts"
)

func newAlert() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "alert",
		Short: "Read received alerts, and try out their sources",
		Example: `  echo '{"id":"try-1","rule":"vault.outflow-spike","test":true}' |
    firebreak alert send --url http://127.0.0.1:8080/v1/alerts/detector --secret-file detector.secret`,
	})
	c.AddCommand(newAlertList(), newAlertShow(), newAlertReplay(), newAlertSend())
	return c
}

func newAlertSend() *cobra.Command {
	var to, secretFile, file string
	c := &cobra.Command{
		Use:   "send",
		Short: "Sign an alert as the generic source does and post it",
		Long: `Send signs a JSON alert with the secret of a generic source and posts it, to try
a set-up. Put "test": true into the alert and it is stored and acknowledged but
never acted on. The schema is at GET /v1/alerts/schema.`,
		Example: `  echo '{"id":"try-1","rule":"vault.outflow-spike","test":true}' |
    firebreak alert send --url http://127.0.0.1:8080/v1/alerts/detector --secret-file detector.secret`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkURL(to); err != nil {
				return err
			}
			secret, err := readSecret(secretFile)
			if err != nil {
				return err
			}
			body, err := readAlert(c.InOrStdin(), file)
			if err != nil {
				return err
			}
			return send(c.Context(), c.OutOrStdout(), delivery{to, secret, body})
		},
	}
	c.Flags().StringVar(&to, "url", "", "the source's `URL`")
	c.Flags().StringVar(&secretFile, "secret-file", "", "`file` that holds the source's secret")
	c.Flags().StringVar(&file, "file", "-", "`file` that holds the alert; - is standard input")
	c.MarkFlagRequired("url")
	c.MarkFlagRequired("secret-file")
	c.MarkFlagFilename("secret-file")
	c.MarkFlagFilename("file", "json")
	return c
}

func checkURL(given string) error {
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return usage{fmt.Errorf("--url is no http or https URL: %q; for example http://127.0.0.1:8080/v1/alerts/detector", given)}
	}
	return nil
}

func readSecret(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read secret: %w; name the file that the source's secret_files names", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("read secret %s: the file is empty", file)
	}
	return secret, nil
}

// maxAlert is more than any source may post, so that what is cut off here is
// said here.
const maxAlert = 1 << 20

// readAlert reads a file, or standard input for a dash.
func readAlert(in io.Reader, file string) ([]byte, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("read alert: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxAlert+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read alert: %w", err)
	case len(text) > maxAlert:
		return nil, fmt.Errorf("read alert: it is larger than %d bytes, which no source takes", maxAlert)
	}
	return text, nil
}

type delivery struct {
	url, secret string
	body        []byte
}

func send(ctx context.Context, out io.Writer, d delivery) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(d.body))
	if err != nil {
		return usage{err}
	}
	req.Header = alerts.SignGeneric(d.secret, d.body, time.Now())
	req.Header.Set("Content-Type", "application/json")
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
	_, err = fmt.Fprintln(out, text)
	return err
}
