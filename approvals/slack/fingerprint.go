package slack

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"

	"github.com/firebreak-project/firebreak/incident"
)

// AlarmCard is the alarm that a card is not as it was written. Whoever holds the
// bot token can change a card, and nothing in Slack shows it.
const AlarmCard = "card-changed"

// additions lists what Slack adds to blocks or leaves out of them as it gives
// them back: how text is drawn, not what it says.
var additions = map[string]bool{"emoji": true, "verbatim": true, "expand": true, "level": true, "accessibility_label": true}

// fingerprint is over what the card's blocks say and where their buttons lead.
// The same blocks as Slack gives them back have the same.
func (c Card) fingerprint() incident.Digest {
	raw, err := json.Marshal(c.Blocks)
	if err != nil {
		return incident.Digest{} // equals nothing
	}
	return fingerprintOf(raw)
}

// fingerprintOf is the fingerprint of blocks in JSON; zero, which equals
// nothing, for what are none.
func fingerprintOf(raw []byte) incident.Digest {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var blocks []any
	if err := dec.Decode(&blocks); err != nil || len(blocks) == 0 {
		return incident.Digest{}
	}
	blocks = slices.DeleteFunc(blocks, isCall)
	plain, err := json.Marshal(said(blocks)) // maps are written in the order of their keys
	if err != nil {
		return incident.Digest{}
	}
	return incident.DigestOf("firebreak-card/2", plain)
}

var calling = regexp.MustCompile(`^Asked:( <@[UW][A-Z0-9]{2,30}(\|[^<>|]{0,80})?>)+$`)

// isCall tells whether a block calls those who are asked, and does nothing else.
// It is not of the incident but of the roster at the time of writing: after a
// reload the same version would be written with other people in it.
func isCall(block any) bool {
	b, _ := block.(map[string]any)
	elements, _ := b["elements"].([]any)
	if b["type"] != "context" || len(elements) != 1 {
		return false
	}
	element, _ := elements[0].(map[string]any)
	text, _ := element["text"].(string)
	return calling.MatchString(text)
}

// said drops additions and what is empty or false.
func said(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			out = append(out, said(item))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if additions[key] || isNothing(value) {
				continue
			}
			out[key] = said(value)
		}
		return out
	}
	return v
}

func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

var blockVersion = regexp.MustCompile(`\.r\d{1,9}v(\d{1,9})$`)

// versionOf reads which version of a card a block is of.
func versionOf(blockID string) (int, bool) {
	m := blockVersion.FindStringSubmatch(blockID)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}
