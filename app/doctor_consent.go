package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// counting is a key that counts guardians: by which rules, whose signatures, and
// what the daemon has to collect them with.
type counting struct {
	policy *policy.Policy
	roster *consent.Guardians
	people approvals.Rules
	page   *Console // nil: none
}

// askConsents looks whether the votes that playbooks collect are the signatures
// that the keys' policies count. A vote by click brings none: the quorum would
// stand, and the key refuse.
func (d *doctor) askConsents(ctx context.Context, p *page) {
	inForce := map[string]*counting{}
	for _, t := range d.calls {
		k := d.keys[t.key]
		if d.vault == nil || !k.known {
			continue // said where the key is missed
		}
		if _, read := inForce[t.key]; !read {
			inForce[t.key] = d.readConsents(ctx, p, t.key)
		}
		of := inForce[t.key]
		if of == nil {
			continue
		}
		r, err := t.request(k.info)
		if err != nil {
			continue // said with the policy
		}
		if rule, refusal := of.policy.Find(r); refusal == nil && rule.Approvals.Most() > 0 {
			of.judge(p, t, rule)
		}
	}
}

// readConsents reads what counts for a key; nil where nothing does, and where it
// cannot be read.
func (d *doctor) readConsents(ctx context.Context, p *page, name string) *counting {
	document, err := d.vault.Document(ctx, name, signer.Policy)
	if err != nil {
		return nil // said with the policy
	}
	active, err := policy.Parse([]byte(document.Text), name, d.keys[name].info.Class)
	if err != nil || !countsAnybody(active) {
		return nil // said with the policy
	}
	check := "guardians of " + name
	if document, err = d.vault.Document(ctx, name, signer.Guardians); err != nil {
		p.fail(check, d.botPolicy(), "they cannot be read, so nobody can vote by a key of their own: %s", err)
		return nil
	}
	roster, err := consent.ParseGuardians([]byte(document.Text), name)
	if err != nil {
		p.fail(check, "find out whether two versions of Firebreak are in use", "Vault shows a document that is none: %s", err)
		return nil
	}
	return &counting{policy: active, roster: roster, people: approvals.Rules{Roster: d.people}, page: d.c.Console}
}

func countsAnybody(p *policy.Policy) bool {
	return slices.ContainsFunc(p.Targets(), func(t policy.Target) bool { return p.Rules[t].Approvals.Most() > 0 })
}

// judge holds one call's playbook against the rule that it would be signed by.
func (c *counting) judge(p *page, t *trial, rule *policy.Rule) {
	check, q, need := "signatures "+t.name(), t.plan.Quorum, rule.Approvals.Most()
	when := "always"
	if rule.Approvals.Need < need {
		when = "once it was used often"
	}
	counts := fmt.Sprintf("rule %s of key %s counts %d guardians, %s", rule.ID, t.key, need, when)
	able, wallets := c.able(q)
	switch {
	case t.plan.Pre && rule.Approvals.Need > 0:
		t.plan.grave(p, check, "give the rule approvals.need 0, or take pre_authorize out of the playbook",
			counts+", and the playbook sends without asking anybody")
	case q.Assurance.Rank() < incident.AssurancePasskey.Rank():
		t.plan.grave(p, check, "set approve.assurance: passkey (or wallet) in the playbook, or give the rule approvals.need 0 if its call is harmless and can be undone",
			fmt.Sprintf("%s, and the playbook takes clicks, which bring no signature", counts))
	case c.page == nil:
		t.plan.grave(p, check, "add console to the configuration: guardians sign on the approval page, or by firebreak approve, which asks it",
			counts+", and there is no approval page to collect their signatures")
	case uint64(q.Need) < need:
		t.plan.grave(p, check, fmt.Sprintf("set approve.quorum to %d or more", need), fmt.Sprintf("%s, and the playbook goes ahead with %d", counts, q.Need))
	case !c.people.Reachable(q, able) || uint64(len(able)) < need:
		t.plan.grave(p, check, "enrol more people of these teams with firebreak guardian propose",
			fmt.Sprintf("%s; of %s only %s could sign by %s", counts, strings.Join(q.Teams, " and "), orNobody(able), q.Assurance))
	case uint64(wallets) < rule.Approvals.MinEIP712:
		t.plan.grave(p, check, "enrol more wallets with firebreak guardian propose",
			fmt.Sprintf("%s, %d of them with a wallet; of %s %d have one", counts, rule.Approvals.MinEIP712, strings.Join(q.Teams, " and "), wallets))
	case rule.Approvals.MinEIP712 > 0 && q.Assurance != incident.AssuranceWallet:
		p.warn(check, "set approve.assurance: wallet in the playbook", "%s, %d of them with a wallet; a quorum by passkeys stands without, and the key refuses",
			counts, rule.Approvals.MinEIP712)
	case rule.Approvals.MaxAge > 0 && rule.Approvals.MaxAge < q.Within:
		p.warn(check, "make approvals.max_age of the rule longer, or approve.within of the playbook shorter",
			"%s, none older than %s, and a vote may take %s", counts, rule.Approvals.MaxAge, q.Within)
	default:
		p.ok(check, "%s, and %d of %s could sign by %s", counts, len(able), strings.Join(q.Teams, " and "), q.Assurance)
	}
}

// able are the people of the asked teams who can sign for the key as strongly as
// the playbook asks, and how many of them have a wallet.
func (c *counting) able(q incident.Quorum) (names []string, wallets int) {
	for _, person := range c.roster.People {
		listed, _ := c.people.Roster.Person(person.ID)
		if !slices.ContainsFunc(q.Teams, listed.In) {
			continue
		}
		wallet := slices.ContainsFunc(person.Keys, func(k consent.Key) bool { return k.Kind == consent.EIP712 })
		if wallet {
			wallets++
		}
		if wallet || q.Assurance.Rank() <= incident.AssurancePasskey.Rank() && slices.ContainsFunc(person.Keys, c.page.signsWith) {
			names = append(names, person.ID)
		}
	}
	return names, wallets
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}
