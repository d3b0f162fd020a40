package playbooks

import (
	"slices"
	"time"
)

func (l *loader) verification() {
	before := len(l.found)
	for _, entry := range l.list(l.top.get("verify"), "verify", 2*maxCalls) {
		f := l.fields(entry, "verify", "of", "that", "within")
		of, _ := l.oneOf(f.need("of"), CodeID, l.itemIDs())
		within := l.duration(f.need("within"), "verify.within", span[time.Duration]{time.Second, time.Hour})
		that := f.get("that")
		if that == nil {
			l.out.verify = append(l.out.verify, verification{of: of, within: within})
			continue
		}
		for _, check := range l.statement(that) {
			l.out.verify = append(l.out.verify, verification{of: of, check: &check, within: within})
		}
	}
	if len(l.found) > before {
		return // what is broken may have been the verification
	}
	for _, i := range l.out.items {
		verified := slices.ContainsFunc(l.out.verify, func(v verification) bool { return v.of == i.id })
		if i.action != nil && i.action.Info().Verify && !verified {
			l.fault(l.ids[i.id], CodeUnverified, "nothing verifies %q: add verify: {of: %s, within: 2m}", i.id, i.id)
		}
	}
}
