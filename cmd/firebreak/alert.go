package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
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
