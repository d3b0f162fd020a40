package app

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// place finds where in a config's file something is said. The zero value, for
// a config that came from no file, finds nothing.
type place struct {
	file string
	root *yaml.Node
}

// at is a problem at a path of keys; where the key itself is missing, its
// nearest parent is the place.
func (l place) at(path, format string, args ...any) Problem {
	p := Problem{File: l.file, Text: path + ": " + fmt.Sprintf(format, args...)}
	if l.root == nil {
		return p
	}
	p.Line, p.Col = 1, 1
	node := l.root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, key := range strings.Split(path, ".") {
		next, line, col := child(node, key)
		if next == nil {
			break
		}
		node, p.Line, p.Col = next, line, col
	}
	return p
}

func child(n *yaml.Node, key string) (value *yaml.Node, line, col int) {
	if n.Kind == yaml.SequenceNode {
		var i int
		if _, err := fmt.Sscan(key, &i); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line, n.Content[i].Column
		}
	}
	if n.Kind != yaml.MappingNode {
		return nil, 0, 0
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1], n.Content[i].Line, n.Content[i].Column
		}
	}
	return nil, 0, 0
}
