package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// keeper is how a verb reaches Vault: as the operator and never as the daemon.
type keeper struct {
	address, mount, caFile, tokenFile, namespace string
}

func keeperFlags(c *cobra.Command) *keeper {
	k := &keeper{}
	f := c.Flags()
	f.StringVar(&k.address, "address", "", "Vault's `URL` (default $VAULT_ADDR)")
	f.StringVar(&k.mount, "mount", "eth", "where the firebreak engine is mounted")
	f.StringVar(&k.namespace, "namespace", "", "Vault namespace, if any")
	f.StringVar(&k.caFile, "ca-file", "", "`file` with the authority of Vault's certificate (default the system's)")
	f.StringVar(&k.tokenFile, "token-file", "", "`file` with your own token (default ~/.vault-token, where vault login puts it)")
	c.MarkFlagFilename("ca-file")
	c.MarkFlagFilename("token-file")
	return k
}

// open connects. The token never stands in arguments or in the environment.
func (k *keeper) open() (*vault.Client, error) {
	if k.address == "" {
		k.address = os.Getenv("VAULT_ADDR")
	}
	if k.address == "" {
		return nil, usage{errors.New("say with --address or VAULT_ADDR where Vault is")}
	}
	if k.tokenFile == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("find your token: %w; say with --token-file where it is", err)
		}
		k.tokenFile = filepath.Join(home, ".vault-token")
	}
	client, err := vault.New(vault.Config{
		Address: k.address, Mount: k.mount, CAFile: k.caFile, TokenFile: k.tokenFile, Namespace: k.namespace, Timeout: 15 * time.Second,
	})
	if err != nil {
		return nil, usage{err}
	}
	return client, nil
}

// inForce reads a key and what is in force for it.
func (k *keeper) inForce(ctx context.Context, name string) (ceremony.Source, error) {
	client, err := k.open()
	if err != nil {
		return ceremony.Source{}, err
	}
	info, err := client.Key(ctx, name)
	if err != nil {
		return ceremony.Source{}, err
	}
	policy, err := client.Document(ctx, name, signer.Policy)
	if err != nil {
		return ceremony.Source{}, err
	}
	guardians, err := client.Document(ctx, name, signer.Guardians)
	if err != nil {
		return ceremony.Source{}, err
	}
	return ceremony.Source{Info: info, Policy: policy.Text, Guardians: guardians.Text}, nil
}

// readFile reads a document of at most ceremony.MaxFile bytes; "-" is standard
// input.
func readFile(c *cobra.Command, path string) ([]byte, error) {
	in := c.InOrStdin()
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, ceremony.MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > ceremony.MaxFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, ceremony.MaxFile)
	}
	return raw, nil
}

// writeFile writes a document, never over another one; "-" is standard output.
func writeFile(c *cobra.Command, path string, raw []byte) error {
	if path == "-" {
		_, err := c.OutOrStdout().Write(raw)
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; name another file, or remove it", path)
	}
	if err != nil {
		return err
	}
	if _, err := file.Write(raw); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// replaceFile writes a proposal back with one signature more. The new file is
// complete before it takes the old one's place.
func replaceFile(path string, raw []byte) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, ".proposal-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := errors.Join(file.Chmod(0o644), put(file, raw), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func put(w io.Writer, raw []byte) error {
	_, err := w.Write(raw)
	return err
}

func readProposal(c *cobra.Command, path string) (*ceremony.Proposal, error) {
	raw, err := readFile(c, path)
	if err != nil {
		return nil, err
	}
	p, err := ceremony.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// propose writes a proposal and says what it is and what comes next.
func propose(c *cobra.Command, p *ceremony.Proposal, out string) error {
	found, err := p.Judge()
	if err != nil {
		return err
	}
	raw, err := p.Encode()
	if err != nil {
		return err
	}
	if err := writeFile(c, out, raw); err != nil {
		return err
	}
	say := c.OutOrStdout()
	if out == "-" {
		say = c.ErrOrStderr() // the proposal itself is the output
	}
	sayJudgement(say, found)
	fmt.Fprintf(say, "\n%d guardians have to sign %s: firebreak approve %s --as <guardian> ...\n", found.Need, out, out)
	return nil
}

func sayJudgement(w io.Writer, found ceremony.Judgement) {
	fmt.Fprintln(w, printable(found.Title))
	for _, line := range found.Lines {
		fmt.Fprintln(w, "  "+printable(line))
	}
	if !found.Waits.IsZero() {
		fmt.Fprintf(w, "  in force from %s at the earliest; until then one guardian can cancel it\n", found.Waits.Format(time.RFC3339))
	}
}

// handIn gives Vault a signed proposal.
func handIn(c *cobra.Command, k *keeper, path string, verbs ...signer.Verb) error {
	p, err := readProposal(c, path)
	if err != nil {
		return err
	}
	for _, verb := range verbs {
		if p.Verb != verb {
			continue
		}
		change, err := p.Change()
		if err != nil {
			return err
		}
		return k.change(c, change)
	}
	return usage{fmt.Errorf("%s is a proposal to %q, which is not for this verb", path, p.Verb)}
}

// change asks for a change of a key and shows the key as it is then.
func (k *keeper) change(c *cobra.Command, change signer.Change) error {
	client, err := k.open()
	if err != nil {
		return err
	}
	info, err := client.Change(c.Context(), change)
	if err != nil {
		return err
	}
	keyText(c.OutOrStdout(), info)
	return nil
}
