package slacktest

import (
	"slices"
	"strconv"
)

type presence bool

const (
	required presence = true
	optional presence = false
)

// text checks a text object of either type.
func (l *linter) text(ptr string, v any, must presence, most int) {
	if v == nil {
		if must {
			l.addf(ptr, "is required")
		}
		return
	}
	o := asObject(v)
	switch o.kind() {
	case "plain_text":
		if _, set := o["verbatim"]; set {
			l.addf(ptr+"/verbatim", "is only allowed with mrkdwn")
		}
	case "mrkdwn":
		if _, set := o["emoji"]; set {
			l.addf(ptr+"/emoji", "is only allowed with plain_text")
		}
	default:
		l.addf(ptr+"/type", "must be plain_text or mrkdwn, is %q", o.kind())
		return
	}
	if _, isText := o["text"].(string); !isText {
		l.addf(ptr+"/text", "must be text")
		return
	}
	l.length(ptr+"/text", o.str("text"), 1, most)
}

// plainText is text that Slack never formats.
func (l *linter) plainText(ptr string, v any, must presence, most int) {
	if o := asObject(v); v != nil && o.kind() != "plain_text" {
		l.addf(ptr+"/type", "must be plain_text, is %q", o.kind())
		return
	}
	l.text(ptr, v, must, most)
}

func (l *linter) oneOf(ptr, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		l.addf(ptr, "must be one of %q, is %q", allowed, value)
	}
}

func (l *linter) confirm(ptr string, v any) {
	if v == nil {
		return
	}
	c := asObject(v)
	l.plainText(ptr+"/title", c["title"], required, maxConfirmTitle)
	l.text(ptr+"/text", c["text"], required, maxConfirmText)
	l.plainText(ptr+"/confirm", c["confirm"], required, maxConfirmButton)
	l.plainText(ptr+"/deny", c["deny"], required, maxConfirmButton)
	l.oneOf(ptr+"/style", c.str("style"), "", "primary", "danger")
}

// options checks the choices of an element. Values must differ, or a choice
// would not say what was chosen.
func (l *linter) options(ptr string, list []any, most int) {
	l.count(ptr, list, 1, most)
	seen := map[string]bool{}
	for i, v := range list {
		o, at := asObject(v), ptr+"/"+strconv.Itoa(i)
		l.text(at+"/text", o["text"], required, maxOptionText)
		l.length(at+"/value", o.str("value"), 1, maxOptionValue)
		l.text(at+"/description", o["description"], optional, maxOptionText)
		if seen[o.str("value")] {
			l.addf(at+"/value", "must be unique among the options")
		}
		seen[o.str("value")] = true
	}
}

// choices checks options or groups of options; exactly one must be there.
func (l *linter) choices(ptr string, el object) {
	groups, grouped := el["option_groups"].([]any)
	if grouped == (el["options"] != nil) {
		l.addf(ptr, "must define either options or option_groups")
		return
	}
	if !grouped {
		l.options(ptr+"/options", el.list("options"), maxOptions)
		return
	}
	l.count(ptr+"/option_groups", groups, 1, maxGroups)
	for i, v := range groups {
		g, at := asObject(v), ptr+"/option_groups/"+strconv.Itoa(i)
		l.plainText(at+"/label", g["label"], required, maxOptionText)
		l.options(at+"/options", g.list("options"), maxOptions)
	}
}
