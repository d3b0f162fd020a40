package slacktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
)

// object is a decoded JSON object. Reading a field that is absent or of
// another type gives the zero value, so hostile blocks cannot cause a panic.
type object map[string]any

func (o object) str(name string) string { s, _ := o[name].(string); return s }
func (o object) flag(name string) bool  { b, _ := o[name].(bool); return b }
func (o object) list(name string) []any { l, _ := o[name].([]any); return l }
func (o object) kind() string           { return o.str("type") }

func (o object) obj(name string) object { return asObject(o[name]) }

func (o object) num(name string) (int, bool) {
	n, ok := o[name].(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

func asObject(v any) object { m, _ := v.(map[string]any); return m }

// decodeJSON keeps numbers as written: a timestamp must not become a float.
func decodeJSON(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// blockList decodes stored blocks. They were checked when they were stored,
// so what cannot be read here is simply not shown.
func blockList(raw json.RawMessage) []object {
	var list []any
	if len(raw) == 0 || decodeJSON(raw, &list) != nil {
		return nil
	}
	out := make([]object, len(list))
	for i, v := range list {
		out[i] = asObject(v)
	}
	return out
}

// element is an interactive element and the block it stands in.
type element struct {
	object
	blockID string
	input   object // the input block around it, or nil
}

// elements walks every element of the blocks in reading order.
func elements(raw json.RawMessage) iter.Seq[element] {
	return func(yield func(element) bool) {
		for _, b := range blockList(raw) {
			var inside []any
			var input object
			switch b.kind() {
			case "actions", "context_actions":
				inside = b.list("elements")
			case "section":
				inside = []any{b["accessory"]}
			case "input":
				inside, input = []any{b["element"]}, b
			}
			for _, v := range inside {
				el := asObject(v)
				if el.str("action_id") != "" && !yield(element{el, b.str("block_id"), input}) {
					return
				}
			}
		}
	}
}

// findElement is the element with this action id; block may be "" when the
// action id alone is unique.
func findElement(raw json.RawMessage, block, action string) (element, error) {
	var found []element
	for el := range elements(raw) {
		if el.str("action_id") == action && (block == "" || el.blockID == block) {
			found = append(found, el)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return element{}, fmt.Errorf("there is nothing with action id %q to click", action)
	}
	return element{}, fmt.Errorf("action id %q appears %d times; name the block", action, len(found))
}

// normalise rewrites blocks as Slack stores them: missing ids are invented
// and the defaults of text objects are written out. Apps must therefore
// compare blocks by meaning, never by bytes.
func (s *Server) normalise(raw json.RawMessage) json.RawMessage {
	var list []any
	if len(raw) == 0 || decodeJSON(raw, &list) != nil {
		return nil
	}
	for _, v := range list {
		b := asObject(v)
		if b != nil && b.str("block_id") == "" {
			b["block_id"] = randomID(5)
		}
		fillDefaults(v)
	}
	out, err := json.Marshal(list)
	if err != nil {
		return nil
	}
	return out
}

func fillDefaults(v any) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			fillDefaults(each)
		}
	case map[string]any:
		o := object(v)
		switch o.kind() {
		case "plain_text":
			setDefault(o, "emoji", true)
		case "mrkdwn":
			setDefault(o, "verbatim", false)
		case "button", "static_select", "multi_static_select", "radio_buttons", "checkboxes", "overflow",
			"plain_text_input", "users_select", "datepicker", "timepicker":
			setDefault(o, "action_id", randomID(5))
		}
		for name, each := range v {
			if name != "event_payload" {
				fillDefaults(each)
			}
		}
	}
}

func setDefault(o object, name string, value any) {
	if _, present := o[name]; !present {
		o[name] = value
	}
}
