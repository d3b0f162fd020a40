package playbooks

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// Set is an inventory and all playbooks that were loaded against it. It is
// immutable and safe for concurrent use.
type Set struct {
	inv      *Inventory
	language *language
	all      []*Playbook // by name
	warnings Problems
	// What an alert of a rule has to be held against, in the order of names; of
	// rules that nobody names, only what is for every rule.
	byRule  map[string][]*Playbook
	anyRule []*Playbook
}

// Load reads an inventory and every playbook of a folder: *.yaml, but not
// *.test.yaml, hidden files or the inventory itself. It fails with Problems,
// those of all files at once, and then nothing is loaded. No path leads out of
// the folder, whatever links are in it.
func Load(inventoryPath, playbookDir string) (*Set, error) {
	root, err := os.OpenRoot(playbookDir)
	if err != nil {
		return nil, fmt.Errorf("open playbooks: %w", err)
	}
	defer root.Close()
	text, err := readFile(os.DirFS(filepath.Dir(inventoryPath)), filepath.Base(inventoryPath))
	if err != nil {
		return nil, fmt.Errorf("read inventory: %w", err)
	}
	skip, err := among(inventoryPath, playbookDir)
	if err != nil {
		return nil, fmt.Errorf("find the inventory: %w", err)
	}
	return load(inventoryPath, text, folder{root.FS(), ".", skip})
}

// among gives the inventory's file name when it lies in the folder.
func among(inventoryPath, dir string) (string, error) {
	parent, err := os.Stat(filepath.Dir(inventoryPath))
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil || !os.SameFile(parent, info) {
		return "", err
	}
	return filepath.Base(inventoryPath), nil
}

// LoadFS is Load from a file system, with slash-separated paths.
func LoadFS(fsys fs.FS, inventoryPath, playbookDir string) (*Set, error) {
	text, err := readFile(fsys, inventoryPath)
	if err != nil {
		return nil, fmt.Errorf("read inventory: %w", err)
	}
	skip := ""
	if path.Dir(inventoryPath) == path.Clean(playbookDir) {
		skip = path.Base(inventoryPath)
	}
	return load(inventoryPath, text, folder{fsys, playbookDir, skip})
}

// folder is where playbooks are.
type folder struct {
	fsys fs.FS
	dir  string
	skip string // the inventory, when it lies among the playbooks
}

func load(inventoryFile, inventoryText string, from folder) (*Set, error) {
	inv, err := ParseInventory(inventoryFile, inventoryText)
	if err != nil {
		return nil, err
	}
	language, err := newLanguage(inv)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(from.fsys, from.dir)
	if err != nil {
		return nil, fmt.Errorf("list playbooks: %w", err)
	}
	set := &Set{inv: inv, language: language}
	var found Problems
	for _, e := range entries {
		p, problems := set.file(from, e)
		found = append(found, problems...)
		if p != nil {
			set.all = append(set.all, p)
		}
	}
	if len(set.all)+len(found) == 0 {
		found = append(found, Problem{File: from.dir, Line: 1, Col: 1, Code: CodeFile, Message: "there is no playbook here (*.yaml)"})
	}
	if len(found) == 0 {
		for _, p := range append(set.compared(), set.notes()...) {
			if p.Level == Warning {
				set.warnings = append(set.warnings, p)
			} else {
				found = append(found, p)
			}
		}
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	set.warnings = set.warnings.sorted()
	set.index()
	return set, nil
}

// notes collects the warnings of the single playbooks.
func (s *Set) notes() (all Problems) {
	for _, p := range s.all {
		all = append(all, p.warnings...)
	}
	return all
}

// file loads one entry of the folder; nil for what is no playbook.
func (s *Set) file(from folder, e fs.DirEntry) (*Playbook, Problems) {
	name := e.Name()
	switch {
	case strings.HasPrefix(name, ".") || name == from.skip || e.IsDir() || strings.HasSuffix(name, ".test.yaml"):
		return nil, nil
	case strings.HasSuffix(name, ".yml"):
		return nil, Problems{{File: name, Line: 1, Col: 1, Code: CodeFile, Message: "the name must end in .yaml; this would be ignored silently"}}
	case !strings.HasSuffix(name, ".yaml"):
		return nil, nil
	}
	text, err := readFile(from.fsys, path.Join(from.dir, name))
	if err != nil {
		return nil, Problems{{File: name, Line: 1, Col: 1, Code: CodeFile, Message: err.Error()}}
	}
	return s.language.parse(name, text)
}

// readFile reads a regular file of bounded size.
func readFile(fsys fs.FS, name string) (string, error) {
	// Asked before it is opened: to open a pipe waits for somebody who writes,
	// and a reload that waits keeps every other one out.
	if info, err := fs.Stat(fsys, name); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", name)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errors.Join(err, fmt.Errorf("%s is no regular file", name))
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	return string(raw), err
}

// Inventory returns what the playbooks were loaded against.
func (s *Set) Inventory() *Inventory { return s.inv }

// Playbooks lists all playbooks by name. They are shared: do not change them.
func (s *Set) Playbooks() []*Playbook { return slices.Clone(s.all) }

// Digest changes when the text of any playbook changes.
func (s *Set) Digest() incident.Digest {
	var all strings.Builder
	for _, p := range s.all {
		fmt.Fprintf(&all, "%s %s\n", p.Name, p.Digest)
	}
	return incident.DigestOf("firebreak-playbooks/1", []byte(all.String()))
}

// Rules lists every rule that some playbook is for.
func (s *Set) Rules() []string {
	rules := map[string]bool{}
	for _, p := range s.all {
		for _, r := range p.on.rules {
			rules[r] = true
		}
	}
	return slices.Sorted(maps.Keys(rules))
}
