package playbooks

import (
	"slices"

	"github.com/firebreak-project/firebreak/incident"
)

// As is the set with one playbook in another mode, for rehearsals: what would
// it do if it were live? Nothing of the file changes, so nothing that is sent
// can come of it: plans of a rehearsal go nowhere. An unknown name changes
// nothing.
func (s *Set) As(name string, mode incident.Mode) *Set {
	other := *s
	other.all = slices.Clone(s.all)
	for i, p := range other.all {
		if p.Name == name {
			one := *p
			one.Mode = mode
			other.all[i] = &one
		}
	}
	return &other
}
