package desk

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Format gives a playbook its one form: keys in the order of the format's
// tables, two blanks of indentation, at most one empty line in a row. Comments
// stay with what they stand before or behind, and every value keeps the letters
// that it was written with. Formatting what is formatted changes nothing.
//
// The result is read again and compared: what cannot be laid out without a
// change of meaning is an error, and never a changed playbook.
func Format(file, text string) (string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	root, err := document(text)
	if err != nil {
		return "", fmt.Errorf("%s cannot be formatted: %w", file, err)
	}
	source := newSource(text)
	l := layout{source: source, mappings: tables()}
	header, footer := source.header(root.Line), source.footer()
	l.bare(header, 0)
	l.mapping(root, block{from: len(header) + 1, to: len(source.lines) + 1 - len(footer)})
	l.bare(footer, 0)
	out := strings.TrimLeft(strings.TrimRight(l.out.String(), "\n")+"\n", "\n")
	if err := source.same(root, out); err != nil {
		return "", fmt.Errorf("%s cannot be formatted safely, nothing was changed: %w", file, err)
	}
	return out, nil
}

// same tells whether a text says what a file said, with all its comments.
func (s *source) same(before *yaml.Node, text string) error {
	after, err := document(text)
	switch {
	case err != nil:
		return err
	case !reflect.DeepEqual(meaning(before), meaning(after)):
		return errors.New("its meaning would change; write it in a plainer way")
	case !slices.Equal(s.remarks(before), newSource(text).remarks(after)):
		return errors.New("a comment would be lost; put it on a line of its own above a key")
	}
	return nil
}

// document reads the one mapping of a file.
func document(text string) (*yaml.Node, error) {
	if i := strings.IndexFunc(text, hidden); i >= 0 || !utf8.ValidString(text) {
		return nil, fmt.Errorf("line %d has a tab or a character that cannot be seen", 1+strings.Count(text[:max(i, 0)], "\n"))
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return nil, errors.New("it is no mapping of keys, one below the other")
	}
	return root, plain(root)
}

// hidden tells of what the loader refuses in a file: some of it ends a line to
// one reader and not to another.
func hidden(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// plain refuses what the loader refuses too and what has no one form.
func plain(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return fmt.Errorf("line %d has an anchor, an alias or a tag", n.Line)
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d has a key that is no text", child.Line)
		}
		if err := plain(child); err != nil {
			return err
		}
	}
	return nil
}

// meaning is a node as every reader understands it, its keys in no order. The
// kind of quotes is kept: 1 and "1" are different things.
func meaning(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		pairs := map[string][]any{} // a list: a double key must stay double
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			pairs[key] = append(pairs[key], meaning(n.Content[i+1]))
		}
		return pairs
	case yaml.SequenceNode:
		var list []any
		for _, child := range n.Content {
			list = append(list, meaning(child))
		}
		return list
	}
	return [2]string{n.ShortTag(), n.Value}
}

// tables finds, for each mapping of the format, the order of its keys and what
// mapping is below a key. The parameters of each verb are one of their own.
func tables() map[string]playbooks.Mapping {
	all := map[string]playbooks.Mapping{}
	for _, m := range playbooks.Format() {
		all[m.Name] = m
	}
	for _, a := range actions.All() {
		with := playbooks.Mapping{Name: withOf(a.Info().Verb)}
		for _, p := range a.Info().Takes {
			with.Keys = append(with.Keys, playbooks.Key{Name: p.Name})
		}
		all[with.Name] = with
	}
	return all
}

// withOf names the parameters of a verb; no mapping of the format has a blank.
func withOf(verb string) string { return "with " + verb }

// rank is where a key stands in its mapping; keys that the format does not have
// come last, in the order that they are written in.
func rank(m playbooks.Mapping, key string) int {
	i := slices.IndexFunc(m.Keys, func(k playbooks.Key) bool { return k.Name == key })
	if i < 0 {
		return len(m.Keys)
	}
	return i
}

// below names the mapping that a key's value is, or is a list of. Parent is the
// mapping that the key is in.
func below(m playbooks.Mapping, parent *yaml.Node, key string) string {
	i := rank(m, key)
	if i == len(m.Keys) {
		return unlisted
	}
	switch k := m.Keys[i]; k.Kind {
	case playbooks.KindMapping, playbooks.KindMappings:
		return k.Of
	case playbooks.KindWith:
		for i := 0; i+1 < len(parent.Content); i += 2 {
			if parent.Content[i].Value == "do" {
				return withOf(parent.Content[i+1].Value)
			}
		}
	}
	return unlisted
}

// unlisted is no mapping of the format: its keys stay as they are.
const unlisted = "-"
