package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/accounts/usbwallet"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/firebreak-project/firebreak/signer/consent"
)

// subject is one thing that is signed. People are the guardians among whom the
// person has to be, with the key; none where they are not known yet.
type subject struct {
	digest common.Hash
	data   consent.TypedData
	people []*consent.Guardians
}

// sign signs one thing. A keystore is opened once for all of them.
func (o *signing) sign(c *cobra.Command, s subject) (consent.Signature, error) {
	switch {
	case o.keystore != "":
		return o.byKeystore(c, s)
	case o.ledger:
		return o.byLedger(s)
	case o.ed25519 != "":
		return o.byEd25519(s)
	}
	raw, err := hexutil.Decode(o.signature)
	if err != nil {
		return consent.Signature{}, usage{errors.New("--signature is 0x and the hex of 65 bytes")}
	}
	return o.wallet(raw)
}

// wallet takes a wallet's 65 bytes in the one form that is stored.
func (o *signing) wallet(raw []byte) (consent.Signature, error) {
	normal, err := consent.Normalise(raw)
	if err != nil {
		return consent.Signature{}, fmt.Errorf("the wallet's signature cannot be used: %w", err)
	}
	return consent.Signature{Guardian: o.as, Kind: consent.EIP712, Bytes: normal}, nil
}

func isWallet(address common.Address) func(consent.Key) bool {
	return func(k consent.Key) bool { return k.Kind == consent.EIP712 && k.Address == address }
}

func (o *signing) byKeystore(c *cobra.Command, s subject) (consent.Signature, error) {
	if o.opened == nil {
		var err error
		if o.opened, err = o.open(c); err != nil {
			return consent.Signature{}, err
		}
	}
	address := crypto.PubkeyToAddress(o.opened.PublicKey)
	if err := o.enrolled(s, isWallet(address), address.Hex()); err != nil {
		return consent.Signature{}, err
	}
	signature, err := crypto.Sign(s.digest[:], o.opened)
	if err != nil {
		return consent.Signature{}, fmt.Errorf("sign: %w", err)
	}
	return o.wallet(signature)
}

// open reads the keystore's key.
func (o *signing) open(c *cobra.Command) (*ecdsa.PrivateKey, error) {
	raw, err := readFile(c, o.keystore)
	if err != nil {
		return nil, err
	}
	passphrase, err := o.passphrase(c)
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	key, err := keystore.DecryptKey(raw, string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.keystore, err)
	}
	return key.PrivateKey, nil
}

// passphrase asks on the terminal, without showing what is typed, or reads a
// file.
func (o *signing) passphrase(c *cobra.Command) ([]byte, error) {
	if o.passphraseFile != "" {
		raw, err := readFile(c, o.passphraseFile)
		return bytes.TrimRight(raw, "\r\n"), err
	}
	file, ok := c.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, usage{errors.New("nobody can be asked for the passphrase here; say --passphrase-file")}
	}
	fmt.Fprintf(c.ErrOrStderr(), "Passphrase of %s: ", o.keystore)
	defer fmt.Fprintln(c.ErrOrStderr())
	return term.ReadPassword(int(file.Fd()))
}

func (o *signing) byEd25519(s subject) (consent.Signature, error) {
	raw, err := os.ReadFile(o.ed25519)
	if err != nil {
		return consent.Signature{}, err
	}
	defer clear(raw)
	block, _ := pem.Decode(raw)
	if block == nil {
		return consent.Signature{}, fmt.Errorf("%s is not PEM; openssl genpkey -algorithm ed25519 writes such a key", o.ed25519)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return consent.Signature{}, fmt.Errorf("%s holds no ed25519 private key in PKCS#8", o.ed25519)
	}
	defer clear(key)
	public := key.Public().(ed25519.PublicKey)
	if err := o.enrolled(s, func(k consent.Key) bool { return k.Kind == consent.Ed25519 && bytes.Equal(k.PublicKey, public) }, hexutil.Encode(public)); err != nil {
		return consent.Signature{}, err
	}
	return consent.Signature{Guardian: o.as, Kind: consent.Ed25519, Bytes: ed25519.Sign(key, consent.Ed25519Message(s.digest))}, nil
}

// enrolled refuses to sign with a key that would not count, before the person
// has touched a device.
func (o *signing) enrolled(s subject, is func(consent.Key) bool, what string) error {
	for _, people := range s.people {
		person, known := people.Find(o.as)
		if !known {
			return fmt.Errorf("key %s has no guardian %q; it has %s", people.Key, o.as, strings.Join(people.IDs(), ", "))
		}
		if !slices.ContainsFunc(person.Keys, is) {
			return fmt.Errorf("%s is not enrolled for %s with key %s", what, o.as, people.Key)
		}
	}
	return nil
}

// device is the part of a hardware wallet that is used here.
type device interface {
	Open(passphrase string) error
	Derive(path accounts.DerivationPath, pin bool) (accounts.Account, error)
	SignData(account accounts.Account, mimeType string, data []byte) ([]byte, error)
}

// ledgers finds what is plugged in; tests put another in its place.
var ledgers = func() ([]accounts.Wallet, error) {
	hub, err := usbwallet.NewLedgerHub()
	if err != nil {
		return nil, fmt.Errorf("look for a Ledger: %w", err)
	}
	return hub.Wallets(), nil
}

func (o *signing) byLedger(s subject) (consent.Signature, error) {
	path, err := accounts.ParseDerivationPath(o.path)
	if err != nil {
		return consent.Signature{}, usage{fmt.Errorf("--path: %w", err)}
	}
	wallets, err := ledgers()
	if err != nil {
		return consent.Signature{}, err
	}
	if len(wallets) == 0 {
		return consent.Signature{}, errors.New("no Ledger is plugged in, or its Ethereum app is not open")
	}
	return o.onDevice(wallets[0], path, s)
}

func (o *signing) onDevice(d device, path accounts.DerivationPath, s subject) (consent.Signature, error) {
	if err := d.Open(""); err != nil && !errors.Is(err, accounts.ErrWalletAlreadyOpen) {
		return consent.Signature{}, fmt.Errorf("open the Ledger: %w", err)
	}
	account, err := d.Derive(path, true)
	if err != nil {
		return consent.Signature{}, fmt.Errorf("read the Ledger's account: %w", err)
	}
	if err := o.enrolled(s, isWallet(account.Address), account.Address.Hex()); err != nil {
		return consent.Signature{}, err
	}
	domain, message := s.data.Parts()
	data := append([]byte{0x19, 0x01}, append(domain[:], message[:]...)...)
	signature, err := d.SignData(account, accounts.MimetypeTypedData, data)
	if err != nil {
		return consent.Signature{}, fmt.Errorf("sign on the Ledger: %w", err)
	}
	return o.wallet(signature)
}

func isTerminalIn(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
