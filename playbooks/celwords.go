package playbooks

import (
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
)

var operatorName = regexp.MustCompile(`'(_(\S+?)_|[!-]_|@in)'`)

// clarify turns CEL's internal names into what the author wrote, and adds the
// hint that common mistakes need.
func clarify(message string) string {
	message = strings.NewReplacer("firebreak.Amount", "Amount", "firebreak.Address", "Address",
		"firebreak.Number", "Number", "firebreak.Percent", "Percent").Replace(message)
	out := operatorName.ReplaceAllStringFunc(message, func(name string) string {
		name = strings.Trim(name, "'")
		switch name {
		case "@in":
			return "'in'"
		case "_?_:_":
			return "'? :'"
		case "_[_]":
			return "'[ ]'"
		}
		return "'" + strings.Trim(name, "_") + "'"
	})
	switch {
	case strings.Contains(out, "'(double, int)'"):
		out += "; write 1.0 instead of 1"
	case strings.Contains(out, "(Amount, int)") || strings.Contains(out, "(Amount, double)") || strings.Contains(out, "(Amount, string)"):
		out += `; write amount("1000 USDC")`
	case strings.Contains(out, "undeclared reference to 'evidence"):
		out += "; evidence is read after the match, and only what the playbook's evidence lists"
	case strings.Contains(out, "(Percent, double)") || strings.Contains(out, "(Percent, int)"):
		out += `; write percent("5%")`
	case strings.Contains(out, "(Amount, Percent)"):
		out += `; write the percentage first: percent("5%") * amount`
	case strings.Contains(out, "(int, Number)"):
		out += "; write the number of the chain first"
	case strings.Contains(out, "'+' applied to '(Number") || strings.Contains(out, "'-' applied to '(Number"):
		out += "; numbers are compared alone: give the evidence a unit with in"
	case strings.Contains(out, "(Number, string)") || strings.Contains(out, "'==' applied to '(Number, int)'"):
		out += `; write number("1000")`
	case strings.Contains(out, "(Address, string)"):
		out += "; an address is never text"
	case strings.ContainsAny(out, "\u201c\u201d\u2018\u2019\u201e"):
		out += "; a text stands between straight quotes"
	case strings.Contains(out, "token recognition error at: '= '"):
		out += "; compare with =="
	}
	return clipMessage(out)
}

func clipMessage(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) <= 300 {
		return string(runes)
	}
	return string(runes[:300]) + "..."
}

// typeWords names a type as authors know it.
func typeWords(t *cel.Type) string {
	return strings.NewReplacer("firebreak.Amount", "Amount", "firebreak.Address", "Address",
		"firebreak.Number", "Number", "firebreak.Percent", "Percent", "google.protobuf.Duration", "duration").Replace(cel.FormatCELType(t))
}
