package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// guardians are the people of every key's guardian document: who may sign in to
// the console. What somebody may vote on is another question, which the rules of
// votes and each key answer. It is safe for concurrent use.
type guardians struct{ keys *keyring }

var _ console.Guardians = guardians{}

// rosters reads the documents, in the order of the keys' names.
func (g guardians) rosters(ctx context.Context) ([]*consent.Guardians, error) {
	keys, err := g.keys.all(ctx)
	if err != nil {
		return nil, err
	}
	var all []*consent.Guardians
	for _, name := range g.keys.names {
		roster, err := consent.ParseGuardians([]byte(keys[name].Guardians), name)
		if err != nil {
			return nil, fmt.Errorf("the guardians of key %s: %w", name, err)
		}
		all = append(all, roster)
	}
	return all, nil
}

// Find implements console.Guardians.
func (g guardians) Find(ctx context.Context, person string) ([]consent.Key, error) {
	rosters, err := g.rosters(ctx)
	if err != nil {
		return nil, err
	}
	var keys []consent.Key
	for _, roster := range rosters {
		somebody, _ := roster.Find(person)
		for _, k := range somebody.Keys {
			if !slices.ContainsFunc(keys, func(o consent.Key) bool { return sameKey(k, o) }) {
				keys = append(keys, k)
			}
		}
	}
	return keys, nil
}

func sameKey(a, b consent.Key) bool {
	return a.Kind == b.Kind && a.Address == b.Address && bytes.Equal(a.PublicKey, b.PublicKey) &&
		bytes.Equal(a.CredentialID, b.CredentialID) && a.RPID == b.RPID && slices.Equal(a.Origins, b.Origins)
}

// Login implements console.Guardians. Everybody signs for the domain of the first
// key, so that the sheet tells nobody who is a guardian of what.
func (g guardians) Login(ctx context.Context, l console.Login) (ballot.Sheet, error) {
	keys, err := g.keys.all(ctx)
	if err != nil {
		return ballot.Sheet{}, err
	}
	if len(g.keys.names) == 0 {
		return ballot.Sheet{}, errors.New("the inventory has no signers, so nobody is a guardian")
	}
	info := keys[g.keys.names[0]].Info
	sheet := ballot.NewSheet(
		consent.Login{Origin: l.Origin, Guardian: l.Person, Nonce: l.Nonce, ValidUntil: uint64(l.Until.Unix())},
		consent.Domain{Signer: info.Address, Instance: info.InstanceID})
	sheet.Title = "sign in to " + l.Origin
	sheet.Lines = []string{"as " + l.Person, "to read requests; it decides nothing"}
	return sheet, nil
}

// Verify implements console.Guardians. A passkey's counter is not looked at: the
// key in Vault remembers it, and a sign-in decides nothing.
func (g guardians) Verify(ctx context.Context, digest common.Hash, s consent.Signature) error {
	rosters, err := g.rosters(ctx)
	if err != nil {
		return err
	}
	var fault error
	for _, roster := range rosters {
		_, err := roster.Verify(digest, s, func([]byte) uint32 { return 0 })
		if err == nil {
			return nil
		}
		if fault == nil || errors.Is(fault, consent.FaultUnknownGuardian) {
			fault = err
		}
	}
	return cmp.Or[error](fault, consent.FaultUnknownGuardian)
}
