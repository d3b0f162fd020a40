package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object walks one object of a policy document. Every member has to be asked
// for: what is left over at the end is unknown and refuses the document. The
// first error sticks, so that a compiler reads straight down.
type object struct {
	path    string // where it stands, for the error
	members map[string]any
	asked   map[string]bool
	err     *error
}

func rootObject(node any) (*object, *error) {
	err := new(error)
	return newObject("policy", node, err), err
}

func newObject(path string, node any, err *error) *object {
	members, ok := node.(map[string]any)
	o := &object{path: path, members: members, asked: map[string]bool{}, err: err}
	if !ok {
		o.fail("must be an object")
	}
	return o
}

func (o *object) fail(format string, args ...any) {
	if *o.err == nil {
		*o.err = fmt.Errorf("%s %s", o.path, fmt.Sprintf(format, args...))
	}
}

func (o *object) has(key string) bool {
	_, ok := o.members[key]
	return ok
}

func (o *object) take(key string) (any, bool) {
	o.asked[key] = true
	node, ok := o.members[key]
	if !ok {
		o.fail("has no %q", key)
	}
	return node, ok
}

// text returns a member that must be a string.
func (o *object) text(key string) string {
	node, ok := o.take(key)
	s, isText := node.(string)
	if ok && !isText {
		o.fail("%q must be a string", key)
	}
	return s
}

// count returns an integer between least and most.
func (o *object) count(key string, least, most int64) uint64 {
	node, ok := o.take(key)
	n, isInt := node.(int64)
	if ok && (!isInt || n < least || n > most) {
		o.fail("%q must be an integer between %d and %d", key, least, most)
		return 0
	}
	return uint64(n)
}

// boolean returns a member that must be true or false.
func (o *object) boolean(key string) bool {
	node, ok := o.take(key)
	b, isBool := node.(bool)
	if ok && !isBool {
		o.fail("%q must be true or false", key)
	}
	return b
}

// child returns a member that must be an object.
func (o *object) child(key string) *object {
	node, _ := o.take(key)
	return newObject(o.path+"."+key, node, o.err)
}

// list returns a member that must be an array of at most most items.
func (o *object) list(key string, most int) []any {
	node, ok := o.take(key)
	items, isList := node.([]any)
	if ok && (!isList || len(items) == 0 || len(items) > most) {
		o.fail("%q must be an array of 1 to %d items", key, most)
		return nil
	}
	return items
}

// children returns a member that must be an array of objects.
func (o *object) children(key string, most int) []*object {
	var children []*object
	for i, item := range o.list(key, most) {
		children = append(children, newObject(fmt.Sprintf("%s.%s[%d]", o.path, key, i), item, o.err))
	}
	return children
}

// texts returns a member that must be an array of strings.
func (o *object) texts(key string, most int) []string {
	var texts []string
	for _, item := range o.list(key, most) {
		s, ok := item.(string)
		if !ok {
			o.fail("%q must hold strings", key)
		}
		texts = append(texts, s)
	}
	return texts
}

// keys returns the names of the members, sorted.
func (o *object) keys() []string {
	return slices.Sorted(maps.Keys(o.members))
}

// done refuses whatever was not asked for.
func (o *object) done() {
	for _, key := range o.keys() {
		if !o.asked[key] {
			asked := slices.Sorted(maps.Keys(o.asked))
			o.fail("has an unknown member %.64q; known here: %s", key, strings.Join(asked, ", "))
		}
	}
}
