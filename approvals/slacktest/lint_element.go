package slacktest

// place is where an element stands; not every element works everywhere.
type place string

const (
	inActions        place = "an actions block"
	inContextActions place = "a context_actions block"
	inSection        place = "a section"
	inInput          place = "an input block"
)

func allowedIn(kind string, p place) bool {
	switch kind {
	case "button", "overflow":
		return p == inActions || p == inSection
	case "image":
		return p == inSection
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		return p == inInput
	case "feedback_buttons", "icon_button":
		return p == inContextActions
	case "multi_static_select":
		return p == inSection || p == inInput
	case "static_select", "radio_buttons", "checkboxes", "datepicker", "timepicker", "users_select":
		return p != inContextActions
	}
	return false
}

// element checks one element and that its action_id is unique in its block.
func (l *linter) element(ptr string, el object, p place) {
	kind := el.kind()
	if !allowedIn(kind, p) {
		l.addf(ptr+"/type", "%q elements do not work in %s, or are unknown here", kind, p)
		return
	}
	if id := el.str("action_id"); id != "" {
		l.length(ptr+"/action_id", id, 0, maxActionID)
		if first, twice := l.actions[id]; twice {
			l.addf(ptr+"/action_id", "must be unique in its block, is also at %s", first)
		}
		l.actions[id] = ptr
	}
	l.confirm(ptr+"/confirm", el["confirm"])
	l.plainText(ptr+"/placeholder", el["placeholder"], optional, maxPlaceholder)
	switch kind {
	case "button":
		l.button(ptr, el)
	case "image":
		l.image(ptr, el)
	case "overflow":
		l.options(ptr+"/options", el.list("options"), maxOverflow)
	case "radio_buttons", "checkboxes":
		l.options(ptr+"/options", el.list("options"), maxShortOptions)
	case "static_select", "multi_static_select":
		l.choices(ptr, el)
	case "plain_text_input":
		l.textInput(ptr, el)
	}
}

func (l *linter) button(ptr string, el object) {
	l.plainText(ptr+"/text", el["text"], required, maxButtonText)
	l.length(ptr+"/value", el.str("value"), 0, maxButtonValue)
	l.length(ptr+"/accessibility_label", el.str("accessibility_label"), 0, maxButtonLabel)
	l.link(ptr+"/url", el.str("url"))
	if v, set := el["style"]; set {
		style, _ := v.(string)
		l.oneOf(ptr+"/style", style, "primary", "danger")
	}
}

func (l *linter) textInput(ptr string, el object) {
	l.length(ptr+"/initial_value", el.str("initial_value"), 0, maxInputText)
	for _, name := range []string{"min_length", "max_length"} {
		least := 0
		if name == "max_length" {
			least = 1
		}
		if n, ok := el.num(name); el[name] != nil && (!ok || n < least || n > maxInputText) {
			l.addf(ptr+"/"+name, "must be a whole number from %d to %d", least, maxInputText)
		}
	}
}
