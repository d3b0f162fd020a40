package slacktest

import (
	"encoding/json"
	"slices"
	"strings"
)

// cardText is a text object ready for the template: plain, or spans.
type cardText struct {
	Plain string
	Spans []span
}

type cardOption struct {
	Text, Note cardText
	Value      string
	Chosen     bool
}

// cardConfirm is the question asked before an element acts.
type cardConfirm struct {
	Title, Text, Yes, No, Style string
}

// cardElement is an element ready for the template.
type cardElement struct {
	Type, ActionID, BlockID   string
	Text, Value, Style, URL   string
	Label, Placeholder        string // Label is for screen readers
	Initial, Min, Max, HTMLIn string
	Multiline, Required       bool
	Options                   []cardOption
	Confirm                   *cardConfirm
	Words                     cardText // of a context element
}

// cardBlock is a block ready for the template.
type cardBlock struct {
	Type, BlockID, Level string
	Text                 cardText
	Fields               []cardText
	Elements             []cardElement
	Accessory            *cardElement
	Label, Hint, Error   string
	Optional             bool
	Rows                 [][]cardText
}

// cardBlocks turns stored blocks into what the template shows. errs are the
// errors at input blocks of a modal.
func (p *mrkdwn) cardBlocks(raw json.RawMessage, errs map[string]string) []cardBlock {
	var out []cardBlock
	for _, b := range blockList(raw) {
		c := cardBlock{
			Type: b.kind(), BlockID: b.str("block_id"), Level: b.str("level"),
			Text: p.textOf(b["text"]), Optional: b.flag("optional"),
			Label: b.obj("label").str("text"), Hint: b.obj("hint").str("text"), Error: errs[b.str("block_id")],
		}
		switch c.Type {
		case "section":
			for _, f := range b.list("fields") {
				c.Fields = append(c.Fields, p.textOf(f))
			}
			if a := b.obj("accessory"); a != nil {
				c.Accessory = new(p.elementOf(a, c.BlockID))
			}
		case "actions", "context_actions", "context":
			for _, v := range b.list("elements") {
				c.Elements = append(c.Elements, p.elementOf(asObject(v), c.BlockID))
			}
		case "input":
			el := p.elementOf(b.obj("element"), c.BlockID)
			el.Required = !c.Optional
			c.Elements = []cardElement{el}
		case "markdown":
			c.Text = cardText{Plain: b.str("text")}
		case "rich_text":
			c.Text = cardText{Spans: p.richElements(b.list("elements"))}
		case "table":
			for _, row := range b.list("rows") {
				cells, _ := row.([]any)
				c.Rows = append(c.Rows, p.cells(cells))
			}
		}
		out = append(out, c)
	}
	return out
}

func (p *mrkdwn) cells(list []any) []cardText {
	var out []cardText
	for _, v := range list {
		cell := asObject(v)
		if cell.kind() == "rich_text" {
			out = append(out, cardText{Spans: p.richElements(cell.list("elements"))})
		} else {
			out = append(out, cardText{Plain: cell.str("text")})
		}
	}
	return out
}

func (p *mrkdwn) textOf(v any) cardText {
	o := asObject(v)
	if o.kind() == "mrkdwn" {
		return cardText{Spans: p.parse(o.str("text"))}
	}
	return cardText{Plain: o.str("text")}
}

func (p *mrkdwn) elementOf(el object, block string) cardElement {
	out := cardElement{
		Type: el.kind(), ActionID: el.str("action_id"), BlockID: block,
		Text: el.obj("text").str("text"), Value: el.str("value"), Style: el.str("style"),
		Label: el.str("accessibility_label"), Placeholder: el.obj("placeholder").str("text"),
		Initial: initialOf(el), Multiline: el.flag("multiline"),
	}
	if u := el.str("url"); safeLink(u) {
		out.URL = u
	}
	out.Min, out.Max = numText(el, "min_length"), numText(el, "max_length")
	switch out.Type {
	case "plain_text", "mrkdwn":
		out.Words = p.textOf(map[string]any(el))
	case "image":
		out.Words = cardText{Plain: el.str("alt_text")}
	case "plain_text_input":
		out.HTMLIn = "text"
	case "number_input":
		out.HTMLIn = "number"
	case "email_text_input":
		out.HTMLIn = "email"
	case "url_text_input":
		out.HTMLIn = "url"
	case "datepicker":
		out.HTMLIn = "date"
	case "timepicker":
		out.HTMLIn = "time"
	}
	if c := el.obj("confirm"); c != nil {
		out.Confirm = &cardConfirm{
			Title: c.obj("title").str("text"), Text: c.obj("text").str("text"),
			Yes: c.obj("confirm").str("text"), No: c.obj("deny").str("text"), Style: c.str("style"),
		}
	}
	chosen := strings.Split(out.Initial, "\n")
	for _, o := range optionsOf(el) {
		out.Options = append(out.Options, cardOption{
			Text: p.textOf(o["text"]), Note: p.textOf(o["description"]), Value: o.str("value"),
			Chosen: slices.Contains(chosen, o.str("value")),
		})
	}
	return out
}

func numText(el object, name string) string {
	n, _ := el[name].(json.Number)
	return n.String()
}
