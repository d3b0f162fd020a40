package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/alerts"
)

func newAlert() *cobra.Command {
	c := &cobra.Command{Use: "alert", Short: "Try out alert sources"}
	c.AddCommand(newAlertSend())
	return c
}

func newAlertSend() *cobra.Command {
	var url, secretFile, file string
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
			secret, err := os.ReadFile(secretFile)
			if err != nil {
				return fmt.Errorf("read secret: %w", err)
			}
			body, err := readAll(c.InOrStdin(), file)
			if err != nil {
				return err
			}
			return send(c.Context(), c.OutOrStdout(), delivery{url, strings.TrimSpace(string(secret)), body})
		},
	}
	c.Flags().StringVar(&url, "url", "", "the source's `URL`")
	c.Flags().StringVar(&secretFile, "secret-file", "", "`file` that holds the source's secret")
	c.Flags().StringVar(&file, "file", "-", "`file` that holds the alert; - is standard input")
	c.MarkFlagRequired("url")
	c.MarkFlagRequired("secret-file")
	return c
}

// readAll reads a file, or standard input for a dash.
func readAll(in io.Reader, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(in, 1<<20))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read alert: %w", err)
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
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("post alert: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the alert was not taken: %s\n%s", resp.Status, bytes.TrimSpace(answer))
	}
	_, err = fmt.Fprintf(out, "%s\n", bytes.TrimSpace(answer))
	return err
}
