package console

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// The JSON of the API, for the pages' script and for the command line.
type (
	// WhoAsks begins a sign-in: POST /api/v1/session/challenge.
	WhoAsks struct {
		Person string `json:"person"`
	}

	// Challenge is what to sign, and with which passkeys. A stranger gets one
	// that looks the same. Sheet.Data cannot be read back: Login with these
	// members makes it again.
	Challenge struct {
		Person      string       `json:"person"`
		Origin      string       `json:"origin"`
		Nonce       common.Hash  `json:"nonce"`
		Until       time.Time    `json:"until"`
		Sheet       ballot.Sheet `json:"sheet"`
		RPID        string       `json:"rp_id"`
		Credentials []string     `json:"credentials"` // base64url
	}

	// SignIn answers a challenge: POST /api/v1/session. Bearer asks for a token
	// in the answer instead of a cookie.
	SignIn struct {
		Person    string            `json:"person"`
		Nonce     common.Hash       `json:"nonce"`
		Signature consent.Signature `json:"signature"`
		Bearer    bool              `json:"bearer,omitempty"`
	}

	// Session is who is signed in, and with what they can sign.
	Session struct {
		Person      string   `json:"person"`
		Token       string   `json:"token,omitempty"` // for who asked for a bearer
		RPID        string   `json:"rp_id"`
		Credentials []string `json:"credentials"` // base64url
		Wallets     []string `json:"wallets"`     // addresses
	}

	// Listing is GET /api/v1/requests, newest first.
	Listing struct {
		Open  []ballot.Request `json:"open"`
		Ended []ballot.Request `json:"ended"`
	}

	// Document is GET /api/v1/requests/{id}: the words, and everything that they
	// and the papers can be computed from again.
	Document struct {
		Request  ballot.Request         `json:"request"`
		Plan     *incident.Plan         `json:"plan,omitempty"`
		Digest   incident.Digest        `json:"digest"`
		Deadline time.Time              `json:"deadline,omitzero"`
		Keys     map[string]KeyDocument `json:"keys,omitempty"`
		Doubt    string                 `json:"doubt,omitempty"` // why there are no keys
	}

	// KeyDocument is what a key says of itself.
	KeyDocument struct {
		Name      string         `json:"name"`
		Class     signer.Class   `json:"class"`
		State     signer.State   `json:"state"`
		Address   common.Address `json:"address"`
		Instance  common.Hash    `json:"instance_id"`
		Epoch     uint64         `json:"epoch"`
		Policy    string         `json:"policy"`    // the document in force
		Guardians string         `json:"guardians"` // the document in force
	}

	// Wanted asks for a paper: POST /api/v1/requests/{id}/paper. The answer is a
	// ballot.Paper.
	Wanted struct {
		Decision incident.Decision `json:"decision"`
		Reason   string            `json:"reason,omitempty"`
	}

	// Signed is POST /api/v1/requests/{id}/vote: what names the paper, and a
	// signature for each of its sheets.
	Signed struct {
		Paper      Named               `json:"paper"`
		Signatures []consent.Signature `json:"signatures"`
	}

	// Named are the parts of a paper from which the daemon writes it again.
	Named struct {
		ID       common.Hash       `json:"id"`
		Issued   time.Time         `json:"issued"`
		Decision incident.Decision `json:"decision"`
		Reason   string            `json:"reason,omitempty"`
	}

	// Recorded says that the vote is on disk, and what the request is now.
	Recorded struct {
		Recorded bool           `json:"recorded"`
		Request  ballot.Request `json:"request"`
	}
)

// Key is the document as papers are written from it.
func (k KeyDocument) Key() ballot.Key {
	return ballot.Key{Policy: k.Policy, Guardians: k.Guardians, Info: signer.KeyInfo{Name: k.Name, Class: k.Class, State: k.State,
		Address: k.Address, InstanceID: k.Instance, Epoch: k.Epoch}}
}

func documentOf(k ballot.Key) KeyDocument {
	return KeyDocument{Name: k.Info.Name, Class: k.Info.Class, State: k.Info.State, Address: k.Info.Address,
		Instance: k.Info.InstanceID, Epoch: k.Info.Epoch, Policy: k.Policy, Guardians: k.Guardians}
}
