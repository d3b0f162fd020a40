// Package document reads what people sign as JSON: strictly, so that no two
// parsers disagree about it, and with one canonical form to hash.
package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxDocument = 64 << 10 // bytes of a document
	maxDepth    = 12       // nesting of a document

	// MaxSafeInt is the largest integer that every JSON parser keeps exact.
	MaxSafeInt = 1<<53 - 1
)

var integer = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// Read parses one document of strings, integers, booleans, arrays and
// objects: the subset of JSON in which RFC 8785 leaves no room for opinion.
// It refuses duplicate keys, null, fractions, exponents, integers beyond 2^53,
// invalid UTF-8, lone surrogates and anything after the document, because two
// parsers that disagree about any of these disagree about the policy.
func Read(raw []byte) (any, error) {
	if len(raw) > maxDocument {
		return nil, fmt.Errorf("document is longer than %d bytes", maxDocument)
	}
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, fmt.Errorf("document is not valid JSON in UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	node, err := readNode(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("document is followed by something else")
	}
	return node, nil
}

func readNode(decoder *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("document is nested deeper than %d", maxDepth)
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("document is not valid JSON")
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return readObject(decoder, depth)
		}
		return readArray(decoder, depth)
	case string:
		return token, checkText(token)
	case bool:
		return token, nil
	case json.Number:
		return readInteger(token)
	}
	return nil, fmt.Errorf("null is not allowed")
}

func readObject(decoder *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, fmt.Errorf("document is not valid JSON")
		}
		if err := checkText(key); err != nil {
			return nil, err
		}
		if _, dup := object[key]; dup {
			return nil, fmt.Errorf("key %.64q appears twice", key)
		}
		if object[key], err = readNode(decoder, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return object, err
}

func readArray(decoder *json.Decoder, depth int) (any, error) {
	array := []any{}
	for decoder.More() {
		node, err := readNode(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, node)
	}
	_, err := decoder.Token()
	return array, err
}

func readInteger(number json.Number) (any, error) {
	if !integer.MatchString(number.String()) {
		return nil, fmt.Errorf("a number is not a plain integer")
	}
	n, err := number.Int64()
	if err != nil || n > MaxSafeInt || n < -MaxSafeInt {
		return nil, fmt.Errorf("a number is beyond 2^53-1; write it as a string")
	}
	return n, nil
}

// checkText refuses U+FFFD: encoding/json puts it where a lone surrogate was,
// so keeping it would let two different documents hash the same.
func checkText(s string) error {
	for _, c := range s {
		if c == utf8.RuneError {
			return fmt.Errorf("a string holds U+FFFD or a lone surrogate")
		}
	}
	return nil
}

// Canonical writes the tree of Read by RFC 8785 (JCS).
func Canonical(node any) []byte { return appendCanonical(nil, node) }

func appendCanonical(out []byte, node any) []byte {
	switch node := node.(type) {
	case map[string]any:
		return appendObject(out, node)
	case []any:
		out = append(out, '[')
		for i, item := range node {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendCanonical(out, item)
		}
		return append(out, ']')
	case string:
		return appendString(out, node)
	case int64:
		return strconv.AppendInt(out, node, 10)
	case bool:
		return strconv.AppendBool(out, node)
	}
	return out
}

func appendObject(out []byte, object map[string]any) []byte {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	// RFC 8785 section 3.2.3 sorts by UTF-16 code units, which differs from
	// the order of UTF-8 bytes above U+FFFF.
	slices.SortFunc(keys, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	out = append(out, '{')
	for i, key := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(out, key), ':')
		out = appendCanonical(out, object[key])
	}
	return append(out, '}')
}

// appendString escapes what RFC 8785 section 3.2.2.2 names and nothing else.
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', byte(c))
		case c >= 0x20:
			out = utf8.AppendRune(out, c)
		case c == '\b':
			out = append(out, `\b`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\f':
			out = append(out, `\f`...)
		case c == '\r':
			out = append(out, `\r`...)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, '"')
}
