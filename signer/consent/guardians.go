package consent

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

// Schema names the format of the document.
const Schema = "firebreak/guardians/v1"

const (
	maxGuardians = signer.MaxApprovals // more could never sign one transaction
	maxKeys      = 4                   // of one guardian
	maxOrigins   = 4                   // of one passkey
)

var guardianID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Kind is a kind of guardian key.
type Kind string

// The kinds. Only a wallet can show what it signs.
const (
	EIP712   Kind = "eip712"
	Ed25519  Kind = "ed25519"
	WebAuthn Kind = "webauthn"
)

func (k Kind) known() bool { return k == EIP712 || k == Ed25519 || k == WebAuthn }

// Guardians are the people who can consent for one key. It is never changed
// after ParseGuardians, so any number of goroutines may read it.
type Guardians struct {
	Key       string
	Version   uint64
	Previous  common.Hash // hash of the version before; zero in the first
	Hash      common.Hash // keccak256 of Canonical
	Canonical []byte      // RFC 8785
	People    []Guardian  // by id
}

// Guardian is one person. Approvals count people, whatever keys they own.
type Guardian struct {
	ID   string
	Keys []Key
}

// Key is one key of a guardian.
type Key struct {
	Kind         Kind
	Address      common.Address // eip712
	PublicKey    []byte         // ed25519: 32 bytes; webauthn: the COSE key of the credential
	CredentialID []byte         // webauthn, and all below
	RPID         string
	Origins      []string
}

// ParseGuardians reads, checks and hashes a document for a key. The error says
// where the document is at fault and holds no more of it than names.
func ParseGuardians(raw []byte, key string) (*Guardians, error) {
	node, err := document.Read(raw)
	if err != nil {
		return nil, err
	}
	root, failed := document.Root("guardians", node)
	g := readGuardians(root, key)
	if *failed != nil {
		return nil, *failed
	}
	slices.SortFunc(g.People, func(a, b Guardian) int { return strings.Compare(a.ID, b.ID) })
	g.Canonical = document.Canonical(node)
	g.Hash = crypto.Keccak256Hash(g.Canonical)
	return g, nil
}

func readGuardians(o *document.Object, key string) *Guardians {
	if o.Text("schema") != Schema {
		o.Fail("must have schema %q", Schema)
	}
	g := &Guardians{Key: o.Text("key")}
	if g.Key != key {
		o.Fail("must name the key that they are for, %q", key)
	}
	g.Version = o.Count("version", 1, document.MaxSafeInt)
	g.Previous = readHash(o, "previous")
	seen := map[string]bool{}
	for _, entry := range o.Children("guardians", maxGuardians) {
		g.People = append(g.People, readGuardian(entry, seen))
	}
	o.Done()
	return g
}

// readGuardian reads one person. seen holds every id, address, public key and
// credential so far: the same key under two names would be two votes for one.
func readGuardian(o *document.Object, seen map[string]bool) Guardian {
	g := Guardian{ID: o.Text("id")}
	if !guardianID.MatchString(g.ID) {
		o.Fail("\"id\" must match %s", guardianID)
	}
	once(o, seen, "id", g.ID)
	for _, entry := range o.Children("keys", maxKeys) {
		k := readKey(entry)
		if k.Kind == EIP712 {
			once(entry, seen, "address", k.Address.Hex())
		} else {
			once(entry, seen, "public_key", string(k.PublicKey))
		}
		if k.Kind == WebAuthn {
			once(entry, seen, "credential_id", string(k.CredentialID))
		}
		g.Keys = append(g.Keys, k)
	}
	o.Done()
	return g
}

func once(o *document.Object, seen map[string]bool, what, value string) {
	name := what + ":" + value
	if seen[name] {
		o.Fail("has a %q that appears twice in the set", what)
	}
	seen[name] = true
}

// Find returns the guardian of that id.
func (g *Guardians) Find(id string) (Guardian, bool) {
	for _, person := range g.People {
		if person.ID == id {
			return person, true
		}
	}
	return Guardian{}, false
}

// IDs lists the guardians, sorted.
func (g *Guardians) IDs() []string {
	ids := make([]string, 0, len(g.People))
	for _, person := range g.People {
		ids = append(ids, person.ID)
	}
	return ids
}

// Holds reports whether some guardian signs with that address. The key itself
// and what its policy names may not be guardians.
func (g *Guardians) Holds(address common.Address) bool {
	for _, person := range g.People {
		for _, k := range person.Keys {
			if k.Kind == EIP712 && k.Address == address {
				return true
			}
		}
	}
	return false
}
