package playbooks

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds a playbook and an inventory, in bytes: what nobody can review
// is not loaded.
const maxFile = 256 << 10

// maxDepth bounds nesting; the format needs five levels.
const maxDepth = 10

// script is one YAML file while it is read, with everything that is wrong with
// it so far.
type script struct {
	file  string
	lines []string
	found Problems
	// refused are scalars with a problem of their form: one mistake is one
	// problem, so nothing more is said of them.
	refused map[*yaml.Node]bool
	// shares: a number such as 0.97 may stand unquoted, as in tests.
	shares bool
}

// open parses a file down to its top mapping. A nil node means that nothing
// more can be told than what was found. Where forbidHex is set, hex is refused
// in every scalar.
func open(file, text string, forbidHex bool) (*script, *yaml.Node) {
	s := &script{file: file, refused: map[*yaml.Node]bool{}}
	return s, s.read(text, forbidHex)
}

// read parses the text; see open.
func (s *script) read(text string, forbidHex bool) *yaml.Node {
	if len(text) > maxFile {
		s.at(1, 1, CodeFile, "the file has more than the %d bytes that are read", maxFile)
		return nil
	}
	s.lines = strings.Split(text, "\n")
	for i, line := range s.lines {
		s.lines[i] = strings.TrimSuffix(line, "\r")
	}
	if s.checkCharacters(); len(s.found) > 0 {
		return nil
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		s.syntax(err)
		return nil
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case err == nil:
		s.at(second.Line, second.Column, CodeOneDocument, "a file holds one document; this one would be ignored silently")
	case !errors.Is(err, io.EOF):
		s.syntax(err)
	}
	if len(document.Content) == 0 {
		s.at(1, 1, CodeYAML, "the file is empty")
		return nil
	}
	root := document.Content[0]
	s.checkScalars(root, forbidHex, 0)
	if root.Kind != yaml.MappingNode {
		s.fault(root, CodeType, "the file must be a mapping of keys")
		return nil
	}
	return root
}

// at notes a problem at a position.
func (s *script) at(line, col int, code Code, format string, args ...any) {
	p := Problem{File: s.file, Line: max(line, 1), Col: max(col, 1), Code: code, Message: fmt.Sprintf(format, args...)}
	if p.Line <= len(s.lines) {
		p.Source = s.lines[p.Line-1]
	}
	s.found = append(s.found, p)
}

// fault notes a problem at a node.
func (s *script) fault(n *yaml.Node, code Code, format string, args ...any) {
	s.at(n.Line, n.Column, code, format, args...)
}

// checkCharacters refuses what a reviewer cannot see or what YAML readers take
// for different things: a playbook must read the same to people and to us.
func (s *script) checkCharacters() {
	for i, line := range s.lines {
		if !utf8.ValidString(line) {
			s.at(i+1, 1, CodeHidden, "the line is not valid UTF-8")
			continue
		}
		col := 0
		for _, r := range line {
			col++
			switch {
			case r == '\t':
				s.at(i+1, col, CodeYAML, "tabs are not allowed; indent and separate with spaces")
			case r != ' ' && !unicode.IsPrint(r):
				s.at(i+1, col, CodeHidden, "character U+%04X cannot be seen; a reviewer must read what runs", r)
			default:
				continue
			}
			break
		}
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// syntax notes an error of the YAML parser, which knows the line alone.
func (s *script) syntax(err error) {
	if errors.Is(err, io.EOF) {
		s.at(1, 1, CodeYAML, "the file is empty")
		return
	}
	line, message := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		message = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
		// The library counts from 0 in this one message.
		if strings.HasPrefix(message, "did not find expected") {
			line++
		}
	}
	if strings.Contains(message, "mapping values are not allowed") {
		message += "; quote a value that holds a colon, or write it as a block with |"
	}
	if strings.Contains(message, "did not find expected key") {
		message += "; in the block that begins here: quote a value that begins with a quote, as a whole"
	}
	s.at(line, s.firstColumn(line), CodeYAML, "%s", clipMessage(message))
}

// firstColumn is where a line's text begins.
func (s *script) firstColumn(line int) int {
	if line < 1 || line > len(s.lines) {
		return 1
	}
	text := s.lines[line-1]
	return len(text) - len(strings.TrimLeft(text, " ")) + 1
}

var (
	hexText    = regexp.MustCompile(`(?i)0x[0-9a-f]+`)
	plainSmall = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)
	numberLike = regexp.MustCompile(`^[-+.]?[0-9][-+0-9._:eE]*$`)
)

// checkScalars refuses, everywhere in the file, what means different things to
// different readers.
func (s *script) checkScalars(n *yaml.Node, forbidHex bool, depth int) {
	if depth > maxDepth {
		s.fault(n, CodeYAML, "nested deeper than %d levels", maxDepth)
		return
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		s.refused[n] = true
		s.fault(n, CodeAnchors, "anchors and aliases are not allowed: a reviewer must read what runs")
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		s.fault(n, CodeTags, "tag %s is not allowed: a value is what it looks like", clip(n.Tag))
	}
	if n.Kind == yaml.ScalarNode {
		s.checkScalar(n, forbidHex)
	}
	for _, child := range n.Content {
		s.checkScalars(child, forbidHex, depth+1)
	}
}

func (s *script) checkScalar(n *yaml.Node, forbidHex bool) {
	before := len(s.found)
	defer func() { s.refused[n] = len(s.found) > before }()
	if s.checkSecret(n); len(s.found) > before {
		return
	}
	hex := hexText.MatchString(n.Value)
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	switch {
	case hex && forbidHex:
		s.fault(n, CodeHex, "name the contract in inventory.yaml instead of writing hex here")
	case hex && plain:
		s.fault(n, CodeNumber, "%q is a number to some YAML readers; quote it", clip(n.Value))
	case s.shares && shareForm.MatchString(n.Value):
	case plain && numberLike.MatchString(n.Value) && !plainSmall.MatchString(n.Value):
		s.fault(n, CodeNumber, "%q parses differently in different YAML readers; quote it or write an amount (0.5 ETH)", clip(n.Value))
	}
}
