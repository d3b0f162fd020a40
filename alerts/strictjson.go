package alerts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds how deep a message may nest. A monitor that sends the ABI of
// what it watches needs half of it.
const maxDepth = 32

// checkJSON refuses a document that two readers could understand differently:
// a key that comes twice or in two cases (encoding/json takes the last one and
// ignores case), data after the document, invalid UTF-8 (which it replaces),
// and nesting beyond maxDepth. It must pass before the document is decoded.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("the body is not valid UTF-8")
	}
	if clearlyStrict(body) {
		return nil
	}
	return checkTokens(body)
}

// checkTokens is checkJSON the long way.
func checkTokens(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := checkValue(dec, "", 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON document")
	}
	return nil
}

func checkValue(dec *json.Decoder, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the document nests deeper than %d levels", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return syntax(err)
	}
	switch token {
	case json.Delim('{'):
		return checkObject(dec, path, depth)
	case json.Delim('['):
		for i := 0; dec.More(); i++ {
			if err := checkValue(dec, fmt.Sprintf("%s/%d", path, i), depth+1); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return syntax(err)
	}
	return nil
}

func checkObject(dec *json.Decoder, path string, depth int) error {
	seen := map[string]string{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return syntax(err)
		}
		key, ok := token.(string)
		if !ok {
			return errors.New("the body is not valid JSON")
		}
		folded := strings.Map(fold, key)
		if before, twice := seen[folded]; twice {
			return fmt.Errorf("%s: the keys %q and %q are one key to some readers; send it once", where(path), clip(before), clip(key))
		}
		seen[folded] = key
		if err := checkValue(dec, path+"/"+clip(key), depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return syntax(err)
}

// fold gives all letters that encoding/json takes for one the same form: not
// only upper and lower case, but also the long s and the Kelvin sign.
func fold(c rune) rune {
	least := c
	for next := unicode.SimpleFold(c); next != c; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

func syntax(err error) error {
	if err == nil {
		return nil
	}
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the body is not valid JSON at byte %d", at.Offset)
	}
	return errors.New("the body is not valid JSON: it ends too early")
}

func where(path string) string {
	if path == "" {
		return "the top level"
	}
	return path
}

// clip bounds a stranger's text before it goes into an answer.
func clip(s string) string {
	if len(s) <= 40 {
		return s
	}
	return strings.ToValidUTF8(s[:40], "") + "..."
}

// decodeStrict decodes a checked document into v; an unknown key is an error.
func decodeStrict(body []byte, v any) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	return explain(dec.Decode(v))
}

// decodeKnown decodes the keys that v has and passes over others, for senders
// who add some with every release.
func decodeKnown(body []byte, v any) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	return explain(json.Unmarshal(body, v))
}

// explain puts the library's error into words that name a key and never a
// value.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%q cannot be a %s", wrong.Field, wrong.Value)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("%s is not a key of this message", clip(name))
	}
	return err
}
