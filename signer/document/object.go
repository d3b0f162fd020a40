package document

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Object walks one object of a document. Every member has to be asked
// for: what is left over at the end is unknown and refuses the document. The
// first error sticks, so that a reader goes
// straight down.
type Object struct {
	path    string // where it stands, for the error
	members map[string]any
	asked   map[string]bool
	err     *error
}

// Root starts the walk over a tree of Read. name is what errors call the
// document; the error is set once anything in it is at fault.
func Root(name string, node any) (*Object, *error) {
	err := new(error)
	return newObject(name, node, err), err
}

func newObject(path string, node any, err *error) *Object {
	members, ok := node.(map[string]any)
	o := &Object{path: path, members: members, asked: map[string]bool{}, err: err}
	if !ok {
		o.Fail("must be an object")
	}
	return o
}

// Fail refuses the document, unless something refused it before.
func (o *Object) Fail(format string, args ...any) {
	if *o.err == nil {
		*o.err = fmt.Errorf("%s %s", o.path, fmt.Sprintf(format, args...))
	}
}

// Failed reports whether something has refused the document.
func (o *Object) Failed() bool { return *o.err != nil }

// Name sets what errors call this object.
func (o *Object) Name(path string) { o.path = path }

// Len is the number of members.
func (o *Object) Len() int { return len(o.members) }

// Has reports whether there is such a member, without asking for it.
func (o *Object) Has(key string) bool {
	_, ok := o.members[key]
	return ok
}

// Take asks for a member, which has to be there.
func (o *Object) Take(key string) (any, bool) {
	o.asked[key] = true
	node, ok := o.members[key]
	if !ok {
		o.Fail("has no %q", key)
	}
	return node, ok
}

// Text returns a member that must be a string.
func (o *Object) Text(key string) string {
	node, ok := o.Take(key)
	s, isText := node.(string)
	if ok && !isText {
		o.Fail("%q must be a string", key)
	}
	return s
}

// Count returns an integer between least and most.
func (o *Object) Count(key string, least, most int64) uint64 {
	node, ok := o.Take(key)
	n, isInt := node.(int64)
	if ok && (!isInt || n < least || n > most) {
		o.Fail("%q must be an integer between %d and %d", key, least, most)
		return 0
	}
	return uint64(n)
}

// Boolean returns a member that must be true or false.
func (o *Object) Boolean(key string) bool {
	node, ok := o.Take(key)
	b, isBool := node.(bool)
	if ok && !isBool {
		o.Fail("%q must be true or false", key)
	}
	return b
}

// Child returns a member that must be an object.
func (o *Object) Child(key string) *Object {
	node, _ := o.Take(key)
	return newObject(o.path+"."+key, node, o.err)
}

// List returns a member that must be an array of at most most items.
func (o *Object) List(key string, most int) []any {
	node, ok := o.Take(key)
	items, isList := node.([]any)
	if ok && (!isList || len(items) == 0 || len(items) > most) {
		o.Fail("%q must be an array of 1 to %d items", key, most)
		return nil
	}
	return items
}

// Children returns a member that must be an array of objects.
func (o *Object) Children(key string, most int) []*Object {
	var children []*Object
	for i, item := range o.List(key, most) {
		children = append(children, newObject(fmt.Sprintf("%s.%s[%d]", o.path, key, i), item, o.err))
	}
	return children
}

// Texts returns a member that must be an array of strings.
func (o *Object) Texts(key string, most int) []string {
	var texts []string
	for _, item := range o.List(key, most) {
		s, ok := item.(string)
		if !ok {
			o.Fail("%q must hold strings", key)
		}
		texts = append(texts, s)
	}
	return texts
}

// Keys returns the names of the members, sorted.
func (o *Object) Keys() []string {
	return slices.Sorted(maps.Keys(o.members))
}

// Done refuses whatever was not asked for.
func (o *Object) Done() {
	for _, key := range o.Keys() {
		if !o.asked[key] {
			asked := slices.Sorted(maps.Keys(o.asked))
			o.Fail("has an unknown member %.64q; known here: %s", key, strings.Join(asked, ", "))
		}
	}
}
