package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/firebreak-project/firebreak/playbooks"
)

// nameLine finds the name that a playbook gives itself, so that a file under
// another name can be compared too.
var nameLine = regexp.MustCompile(`(?m)^name:[ ]+([a-z0-9][a-z0-9._-]{0,63})[ ]*(?:#.*)?\r?$`)

// read loads what is at a path: a playbook, or a folder of them.
func (s *shelf) read(path string) (*playbooks.Set, error) {
	own := *s
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read playbooks: %w", err)
	}
	texts := map[string]string{}
	files := []string{path}
	if info.IsDir() {
		if inside := filepath.Join(path, "inventory.yaml"); s.inventory == "" && s.config == "" && !missing(inside) {
			own.inventory = inside
		}
		own.config, own.folder = "", path
		if own.inventory == "" {
			if err := s.find(); err != nil {
				return nil, err
			}
			own.inventory = s.inventory
		}
		if files, err = own.files(); err != nil {
			return nil, err
		}
	}
	inv, err := own.readInventory()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read playbook: %w", err)
		}
		name := filepath.Base(file)
		if m := nameLine.FindSubmatch(text); m != nil && !info.IsDir() {
			name = string(m[1]) + ".yaml"
		}
		texts[name] = string(text)
	}
	set, err := playbooks.Parse(inv, texts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, found(err))
	}
	return set, nil
}
