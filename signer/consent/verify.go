package consent

import (
	"bytes"
	"crypto/ed25519"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// ed25519Context sets our signatures apart from others that the same key makes.
const ed25519Context = "firebreak/approval/v1\x00"

// Ed25519Message is what an ed25519 key signs for a digest.
func Ed25519Message(digest common.Hash) []byte { return append([]byte(ed25519Context), digest[:]...) }

// Verified says whose signature it was. SignCount is for the caller to
// remember, by credential id.
type Verified struct {
	Guardian     string
	Kind         Kind
	CredentialID []byte // webauthn only, as SignCount
	SignCount    uint32
}

// Verify says whether a guardian of the set made this signature over digest.
// seen returns the last signature counter of a passkey, 0 for a new one. Every
// error is a Fault.
func (g *Guardians) Verify(digest common.Hash, s Signature, seen func(credentialID []byte) uint32) (Verified, error) {
	person, found := g.Find(s.Guardian)
	if !found {
		return Verified{}, FaultUnknownGuardian
	}
	fault := FaultKind
	for _, k := range person.Keys {
		if k.Kind != s.Kind {
			continue
		}
		var count uint32
		if count, fault = k.verify(digest, s, seen); fault == "" {
			return Verified{person.ID, k.Kind, bytes.Clone(k.CredentialID), count}, nil
		}
		if k.Kind == WebAuthn && fault != FaultCredential {
			break // the credential is the named one: later keys cannot say more
		}
	}
	return Verified{}, fault
}

// verify returns no fault when the key made the signature.
func (k Key) verify(digest common.Hash, s Signature, seen func([]byte) uint32) (uint32, Fault) {
	switch k.Kind {
	case EIP712:
		return 0, verifyWallet(digest, s.Bytes, k.Address)
	case Ed25519:
		return 0, verifyEd25519(digest, s.Bytes, k.PublicKey)
	case WebAuthn:
		return k.verifyPasskey(digest, s, seen)
	}
	return 0, FaultKind
}

func verifyEd25519(digest common.Hash, signature, public []byte) Fault {
	if len(signature) != ed25519.SignatureSize {
		return FaultLength
	}
	if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, Ed25519Message(digest), signature) {
		return FaultSignature
	}
	return ""
}

func verifyWallet(digest common.Hash, signature []byte, address common.Address) Fault {
	normal, err := normalise(signature)
	if err != "" {
		return err
	}
	normal[64] -= 27
	public, recoverErr := crypto.SigToPub(digest[:], normal)
	if recoverErr != nil || crypto.PubkeyToAddress(*public) != address {
		return FaultSignature
	}
	return ""
}

// Normalise returns r || s || v with v in {27, 28}, the one form that is kept.
// Wallets also write v as 0 and 1. High s is refused (EIP-2): each signature
// would have a second form.
func Normalise(signature []byte) ([]byte, error) {
	normal, fault := normalise(signature)
	if fault != "" {
		return nil, fault
	}
	return normal, nil
}

func normalise(signature []byte) ([]byte, Fault) {
	if len(signature) != crypto.SignatureLength {
		return nil, FaultLength
	}
	normal := bytes.Clone(signature)
	switch normal[64] {
	case 0, 1:
		normal[64] += 27
	case 27, 28:
	default:
		return nil, FaultV
	}
	half := new(big.Int).Rsh(crypto.S256().Params().N, 1)
	if new(big.Int).SetBytes(normal[32:64]).Cmp(half) > 0 {
		return nil, FaultHighS
	}
	return normal, ""
}
