package desk

import (
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// widest is how long a list or mapping in brackets may become when its lines
// are joined.
const widest = 110

// flow writes a value in one line, its keys in the order of their table. It
// does not where the value has several lines that are better kept.
func (l *layout) flow(n *yaml.Node, name string) (string, bool) {
	text, ok := l.joined(n, name)
	if !ok || (len([]rune(text)) > widest && len(l.source.delimited(n).lines) > 1) {
		return "", false
	}
	return text, true
}

func (l *layout) joined(n *yaml.Node, name string) (string, bool) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
			return n.Value, false // of several lines, or of one: as it is
		}
		s := l.source.delimited(n)
		return s.lines[0], len(s.lines) == 1
	case yaml.SequenceNode:
		var parts []string
		for _, child := range n.Content {
			text, ok := l.inside(child, name)
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	}
	table := l.mappings[name]
	type pair struct {
		key  *yaml.Node
		text string
	}
	var pairs []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := l.inside(n.Content[i], unlisted)
		text, also := l.inside(n.Content[i+1], below(table, n, n.Content[i].Value))
		if !ok || !also {
			return "", false
		}
		pairs = append(pairs, pair{n.Content[i], key + ": " + text})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return rank(table, a.key.Value) - rank(table, b.key.Value) })
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = p.text
	}
	return "{" + strings.Join(parts, ", ") + "}", true
}

// inside is joined for what is between brackets, where plain text has one line.
func (l *layout) inside(n *yaml.Node, name string) (string, bool) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 {
		return n.Value, n.Value != ""
	}
	return l.joined(n, name)
}

// literal writes a block of text that | or > begins, indented under its key.
func (l *layout) literal(head string, at int, n *yaml.Node, b block) {
	mark, after, _ := strings.Cut(l.source.rest(n.Line, n.Column), " ")
	l.write(at, behind(head+" "+mark, remark(after)))
	deep, indent := b.indent+2, -1
	if i := strings.IndexFunc(mark, unicode.IsDigit); i >= 0 {
		own := int(mark[i] - '0') // blanks below the key's own column
		indent, deep = l.source.indent(n.Line)+own, b.indent+own
	}
	line := n.Line + 1
	var rows []string
	for ; line < b.to; line++ {
		text := string(l.source.lines[line-1])
		if strings.TrimSpace(text) == "" {
			rows = append(rows, "")
			continue
		}
		if indent < 0 {
			indent = l.source.indent(line)
		}
		if l.source.indent(line) < indent {
			break
		}
		rows = append(rows, strings.Repeat(" ", deep)+string(l.source.lines[line-1][indent:]))
	}
	last := len(rows)
	for last > 0 && rows[last-1] == "" {
		last--
	}
	for _, row := range rows[:last] {
		l.out.WriteString(row + "\n")
	}
	l.tail(line-(len(rows)-last), b)
}
