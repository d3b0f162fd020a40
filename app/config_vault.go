package app

import (
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/signer/vault"
)

// Vault is how the secrets engine is reached, and who is asking: exactly one
// of TokenFile, AppRole, Kubernetes, JWT and Certificate.
//
//	signer:
//	  vault:
//	    addresses: ["https://vault-0.internal:8200", "https://vault-1.internal:8200"]
//	    ca_file: vault-ca.pem
//	    kubernetes: {role: firebreak, jwt_file: /var/run/secrets/vault/token}
type Vault struct {
	// Address is the server, https except on loopback. Give either this or
	// Addresses.
	Address string `yaml:"address"`
	// Addresses are the nodes of one cluster. One that cannot be reached, is
	// sealed or knows no leader is left for the next. A standby's redirect is
	// followed to one of these alone: the request carries the token.
	Addresses []string `yaml:"addresses"`
	// Mount is where the firebreak engine is mounted. Default "eth".
	Mount string `yaml:"mount"`
	// Namespace is that of Vault Enterprise or OpenBao. Default: none.
	Namespace string `yaml:"namespace"`
	// CAFile is the certificate authority of the server. Default: the
	// system's.
	CAFile string `yaml:"ca_file"`
	// TokenFile holds a token that somebody else keeps fresh, such as Vault
	// Agent. It is read again when it changes.
	TokenFile string `yaml:"token_file"`
	// AppRole logs in with a role and a secret: for a machine.
	AppRole *AppRole `yaml:"app_role"`
	// Kubernetes logs in with the service account's token: for a pod.
	Kubernetes *Kubernetes `yaml:"kubernetes"`
	// JWT logs in with a token of another platform, or of a Kubernetes that
	// Vault cannot call back.
	JWT *JWT `yaml:"jwt"`
	// Certificate logs in with a TLS client certificate.
	Certificate *Certificate `yaml:"certificate"`
	// Timeout is how long one request may take, with all its retries. Default
	// 5s.
	Timeout time.Duration `yaml:"timeout"`
}

// AppRole is Vault's login for machines. Give one of the two files.
type AppRole struct {
	RoleID string `yaml:"role_id"`
	// SecretIDFile is read at every login.
	SecretIDFile string `yaml:"secret_id_file"`
	// WrappedSecretIDFile holds a response-wrapping token in its place, which
	// is unwrapped once. That it does not work is an alarm in the log: somebody
	// else may have unwrapped it.
	WrappedSecretIDFile string `yaml:"wrapped_secret_id_file"`
	// Role is the role's name; the wrapping token must have been made for it.
	// Default: any role of the mount.
	Role string `yaml:"role"`
	// Mount is where the method is enabled. Default "approle".
	Mount string `yaml:"mount"`
}

// Kubernetes is Vault's login for pods.
type Kubernetes struct {
	Role string `yaml:"role"`
	// JWTFile is a projected service account token, read at every login.
	// Default: the one that every pod has.
	JWTFile string `yaml:"jwt_file"`
	// Mount is where the method is enabled. Default "kubernetes".
	Mount string `yaml:"mount"`
}

// JWT is the half of Vault's JWT/OIDC login that needs no browser.
type JWT struct {
	Role string `yaml:"role"`
	// JWTFile is read at every login.
	JWTFile string `yaml:"jwt_file"`
	// Mount is where the method is enabled. Default "jwt".
	Mount string `yaml:"mount"`
}

// Certificate is Vault's login by TLS. Both files are read at every login.
type Certificate struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// Role is the one that should accept it. Default: Vault looks for one.
	Role string `yaml:"role"`
	// Mount is where the method is enabled. Default "cert".
	Mount string `yaml:"mount"`
}

// nodes are the addresses, however they were given.
func (v *Vault) nodes() []string {
	if v.Address != "" {
		return []string{v.Address}
	}
	return v.Addresses
}

// files are the paths of the section, for making them absolute.
func (v *Vault) files() []*string {
	all := []*string{&v.CAFile, &v.TokenFile}
	if v.AppRole != nil {
		all = append(all, &v.AppRole.SecretIDFile, &v.AppRole.WrappedSecretIDFile)
	}
	if v.Kubernetes != nil {
		all = append(all, &v.Kubernetes.JWTFile)
	}
	if v.JWT != nil {
		all = append(all, &v.JWT.JWTFile)
	}
	if v.Certificate != nil {
		all = append(all, &v.Certificate.CertFile, &v.Certificate.KeyFile)
	}
	return all
}

