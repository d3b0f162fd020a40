package playbooks

import (
	"maps"
	"slices"
)

// Parse makes a set of texts that are in no folder: of the past, or of another
// place. Each is read by its file's name, which must be the playbook's. They are
// not held against each other. Its error is Problems, of all of them.
func Parse(inv *Inventory, texts map[string]string) (*Set, error) {
	language, err := newLanguage(inv)
	if err != nil {
		return nil, err
	}
	set := &Set{inv: inv, language: language}
	var found Problems
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		p, problems := language.parse(file, texts[file])
		found = append(found, problems...)
		if p != nil {
			set.all = append(set.all, p)
		}
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	set.index()
	return set, nil
}
