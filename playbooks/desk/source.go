package desk

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// source is a file's text by lines, which are counted from 1, with columns in
// characters from 1, as YAML's reader counts them.
type source struct{ lines [][]rune }

func newSource(text string) *source {
	s := &source{}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		s.lines = append(s.lines, []rune(strings.TrimRight(line, " \r")))
	}
	return s
}

// line is a line without the blanks around it.
func (s *source) line(n int) string { return strings.TrimSpace(string(s.lines[n-1])) }

// indent is how many blanks a line begins with.
func (s *source) indent(n int) int {
	return len(s.lines[n-1]) - len([]rune(strings.TrimLeft(string(s.lines[n-1]), " ")))
}

// bare tells whether a line is empty or a comment.
func (s *source) bare(n int) bool {
	text := s.line(n)
	return text == "" || strings.HasPrefix(text, "#")
}

// header is the comment that the file begins with. It stays on top, whatever
// key follows: it is about the playbook and not about its first key. Where the
// key follows without an empty line it is the header all the same.
func (s *source) header(first int) []string {
	var lines []string
	for n := 1; n < first && s.bare(n); n++ {
		lines = append(lines, s.line(n))
	}
	return lines
}

// footer is the comment that the file ends with, at its margin. It stays below.
func (s *source) footer() []string {
	var lines []string
	for n := len(s.lines); n > 1 && s.bare(n) && s.indent(n) == 0; n-- {
		lines = append([]string{s.line(n)}, lines...)
	}
	return lines
}

// lead is the first of the bare lines that stand before a line and belong to
// it. A comment that is indented deeper belongs to what it follows.
func (s *source) lead(n, least int) int {
	for n > least && s.bare(n-1) && (s.line(n-1) == "" || s.indent(n-1) <= s.indent(n)) {
		n--
	}
	return n
}

// rest is what a line has from a column on.
func (s *source) rest(line, col int) string {
	if col < 1 || col > len(s.lines[line-1]) {
		return ""
	}
	return string(s.lines[line-1][col-1:])
}

// remark parts what stands behind a value on its last line: the comment.
func remark(after string) string {
	after = strings.TrimSpace(after)
	if strings.HasPrefix(after, "#") {
		return after
	}
	return ""
}

// span is a value as it is written: its lines and what is behind it.
type span struct {
	lines     []string
	remark    string
	commented bool // there are comments between its brackets
}

// scalar reads a plain or quoted value as it is written, up to a line.
func (s *source) scalar(n *yaml.Node, end int) span {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if quoted || n.Kind != yaml.ScalarNode {
		return s.delimited(n)
	}
	var out span
	for line := n.Line; line < end && !(line > n.Line && s.bare(line)); line++ {
		text := s.line(line)
		if line == n.Line {
			text = s.rest(n.Line, n.Column)
		}
		if i := strings.Index(text, " #"); i >= 0 {
			out.remark = remark(text[i:])
			text = strings.TrimSpace(text[:i])
		}
		out.lines = append(out.lines, text)
	}
	return out
}

// delimited reads a quoted value, or a list or mapping in brackets, to its end.
func (s *source) delimited(n *yaml.Node) span {
	var out span
	var quote rune
	depth := 0
	for line := n.Line; line <= len(s.lines); line++ {
		row := s.lines[line-1]
		from := s.indent(line)
		if line == n.Line {
			from = n.Column - 1
		}
		for i := from; i < len(row); i++ {
			switch r := row[i]; {
			case quote == '"' && r == '\\':
				i++
			case quote == '\'' && r == '\'' && i+1 < len(row) && row[i+1] == '\'':
				i++
			case quote != 0 && r == quote:
				quote = 0
			case quote != 0:
			case r == '"' || r == '\'':
				if i == from || strings.ContainsRune(" [{,:", row[i-1]) {
					quote = r
				}
			case r == '{' || r == '[':
				depth++
			case r == '}' || r == ']':
				depth--
			case r == '#' && i > 0 && row[i-1] == ' ':
				out.commented, i = true, len(row)
			}
			if quote == 0 && depth == 0 && i < len(row) {
				out.lines = append(out.lines, string(row[from:i+1]))
				out.remark = remark(string(row[i+1:]))
				return out
			}
		}
		out.lines = append(out.lines, string(row[from:]))
	}
	return out
}
