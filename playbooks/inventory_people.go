package playbooks

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"
)

func (l inventoryLoader) rules(n *yaml.Node) {
	for _, entry := range l.s.list(n, "rules", 4096) {
		name := l.s.text(entry, "a rule", 128)
		if name == "" {
			continue
		}
		if !nameForm.MatchString(name) {
			l.s.fault(entry, CodeName, "%q is no name for a rule; it must match %s", clip(name), nameForm)
			continue
		}
		if slices.Contains(l.inv.rules, name) {
			l.s.fault(entry, CodeDuplicate, "rules names %q twice", name)
			continue
		}
		l.inv.rules = append(l.inv.rules, name)
	}
}

func (l inventoryLoader) person(name string, n *yaml.Node) {
	f := l.s.fields(n, "person "+name, "slack", "wallets")
	p := Person{Name: name}
	if id := f.get("slack"); id != nil {
		p.Slack = l.s.text(id, "slack of "+name, 64)
		if p.Slack != "" && !slackID.MatchString(p.Slack) {
			l.s.fault(id, CodePerson, "slack of %s must be a member id such as U012ABCDEF, not a name", name)
		}
		for _, other := range l.inv.people {
			if other.Slack == p.Slack && p.Slack != "" {
				l.s.fault(id, CodeDuplicate, "%s has the Slack identity of %s: one person would count twice", name, other.Name)
			}
		}
	}
	if list := f.get("wallets"); list != nil {
		for _, entry := range l.s.list(list, "wallets of "+name, 16) {
			a, ok := l.s.address(entry, "a wallet of "+name)
			if !ok {
				continue
			}
			for _, other := range l.inv.people {
				if slices.Contains(other.Wallets, a) {
					l.s.fault(entry, CodeDuplicate, "%s has a wallet of %s: one person would count twice", name, other.Name)
				}
			}
			p.Wallets = append(p.Wallets, a)
		}
	}
	l.inv.people[name] = p
}

func (l inventoryLoader) team(name string, n *yaml.Node) {
	for _, entry := range l.s.list(n, "team "+name, 1024) {
		member := l.s.text(entry, "a member of "+name, 64)
		switch {
		case member == "":
		case !nameForm.MatchString(member):
			l.s.fault(entry, CodeName, "%q is no name for a person; it must match %s", clip(member), nameForm)
		case len(l.inv.people) > 0 && l.inv.people[member].Name == "":
			l.s.fault(entry, CodePerson, "unknown person %q%s", member, meant(member, names(l.inv.people)))
		case slices.Contains(l.inv.teams[name], member):
			l.s.fault(entry, CodeDuplicate, "team %s names %q twice", name, member)
		default:
			l.inv.teams[name] = append(l.inv.teams[name], member)
		}
	}
}

func (l inventoryLoader) signer(name string, n *yaml.Node) {
	f := l.s.fields(n, "signer "+name, "address", "chains", "exercise")
	signer := Signer{Name: name, Chains: l.s.namesOf(f.need("chains"), "chains of "+name, CodeChain, l.inv.Chains())}
	if a, ok := l.s.address(f.get("address"), "address of "+name); ok {
		signer.Address = a
		l.spare(a, "signer "+name)
		l.oneMeaning(f.get("address"), name, a)
	}
	signer.Exercise = l.s.flag(f.get("exercise"), "exercise of "+name)
	l.inv.signers[name] = signer
}

func (l inventoryLoader) protect(name string, n *yaml.Node) {
	if a, ok := l.s.address(n, "protected "+name); ok {
		l.spare(a, name)
		l.oneMeaning(n, name, a)
		l.inv.accounts[name] = a
	}
}

// oneMeaning refuses an account under the name of another address: evidence
// and checks name both alike, as in balanceOf(treasury).
func (l inventoryLoader) oneMeaning(n *yaml.Node, name string, a common.Address) {
	if c, ok := l.inv.contracts[name]; ok && c.Address != a {
		l.s.fault(n, CodeDuplicate, "%s is the name of a contract with another address; give the account a name of its own", name)
	}
	if known, ok := l.inv.account(name); ok && known != a {
		l.s.fault(n, CodeDuplicate, "%s is the name of a signer with another address; give the account a name of its own", name)
	}
}

func (l inventoryLoader) channel(name string, n *yaml.Node) {
	id := l.s.text(n, "channel "+name, 64)
	if id != "" && !slackID.MatchString(id) {
		l.s.fault(n, CodeChannel, "channel %s must have a Slack id such as C012ABCDEF, this is %q", name, clip(id))
		return
	}
	l.inv.channels[name] = id
}
