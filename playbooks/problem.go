package playbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong with a file, and where.
type Problem struct {
	File      string
	Line, Col int // from 1, columns in characters
	Code      Code
	Level     Level
	Message   string
	Source    string // the line itself, empty when there is none
}

// Level says what follows from a problem. The zero value is an error.
type Level int

// The levels: an error keeps everything from loading, a warning is for the
// author alone.
const (
	Error Level = iota
	Warning
)

// String is "error" or "warning".
func (l Level) String() string {
	if l == Warning {
		return "warning"
	}
	return "error"
}

// Code names a kind of problem, for editors and for tests. See codes.go.
type Code string

// maxShown bounds how much of a source line a problem repeats.
const maxShown = 160

// String is the problem in one line, then the source line and a caret.
func (p Problem) String() string {
	code := string(p.Code)
	if p.Level == Warning {
		code = "warning: " + code
	}
	head := fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Col, code, p.Message)
	runes := []rune(p.Source)
	if len(runes) == 0 || p.Line < 1 {
		return head
	}
	shown := printable(runes[:min(len(runes), maxShown)])
	out := fmt.Sprintf("%s\n%5d | %s", head, p.Line, shown)
	if p.Col < 1 || p.Col > maxShown {
		return out
	}
	return fmt.Sprintf("%s\n      | %s^", out, strings.Repeat(" ", p.Col-1))
}

// printable shows a line without what a terminal would obey or hide.
func printable(line []rune) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, string(line))
}

// Problems is everything that is wrong with what was loaded, sorted by file
// and position. It is an error when it is not empty.
type Problems []Problem

// Error lists all problems, each with its source line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// err sorts the problems and returns them, or nil when there are none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p.sorted()
}

// sorted puts problems in the order of files and positions, each once.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(p, func(a, b Problem) bool { return a == b })
}
