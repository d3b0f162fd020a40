package ballot

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// Read makes the vote of a signed paper: one signature for each sheet, in order,
// all of one kind and all by the person who was asked. The sheets are written
// again from the question, so that nothing that came along is believed. Team and
// roster of the vote are the caller's to fill in, who knows the rules of votes.
//
// Its errors are *approvals.VoterError: sentences for the person.
func Read(a Ask, signed []consent.Signature) (incident.Vote, error) {
	pages, err := a.pages()
	if err != nil {
		return incident.Vote{}, err
	}
	if len(signed) != len(pages) {
		return incident.Vote{}, sentence("This vote takes %d signatures, and %d came.", len(pages), len(signed))
	}
	vote := incident.Vote{
		Person: a.Person, Decision: a.Decision, Digest: a.State.Run().Digest, Reason: a.Reason,
		Assurance: assurance(signed[0].Kind), Delivery: Delivery(a.ID, a.Person),
	}
	proof := evidenceOf{Transport: "signed", Paper: a.paper(pages)}
	for i, p := range pages {
		s, err := p.verified(a.Person, signed[0].Kind, signed[i])
		if err != nil {
			return incident.Vote{}, err
		}
		proof.Signatures = append(proof.Signatures, s)
		if p.Step == "" {
			continue
		}
		approval, err := consent.Given{Terms: p.terms, Signature: s}.MarshalJSON()
		if err != nil {
			return incident.Vote{}, fmt.Errorf("encode the approval of %s: %w", p.Step, err)
		}
		vote.Consents = append(vote.Consents, incident.Consent{Step: p.Step, Approval: approval})
	}
	vote.Evidence, err = json.Marshal(proof)
	if err != nil {
		return incident.Vote{}, fmt.Errorf("encode the evidence of a vote: %w", err)
	}
	return vote, nil
}

// evidenceOf is what the journal keeps: what was signed, whole, and by what. Who
// has it can check the vote without us, and nothing in it is secret.
type evidenceOf struct {
	Transport  string              `json:"transport"`
	Paper      Paper               `json:"paper"`
	Signatures []consent.Signature `json:"signatures"`
}

// verified holds one signature against its sheet. A passkey's counter is for the
// key in Vault to judge, which alone remembers the last one.
func (p page) verified(person string, kind consent.Kind, s consent.Signature) (consent.Signature, error) {
	switch {
	case s.Guardian != person:
		return s, sentence("A signature is in the name of %.80q, and the paper is %.80q's.", s.Guardian, person)
	case s.Kind != kind:
		return s, sentence("The signatures are of two kinds. Sign the whole paper with one key.")
	}
	if s.Kind == consent.EIP712 {
		if normal, err := consent.Normalise(s.Bytes); err == nil {
			s.Bytes = normal
		}
	}
	if _, err := p.roster.Verify(p.Digest, s, func([]byte) uint32 { return 0 }); err != nil {
		return s, sentence("%s Your vote is not recorded.", fault(err))
	}
	return s, nil
}

// fault says what is wrong with a signature.
func fault(err error) string {
	word, _ := errors.AsType[consent.Fault](err)
	switch word {
	case consent.FaultUnknownGuardian:
		return "You are not among the guardians of this key."
	case consent.FaultKind, consent.FaultCredential:
		return "The key has no such wallet or passkey of yours in its guardian document."
	case consent.FaultChallenge, consent.FaultSignature:
		return "A signature is not by your key, or is over something else than this paper."
	case consent.FaultOrigin, consent.FaultCrossOrigin, consent.FaultRPID:
		return "A passkey signed on another page than the one that your guardian entry names."
	case consent.FaultUserPresence, consent.FaultUserVerification:
		return "The passkey did not ask who you are; use one with a PIN, a finger or a face."
	}
	return fmt.Sprintf("A signature cannot be used (%s).", word)
}

// assurance is what a kind of key is worth. An ed25519 key in a file shows its
// owner nothing, as a passkey shows nothing: only a wallet can show what it signs,
// which is why the key's policy counts wallets apart (min_eip712).
func assurance(k consent.Kind) incident.Assurance {
	switch k {
	case consent.EIP712:
		return incident.AssuranceWallet
	case consent.WebAuthn, consent.Ed25519:
		return incident.AssurancePasskey
	}
	return incident.AssuranceNone
}

// Delivery names a paper: it counts once, whatever is decided on it.
func Delivery(id common.Hash, person string) string {
	digest := incident.DigestOf("firebreak-ballot/1", append(id[:], person...))
	return "paper/" + digest.String()
}
