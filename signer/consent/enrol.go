package consent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/signer/document"
)

func readKey(o *document.Object) Key {
	k := Key{Kind: Kind(o.Text("type"))}
	switch k.Kind {
	case EIP712:
		k.Address = readAddress(o)
	case Ed25519:
		k.PublicKey = readBytes(o, "public_key", 32)
		if !validEd25519(k.PublicKey) {
			o.Fail("\"public_key\" must be the canonical encoding of an ed25519 point that is not of small order")
		}
	case WebAuthn:
		readPasskey(o, &k)
	default:
		o.Fail("\"type\" must be eip712, ed25519 or webauthn")
	}
	o.Done()
	return k
}

func readAddress(o *document.Object) common.Address {
	address, err := document.Address(o.Text("address"))
	switch {
	case err != nil:
		o.Fail("\"address\" %v", err)
	case address == (common.Address{}):
		// ecrecover in Solidity answers zero for nonsense; nobody owns it.
		o.Fail("\"address\" must not be zero")
	}
	return address
}

func readPasskey(o *document.Object, k *Key) {
	k.CredentialID = readCredential(o)
	k.PublicKey = readBytes(o, "public_key", coseSize)
	if _, err := parseCOSE(k.PublicKey); err != nil {
		o.Fail("\"public_key\" %v", err)
	}
	k.RPID = o.Text("rp_id")
	if !hostName(k.RPID) {
		o.Fail("\"rp_id\" must be a lower-case host name with a dot in it")
	}
	k.Origins = o.Texts("origins", maxOrigins)
	for i, origin := range k.Origins {
		if !validOrigin(origin, k.RPID) {
			o.Fail("\"origins\" must be https://host or https://host:port, where host is \"rp_id\" or below it")
		}
		if slices.Contains(k.Origins[:i], origin) {
			o.Fail("\"origins\" has one of them twice")
		}
	}
	if !o.Boolean("uv") {
		o.Fail("\"uv\" must be true: a touch alone does not say who touched")
	}
}

var hostLabels = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// hostName wants a dot and a last label that begins with a letter, which
// leaves out localhost and IPv4 addresses.
func hostName(s string) bool { return len(s) <= 253 && hostLabels.MatchString(s) }

// validOrigin wants the form in which browsers write an origin, because
// origins are compared as text: no path, no default port. WebAuthn section
// 5.1.4.1 ties the host to the rp id.
func validOrigin(origin, rpID string) bool {
	host, ok := strings.CutPrefix(origin, "https://")
	if !ok {
		return false
	}
	host, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || n == 443 || strconv.FormatUint(n, 10) != port {
			return false
		}
	}
	return hostName(host) && (host == rpID || strings.HasSuffix(host, "."+rpID))
}

// The one form of a P-256 ES256 key in CTAP2 canonical CBOR (RFC 9053 section
// 7.1.1, CTAP2 section 6): a map of five, kty EC2, alg ES256, crv P-256, x, y.
const (
	coseHead = "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
	coseMid  = "\x22\x58\x20"
	coseSize = len(coseHead) + 32 + len(coseMid) + 32
)

var errCOSE = errors.New("must be a COSE key for ES256 on P-256 in canonical form, with its point on the curve")

// parseCOSE reads that form and no other, so that one key has one encoding and
// no CBOR reader runs beside the key.
func parseCOSE(raw []byte) (*ecdsa.PublicKey, error) {
	if len(raw) != coseSize {
		return nil, errCOSE
	}
	x, rest := raw[len(coseHead):len(coseHead)+32], raw[len(coseHead)+32:]
	if string(raw[:len(coseHead)]) != coseHead || string(rest[:len(coseMid)]) != coseMid {
		return nil, errCOSE
	}
	point := append(append([]byte{4}, x...), rest[len(coseMid):]...) // SEC 1, uncompressed
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, errCOSE
	}
	return key, nil
}

// COSE writes the public key of a passkey the way authenticators do. Point is
// the uncompressed SEC 1 form, 65 bytes.
func COSE(point []byte) ([]byte, error) {
	if len(point) != 65 || point[0] != 4 {
		return nil, errCOSE
	}
	cose := slices.Concat([]byte(coseHead), point[1:33], []byte(coseMid), point[33:])
	if _, err := parseCOSE(cose); err != nil {
		return nil, err
	}
	return cose, nil
}

// MarshalJSON writes the form that the document has.
func (k Key) MarshalJSON() ([]byte, error) {
	switch k.Kind {
	case EIP712:
		return json.Marshal(object{{"type", k.Kind}, {"address", k.Address.Hex()}})
	case Ed25519:
		return json.Marshal(object{{"type", k.Kind}, {"public_key", hexutil.Encode(k.PublicKey)}})
	case WebAuthn:
		return json.Marshal(object{
			{"type", k.Kind}, {"credential_id", base64.RawURLEncoding.EncodeToString(k.CredentialID)},
			{"public_key", hexutil.Encode(k.PublicKey)}, {"rp_id", k.RPID}, {"origins", k.Origins}, {"uv", true},
		})
	}
	return nil, errors.New("a key needs a kind")
}
