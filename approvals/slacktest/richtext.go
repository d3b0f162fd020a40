package slacktest

import (
	"encoding/json"
	"strconv"
)

// richElements turns a rich_text block into spans. What is unknown shows the
// text it has.
func (p *mrkdwn) richElements(list []any) []span {
	var out []span
	for i, v := range list {
		el := asObject(v)
		kids := p.richInline(el.list("elements"))
		if i > 0 && el.kind() == "rich_text_section" {
			out = append(out, span{Kind: "br"})
		}
		switch el.kind() {
		case "rich_text_preformatted":
			text := ""
			for _, k := range kids {
				text += k.Text
			}
			out = append(out, span{Kind: "pre", Text: text})
		case "rich_text_quote":
			out = append(out, span{Kind: "quote", Kids: kids})
		case "rich_text_list":
			for n, item := range el.list("elements") {
				mark := "•  "
				if el.str("style") == "ordered" {
					mark = strconv.Itoa(n+1) + ".  "
				}
				line := []span{{Kind: "text", Text: mark}}
				line = append(line, p.richInline(asObject(item).list("elements"))...)
				out = append(out, span{Kind: "item", Kids: line})
			}
		default:
			out = append(out, kids...)
		}
	}
	return out
}

func (p *mrkdwn) richInline(list []any) []span {
	var out []span
	for _, v := range list {
		el := asObject(v)
		sp := span{Kind: "text", Text: el.str("text")}
		switch el.kind() {
		case "user":
			sp = span{Kind: "mention", Text: "@" + p.nameOf(el.str("user_id"))}
		case "channel":
			sp = span{Kind: "mention", Text: "#" + p.channelOf(el.str("channel_id"))}
		case "broadcast":
			sp = span{Kind: "mention", Text: "@" + el.str("range")}
		case "emoji":
			sp.Text = ":" + el.str("name") + ":"
		case "link":
			if safeLink(el.str("url")) {
				sp = span{Kind: "link", Text: el.str("text"), URL: el.str("url")}
				fill(&sp.Text, sp.URL)
			}
		case "date":
			n, _ := el["timestamp"].(json.Number)
			sp = p.date("!date^"+n.String()+"^"+el.str("format"), el.str("fallback"))
		}
		style := el.obj("style")
		for _, kind := range []string{"code", "bold", "italic", "strike"} {
			switch {
			case !style.flag(kind):
			case kind == "code" && sp.Kind == "text":
				sp.Kind = "code"
			case kind != "code":
				sp = span{Kind: kind, Kids: []span{sp}}
			}
		}
		out = append(out, sp)
	}
	return out
}
