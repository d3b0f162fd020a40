package desk

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// remarks are all comments of a file, sorted. They are found in the text and
// not asked of YAML's reader, which forgets some.
func (s *source) remarks(root *yaml.Node) []string {
	masked := make([][]rune, len(s.lines))
	for i, line := range s.lines {
		masked[i] = slices.Clone(line)
	}
	s.mask(root, masked)
	var found []string
	for _, row := range masked {
		for i, r := range row {
			if r == '#' && (i == 0 || row[i-1] == ' ') {
				found = append(found, strings.TrimSpace(string(row[i:])))
				break
			}
		}
	}
	slices.Sort(found)
	return found
}

// mask covers all text in which # begins no comment.
func (s *source) mask(n *yaml.Node, masked [][]rune) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		for i, text := range s.delimited(n).lines {
			from := s.indent(n.Line + i)
			if i == 0 {
				from = n.Column - 1
			}
			cover(masked[n.Line-1+i][from : from+len([]rune(text))])
		}
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		indent := -1
		for line := n.Line + 1; line <= len(s.lines); line++ {
			if s.line(line) == "" {
				continue
			}
			if indent < 0 {
				indent = max(s.indent(line), 1)
			}
			if s.indent(line) < indent {
				break
			}
			cover(masked[line-1])
		}
	}
	for _, child := range n.Content {
		s.mask(child, masked)
	}
}

func cover(row []rune) {
	for i := range row {
		row[i] = 'x'
	}
}
