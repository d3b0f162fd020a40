package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/consent"
)

func newApprove() *cobra.Command { return newApproveNamed("approve FILE", "firebreak") }

// newApproveNamed is the same verb under two roofs: people look for it below
// policy too.
func newApproveNamed(use, parent string) *cobra.Command {
	var o approval
	words := "firebreak approve"
	if parent != "firebreak" {
		words = "firebreak " + parent + " approve"
	}
	c := &cobra.Command{
		Use:   use,
		Short: "Sign a proposal as a guardian, on your own machine",
		Long: `Approve shows what a proposal does, computed from the documents in it and never
from words that came along, asks you, and adds your signature to the file. It needs
neither Vault nor a network. Run it on your own machine, and compare the digest
with somebody who prepared theirs apart from you.

Sign with one of
  --keystore   an encrypted Ethereum keystore file; its passphrase is asked for
  --ledger     a Ledger; it shows two hashes, which are printed here too
  --ed25519    an ed25519 private key, PKCS#8 in PEM
  --signature  a signature that any wallet made over the JSON of --print`,
		Example: strings.ReplaceAll(`  APPROVE change.json --as ana --keystore ana.json
  APPROVE change.json --as ben --ledger
  APPROVE change.json --print > typed-data.json   # for eth_signTypedData_v4 in any wallet
  APPROVE change.json --as dee --signature 0x5c1f...`, "APPROVE", words),
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error { return o.run(c, given[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.as, "as", "", "your `name` in the guardian document")
	f.StringVar(&o.keystore, "keystore", "", "encrypted keystore `file`")
	f.StringVar(&o.passphraseFile, "passphrase-file", "", "`file` with the keystore's passphrase, where nobody can be asked")
	f.BoolVar(&o.ledger, "ledger", false, "sign with a Ledger")
	f.StringVar(&o.path, "path", "m/44'/60'/0'/0/0", "derivation `path` of the Ledger's account")
	f.StringVar(&o.ed25519, "ed25519", "", "ed25519 private key `file`, PKCS#8 in PEM")
	f.StringVar(&o.signature, "signature", "", "signature in `hex` from any wallet, 65 bytes")
	f.BoolVar(&o.print, "print", false, "print the typed data for a wallet, and sign nothing")
	f.BoolVar(&o.yes, "yes", false, "do not ask; for scripts that have shown it to somebody")
	c.MarkFlagsMutuallyExclusive("keystore", "ledger", "ed25519", "signature", "print")
	c.MarkFlagsOneRequired("keystore", "ledger", "ed25519", "signature", "print")
	for _, name := range []string{"keystore", "passphrase-file", "ed25519"} {
		c.MarkFlagFilename(name)
	}
	return c
}

// approval is one guardian's run of the verb.
type approval struct {
	as, keystore, passphraseFile, path, ed25519, signature string
	ledger, print, yes                                     bool
}

func (o approval) run(c *cobra.Command, file string) error {
	p, err := readProposal(c, file)
	if err != nil {
		return err
	}
	found, err := p.Judge()
	if err != nil {
		return fmt.Errorf("%s: %w; do not sign it, and tell whoever sent it", file, err)
	}
	if o.print {
		encoder := json.NewEncoder(c.OutOrStdout())
		encoder.SetIndent("", "  ")
		return encoder.Encode(found.Data)
	}
	if o.as == "" {
		return usage{errors.New("say with --as who you are in the guardian document")}
	}
	sayJudgement(c.ErrOrStderr(), found)
	domain, message := found.Data.Parts()
	fmt.Fprintf(c.ErrOrStderr(), "\ndigest        %s\ndomain hash   %s\nmessage hash  %s\n", found.Digest, domain, message)
	if err := o.confirm(c, found); err != nil {
		return err
	}
	s, err := o.sign(c, p, found)
	if err != nil {
		return err
	}
	if err := p.Add(s); err != nil {
		return err
	}
	raw, err := p.Encode()
	if err != nil {
		return err
	}
	if file == "-" {
		err = put(c.OutOrStdout(), raw)
	} else {
		err = replaceFile(file, raw)
	}
	if err != nil {
		return err
	}
	signed := uint64(len(found.Signed) + 1)
	fmt.Fprintf(c.ErrOrStderr(), "\n%s has signed; %d of %d guardians\n", o.as, signed, found.Need)
	return nil
}

// confirm asks the person. A loosening wants more than a y: it is what an
// attacker would ask for.
func (o approval) confirm(c *cobra.Command, found ceremony.Judgement) error {
	if o.yes {
		return nil
	}
	if !isTerminalIn(c.InOrStdin()) {
		return usage{errors.New("nobody can be asked here; show it to the guardian and say --yes")}
	}
	word := "yes"
	if found.Loosens {
		word = "loosen"
	}
	fmt.Fprintf(c.ErrOrStderr(), "\nType %q to sign, anything else to leave: ", word)
	line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != word {
		return errors.New("not signed")
	}
	return nil
}

// enrolled refuses to sign with a key that would not count, before the person
// has touched a device.
func (o approval) enrolled(p *ceremony.Proposal, is func(consent.Key) bool, what string) error {
	roster, err := p.Roster()
	if err != nil {
		return err
	}
	person, known := roster.Find(o.as)
	if !known {
		return fmt.Errorf("the key has no guardian %q; it has %s", o.as, strings.Join(roster.IDs(), ", "))
	}
	for _, key := range person.Keys {
		if is(key) {
			return nil
		}
	}
	return fmt.Errorf("%s is not enrolled for %s", what, o.as)
}
