package alerts

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// A node's token is a JWT of its own kind: alg ETH, a recoverable secp256k1
// signature over keccak-256 of header and claims. Nothing else is read, so there
// is no algorithm to choose and no key to look up.

const (
	maxToken  = 4096
	tokenLife = 5 * time.Minute // a node's lasts a minute
)

type ethClaims struct {
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Begins  int64  `json:"nbf"`
	Ends    int64  `json:"exp"`
	ID      string `json:"jti,omitempty"`
}

// readEthToken returns the address that signed a token which is of now. Whether
// that address may is the caller's to decide.
func readEthToken(token string, now time.Time) (common.Address, error) {
	broken := errors.New("the token is no JWT signed by a node (alg ETH)")
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 {
		return common.Address{}, broken
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims ethClaims
	if decodeSegment(parts[0], &header) != nil || decodeSegment(parts[1], &claims) != nil || header.Alg != "ETH" {
		return common.Address{}, broken
	}
	signature, err := segment(parts[2])
	if err != nil || len(signature) != crypto.SignatureLength {
		return common.Address{}, broken
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:64])
	if !crypto.ValidateSignatureValues(signature[64], r, s, true) {
		return common.Address{}, broken
	}
	key, err := crypto.SigToPub(crypto.Keccak256([]byte(parts[0]+"."+parts[1])), signature)
	if err != nil {
		return common.Address{}, broken
	}
	signer := crypto.PubkeyToAddress(*key)
	if !common.IsHexAddress(claims.Subject) || common.HexToAddress(claims.Subject) != signer {
		return common.Address{}, errors.New("the token is not signed by the node that it names")
	}
	// It does not cover the body, so one that has ended proves nothing any more.
	begins, ends := time.Unix(claims.Begins, 0), time.Unix(claims.Ends, 0)
	if now.Before(begins) || now.After(ends) || ends.Sub(begins) > tokenLife {
		return common.Address{}, errors.New("the token is not of now; check the clocks of the node and of this machine")
	}
	return signer, nil
}

// segment decodes base64url that has one spelling.
func segment(text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && base64.RawURLEncoding.EncodeToString(raw) != text {
		err = errors.New("another spelling")
	}
	return raw, err
}

func decodeSegment(text string, v any) error {
	raw, err := segment(text)
	if err != nil {
		return err
	}
	return decodeKnown(raw, v)
}

// signEthToken makes a token as a node does: from half a minute ago for a
// minute.
func signEthToken(key *ecdsa.PrivateKey, now time.Time) (string, error) {
	claims, err := json.Marshal(ethClaims{Subject: crypto.PubkeyToAddress(key.PublicKey).Hex(),
		Issued: now.Unix(), Begins: now.Add(-30 * time.Second).Unix(), Ends: now.Add(30 * time.Second).Unix()})
	if err != nil {
		return "", err
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ETH","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := crypto.Sign(crypto.Keccak256([]byte(input)), key)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
