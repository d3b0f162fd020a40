package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
)

// orders carries out what people order with the slash command. It implements
// slack.Cases.
type orders struct{ app *App }

// Open implements slack.Cases.
func (o orders) Open() []incident.State {
	open := slices.DeleteFunc(o.app.engine.Active(), func(s incident.State) bool { return s.Phase().Ended() })
	slices.SortFunc(open, func(a, b incident.State) int {
		return cmp.Or(b.OpenedAt.Compare(a.OpenedAt), cmp.Compare(b.ID, a.ID))
	})
	return open
}

// refusal is a sentence for the person who gave the order.
func refusal(format string, args ...any) error {
	return &approvals.VoterError{Sentence: fmt.Sprintf(format, args...)}
}

// Trigger implements slack.Cases. What the person asks for goes the way of every
// alert: into the inbox first, where it is durable, and then to the router.
func (o orders) Trigger(ctx context.Context, t slack.Trigger) (string, error) {
	set := o.app.current.Load().set
	var known []string
	found := false
	for _, p := range set.Playbooks() {
		if p.Mode == incident.ModeLive || p.Mode == incident.ModeDryRun {
			known, found = append(known, p.Name), found || p.Name == t.Playbook
		}
	}
	if !found {
		return "", refusal("There is no playbook %.64q that is live or a dry run. There are: %s.", t.Playbook, strings.Join(known, ", "))
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode the order: %w", err)
	}
	now := time.Now()
	_, again, err := o.app.engine.Receive(ctx, incident.Received{Raw: raw, Alert: incident.Alert{
		Source: incident.SourcePerson, ID: t.Delivery, By: t.Person, Playbook: t.Playbook, Occurred: now, Sent: now,
		Summary: incident.OneLine(t.Why, 300),
	}})
	if err != nil {
		return "", err
	}
	if again {
		return fmt.Sprintf("%s was asked for already.", t.Playbook), nil
	}
	return fmt.Sprintf("%s is being prepared. Its card follows in its channel. You asked for it, so somebody else has to approve it.", t.Playbook), nil
}

const (
	freezePeople = 2                // who have to ask, as many as can deny a containment
	freezeWithin = 10 * time.Minute // of each other
)

// Freeze implements slack.Cases. One person's word freezes nothing: with one
// stolen account an attacker would switch off the defence. The second one's is
// written down before Vault is asked, and asking Vault again changes nothing, so
// whoever saw an error may press again.
func (o orders) Freeze(ctx context.Context, f slack.Freeze) (string, error) {
	keys := o.app.current.Load().set.Inventory().Signers()
	if f.Key == "" && len(keys) == 1 {
		f.Key = keys[0]
	}
	if !slices.Contains(keys, f.Key) {
		return "", refusal("Say which key: %s.", strings.Join(keys, ", "))
	}
	why := incident.OneLine(f.Why, 300)
	err := o.app.engine.Record(ctx, incident.Keys, incident.FreezeAsked{Key: f.Key, By: f.Person, Why: why, Delivery: f.Delivery})
	if claimed := (*incident.ClaimedError)(nil); err != nil && !errors.As(err, &claimed) {
		return "", err
	}
	people, err := o.asked(ctx, f.Key)
	if err != nil {
		return "", err
	}
	if len(people) < freezePeople {
		o.say(ctx, fmt.Sprintf("%s asks to freeze key %s", f.Person, f.Key), "Why: "+why,
			fmt.Sprintf("A second person can do it with /firebreak freeze %s until %s. A frozen key signs nothing until its guardians release it.",
				f.Key, time.Now().Add(freezeWithin).UTC().Format("15:04 UTC")))
		return fmt.Sprintf("Your word is recorded. Key %s is frozen when a second person asks for it within ten minutes.", f.Key), nil
	}
	if _, err := o.app.signer.Freeze(ctx, f.Key, incident.OneLine(fmt.Sprintf("asked for by %s: %s", strings.Join(people, ", "), why), 500)); err != nil {
		return "", refusal("It is recorded, and Vault did not freeze key %s: %s. Press again, or use firebreak key freeze.", f.Key, incident.OneLine(err.Error(), 200))
	}
	if err := o.app.engine.Record(ctx, incident.Keys, incident.KeyFrozen{Key: f.Key, By: people}); err != nil {
		o.app.o.Log.Error("a key is frozen and that could not be recorded", "key", f.Key, "err", err)
	}
	o.say(ctx, fmt.Sprintf("Key %s is frozen", f.Key), "By "+strings.Join(people, " and ")+". Why: "+why,
		"It signs nothing until its guardians release it: firebreak key unfreeze.")
	return fmt.Sprintf("Key %s is frozen. It signs nothing until its guardians release it.", f.Key), nil
}

// asked lists who wants the key frozen, since it was last and within the time.
func (o orders) asked(ctx context.Context, key string) ([]string, error) {
	var people []string
	for f, err := range o.app.journal.Read(ctx, incident.Keys, 0) {
		if err != nil {
			return nil, fmt.Errorf("read what was ordered: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return nil, err
		}
		switch b := body.(type) {
		case incident.FreezeAsked:
			if b.Key == key && time.Since(f.Seen) < freezeWithin && !slices.Contains(people, b.By) {
				people = append(people, b.By)
			}
		case incident.KeyFrozen:
			if b.Key == key {
				people = nil
			}
		}
	}
	return people, nil
}

// say tells everybody who could act. It fails open: the order stands without.
func (o orders) say(ctx context.Context, lines ...string) {
	inv := o.app.current.Load().set.Inventory()
	o.app.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := o.app.page(ctx, lines, slices.Collect(maps.Keys(inv.Teams()))...); err != nil {
			o.app.o.Log.Error("an order about a key could not be told", "err", err)
		}
	})
}
