package app

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/playbooks"
)

// CheckOnline holds every playbook against its chain and against Slack, as an
// author wants it before it goes live: what it acts on has code, and the code
// that the inventory pins; the functions are there; the key holds the roles and
// has the money; fees of now fit; every call would succeed; the channel exists
// and enough people could vote.
//
// The findings come by playbook, in the order of their names, after those that
// are about all of them and are not ok. It asks what Doctor asks, and like that
// sends, signs, counts and posts nothing. Vault is asked for nothing but the
// addresses of keys that the inventory leaves out. The error means that there
// is no configuration to be read.
func CheckOnline(ctx context.Context, path string, o DoctorOptions) ([]Finding, error) {
	d := newDoctor(o)
	loaded := &page{}
	whole, err := d.load(path, loaded)
	if err != nil {
		return nil, err
	}
	if !whole {
		return d.read(loaded), nil
	}
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	return d.byPlaybook(d.read(append([]*page{loaded}, d.online(ctx)...)...)), nil
}

// online runs the probes that are about playbooks.
func (d *doctor) online(ctx context.Context) []*page {
	chains, contracts, calls, accounts, people := &page{}, &page{}, &page{}, &page{}, &page{}
	functions, roles, fees := &page{}, &page{}, &page{}
	defer d.hangUp()
	d.open(chains)

	var aside sync.WaitGroup
	aside.Go(d.task("Slack", func() { d.askSlack(ctx, people) }))
	d.readChains(ctx, d.askAddresses)
	d.judgeChains(chains)
	d.readAccounts(ctx, accounts, contracts, calls)

	stage, done := context.WithTimeout(ctx, stageTime)
	d.task("roles", func() { d.askRoles(stage, roles) })()
	done()
	for _, t := range d.calls {
		d.judgeFunction(functions, t)
		t.judgeFee(fees)
	}
	aside.Wait()
	return []*page{chains, contracts, functions, roles, calls, fees, accounts, people}
}

// askAddresses asks Vault about keys only where the inventory leaves an address
// out: an author's machine may have no way to Vault.
func (d *doctor) askAddresses(ctx context.Context) {
	known := func(name string) bool {
		s, _ := d.inv.Signer(name)
		return s.Address != common.Address{}
	}
	if slices.ContainsFunc(d.inv.Signers(), func(name string) bool { return !known(name) }) {
		d.askVault(ctx, &page{}) // what is missing is said where it is missed
		return
	}
	d.keys = map[string]*keySight{}
	for _, name := range d.inv.Signers() {
		d.keys[name] = &keySight{}
	}
}

// byPlaybook sorts findings to the playbooks that they are about. What is about
// all of them comes first, and only where it is not ok.
func (d *doctor) byPlaybook(found []Finding) []Finding {
	var sorted []Finding
	claimed := make([]bool, len(found))
	for _, plan := range d.plans {
		about := d.about(plan)
		for i, f := range found {
			if about(f.Check) {
				claimed[i] = true
				f.Playbook = plan.Name
				sorted = append(sorted, f)
			}
		}
	}
	var shared []Finding
	for i, f := range found {
		nonce := strings.HasPrefix(f.Check, "nonce ") // Vault's to tell, which is not asked
		if !claimed[i] && f.Verdict != Passed && !nonce && !d.elsewhere(f.Check) {
			shared = append(shared, f)
		}
	}
	return append(shared, sorted...)
}

// about tells which checks are about a playbook.
func (d *doctor) about(plan outlined) func(check string) bool {
	names := map[string]bool{"playbook " + plan.Name: true, "quorum " + plan.Name: true, "channel " + plan.Quorum.Channel: true}
	for _, i := range plan.Items {
		names["contract "+i.Target.Name] = true
		if c, _ := d.inv.Contract(i.Target.Name); c.Token != "" {
			names["token "+c.Token] = true
		}
		for _, key := range plan.Keys() {
			t := trial{plan: plan, key: key, item: i}
			for _, kind := range []string{"function", "role", "goal", "call", "fee"} {
				names[kind+" "+t.name()] = true
			}
			names["account "+key+"@"+i.Target.Chain], names["balance "+key+"@"+i.Target.Chain] = true, true
		}
	}
	for _, person := range d.inv.Roster() {
		if asked(plan, person) {
			names["guardian "+person.Name] = true
		}
	}
	return func(check string) bool { return names[check] }
}

// asked tells whether a person is of a team that the playbook asks.
func asked(plan outlined, person playbooks.Person) bool {
	return slices.ContainsFunc(person.Teams, func(team string) bool { return slices.Contains(plan.Quorum.Teams, team) })
}

// elsewhere tells whether a check is about something of the inventory that no
// playbook uses, or about an account that none sends from.
func (d *doctor) elsewhere(check string) bool {
	kind, _, _ := strings.Cut(check, " ")
	return slices.Contains([]string{"contract", "token", "channel", "guardian", "account", "balance"}, kind)
}
