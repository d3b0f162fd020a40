package plugin

import (
	"strconv"
	"time"

	"github.com/firebreak-project/firebreak/signer"
)

// arguments reads one constraint per argument. A missing one is an error and
// not a licence: an argument that may be anything has to say {"any":true}.
func (c compiler) arguments(entry *object, ru *rule, sets map[string][]word) {
	if len(ru.function.args) == 0 {
		if entry.has("args") {
			entry.fail("has \"args\", and %s takes none", ru.function.signature)
		}
		return
	}
	args := entry.child("args")
	for i, arg := range ru.function.args {
		con := readConstraint(args.child(strconv.Itoa(i)), arg, sets)
		ru.args = append(ru.args, con)
	}
	args.done()
	if c.class != signer.Recovery {
		c.tightens(args, ru)
	}
}

// tightens refuses a constraint that would let a containment key choose the
// direction of a call: a free boolean, a free number in a limit setter, or a
// value that is known to release.
func (c compiler) tightens(args *object, ru *rule) {
	guard, guarded := c.inv.guards[ru.function.selector]
	for i, arg := range ru.function.args {
		con := ru.args[i]
		if con.operator == opAny && arg.kind == kindBool {
			args.fail("argument %d is a boolean and decides the direction; a containment key needs {\"eq\":true} or {\"eq\":false}", i)
		}
		if con.operator == opAny && arg.kind == kindUint && limitName(ru.function.name) {
			args.fail("argument %d of a limit setter must be bounded for a containment key, for instance with \"lte\"", i)
		}
		if guarded && guard.index == i && (con.operator == opEq || con.operator == opIn) {
			for _, w := range con.values {
				if guard.loosens(w) {
					args.fail("argument %d allows a value that loosens", i)
				}
			}
		}
	}
}

func readConstraint(o *object, arg argument, sets map[string][]word) constraint {
	keys := o.keys()
	if len(keys) != 1 {
		o.fail("must have exactly one operator")
		return constraint{}
	}
	con := constraint{operator: operator(keys[0])}
	switch con.operator {
	case opAny:
		if !o.boolean("any") {
			o.fail("\"any\" must be true")
		}
	case opEq, opLt, opLte:
		node, _ := o.take(keys[0])
		con.values = []word{readValue(o, arg, node)}
	case opIn:
		for _, node := range o.list("in", maxSetSize) {
			con.values = append(con.values, readValue(o, arg, node))
		}
	case opNotInSet:
		con.values = sets[o.text("not_in_set")]
		if len(con.values) == 0 {
			o.fail("names a set that the policy does not have")
		}
	default:
		o.fail("has an unknown operator; known: any, eq, in, lt, lte, not_in_set")
	}
	ordered := con.operator == opLt || con.operator == opLte
	if ordered && arg.kind != kindUint || con.operator == opNotInSet && arg.kind != kindAddress || con.operator == opIn && arg.kind == kindBool {
		o.fail("operator %q does not fit %s", con.operator, arg.text)
	}
	if con.operator == opLt && *o.err == nil && con.values[0] == (word{}) {
		o.fail("\"lt\" 0 can never hold")
	}
	return con
}

func readValue(o *object, arg argument, node any) word {
	w, err := arg.parse(node)
	if err != nil {
		o.fail("value for %s %v", arg.text, err)
	}
	return w
}

// approvals reads how many guardians a rule needs. A recovery key has no fast
// lane, because no one can tell from a selector whether a number raises a
// limit; a function that loosens by its name also has to wait.
func (c compiler) approvals(o *object, loose bool) approvals {
	a := approvals{need: o.count("need", 0, signer.MaxApprovals)}
	if o.has("min_eip712") && o.count("min_eip712", 0, signer.MaxApprovals) > a.need {
		o.fail("\"min_eip712\" is above \"need\"")
	}
	if o.has("max_age") {
		readWindow(o, o.text("max_age"))
	}
	var delay time.Duration
	if o.has("delay") {
		delay = readWindow(o, o.text("delay"))
	}
	if o.has("over") {
		for _, entry := range o.children("over", maxWindows) {
			r := raise{
				count:  entry.count("count", 0, maxUses),
				window: readWindow(entry, entry.text("window")),
				need:   entry.count("need", 1, signer.MaxApprovals),
			}
			if r.need <= a.need {
				entry.fail("must need more than the rule's own %d", a.need)
			}
			entry.done()
			a.raised = append(a.raised, r)
		}
	}
	o.done()
	if c.class == signer.Recovery && a.need == 0 {
		o.fail("of a recovery key must need at least one guardian")
	}
	if loose && delay == 0 {
		o.fail("of a loosening function must have a \"delay\"")
	}
	return a
}
