package contracts

import "github.com/ethereum/go-ethereum/common"

// The calls of Circle's FiatToken blocklist. Listing and unlisting twice
// succeed and change nothing.
const blacklistable = "IBlacklistable"

// Blacklist is calldata for blacklist(address).
func Blacklist(account common.Address) []byte {
	return encode(blacklistable, "blacklist", account)
}

// UnBlacklist is calldata for unBlacklist(address), which loosens.
func UnBlacklist(account common.Address) []byte {
	return encode(blacklistable, "unBlacklist", account)
}

// IsBlacklistedQuery is calldata for the view isBlacklisted(address); read the
// answer with DecodeBool.
func IsBlacklistedQuery(account common.Address) []byte {
	return encode(blacklistable, "isBlacklisted", account)
}
