package playbooks

import (
	"slices"
)

func (l *loader) verification() {
	before := len(l.found)
	for _, entry := range l.top.list("verify") {
		f := l.shaped(entry, "verify")
		of, _ := l.oneOf(f.need("of"), CodeID, l.itemIDs())
		within := f.needDuration("within")
		that := f.get("that")
		if that == nil {
			l.out.verify = append(l.out.verify, verification{of: of, within: within})
			continue
		}
		i, _ := l.out.item(of)
		for _, check := range l.statement(that, i.listed) {
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
