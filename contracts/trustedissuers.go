package contracts

import "github.com/ethereum/go-ethereum/common"

// The calls of ERC-3643's registry of trusted claim issuers. Removing one that
// is not trusted reverts.
const trustedIssuers = "ITrustedIssuers"

// RemoveTrustedIssuer is calldata for removeTrustedIssuer(address).
func RemoveTrustedIssuer(issuer common.Address) []byte {
	return encode(trustedIssuers, "removeTrustedIssuer", issuer)
}

// IsTrustedIssuerQuery is calldata for the view isTrustedIssuer(address); read
// the answer with DecodeBool.
func IsTrustedIssuerQuery(issuer common.Address) []byte {
	return encode(trustedIssuers, "isTrustedIssuer", issuer)
}
