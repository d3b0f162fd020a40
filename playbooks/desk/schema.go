package desk

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Schema is a JSON schema, or a part of one.
type Schema map[string]any

// dialect is the JSON schema's version: editors for YAML read draft-07.
const dialect = "http://json-schema.org/draft-07/schema#"

// PlaybookSchema is the format of playbooks as a JSON schema, with the names of
// an inventory as the values that an editor offers. It refuses nothing that the
// loader takes in the form that people write it, and finds every mistake of
// form at once; what an expression means, only the loader knows.
func PlaybookSchema(inv *playbooks.Inventory) Schema {
	b := builder{format: map[string]playbooks.Mapping{}, names: namesOf(inv), inv: inv}
	for _, m := range playbooks.Format() {
		b.format[m.Name] = m
	}
	root := b.mapping("")
	root["$schema"], root["title"] = dialect, "A playbook of Firebreak"
	root["defaultSnippets"] = []Schema{{"label": "a playbook", "description": "The least that a playbook needs", "body": b.whole()}}
	return root
}

// builder turns the tables of the format into a schema.
type builder struct {
	format map[string]playbooks.Mapping
	names  map[string]choices
	inv    *playbooks.Inventory
}

// mapping is the schema of one mapping of the format.
func (b builder) mapping(name string) Schema {
	m := b.format[name]
	properties, required := Schema{}, []string{}
	for _, k := range m.Keys {
		properties[k.Name] = b.key(k)
		if name == "evidence" && k.Kind == playbooks.KindID {
			properties[k.Name].(Schema)["pattern"] = evidencePattern
		}
		if k.Required {
			required = append(required, k.Name)
		}
	}
	s := Schema{"type": "object", "description": m.Words, "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	b.together(name, s)
	return s
}

// together adds what keys of a mapping need of each other.
func (b builder) together(name string, s Schema) {
	switch name {
	case "on":
		s["anyOf"] = []Schema{{"required": []string{"rules"}}, {"required": []string{"when"}}}
	case "prepare":
		s["dependencies"] = Schema{"each": []string{"max"}, "max": []string{"each"}}
		s["allOf"] = b.verbs()
		s["defaultSnippets"] = b.items()
	case "evidence":
		s["oneOf"] = []Schema{
			{"required": []string{"read"}, "properties": none("get", "token", "from", "to", "since")},
			{"required": []string{"get", "token", "since"}, "properties": none("read", "in"),
				"anyOf": []Schema{{"required": []string{"from"}}, {"required": []string{"to"}}}},
		}
		s["defaultSnippets"] = []Schema{
			{"label": "a read", "body": Schema{"id": "${1:paused}", "read": "${2:contract}.${3:paused}()"}},
			{"label": "transfers", "body": Schema{"id": "${1:out}", "get": "transfers", "token": "${2:TOKEN}", "from": "${3:contract}", "since": "30m"}},
		}
	case "verify":
		s["defaultSnippets"] = []Schema{{"label": "an item's goal", "body": Schema{"of": "${1:item}", "within": "${2:2m}"}}}
	case "recover":
		s["defaultSnippets"] = []Schema{{"label": "a way back", "body": Schema{"id": "${1:unpause}", "undo": "${2:pause}",
			"approve": Schema{"quorum": 3, "from": []string{"${3:team}"}}}}}
	}
}

// key is the schema of one key's value.
func (b builder) key(k playbooks.Key) Schema {
	s := b.value(k)
	switch k.Name {
	case "name":
		s["pattern"] = namePattern
	case "runbook":
		s["pattern"] = runbookPattern
	}
	s["description"] = k.Words
	if k.Example != "" {
		s["description"] = k.Words + " For example: " + k.Example
		s["examples"] = []string{k.Example}
	}
	return s
}

func (b builder) value(k playbooks.Key) Schema {
	switch k.Kind {
	case playbooks.KindMapping:
		return b.mapping(k.Of)
	case playbooks.KindMappings:
		return listOf(b.mapping(k.Of), k.Most)
	case playbooks.KindNames:
		return distinct(listOf(b.name(k.Of), k.Most))
	case playbooks.KindName:
		return b.name(k.Of)
	case playbooks.KindEnums:
		return distinct(listOf(Schema{"enum": k.Values}, 0))
	case playbooks.KindEnum:
		return Schema{"enum": written(k.Values)}
	case playbooks.KindWhole:
		return Schema{"type": "integer", "minimum": k.Least, "maximum": k.Most}
	case playbooks.KindFlag:
		return Schema{"type": "boolean"}
	case playbooks.KindItems:
		return distinct(listOf(text(idPattern), k.Most))
	case playbooks.KindTexts:
		return listOf(text(""), k.Most)
	case playbooks.KindWith:
		return Schema{"type": "object"} // its keys are the verb's
	case playbooks.KindText:
		s := text("")
		s["maxLength"] = k.Most
		return s
	}
	return text(b.pattern(k.Kind))
}

// Forms that texts of the format have.
const (
	namePattern     = `^[a-z0-9][a-z0-9._-]{0,63}$`
	runbookPattern  = `^https://[^@/]+(/.*)?$`
	idPattern       = `^[a-z][a-z0-9-]{0,31}$`
	evidencePattern = `^[a-z][a-z0-9_]{0,31}$`
	rolePattern     = `^[A-Z][A-Z0-9_]{0,63}_ROLE$`
	durationPattern = `^[1-9][0-9]{0,5}(s|m|h)$`
	formulaPattern  = `^=\s*\S`
)

// pattern is the form of a kind of text; empty for any.
func (b builder) pattern(k playbooks.Kind) string {
	switch k {
	case playbooks.KindDuration:
		return durationPattern
	case playbooks.KindAmount:
		return b.amount(b.names["token"].names)
	case playbooks.KindDate:
		return `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	case playbooks.KindID, playbooks.KindItem:
		return idPattern
	case playbooks.KindList:
		return formulaPattern
	case playbooks.KindRead:
		return fmt.Sprintf(`^(%s)\.[A-Za-z_$][A-Za-z0-9_$]*\(.*\)$`, anyOf(b.names["contract"].names))
	}
	return ""
}

// amount is the form of an amount in one of the tokens.
func (builder) amount(tokens []string) string {
	return fmt.Sprintf(`^[0-9]+(_[0-9]+)*(\.[0-9]+)? (%s)$`, anyOf(tokens))
}

func anyOf(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return strings.Join(quoted, "|")
}

// name is one of the names that the inventory or this program knows.
func (b builder) name(of string) Schema {
	c := b.names[of]
	if len(c.names) == 0 {
		return Schema{"not": Schema{}} // nothing can be named
	}
	s := Schema{"enum": c.names}
	if len(c.words) == len(c.names) {
		s["enumDescriptions"], s["markdownEnumDescriptions"] = c.words, c.words
	}
	return s
}

// written are values as YAML reads them: 1 is a number when it is not quoted.
func written(values []string) []any {
	var out []any
	for _, v := range values {
		if v == "1" {
			out = append(out, 1)
		}
		out = append(out, v)
	}
	return out
}

// none forbids keys.
func none(keys ...string) Schema {
	s := Schema{}
	for _, k := range keys {
		s[k] = false
	}
	return s
}

func text(pattern string) Schema {
	s := Schema{"type": "string", "minLength": 1}
	if pattern != "" {
		s["pattern"] = pattern
	}
	return s
}

func listOf(items Schema, most int64) Schema {
	s := Schema{"type": "array", "minItems": 1, "items": items}
	if most > 0 {
		s["maxItems"] = most
	}
	return s
}

func distinct(list Schema) Schema {
	list["uniqueItems"] = true
	return list
}

// parameter is the value of a verb's parameter: a plain one, or an expression.
func (b builder) parameter(p actions.Parameter, tokens []string) Schema {
	formula := text(formulaPattern)
	s := formula
	switch p.Type {
	case actions.TypeAmount:
		s = Schema{"anyOf": []Schema{text(b.amount(tokens)), formula}}
	case actions.TypeDuration:
		s = Schema{"anyOf": []Schema{text(durationPattern), formula}}
	}
	if p.Type == actions.TypeRole {
		s = text(rolePattern)
		s["not"] = Schema{"const": "DEFAULT_ADMIN_ROLE"}
	}
	s["description"] = p.Words
	return s
}
