package playbooks

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
)

// longestPre is how far ahead a pre-authorisation may end: what nobody has
// looked at for a year nobody stands behind.
const longestPre = 366 * 24 * time.Hour

// preAuthority reads what may be sent before anybody was asked. It covers the
// whole playbook or nothing: a plan is released by one decision, so an item
// that needs people belongs into a playbook of its own.
func (l *loader) preAuthority() {
	n := l.top.get("pre_authorize")
	if n == nil {
		return
	}
	f := l.shaped(n, "pre_authorize")
	only := l.namesOf(f.need("only"), "pre_authorize.only", CodeAction, actions.Verbs())
	for i, entry := range f.list("only") {
		if i < len(only) && !pauseLike(only[i]) {
			l.fault(entry, CodePreAuth, "%s takes an argument, so it is not pre-authorised: what is sent without asking must be the same every time", only[i])
		}
	}
	l.covered(only)
	if until := f.need("until"); until != nil {
		l.out.pre.until = l.date(until, "pre_authorize.until")
	}
	l.out.pre.per = f.needDuration("per")
	if len(l.out.on.rules) == 0 {
		l.fault(n, CodePreAuth, "what is sent without asking must name its rules: on.rules is missing")
	}
}

// covered refuses an item that the pre-authorisation does not name.
func (l *loader) covered(only []string) {
	for _, i := range l.out.items {
		if i.action == nil || len(only) == 0 {
			continue
		}
		verb := i.action.Info().Verb
		switch {
		case !slices.Contains(only, verb):
			l.fault(l.ids[i.id], CodePreAuth, "%q does %s, which pre_authorize.only does not name: move it to a playbook of its own, where people are asked", i.id, verb)
		case i.each != nil:
			l.fault(l.ids[i.id], CodePreAuth, "%q is done for each element of a list that an alert gives: that is not pre-authorised", i.id)
		}
	}
}

// pauseLike tells whether some action of the verb is fit to be pre-authorised.
func pauseLike(verb string) bool {
	return slices.ContainsFunc(actions.All(), func(a actions.Action) bool { return a.Info().Verb == verb && a.Info().Pause })
}

// date reads "2027-03-31" as the end of that day, in UTC. How far ahead it may
// be the loader's clock tells; a date that has passed is no problem of the file:
// people are asked again.
func (l *loader) date(n *yaml.Node, where string) time.Time {
	text := l.text(n, where, 64)
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		l.fault(n, CodePreAuth, "%s must be a day such as \"2027-03-31\", this is %q", where, clip(text))
		return time.Time{}
	case l.language.now != nil && day.Sub(l.language.now()) > longestPre:
		l.fault(n, CodePreAuth, "%s is more than a year ahead; somebody must look at it again before that", where)
		return time.Time{}
	}
	return day.Add(24 * time.Hour)
}
