package desk

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/playbooks"
)

// layout writes a file's values in their one form.
type layout struct {
	source   *source
	mappings map[string]playbooks.Mapping
	out      strings.Builder
}

// block is where a mapping or a list stands: lines from from up to but not
// including to, and how deep it is written. Name is the mapping of the format.
type block struct {
	from, to int
	indent   int
	name     string
	dash     bool // the first key follows a dash
}

// entry is a key of a mapping with all that belongs to it.
type entry struct {
	key, value *yaml.Node
	lead       []string // empty lines and comments above it
	to         int      // the line after its last
}

// bare writes empty lines and comments, never two empty lines in a row.
func (l *layout) bare(lines []string, indent int) {
	for _, line := range lines {
		if line != "" {
			l.write(indent, line)
		} else if text := l.out.String(); text != "" && !strings.HasSuffix(text, "\n\n") {
			l.out.WriteByte('\n')
		}
	}
}

func (l *layout) write(indent int, text string) {
	l.out.WriteString(strings.Repeat(" ", indent) + text + "\n")
}

// mapping writes the keys of a mapping in the order of its table.
func (l *layout) mapping(n *yaml.Node, b block) {
	table := l.mappings[b.name]
	entries := l.entries(n, b)
	slices.SortStableFunc(entries, func(x, y entry) int { return rank(table, x.key.Value) - rank(table, y.key.Value) })
	for i, e := range entries {
		inner := block{from: e.key.Line + 1, to: e.to, indent: b.indent, name: below(table, n, e.key.Value)}
		if i == 0 && b.dash {
			l.bare(without(e.lead, ""), b.indent-2)
			l.entry("- ", e, inner)
			continue
		}
		if i == 0 {
			e.lead = trimmed(e.lead) // no empty line between a key and its first value
		}
		l.bare(e.lead, b.indent)
		l.entry("", e, inner)
	}
}

// entries parts the lines of a mapping among its keys.
func (l *layout) entries(n *yaml.Node, b block) []entry {
	var list []entry
	least := b.from
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := entry{key: n.Content[i], value: n.Content[i+1], to: b.to}
		first := e.key.Line
		if !b.dash || i > 0 {
			first = l.source.lead(e.key.Line, least)
		}
		for line := first; line < e.key.Line; line++ {
			e.lead = append(e.lead, l.source.line(line))
		}
		if len(list) > 0 {
			list[len(list)-1].to = first
		}
		list = append(list, e)
		least = e.key.Line + 1
	}
	return list
}

// entry writes a key and its value. The block is that of the value, and as deep
// as the key.
func (l *layout) entry(dash string, e entry, b block) {
	key := e.key.Value
	if e.key.Style != 0 {
		key = strings.Join(l.source.delimited(e.key).lines, " ")
	}
	head := dash + key + ":"
	if e.value.Kind != yaml.ScalarNode && e.value.Style&yaml.FlowStyle == 0 {
		_, after, _ := strings.Cut(l.source.rest(e.key.Line, e.key.Column+len([]rune(key))), ":")
		l.write(b.indent-len(dash), behind(head, remark(after)))
		b.indent += 2
		if e.value.Kind == yaml.MappingNode {
			l.mapping(e.value, b)
		} else {
			l.list(e.value, b)
		}
		return
	}
	l.value(head, len(dash), e.value, b)
}

// list writes the entries of a list, one below the other.
func (l *layout) list(n *yaml.Node, b block) {
	least := b.from
	starts := make([]int, len(n.Content)+1)
	starts[len(n.Content)] = b.to
	for i, item := range n.Content {
		starts[i] = l.source.lead(item.Line, least)
		least = item.Line + 1
	}
	for i, item := range n.Content {
		var lead []string
		for line := starts[i]; line < item.Line; line++ {
			lead = append(lead, l.source.line(line))
		}
		if i == 0 {
			lead = trimmed(lead)
		}
		l.bare(lead, b.indent)
		inner := block{from: item.Line + 1, to: starts[i+1], indent: b.indent, name: b.name}
		if item.Kind == yaml.MappingNode && item.Style&yaml.FlowStyle == 0 {
			inner.indent, inner.dash = b.indent+2, true
			l.mapping(item, inner)
			continue
		}
		l.value("-", 0, item, inner)
	}
}

// value writes a scalar, or a list or mapping in brackets, behind its head,
// and what is bare below it.
func (l *layout) value(head string, dash int, n *yaml.Node, b block) {
	at := b.indent - dash
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		l.literal(head, at, n, b)
		return
	}
	if n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 {
		l.write(at, head) // nothing: the loader says so
		l.tail(b.from, b)
		return
	}
	s := l.source.scalar(n, b.to)
	if one, ok := l.flow(n, b.name); ok && !s.commented {
		l.write(at, behind(head+" "+one, s.remark))
	} else {
		for i, line := range s.lines {
			if i == len(s.lines)-1 {
				line = behind(line, s.remark)
			}
			if i == 0 {
				l.write(at, head+" "+line)
			} else {
				l.write(b.indent+2, line)
			}
		}
	}
	l.tail(n.Line+len(s.lines), b)
}

// tail writes what is bare below a value.
func (l *layout) tail(from int, b block) {
	var lines []string
	for line := from; line < b.to; line++ {
		lines = append(lines, l.source.line(line))
	}
	l.bare(lines, b.indent)
}

// behind adds a comment.
func behind(text, remark string) string {
	if remark == "" {
		return text
	}
	return text + " " + remark
}

// trimmed is lines without the empty ones in front.
func trimmed(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

func without(lines []string, text string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return line == text })
}
