package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/signer/vault"
)

// askToken asks Vault about the token that the login gave: how long it lives
// and what becomes of it then.
func (d *doctor) askToken(ctx context.Context, p *page) {
	const check = "vault login"
	token, err := d.vault.Token(ctx)
	switch {
	case vault.TokenRefused(err):
		p.ok(check, "by %s; its policy does not let it ask about itself, which nothing needs", d.vault.Method())
		return
	case err != nil:
		p.fail(check, d.mendVault(err), "Vault does not tell about the token: %s", err)
		return
	}
	life := "never ends"
	if token.TTL > 0 {
		life = fmt.Sprintf("ends in %s", token.TTL)
	}
	kind := strings.TrimSpace(token.Type + " token")
	switch {
	case token.TTL > 0 && token.TTL < 2*time.Minute:
		p.warn(check, "give its role a token_ttl of 15m or more: an outage of Vault that is longer than the token's life begins the response with a login",
			"by %s; the %s %s", d.vault.Method(), kind, life)
	case token.TTL > 0 && !token.Renewable && d.c.Signer.Vault.TokenFile != "":
		p.warn(check, "have Vault Agent or another login keep the file fresh, or use a login of signer.vault",
			"by %s; the %s %s and cannot be renewed, so somebody has to replace the file before", d.vault.Method(), kind, life)
	case token.TTL > 0 && !token.Renewable:
		p.ok(check, "by %s; the %s %s, and another login replaces it before", d.vault.Method(), kind, life)
	case token.TTL > 0:
		p.ok(check, "by %s; the %s %s and is renewed before", d.vault.Method(), kind, life)
	default:
		p.ok(check, "by %s; the %s %s", d.vault.Method(), kind, life)
	}
}

// right is what the bot's token must be able to do on a path, and what it may.
type right struct {
	path string
	must string // "" for nothing
	may  string
}

// rights are the bot's policy, and samples of what lies beyond it.
func (d *doctor) rights() []right {
	mount := d.c.Signer.Vault.Mount
	var all []right
	for _, name := range d.inv.Signers() {
		key := mount + "/keys/" + name
		all = append(all, right{mount + "/sign/" + name, "update", ""}, right{mount + "/check/" + name, "update", ""}, right{key, "read", ""},
			right{key + "/freeze", "", "update"}, right{key + "/halt", "", "update"}, d.mayRead(key+"/policy"), d.mayRead(key+"/guardians"))
		for _, verb := range []string{"unfreeze", "retire", "nonce", "policy/activate", "policy/cancel"} {
			all = append(all, right{path: key + "/" + verb})
		}
	}
	for _, path := range []string{mount + "/keys/firebreak-doctor", "sys/mounts/" + mount, "sys/policies/acl/firebreak", "sys/auth/firebreak",
		"sys/plugins/catalog/secret/firebreak", "sys/audit/firebreak", "sys/raw/core", "sys/seal", "auth/token/create"} {
		all = append(all, right{path: path})
	}
	return all
}

// mayRead is a document of a key: the approval page is written from it.
func (d *doctor) mayRead(path string) right {
	if d.c.Console != nil {
		return right{path, "read", ""}
	}
	return right{path, "", "read"}
}

// askRights holds the token against the bot's policy: a token that may do more
// hands more to whoever steals it.
func (d *doctor) askRights(ctx context.Context, p *page) {
	const check = "vault rights"
	rights := d.rights()
	var paths []string
	for _, r := range rights {
		paths = append(paths, r.path)
	}
	has, err := d.vault.Capabilities(ctx, paths...)
	switch {
	case vault.TokenRefused(err):
		p.notTold(check, "the token may not ask what it may do (sys/capabilities-self), so nothing is told; compare its policy by hand")
		return
	case err != nil:
		p.fail(check, d.mendVault(err), "Vault does not tell what the token may do: %s", err)
		return
	}
	var short, far []string
	for _, r := range rights {
		granted := slices.DeleteFunc(slices.Clone(has[r.path]), func(c string) bool { return c == "deny" })
		isRoot := slices.Contains(granted, "root")
		if r.must != "" && !isRoot && !slices.Contains(granted, r.must) {
			short = append(short, fmt.Sprintf("%s on %s", r.must, r.path))
		}
		for _, c := range granted {
			if c != r.must && c != r.may {
				far = append(far, fmt.Sprintf("%s on %s", c, r.path))
			}
		}
	}
	switch {
	case len(short) > 0:
		p.fail(check, d.botPolicy(), "the token lacks %s", someOf(short))
	case len(far) > 0:
		p.fail(check, d.botPolicy(), "the token may do more than the bot has to: %s", someOf(far))
	default:
		p.ok(check, "the token may do what the bot has to, and nothing of what was tried beyond it")
	}
}

// botPolicy says what the token's policy should be.
func (d *doctor) botPolicy() string {
	mount := d.c.Signer.Vault.Mount
	return fmt.Sprintf("give it update on %[1]s/sign/<key> and %[1]s/check/<key>, read on %[1]s/keys/<key>, %[1]s/keys/<key>/policy and %[1]s/keys/<key>/guardians, exact paths and nothing else", mount)
}

// someOf lists the first few.
func someOf(list []string) string {
	const most = 4
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
