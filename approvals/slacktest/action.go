package slacktest

import (
	"fmt"
	"strings"
)

// actionOf is the entry of payload.actions for one use of an element.
func (s *Server) actionOf(el element, value string) (map[string]any, error) {
	out, err := stateOf(el, value)
	if err != nil {
		return nil, err
	}
	out["action_id"], out["block_id"], out["action_ts"] = el.str("action_id"), el.blockID, s.newTS()
	if el.kind() == "button" {
		out["text"] = el.object["text"]
		for _, name := range []string{"value", "style", "url"} {
			if v, set := el.object[name]; set {
				out[name] = v
			}
		}
	}
	return out, nil
}

// stateOf is an element's value as state.values carries it. Several choices
// are separated by line ends.
func stateOf(el element, value string) (map[string]any, error) {
	out := map[string]any{"type": el.kind()}
	switch el.kind() {
	case "button":
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		out["value"] = orNull(value)
	case "static_select", "radio_buttons", "overflow":
		out["selected_option"] = nil
		if value != "" {
			o, err := optionOf(el, value)
			if err != nil {
				return nil, err
			}
			out["selected_option"] = o
		}
	case "checkboxes", "multi_static_select":
		chosen := []any{}
		for _, v := range strings.FieldsFunc(value, func(r rune) bool { return r == '\n' }) {
			o, err := optionOf(el, v)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, o)
		}
		out["selected_options"] = chosen
	case "users_select":
		out["selected_user"] = orNull(value)
	case "datepicker":
		out["selected_date"] = orNull(value)
	case "timepicker":
		out["selected_time"] = orNull(value)
	default:
		return nil, fmt.Errorf("a %q element cannot be used here", el.kind())
	}
	return out, nil
}

func orNull(value string) any {
	if value == "" {
		return nil
	}
	return value
}

// optionsOf lists an element's options, groups flattened.
func optionsOf(el object) []object {
	var out []object
	for _, v := range el.list("options") {
		out = append(out, asObject(v))
	}
	for _, g := range el.list("option_groups") {
		for _, v := range asObject(g).list("options") {
			out = append(out, asObject(v))
		}
	}
	return out
}

func optionOf(el element, value string) (object, error) {
	for _, o := range optionsOf(el.object) {
		if o.str("value") == value {
			return o, nil
		}
	}
	return nil, fmt.Errorf("%q is not an option of %q", value, el.str("action_id"))
}

// initialOf is what an input holds before a person touches it.
func initialOf(el object) string {
	switch el.kind() {
	case "static_select", "radio_buttons":
		return el.obj("initial_option").str("value")
	case "checkboxes", "multi_static_select":
		var chosen []string
		for _, v := range el.list("initial_options") {
			chosen = append(chosen, asObject(v).str("value"))
		}
		return strings.Join(chosen, "\n")
	case "users_select":
		return el.str("initial_user")
	case "datepicker":
		return el.str("initial_date")
	case "timepicker":
		return el.str("initial_time")
	}
	return el.str("initial_value")
}
