package playbooks

import (
	"strings"

	"cel.dev/cel-go/common"
	"go.yaml.in/yaml/v3"
)

// place is an expression's text and where its characters stand in the file, so
// that an error points at the very character also inside a block.
type place struct {
	text      string
	line, col int // of the first character, from 1
	// block: every line of the text is a line of the file, indented by col-1.
	block bool
	// exact: single-line text that stands in the file as it is.
	exact bool
}

// of maps a position that CEL gave: lines from 1, columns from 0.
func (p place) of(at common.Location) (line, col int) {
	switch {
	case at == nil || at.Line() < 1 || at.Column() < 0:
		return p.line, p.col
	case p.block:
		return p.line + at.Line() - 1, p.col + at.Column()
	case p.exact && at.Line() == 1:
		return p.line, p.col + at.Column()
	}
	return p.line, p.col
}

// placeOf reads an expression from a scalar. After marks a value that begins
// with =, which is not part of the expression.
func (s *script) placeOf(n *yaml.Node, after bool) (place, bool) {
	if s.refused[n] {
		return place{}, false
	}
	if n.Kind != yaml.ScalarNode {
		s.fault(n, CodeType, "an expression must be text")
		return place{}, false
	}
	if n.Style&yaml.FoldedStyle != 0 {
		s.fault(n, CodeCEL, "> folds lines, so an error in them could not be pointed at; use |")
		return place{}, false
	}
	text, skipped := n.Value, 0
	if after {
		text = strings.TrimPrefix(text, "=")
		trimmed := strings.TrimLeft(text, " ")
		skipped = 1 + len(text) - len(trimmed)
		text = trimmed
	}
	if strings.TrimSpace(text) == "" {
		s.fault(n, CodeCEL, "the expression is empty")
		return place{}, false
	}
	if n.Style&yaml.LiteralStyle != 0 {
		return s.blockPlace(n, text, skipped), true
	}
	p := place{text: text, line: n.Line, col: n.Column + skipped}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		p.col++
	}
	// Escapes and folded lines move characters; then the start must do.
	p.exact = strings.HasPrefix(s.from(p.line, p.col), text)
	return p, true
}

// blockPlace is the place of a | block, which begins on the line after it.
func (s *script) blockPlace(n *yaml.Node, text string, skipped int) place {
	p := place{text: text, line: n.Line + 1, col: 1, block: skipped == 0}
	for i := n.Line; i < len(s.lines); i++ {
		if strings.TrimSpace(s.lines[i]) != "" {
			p.col = s.firstColumn(i + 1)
			break
		}
	}
	return p
}

// from is the rest of a line from a column.
func (s *script) from(line, col int) string {
	if line < 1 || line > len(s.lines) {
		return ""
	}
	runes := []rune(s.lines[line-1])
	if col < 1 || col > len(runes) {
		return ""
	}
	return string(runes[col-1:])
}
