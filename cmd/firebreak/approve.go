package main

import (
	"bufio"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// newApprove is one verb for both things that a guardian signs: a proposal in a
// file, and a request that waits for votes.
func newApprove() *cobra.Command {
	c, o := newApproval("approve FILE|INCIDENT", "firebreak")
	c.Short = "Sign a proposal, or a vote on a request, as a guardian"
	c.Long += `

INCIDENT is the id of a request that waits for votes, 16 characters: the same vote as
on the approval page, from a terminal. Approve fetches plan and key documents from
--console, computes every digest itself, shows what they say, and signs that. A file
of such a name is ./NAME.`
	c.Example += `
  firebreak approve 01JEQ7V5M2K3ABCD --console https://approve.example.org --as ana --ledger`
	v := visit{signing: &o.signing}
	v.flags(c)
	c.RunE = func(c *cobra.Command, given []string) error {
		id, err := incident.ParseID(given[0])
		switch {
		case err != nil:
			return o.run(c, given[0])
		case o.print || o.signature != "":
			return usage{errors.New("--print and --signature are for a FILE; a request takes several signatures at one time: use the approval page with that wallet")}
		}
		return v.vote(c, console.Wanted{Decision: incident.Approve}, id)
	}
	return c
}

// newApproveNamed is the verb for files below another roof: people look for it
// below policy too.
func newApproveNamed(use, parent string) *cobra.Command {
	c, _ := newApproval(use, parent)
	return c
}

func newApproval(use, parent string) (*cobra.Command, *approval) {
	o := &approval{}
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
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.signature, "signature", "", "signature in `hex` from any wallet, 65 bytes; for a FILE")
	f.BoolVar(&o.print, "print", false, "print the typed data for a wallet, and sign nothing; for a FILE")
	c.MarkFlagsMutuallyExclusive("keystore", "ledger", "ed25519", "signature", "print")
	c.MarkFlagsOneRequired("keystore", "ledger", "ed25519", "signature", "print")
	return c, o
}

// signing is who signs, and with what.
type signing struct {
	as, keystore, passphraseFile, path, ed25519, signature string
	ledger, yes                                            bool

	opened *ecdsa.PrivateKey // of the keystore, once it was asked for
}

// flags are those that every verb has which signs.
func (o *signing) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.as, "as", "", "your `name` in the guardian document")
	f.StringVar(&o.keystore, "keystore", "", "encrypted keystore `file`")
	f.StringVar(&o.passphraseFile, "passphrase-file", "", "`file` with the keystore's passphrase, where nobody can be asked")
	f.BoolVar(&o.ledger, "ledger", false, "sign with a Ledger")
	f.StringVar(&o.path, "path", "m/44'/60'/0'/0/0", "derivation `path` of the Ledger's account")
	f.StringVar(&o.ed25519, "ed25519", "", "ed25519 private key `file`, PKCS#8 in PEM")
	f.BoolVar(&o.yes, "yes", false, "do not ask; for scripts that have shown it to somebody")
	for _, name := range []string{"keystore", "passphrase-file", "ed25519"} {
		c.MarkFlagFilename(name)
	}
}

// approval is one guardian's run of the verb.
type approval struct {
	signing
	print bool
}

func (o *approval) run(c *cobra.Command, file string) error {
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
	people, err := p.Roster()
	if err != nil {
		return err
	}
	s, err := o.sign(c, subject{found.Digest, found.Data, []*consent.Guardians{people}})
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
func (o *approval) confirm(c *cobra.Command, found ceremony.Judgement) error {
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
