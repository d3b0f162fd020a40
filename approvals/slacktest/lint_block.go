package slacktest

import (
	"fmt"
	"strings"
)

func (l *linter) blocks(list []any) {
	most := maxMessageBlocks
	root := "/blocks"
	if l.surface == surfaceModal {
		most, root = maxViewBlocks, "/view/blocks"
	}
	l.count(root, list, 0, most)
	for i, v := range list {
		l.block(fmt.Sprintf("%s/%d", root, i), asObject(v))
	}
	l.blockID = ""
}

// block checks one block. Its own kind decides what else is looked at.
func (l *linter) block(ptr string, b object) {
	l.blockID, l.actions = b.str("block_id"), map[string]string{}
	if b == nil {
		l.addf(ptr, "must be an object")
		return
	}
	if id := l.blockID; id != "" {
		l.length(ptr+"/block_id", id, 0, maxBlockID)
		if first, twice := l.seen[id]; twice {
			l.addf(ptr+"/block_id", "must be unique, is also at %s", first)
		}
		l.seen[id] = ptr
	}
	if v, present := b["block_id"]; present {
		if _, isText := v.(string); !isText {
			l.addf(ptr+"/block_id", "must be text")
		}
	}
	kind := b.kind()
	if !l.allowedHere(kind) {
		l.addf(ptr+"/type", "%q blocks do not work in %s, or are unknown here", kind, l.surface)
		return
	}
	switch kind {
	case "header":
		l.plainText(ptr+"/text", b["text"], required, maxHeaderText)
		if n, set := b.num("level"); b["level"] != nil && (!set || n < 1 || n > 4) {
			l.addf(ptr+"/level", "must be 1 to 4")
		}
	case "section":
		l.section(ptr, b)
	case "context":
		l.context(ptr, b)
	case "actions":
		l.row(ptr, b, maxActionElements, inActions)
	case "context_actions":
		l.row(ptr, b, maxContextActions, inContextActions)
	case "input":
		l.input(ptr, b)
	case "image":
		l.image(ptr, b)
	case "markdown":
		l.length(ptr+"/text", b.str("text"), 1, maxMarkdown)
	case "alert":
		l.text(ptr+"/text", b["text"], required, maxText)
		l.oneOf(ptr+"/level", b.str("level"), "", "default", "info", "warning", "error", "success")
	case "rich_text":
		l.richText(ptr, b)
	case "table":
		l.table(ptr, b)
	}
}

// allowedHere is the table of blocks per surface. Input blocks belong in a
// modal here: in a message there is nothing to submit.
func (l *linter) allowedHere(kind string) bool {
	switch kind {
	case "actions", "context", "divider", "header", "image", "rich_text", "section":
		return true
	case "alert", "input":
		return l.surface == surfaceModal
	case "context_actions", "markdown", "table":
		return l.surface == surfaceMessage
	}
	return false
}

func (l *linter) section(ptr string, b object) {
	fields, hasFields := b["fields"].([]any)
	if b["text"] == nil && !hasFields {
		l.addf(ptr, "must define either text or fields")
	}
	l.text(ptr+"/text", b["text"], optional, maxText)
	if hasFields {
		l.count(ptr+"/fields", fields, 1, maxFields)
		for i, f := range fields {
			l.text(fmt.Sprintf("%s/fields/%d", ptr, i), f, required, maxFieldText)
		}
	}
	if b["accessory"] != nil {
		l.element(ptr+"/accessory", asObject(b["accessory"]), inSection)
	}
}

func (l *linter) context(ptr string, b object) {
	l.count(ptr+"/elements", b.list("elements"), 1, maxContextElements)
	for i, v := range b.list("elements") {
		at := fmt.Sprintf("%s/elements/%d", ptr, i)
		if asObject(v).kind() == "image" {
			l.image(at, asObject(v))
		} else {
			l.text(at, v, required, maxText)
		}
	}
}

func (l *linter) row(ptr string, b object, most int, place place) {
	l.count(ptr+"/elements", b.list("elements"), 1, most)
	for i, v := range b.list("elements") {
		l.element(fmt.Sprintf("%s/elements/%d", ptr, i), asObject(v), place)
	}
}

func (l *linter) input(ptr string, b object) {
	l.plainText(ptr+"/label", b["label"], required, maxLabelText)
	l.plainText(ptr+"/hint", b["hint"], optional, maxLabelText)
	l.element(ptr+"/element", asObject(b["element"]), inInput)
}

func (l *linter) image(ptr string, b object) {
	l.link(ptr+"/image_url", b.str("image_url"))
	if b.str("image_url") == "" && b.obj("slack_file") == nil {
		l.addf(ptr, "must define either image_url or slack_file")
	}
	l.length(ptr+"/alt_text", b.str("alt_text"), 1, maxImageAlt)
	l.plainText(ptr+"/title", b["title"], optional, maxFieldText)
}

func (l *linter) richText(ptr string, b object) {
	l.count(ptr+"/elements", b.list("elements"), 1, maxText)
	for i, v := range b.list("elements") {
		at := fmt.Sprintf("%s/elements/%d", ptr, i)
		if k := asObject(v).kind(); !strings.HasPrefix(k, "rich_text_") {
			l.addf(at+"/type", "%q is not a rich text element", k)
		}
	}
}

func (l *linter) table(ptr string, b object) {
	l.count(ptr+"/rows", b.list("rows"), 1, maxTableRows)
	for i, v := range b.list("rows") {
		at := fmt.Sprintf("%s/rows/%d", ptr, i)
		cells, ok := v.([]any)
		if !ok {
			l.addf(at, "must be an array of cells")
			continue
		}
		l.count(at, cells, 1, maxTableCells)
		for j, c := range cells {
			k := asObject(c).kind()
			l.oneOf(fmt.Sprintf("%s/%d/type", at, j), k, "raw_text", "rich_text")
		}
	}
}
