package policy

import (
	"strconv"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

// arguments reads one constraint per argument. A missing one is an error and
// not a licence: an argument that may be anything has to say {"any":true}.
func (c compiler) arguments(entry *document.Object, ru *Rule, sets map[string][]Word) {
	if len(ru.Function.Args) == 0 {
		if entry.Has("args") {
			entry.Fail("has \"args\", and %s takes none", ru.Function.Signature)
		}
		return
	}
	args := entry.Child("args")
	for i, arg := range ru.Function.Args {
		con := readConstraint(args.Child(strconv.Itoa(i)), arg, sets)
		ru.Args = append(ru.Args, con)
	}
	args.Done()
	if c.class != signer.Recovery {
		c.tightens(args, ru)
	}
}

// tightens refuses a constraint that would let a containment key choose the
// direction of a call: a free boolean, a free number in a limit setter, or a
// value that is known to release.
func (c compiler) tightens(args *document.Object, ru *Rule) {
	guard, guarded := c.inv.guards[ru.Function.Selector]
	for i, arg := range ru.Function.Args {
		con := ru.Args[i]
		if con.Operator == Any && arg.kind == kindBool {
			args.Fail("argument %d is a boolean and decides the direction; a containment key needs {\"eq\":true} or {\"eq\":false}", i)
		}
		if con.Operator == Any && arg.kind == kindUint && limitName(ru.Function.Name) {
			args.Fail("argument %d of a limit setter must be bounded for a containment key, for instance with \"lte\"", i)
		}
		if guarded && guard.index == i && (con.Operator == Eq || con.Operator == In) {
			for _, w := range con.Values {
				if guard.loosens(w) {
					args.Fail("argument %d allows a value that loosens", i)
				}
			}
		}
	}
}

func readConstraint(o *document.Object, arg Argument, sets map[string][]Word) Constraint {
	keys := o.Keys()
	if len(keys) != 1 {
		o.Fail("must have exactly one operator")
		return Constraint{}
	}
	con := Constraint{Operator: Operator(keys[0])}
	switch con.Operator {
	case Any:
		if !o.Boolean("any") {
			o.Fail("\"any\" must be true")
		}
	case Eq, Lt, Lte:
		node, _ := o.Take(keys[0])
		con.Values = []Word{readValue(o, arg, node)}
	case In:
		for _, node := range o.List("in", maxSetSize) {
			con.Values = append(con.Values, readValue(o, arg, node))
		}
	case NotInSet:
		con.Set = o.Text("not_in_set")
		con.Values = sets[con.Set]
		if len(con.Values) == 0 {
			o.Fail("names a set that the policy does not have")
		}
	default:
		o.Fail("has an unknown operator; known: any, eq, in, lt, lte, not_in_set")
	}
	ordered := con.Operator == Lt || con.Operator == Lte
	if ordered && arg.kind != kindUint || con.Operator == NotInSet && arg.kind != kindAddress || con.Operator == In && arg.kind == kindBool {
		o.Fail("operator %q does not fit %s", con.Operator, arg.Type)
	}
	if con.Operator == Lt && !o.Failed() && con.Values[0] == (Word{}) {
		o.Fail("\"lt\" 0 can never hold")
	}
	return con
}

func readValue(o *document.Object, arg Argument, node any) Word {
	w, err := arg.parse(node)
	if err != nil {
		o.Fail("value for %s %v", arg.Type, err)
	}
	return w
}

// approvals reads how many guardians a rule needs. A recovery key has no fast
// lane, because no one can tell from a selector whether a number raises a
// limit; a function that loosens by its name also has to wait.
func (c compiler) approvals(o *document.Object, loose bool) Approvals {
	a := Approvals{Need: o.Count("need", 0, signer.MaxApprovals)}
	if o.Has("max_age") {
		a.MaxAge = readWindow(o, o.Text("max_age"))
	}
	if o.Has("delay") {
		if a.Delay = readDelay(o, "delay"); a.Delay > maxHold {
			o.Fail("\"delay\" is above %s: an approval lives at most %s, and has to be valid before and after", maxHold, signer.MaxApprovalLife)
		}
	}
	if o.Has("over") {
		for _, entry := range o.Children("over", maxWindows) {
			a.Raised = append(a.Raised, readRaise(entry, a.Need))
		}
	}
	if o.Has("min_eip712") {
		if a.MinEIP712 = o.Count("min_eip712", 0, signer.MaxApprovals); a.MinEIP712 > a.Most() {
			o.Fail("\"min_eip712\" is above \"need\"")
		}
	}
	o.Done()
	switch {
	case c.class == signer.Recovery && a.Need == 0:
		o.Fail("of a recovery key must need at least one guardian")
	case loose && a.Delay == 0:
		o.Fail("of a loosening function must have a \"delay\"")
	case a.Most() == 0 && (a.Delay > 0 || a.MaxAge > 0):
		o.Fail("have a delay or an age, and no guardian is needed")
	}
	return a
}

func readRaise(o *document.Object, need uint64) Raise {
	r := Raise{
		Count:  o.Count("count", 0, MaxUses),
		Window: readWindow(o, o.Text("window")),
		Need:   o.Count("need", 1, signer.MaxApprovals),
	}
	if r.Need <= need {
		o.Fail("must need more than the rule's own %d", need)
	}
	o.Done()
	return r
}
