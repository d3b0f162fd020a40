package playbooks

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

// blanks are what {{ }} in a notice may name. They come from typed fields alone:
// prose that a detector wrote is never posted in our name.
var blanks = map[string]func(incident.State) string{
	"incident.id":    func(s incident.State) string { return string(s.ID) },
	"playbook.name":  func(s incident.State) string { return s.Opened.Playbook.Name },
	"alert.rule":     func(s incident.State) string { return s.Opened.Alert.Rule },
	"alert.severity": func(s incident.State) string { return string(s.Opened.Alert.Severity) },
	"alert.source":   func(s incident.State) string { return s.Opened.Alert.Source },
	"alert.chain":    func(s incident.State) string { return s.Opened.Alert.Chain },
	"alert.contract": func(s incident.State) string { return s.Opened.Alert.Contract },
	"alert.loss": func(s incident.State) string {
		if s.Opened.Alert.Loss == nil {
			return ""
		}
		return s.Opened.Alert.Loss.String()
	},
}

// Blanks lists what {{ }} in a notice may name, sorted.
func Blanks() []string { return names(blanks) }

var blankForm = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// named is the name in a blank.
func named(blank string) string { return strings.TrimSpace(blankForm.FindStringSubmatch(blank)[1]) }

// maxFilled bounds a value that is filled in, in characters: an alert chooses
// it, and a notice is our word.
const maxFilled = 80

// notice reads the text of a notice and checks what it names.
func (l *loader) notice(n *yaml.Node) string {
	if n == nil || l.refused[n] {
		return ""
	}
	bare := *n
	bare.Value = blankForm.ReplaceAllStringFunc(n.Value, func(blank string) string {
		name := named(blank)
		if _, ok := blanks[name]; !ok {
			line, col := l.within(n, blank)
			l.at(line, col, CodeText, "{{ %s }}: there is no such name%s", clip(name), meant(name, Blanks()))
		}
		return "filled"
	})
	if strings.Contains(bare.Value, "{{") {
		line, col := l.within(n, "{{")
		l.at(line, col, CodeText, "a {{ is not closed, or has more than a name in it; write {{ alert.contract }}")
		return ""
	}
	if l.text(&bare, "notify.text", maxNotice) == "" {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// within finds a part of a scalar in the file; the scalar itself where its
// characters do not stand as they are.
func (s *script) within(n *yaml.Node, part string) (line, col int) {
	for at := n.Line; at <= len(s.lines) && at < n.Line+64; at++ {
		if i := strings.Index(s.lines[at-1], part); i >= 0 {
			return at, len([]rune(s.lines[at-1][:i])) + 1
		}
	}
	return n.Line, n.Column
}

// fill puts values into the blanks, once: a value that looks like a blank stays
// what it is. What the alert does not carry is said.
func fill(text string, s incident.State) string {
	return blankForm.ReplaceAllStringFunc(text, func(blank string) string {
		value := ""
		if get, ok := blanks[named(blank)]; ok {
			value = short(get(s))
		}
		if value == "" {
			return "(unknown)"
		}
		return value
	})
}

// short is a value in one line, without what cannot be seen.
func short(value string) string {
	runes := []rune(printable([]rune(oneLine(value))))
	if len(runes) > maxFilled {
		return string(runes[:maxFilled]) + "..."
	}
	return string(runes)
}
