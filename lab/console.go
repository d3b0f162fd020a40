package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// Console says where a range serves the approval page. Origin is how browsers
// call it; Listen is host:port of loopback.
type Console struct {
	Origin, Listen    string
	CertFile, KeyFile string // absolute paths; empty for a page without TLS of its own
}

func (c *Console) config() string {
	if c == nil {
		return ""
	}
	tls := ""
	if c.CertFile != "" {
		tls = fmt.Sprintf(", tls: {cert_file: %q, key_file: %q}", c.CertFile, c.KeyFile)
	}
	return fmt.Sprintf("console: {origin: %q, listen: %q%s}\n", c.Origin, c.Listen, tls)
}

// ConsoleAddr is where the approval page is served by a daemon in this process;
// empty without one.
func (r *Range) ConsoleAddr() string {
	if d, ok := r.responder().(inProcess); ok && d.a.ConsoleAddr() != nil {
		return d.a.ConsoleAddr().String()
	}
	return ""
}

// SlackDown has every call to Slack fail from now on.
func (r *Range) SlackDown() error {
	return r.slack.Inject(slacktest.Fault{Effect: slacktest.EffectStatus, Status: 503})
}

// Incidents are those of the journal, oldest first.
func (r *Range) Incidents(ctx context.Context) ([]incident.State, error) {
	return journal.Incidents(ctx, r.record)
}

// Key is what the responder's key says of itself, asked as an operator.
func (r *Range) Key(ctx context.Context) (ceremony.Source, error) {
	client, err := r.operator()
	if err != nil {
		return ceremony.Source{}, err
	}
	var s ceremony.Source
	if s.Info, err = client.Key(ctx, keyName); err != nil {
		return s, err
	}
	for what, text := range map[signer.What]*string{signer.Policy: &s.Policy, signer.Guardians: &s.Guardians} {
		document, err := client.Document(ctx, keyName, what)
		if err != nil {
			return s, err
		}
		*text = document.Text
	}
	return s, nil
}

// Change hands in a change of the key that guardians have signed, as an operator
// does.
func (r *Range) Change(ctx context.Context, p *ceremony.Proposal, signatures ...consent.Signature) error {
	for _, s := range signatures {
		if err := p.Add(s); err != nil {
			return fmt.Errorf("sign the change: %w", err)
		}
	}
	change, err := p.Change()
	if err != nil {
		return err
	}
	client, err := r.operator()
	if err != nil {
		return err
	}
	_, err = client.Change(ctx, change)
	return err
}

// operator is a client with every right, which only the fake Vault gives away.
func (r *Range) operator() (*vault.Client, error) {
	fake, ok := r.vault.(fakeVault)
	if !ok {
		return nil, errors.New("only the fake Vault gives an operator's token away")
	}
	token := filepath.Join(r.dir, "operator-token")
	if err := os.WriteFile(token, []byte(fake.RootToken()), 0o600); err != nil {
		return nil, fmt.Errorf("write the operator's token: %w", err)
	}
	return vault.New(vault.Config{Address: fake.URL(), Mount: "eth", TokenFile: token})
}
