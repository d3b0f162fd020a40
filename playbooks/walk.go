package playbooks

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// pair is a key and its value.
type pair struct{ key, value *yaml.Node }

// entries lists the pairs of a mapping whose keys the author chooses. It
// refuses double keys, which the Node API lets pass, and empty values.
func (s *script) entries(n *yaml.Node, where string) []pair {
	if s.refused[n] {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		s.fault(n, CodeType, "%s must be a mapping of keys", where)
		return nil
	}
	var pairs []pair
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			s.fault(key, CodeType, "a key of %s must be text", where)
			continue
		}
		if line, double := lines[key.Value]; double {
			s.fault(key, CodeYAML, "mapping key %q already defined at line %d", clip(key.Value), line)
			continue
		}
		lines[key.Value] = key.Line
		if value.Kind == yaml.ScalarNode && value.ShortTag() == "!!null" {
			s.fault(value, CodeType, "%q has no value; give it one or leave the key out", clip(key.Value))
			continue
		}
		pairs = append(pairs, pair{key, value})
	}
	return pairs
}

// fields is a mapping whose keys the format gives.
type fields struct {
	s     *script
	where string // as messages name it, empty at the top
	node  *yaml.Node
	by    map[string]pair
	shape Mapping // where it is one of a playbook's
}

// shaped reads a mapping of a playbook by the tables of the format.
func (s *script) shaped(n *yaml.Node, name string) fields {
	shape := mapping(name)
	f := s.fields(n, name, shape.names()...)
	f.shape = shape
	return f
}

// duration reads the duration of a key within the range of the format; zero
// when the key is not there.
func (f fields) duration(key string) time.Duration {
	return f.s.duration(f.get(key), f.path(key), f.shape.key(key).durations())
}

// whole reads the whole number of a key within the range of the format.
func (f fields) whole(key string) int {
	return int(f.s.whole(f.get(key), f.path(key), f.shape.key(key).wholes()))
}

// needDuration and needWhole note as well that the key is missing.
func (f fields) needDuration(key string) time.Duration {
	f.need(key)
	return f.duration(key)
}

func (f fields) needWhole(key string) int {
	f.need(key)
	return f.whole(key)
}

// list reads the entries of a key's list.
func (f fields) list(key string) []*yaml.Node {
	return f.s.list(f.get(key), f.path(key), int(f.shape.key(key).Most))
}

// text reads the text of a key.
func (f fields) text(key string) string {
	return f.s.text(f.get(key), f.path(key), int(f.shape.key(key).Most))
}

// fields reads a mapping that may have the allowed keys and no others.
func (s *script) fields(n *yaml.Node, where string, allowed ...string) fields {
	f := fields{s: s, where: where, node: n, by: map[string]pair{}}
	of := where
	if of == "" {
		of = "the file"
	}
	for _, p := range s.entries(n, of) {
		if !slices.Contains(allowed, p.key.Value) {
			s.fault(p.key, CodeUnknownKey, "%q is not a key of %s%s", clip(p.key.Value), of, meant(p.key.Value, allowed))
			continue
		}
		f.by[p.key.Value] = p
	}
	return f
}

// get returns a key's value, or nil.
func (f fields) get(key string) *yaml.Node { return f.by[key].value }

// need returns a key's value, or notes that it is missing.
func (f fields) need(key string) *yaml.Node {
	n := f.get(key)
	if n == nil && !f.broken(key) {
		f.s.fault(f.node, CodeRequired, "%s is required", f.path(key))
	}
	return n
}

// broken tells whether the key is there with a value that was refused already:
// one mistake is one problem.
func (f fields) broken(key string) bool {
	if f.node.Kind != yaml.MappingNode {
		return true
	}
	for i := 0; i+1 < len(f.node.Content); i += 2 {
		if f.node.Content[i].Value == key {
			return true
		}
	}
	return false
}

func (f fields) path(key string) string {
	if f.where == "" {
		return key
	}
	return f.where + "." + key
}

// text reads one line or block of text.
func (s *script) text(n *yaml.Node, where string, limit int) string {
	if n == nil {
		return ""
	}
	if s.refused[n] {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		s.fault(n, CodeType, "%s must be text", where)
		return ""
	}
	text := strings.TrimSpace(n.Value)
	switch {
	case text == "":
		s.fault(n, CodeType, "%s is empty", where)
	case len(text) > limit:
		s.fault(n, CodeType, "%s has %d bytes, at most %d are allowed", where, len(text), limit)
	case strings.Contains(text, "{{"):
		s.fault(n, CodeText, "%s is plain text: {{ }} is not filled in anywhere", where)
	default:
		return text
	}
	return ""
}

// list reads a list that is not empty and not longer than the limit.
func (s *script) list(n *yaml.Node, where string, limit int) []*yaml.Node {
	switch {
	case n == nil || s.refused[n]:
		return nil
	case n.Kind != yaml.SequenceNode:
		s.fault(n, CodeType, "%s must be a list", where)
		return nil
	case len(n.Content) == 0:
		s.fault(n, CodeType, "%s is an empty list; leave the key out or fill it", where)
		return nil
	case len(n.Content) > limit:
		s.fault(n, CodeType, "%s has %d entries, at most %d are allowed", where, len(n.Content), limit)
		return nil
	}
	return n.Content
}

// oneOf reads a name that must be among those known.
func (s *script) oneOf(n *yaml.Node, kind Code, known []string) (string, bool) {
	if n == nil {
		return "", false
	}
	name := s.text(n, "a "+string(kind), 128)
	if name == "" {
		return "", false
	}
	if !slices.Contains(known, name) {
		s.fault(n, kind, "unknown %s %q%s", kind, clip(name), meant(name, known))
		return "", false
	}
	return name, true
}

// namesOf reads a list of names that must each be among those known, once.
func (s *script) namesOf(n *yaml.Node, where string, kind Code, known []string) []string {
	var names []string
	for _, entry := range s.list(n, where, 256) {
		name, ok := s.oneOf(entry, kind, known)
		if !ok {
			continue
		}
		if slices.Contains(names, name) {
			s.fault(entry, CodeDuplicate, "%s names %q twice", where, name)
			continue
		}
		names = append(names, name)
	}
	return names
}
