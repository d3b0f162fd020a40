package app

import (
	"context"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// AddressNames names the addresses of an inventory's contracts, for people who
// read a policy.
func AddressNames(inv *playbooks.Inventory) policy.Namer {
	return func(chain uint64, address common.Address) string {
		if c, ok := inv.ContractAt(chain, address); ok {
			return c.Name
		}
		return address.Hex()
	}
}

// askExcess looks whether a key's policy allows more than the live playbooks
// need: what nobody needs is what a stolen token can do.
func (d *doctor) askExcess(ctx context.Context, p *page) {
	each(p, d.inv.Signers(), func(p *page, name string) {
		check := "policy of " + name
		k := d.keys[name]
		if d.vault == nil || !k.known {
			p.notTold(check, "key %s cannot be asked", name)
			return
		}
		document, err := d.vault.Document(ctx, name, signer.Policy)
		switch {
		case vault.TokenRefused(err):
			p.notTold(check, "the daemon's token may not read it; allow read on %s/keys/%s/policy, it holds no secret", d.c.Signer.Vault.Mount, name)
			return
		case err != nil:
			p.fail(check, d.mendVault(err), "it cannot be read: %s", err)
			return
		}
		active, err := policy.Parse([]byte(document.Text), name, k.info.Class)
		if err != nil || active.Hash != k.info.PolicyHash {
			p.fail(check, "find out whether two versions of Firebreak are in use", "Vault shows a policy that is not the one in force")
			return
		}
		d.judgeExcess(p, active)
	})
}

func (d *doctor) judgeExcess(p *page, active *policy.Policy) {
	check := "policy of " + active.Key
	text, err := LeastPolicy(d.set, active.Key, PolicyOptions{})
	if err != nil {
		p.warn(check, "compare it by hand with what the playbooks call", "its least form cannot be derived: %s", err)
		return
	}
	least, err := policy.Parse(text, active.Key, active.Class)
	if err != nil {
		p.warn(check, "compare it by hand with what the playbooks call", "its least form is no policy of this key: %s", err)
		return
	}
	if excess := policy.Excess(active, least, AddressNames(d.inv)); len(excess) > 0 {
		p.warn(check, "tighten it: firebreak policy compile, then firebreak policy propose; a tightening holds at once",
			"version %d allows without any guardian what no live playbook needs: %s", active.Version, strings.Join(excess, "; "))
		return
	}
	p.ok(check, "version %d allows nothing without guardians that no live playbook needs", active.Version)
}
