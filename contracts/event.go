package contracts

import (
	"fmt"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// Event says in words what a log is: "Paused(0x...)". It knows the events of the
// snapshots and no other; ok is false for the rest, and for bytes that are not
// the one encoding of an event that it knows. The signature alone is a claim
// that any contract can make.
func Event(topics []common.Hash, data []byte) (words string, ok bool) {
	if len(topics) == 0 {
		return "", false
	}
	for _, event := range knownEvents()[topics[0]] {
		if values, err := unpackEvent(event, topics[1:], data); err == nil {
			return event.RawName + "(" + strings.Join(values, ", ") + ")", true
		}
	}
	return "", false
}

// knownEvents has the events of every snapshot by their topic: more than one
// where contracts index other arguments.
var knownEvents = sync.OnceValue(func() map[common.Hash][]abi.Event {
	known := map[common.Hash][]abi.Event{}
	for _, artifact := range artifacts() {
		for _, event := range artifact.ABI.Events {
			if !hasEvent(known[event.ID], event) {
				known[event.ID] = append(known[event.ID], event)
			}
		}
	}
	return known
})

// hasEvent tells whether an event that indexes the same arguments is there.
func hasEvent(list []abi.Event, event abi.Event) bool {
	for _, known := range list {
		same := true
		for i, input := range known.Inputs {
			same = same && input.Indexed == event.Inputs[i].Indexed
		}
		if same {
			return true
		}
	}
	return false
}

// unpackEvent reads the arguments in their order: the indexed ones are topics,
// the others words of the data. The known events have static types alone.
func unpackEvent(event abi.Event, topics []common.Hash, data []byte) ([]string, error) {
	values := make([]string, len(event.Inputs))
	for i, input := range event.Inputs {
		word := data
		if input.Indexed {
			if len(topics) == 0 {
				return nil, fmt.Errorf("a topic is missing: %w", ErrMalformed)
			}
			word, topics = topics[0][:], topics[1:]
		} else if len(data) < wordSize {
			return nil, fmt.Errorf("a word is missing: %w", ErrMalformed)
		} else {
			word, data = data[:wordSize], data[wordSize:]
		}
		input.Indexed = false // Unpack leaves out what is indexed
		one, err := unpackStatic(abi.Arguments{input}, word)
		if err != nil {
			return nil, err
		}
		values[i] = valueText(one[0])
		if id, isHash := one[0].([wordSize]byte); isHash && roleName(id) != "" {
			values[i] = roleName(id)
		}
	}
	if len(topics)+len(data) > 0 {
		return nil, fmt.Errorf("bytes are left over: %w", ErrMalformed)
	}
	return values, nil
}
