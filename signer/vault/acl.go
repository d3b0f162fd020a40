package vault

import (
	_ "embed" // the policies ship as files, and are these
	"strings"
)

var (
	//go:embed bot.hcl
	botPolicy string
	//go:embed ceremony.hcl
	ceremonyPolicy string
)

// BotPolicy is the Vault ACL policy of the daemon's token for one key, as HCL.
func BotPolicy(mount, key string) string {
	return strings.NewReplacer(`"eth/`, `"`+mount+`/`, "responder-1", key).Replace(botPolicy)
}

// CeremonyPolicy is the Vault ACL policy of the people who create keys and hand
// in what guardians have signed.
func CeremonyPolicy(mount string) string {
	return strings.NewReplacer(`"eth/`, `"`+mount+`/`).Replace(ceremonyPolicy)
}
