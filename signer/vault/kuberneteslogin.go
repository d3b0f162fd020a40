package vault

import "cmp"

// kubernetesFile is where a pod has its service account's token.
const kubernetesFile = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// Kubernetes logs a pod in with its service account.
type Kubernetes struct {
	Role string
	// JWTFile is a projected token, best with an audience of its own. Empty
	// means the one that every pod has.
	JWTFile string
	Mount   string // empty means "kubernetes"
}

func (c Config) kubernetes() method {
	k := cmp.Or(c.Kubernetes, &Kubernetes{})
	b := &byRole{role: k.Role, file: cmp.Or(k.JWTFile, kubernetesFile), mount: cmp.Or(k.Mount, "kubernetes"),
		mend: "the role, its bound service account and namespace, and the audience of the token"}
	return method{name: "Kubernetes", given: c.Kubernetes != nil, check: b.check,
		open: func(d desk) (login, error) { b.api = d.api; return b, nil }}
}
