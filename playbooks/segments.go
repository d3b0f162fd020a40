package playbooks

import (
	"slices"
	"strings"
)

// segment is a piece of a condition as it was written, from one rune to before
// another.
type segment struct{ from, to int }

// token is a word, a literal or an operator of a condition. Depth counts the
// brackets around it; those themselves lie outside.
type token struct {
	text  string
	at    segment
	depth int
}

// segments cuts a condition into its leaves: what stands between the operators
// &&, ||, ! and ? : with no bracket around them but those that group. CEL keeps
// no end of an expression, and its unparsed text is not what the author wrote.
// The condition must be one that CEL has parsed.
func segments(text string) []segment {
	runes := []rune(text)
	return leaves(tokens(runes))
}

// binary are the operators that bind tighter than &&: what has one of them is
// a leaf, also when it begins with !.
var binary = []string{"==", "!=", "<=", ">=", "<", ">", "in", "+", "-", "*", "/", "%"}

func leaves(list []token) []segment {
	list = ungroup(list)
	if len(list) == 0 {
		return nil
	}
	depth := list[0].depth
	for _, t := range list {
		depth = min(depth, t.depth)
	}
	if parts := ternary(list, depth); parts != nil {
		return each(parts)
	}
	for _, operator := range []string{"||", "&&"} {
		if parts := cut(list, depth, operator); len(parts) > 1 {
			return each(parts)
		}
	}
	tighter := func(t token) bool { return t.depth == depth && slices.Contains(binary, t.text) }
	if list[0].text == "!" && !slices.ContainsFunc(list, tighter) {
		return leaves(list[1:])
	}
	return []segment{{list[0].at.from, list[len(list)-1].at.to}}
}

func each(parts [][]token) []segment {
	var all []segment
	for _, p := range parts {
		all = append(all, leaves(p)...)
	}
	return all
}

// ungroup takes off brackets that hold the whole list.
func ungroup(list []token) []token {
	for len(list) >= 2 && list[0].text == "(" && list[len(list)-1].text == ")" {
		for _, t := range list[1 : len(list)-1] {
			if t.depth <= list[0].depth {
				return list
			}
		}
		list = list[1 : len(list)-1]
	}
	return list
}

func cut(list []token, depth int, operator string) [][]token {
	var parts [][]token
	from := 0
	for i, t := range list {
		if t.depth == depth && t.text == operator {
			parts, from = append(parts, list[from:i]), i+1
		}
	}
	return append(parts, list[from:])
}

// ternary cuts a ? b : c; nil for what is none.
func ternary(list []token, depth int) [][]token {
	is := func(text string) func(token) bool {
		return func(t token) bool { return t.depth == depth && t.text == text }
	}
	question := slices.IndexFunc(list, is("?"))
	colon := slices.IndexFunc(list, is(":"))
	if question < 0 || colon < question {
		return nil
	}
	return [][]token{list[:question], list[question+1 : colon], list[colon+1:]}
}

func tokens(text []rune) []token {
	var list []token
	depth := 0
	for i := 0; i < len(text); {
		end := tokenEnd(text, i)
		t := token{text: string(text[i:end]), at: segment{i, end}, depth: depth}
		switch {
		case strings.HasPrefix(t.text, "//") || strings.TrimSpace(t.text) == "":
			i = end
			continue
		case strings.ContainsAny(t.text, "([{") && len(t.text) == 1:
			depth++
		case strings.ContainsAny(t.text, ")]}") && len(t.text) == 1:
			depth--
			t.depth = depth
		}
		list = append(list, t)
		i = end
	}
	return list
}

// tokenEnd is where the token that begins at i ends.
func tokenEnd(text []rune, i int) int {
	rest := string(text[i:min(i+4, len(text))])
	switch {
	case strings.HasPrefix(rest, "//"):
		for i < len(text) && text[i] != '\n' {
			i++
		}
		return i
	case slices.Contains([]string{"&&", "||", "==", "!=", "<=", ">="}, rest[:min(2, len(rest))]):
		return i + 2
	}
	end := i
	for end < len(text) && wordRune(text[end]) {
		end++
	}
	word := strings.ToLower(string(text[i:end]))
	if end < len(text) && (text[end] == '"' || text[end] == '\'') && strings.Trim(word, "rb") == "" {
		return stringEnd(text, end, strings.Contains(word, "r"))
	}
	return max(end, i+1)
}

func wordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// stringEnd is where the text literal ends whose quote stands at i.
func stringEnd(text []rune, i int, raw bool) int {
	quote := string(text[i])
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(string(text[i:min(i+3, len(text))]), triple) {
		quote = triple
	}
	for i += len(quote); i < len(text); i++ {
		if text[i] == '\\' && !raw {
			i++
			continue
		}
		if strings.HasPrefix(string(text[i:min(i+len(quote), len(text))]), quote) {
			return i + len(quote)
		}
	}
	return len(text)
}
