package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// outlined is a playbook that is on, with what it would do.
type outlined struct {
	*playbooks.Playbook
	playbooks.Outline
}

// grave files a fault of a playbook. A dry run sends nothing, so nothing of it
// can fail in an incident: there it is a warning.
func (o outlined) grave(p *page, check, mend, found string) {
	if o.Mode == incident.ModeLive {
		p.fail(check, mend, "%s", found)
		return
	}
	p.warn(check, mend, "%s; the playbook is in %s", found, o.Mode)
}

// load reads what serve would read. whole is false when too little of it is
// right to look any further. The error means that there is no configuration.
func (d *doctor) load(path string, p *page) (whole bool, err error) {
	d.c, err = LoadConfig(path)
	if problems, ok := errors.AsType[Problems](err); ok {
		p.fail("configuration", "mend the file; firebreak check says the same without a network", "%s", problems)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	set, err := playbooks.Load(d.c.Inventory, d.c.Playbooks)
	if err != nil {
		p.ok("configuration", "%s can be read", filepath.Base(path))
		p.fail("playbooks", "mend inventory and playbooks; firebreak check says the same without a network", "%s", err)
		return false, nil
	}
	d.set, d.inv = set, set.Inventory()
	if err := CheckTogether(d.c, set); err != nil {
		p.fail("configuration", "bring configuration, inventory and playbooks together; firebreak check says the same", "%s", err)
		return false, nil
	}
	if d.people, err = roster(d.inv, d.c.Slack.Team); err != nil {
		p.fail("configuration", "mend people and teams of the inventory", "%s", err)
		return false, nil
	}
	p.ok("configuration", "%s can be read: %s, %s", filepath.Base(path), several(len(d.c.Chains), "chain"), several(len(d.c.Sources), "source"))
	p.ok("inventory", "%s", strings.TrimPrefix(Understood(set)[0], "inventory: "))
	d.outline(p)
	d.readSecrets(p)
	d.sources(p)
	return true, nil
}

// outline lists the playbooks and expands those that are on. The account that
// stands in for what an alert will name is fresh and random: nobody has it.
func (d *doctor) outline(p *page) {
	var stand common.Address
	rand.Read(stand[:])
	live := 0
	for _, book := range d.set.Playbooks() {
		check := "playbook " + book.Name
		if book.Mode == incident.ModeOff {
			p.ok(check, "is off: it never matches, and is not looked at any further")
			continue
		}
		o := outlined{book, d.set.Outline(book, stand)}
		d.plans = append(d.plans, o)
		if book.Mode == incident.ModeDryRun {
			p.ok(check, "is in dry-run: people are asked, nothing is sent; %s", o.words())
			continue
		}
		live++
		p.ok(check, "is live: %s", o.words())
	}
	if live == 0 {
		p.warn("playbooks", "set mode: live in one of them", "no playbook is live, so nothing can ever be sent")
	}
}

// words says what the playbook would do, whom it asks, and what it may cost.
func (o outlined) words() string {
	var deeds []string
	for _, i := range o.Items {
		deeds = append(deeds, fmt.Sprintf("%s on %s", i.Verb, i.Target.Name))
	}
	return fmt.Sprintf("%s by %s, when %d of %s agree in %s, for at most %s",
		strings.Join(deeds, ", "), strings.Join(o.Keys(), " and once more by "), o.Quorum.Need, strings.Join(o.Quorum.Teams, " and "), o.Quorum.Channel, o.MaxFee)
}

// readSecrets looks whether the files of secrets can be used, and remembers
// their content so that it is never shown.
func (d *doctor) readSecrets(p *page) {
	bad := 0
	look := func(check string, paths ...string) {
		for _, path := range paths {
			secret, err := readSecret(path)
			if err != nil {
				bad++
				p.fail(check, "write the secret into its file, for the daemon's user alone", "%s", err)
				continue
			}
			d.hidden = append(d.hidden, secret)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.c.Sources)) {
		look("source "+name, d.c.Sources[name].SecretFiles...)
	}
	look("slack secrets", append([]string{d.c.Slack.TokenFile}, d.c.Slack.SigningSecretFiles...)...)
	if d.c.Slack.AppTokenFile != "" {
		look("slack secrets", d.c.Slack.AppTokenFile)
	}
	if d.c.Pager != nil {
		look("pager", d.c.Pager.SecretFile)
	}
	if bad == 0 {
		p.ok("secrets", "those of %s and of Slack can be read, and by nobody else", several(len(d.c.Sources), "source"))
	}
}
