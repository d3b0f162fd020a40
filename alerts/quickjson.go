package alerts

import (
	"bytes"
	"encoding/json"
)

// maxQuickKeys bounds the keys of one object that are held against each other
// one by one.
const maxQuickKeys = 32

// quick is one object or array that is open while a document is walked.
type quick struct {
	object bool
	key    bool // the next text is a key
	first  int  // its first key among all keys that are kept
}

// clearlyStrict tells whether checkJSON has nothing against a document of valid
// UTF-8, for all but odd documents: a tenth of what it costs to ask for tokens.
// False says nothing: whoever asks has to look closely then.
func clearlyStrict(body []byte) bool {
	if !json.Valid(body) {
		return false
	}
	var open []quick
	var keys [][]byte // of the objects that are open
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			if len(open) >= maxDepth {
				return false
			}
			open = append(open, quick{body[i] == '{', body[i] == '{', len(keys)})
		case '}', ']':
			keys = keys[:open[len(open)-1].first]
			open = open[:len(open)-1]
		case ',':
			open[len(open)-1].key = open[len(open)-1].object
		case '"':
			text, end, plain := quoted(body, i)
			i = end
			if len(open) == 0 || !open[len(open)-1].key {
				continue
			}
			at := &open[len(open)-1]
			at.key = false
			if !plain || len(keys)-at.first >= maxQuickKeys || holds(keys[at.first:], text) {
				return false
			}
			keys = append(keys, text)
		}
	}
	return true
}

// quoted is the text that begins at a quote, where its end is, and whether it
// stands there as it is meant.
func quoted(body []byte, from int) (text []byte, end int, plain bool) {
	plain = true
	for end = from + 1; body[end] != '"'; end++ {
		if body[end] == '\\' {
			plain = false
			end++
		}
	}
	return body[from+1 : end], end, plain
}

// holds tells whether one of the keys is, to some readers, this one.
func holds(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if bytes.EqualFold(k, key) {
			return true
		}
	}
	return false
}
