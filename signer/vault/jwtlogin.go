package vault

import "cmp"

// JWT logs a machine in with a token of its platform: GitLab, a cloud, SPIFFE,
// or a Kubernetes that Vault cannot call back. It is the JWT half of Vault's
// JWT/OIDC method; the OIDC half needs a browser.
type JWT struct {
	Role    string
	JWTFile string // read at every login
	Mount   string // empty means "jwt"
}

func (c Config) jwt() method {
	j := cmp.Or(c.JWT, &JWT{})
	b := &byRole{role: j.Role, file: j.JWTFile, mount: cmp.Or(j.Mount, "jwt"),
		mend: "the role, its bound audiences and claims, and that the token has not expired"}
	return method{name: "JWT", given: c.JWT != nil, check: b.check,
		open: func(d desk) (login, error) { b.api = d.api; return b, nil }}
}
