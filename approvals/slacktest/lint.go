package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem is one breach of Slack's published limits.
type Problem struct {
	Pointer string // JSON pointer to the value, "/blocks/1/text/text"
	BlockID string // of the block it is in, when it has one
	Message string // the limit and what was found
	code    string // an error code stronger than invalid_blocks
}

// String is how Slack words a problem in response_metadata.messages.
func (p Problem) String() string {
	where := ""
	if p.BlockID != "" {
		where = fmt.Sprintf(" in block %q", p.BlockID)
	}
	return fmt.Sprintf("[ERROR] %s%s [json-pointer:%s]", p.Message, where, p.Pointer)
}

// LintBlocks checks the blocks of a message against Slack's published limits.
// blocks is JSON ([]byte, [json.RawMessage] or string) or any value that
// marshals to a JSON array of blocks. No problems means that the fake accepts
// them, and that Slack should.
func LintBlocks(blocks any) []Problem {
	l := newLinter(surfaceMessage)
	list, ok := l.decodeList(blocks)
	if ok {
		l.blocks(list)
	}
	return l.problems
}

// LintView checks a modal, given as LintBlocks takes blocks.
func LintView(view any) []Problem {
	l := newLinter(surfaceModal)
	raw, err := rawJSON(view)
	if err != nil {
		l.addf("/view", "is not JSON: %v", err)
		return l.problems
	}
	if len(raw) > maxViewJSON {
		l.addf("/view", "is %d bytes, must be at most %d", len(raw), maxViewJSON)
		l.problems[0].code = "view_too_large"
		return l.problems
	}
	var v object
	if err := decodeJSON(raw, &v); err != nil || v == nil {
		l.addf("/view", "must be a JSON object")
		return l.problems
	}
	l.view(v)
	return l.problems
}

// refusalOf turns problems into an API answer, or nil when there are none.
func refusalOf(problems []Problem, code string) *refusal {
	if len(problems) == 0 {
		return nil
	}
	no := refuse(code)
	for _, p := range problems {
		if p.code != "" {
			no.code = p.code
		}
		no.messages = append(no.messages, p.String())
	}
	return no
}

type surface string

const (
	surfaceMessage surface = "a message"
	surfaceModal   surface = "a modal"
)

// linter walks blocks and collects problems. It is used once.
type linter struct {
	surface  surface
	problems []Problem
	blockID  string            // of the block being walked
	seen     map[string]string // block_id -> pointer
	actions  map[string]string // action_id -> pointer, in this block
}

func newLinter(on surface) *linter {
	return &linter{surface: on, seen: map[string]string{}}
}

func (l *linter) addf(ptr, format string, a ...any) {
	l.problems = append(l.problems, Problem{Pointer: ptr, BlockID: l.blockID, Message: fmt.Sprintf(format, a...)})
}

func rawJSON(v any) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		return v, nil
	case json.RawMessage:
		return v, nil
	case string:
		return []byte(v), nil
	}
	return json.Marshal(v)
}

func (l *linter) decodeList(blocks any) ([]any, bool) {
	raw, err := rawJSON(blocks)
	var list []any
	if err == nil {
		err = decodeJSON(raw, &list)
	}
	if err != nil {
		l.addf("/blocks", "must be a JSON array of blocks: %v", err)
		l.problems[0].code = "invalid_blocks_format"
		return nil, false
	}
	return list, true
}

func (l *linter) view(v object) {
	if k := v.kind(); k != "modal" {
		l.addf("/view/type", "must be \"modal\", is %q; Home tabs are not covered", k)
	}
	l.plainText("/view/title", v["title"], required, maxViewTitle)
	l.plainText("/view/submit", v["submit"], optional, maxViewTitle)
	l.plainText("/view/close", v["close"], optional, maxViewTitle)
	l.length("/view/private_metadata", v.str("private_metadata"), 0, maxPrivateMetadata)
	l.length("/view/callback_id", v.str("callback_id"), 0, maxCallbackID)
	l.length("/view/external_id", v.str("external_id"), 0, maxExternalID)
	list, ok := v["blocks"].([]any)
	if !ok {
		l.addf("/view/blocks", "must be an array of blocks")
		return
	}
	l.blocks(list)
	for _, b := range list {
		if asObject(b).kind() == "input" && v["submit"] == nil {
			l.blockID = ""
			l.addf("/view/submit", "is required when a view has an input block")
			return
		}
	}
}

// length checks a text's size in code points.
func (l *linter) length(ptr, text string, least, most int) {
	switch n := utf8.RuneCountInString(text); {
	case n < least && least == 1:
		l.addf(ptr, "must be more than 0 characters")
	case n > most:
		l.addf(ptr, "must be at most %d characters, has %d", most, n)
	}
}

// count checks the size of a list.
func (l *linter) count(ptr string, list []any, least, most int) {
	switch n := len(list); {
	case n < least:
		l.addf(ptr, "must have at least %d items, has %d", least, n)
	case n > most:
		l.addf(ptr, "must have at most %d items, has %d", most, n)
	}
}

func (l *linter) link(ptr, url string) {
	l.length(ptr, url, 0, maxURL)
	if url != "" && !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		l.addf(ptr, "must be an http or https URL")
	}
}