// usable looks at the files that the client reads by itself. What a kubelet
// projects is open to everybody in the pod, and short-lived; it has to be there.
func (v *Vault) usable() error {
	secrets := []string{v.TokenFile}
	var present []string
	if v.AppRole != nil {
		secrets = append(secrets, v.AppRole.SecretIDFile, v.AppRole.WrappedSecretIDFile)
	}
	if v.Certificate != nil {
		secrets, present = append(secrets, v.Certificate.KeyFile), append(present, v.Certificate.CertFile)
	}
	if v.Kubernetes != nil && v.Kubernetes.JWTFile != "" {
		present = append(present, v.Kubernetes.JWTFile)
	}
	if v.JWT != nil {
		present = append(present, v.JWT.JWTFile)
	}
	for _, path := range secrets {
		if err := private(path); err != nil {
			return err
		}
	}
	for _, path := range present {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	return nil
}

// client is the section as the client takes it.
func (v *Vault) client() vault.Config {
	c := vault.Config{Address: v.Address, Addresses: v.Addresses, Mount: v.Mount, Namespace: v.Namespace, CAFile: v.CAFile,
		TokenFile: v.TokenFile, Timeout: v.Timeout}
	if r := v.AppRole; r != nil {
		c.AppRole = &vault.AppRole{RoleID: r.RoleID, SecretIDFile: r.SecretIDFile, WrappedSecretIDFile: r.WrappedSecretIDFile, Role: r.Role, Mount: r.Mount}
	}
	if k := v.Kubernetes; k != nil {
		c.Kubernetes = &vault.Kubernetes{Role: k.Role, JWTFile: k.JWTFile, Mount: k.Mount}
	}
	if j := v.JWT; j != nil {
		c.JWT = &vault.JWT{Role: j.Role, JWTFile: j.JWTFile, Mount: j.Mount}
	}
	if t := v.Certificate; t != nil {
		c.Certificate = &vault.Certificate{CertFile: t.CertFile, KeyFile: t.KeyFile, Role: t.Role, Mount: t.Mount}
	}
	return c
}

func (k *checker) signer(s Signer) {
	v := s.Vault
	if v == nil {
		k.say("signer.vault", "is required: production keys live in Vault")
		return
	}
	before := len(k.found)
	k.vaultNodes(v)
	k.vaultLogin(v)
	if len(k.found) > before {
		return
	}
	// What is left is for the client to say: mounts, doubles, paths.
	if err := v.client().Check(); err != nil {
		k.say("signer.vault", "%v", err)
	}
}

func (k *checker) vaultNodes(v *Vault) {
	if v.Address != "" && len(v.Addresses) > 0 {
		k.say("signer.vault.addresses", "give either address or addresses")
	}
	if len(v.nodes()) == 0 {
		k.say("signer.vault.address", "is required, for example https://vault.internal:8200")
	}
	for _, text := range v.nodes() {
		at := "signer.vault.address"
		if v.Address == "" {
			at = "signer.vault.addresses"
		}
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Host == "":
			k.say(at, "needs a URL, for example https://vault.internal:8200")
		case u.Scheme != "https" && !loopback(u.Hostname()):
			k.say(at, "must be https: the token travels with every request")
		}
	}
}

func (k *checker) vaultLogin(v *Vault) {
	var given []string
	for _, login := range []struct {
		key   string
		given bool
	}{{"token_file", v.TokenFile != ""}, {"app_role", v.AppRole != nil}, {"kubernetes", v.Kubernetes != nil},
		{"jwt", v.JWT != nil}, {"certificate", v.Certificate != nil}} {
		if login.given {
			given = append(given, login.key)
		}
	}
	switch len(given) {
	case 0:
		k.say("signer.vault", "who is asking? give one of token_file, app_role, kubernetes, jwt and certificate")
	case 1:
	default:
		k.say("signer.vault."+given[1], "there is %s already; give one login, so that nobody forgets to look after the other", given[0])
	}
	if r := v.AppRole; r != nil && (r.RoleID == "" || (r.SecretIDFile == "") == (r.WrappedSecretIDFile == "")) {
		k.say("signer.vault.app_role", "needs role_id and one of secret_id_file and wrapped_secret_id_file")
	}
	if v.Kubernetes != nil && v.Kubernetes.Role == "" {
		k.say("signer.vault.kubernetes", "needs role: the name of a role at auth/<mount>/role")
	}
	if j := v.JWT; j != nil && (j.Role == "" || j.JWTFile == "") {
		k.say("signer.vault.jwt", "needs role and jwt_file")
	}
	if t := v.Certificate; t != nil {
		if t.CertFile == "" || t.KeyFile == "" {
			k.say("signer.vault.certificate", "needs cert_file and key_file")
		}
		for _, text := range v.nodes() {
			if !strings.HasPrefix(text, "https://") {
				k.say("signer.vault.certificate", "needs https: a certificate is shown in the TLS handshake")
				break
			}
		}
	}
}
