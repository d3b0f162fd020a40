package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// Namer gives an address the name by which people know it.
type Namer func(chain uint64, address common.Address) string

// Compare says in words what next allows that old does not, and what it no
// longer allows. loosens is false only if every transaction that next allows is
// one that old allowed, with at least as many approvals, at most as often and
// at most as dear: then next is a subset. What it cannot decide it calls
// loosening. old may be nil, for a key that is to be created; names may be nil,
// and addresses are then written in full.
//
// Counts are kept by a rule's id, so a call that moves to another rule loosens:
// its counts begin anew.
func Compare(old, next *Policy, names Namer) (lines []string, loosens bool) {
	if old == nil {
		old = &Policy{Fees: map[uint64]Ceilings{}, Rules: map[Target]*Rule{}}
	}
	c := &comparison{names: names.orHex()}
	c.rules(old, next)
	c.fees(old, next)
	if old.Version > 0 {
		c.whole(old, next)
	}
	return c.lines, c.loosens
}

func (n Namer) orHex() Namer {
	if n != nil {
		return n
	}
	return func(_ uint64, address common.Address) string { return address.Hex() }
}

// comparison collects lines, one for each thing that differs.
type comparison struct {
	names   Namer
	lines   []string
	loosens bool
}

func (c *comparison) looser(format string, args ...any) {
	c.loosens = true
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *comparison) tighter(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

// either says the same line for both directions.
func (c *comparison) either(tighter bool, format string, args ...any) {
	if !tighter {
		c.loosens = true
	}
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *comparison) rules(old, next *Policy) {
	for _, target := range next.Targets() {
		was, is := old.Rules[target], next.Rules[target]
		call := c.call(target, is)
		switch {
		case was == nil:
			c.looser("adds %s, %s", call, is.terms())
		case was.ID != is.ID:
			c.looser("moves %s from rule %s to rule %s, %s, with counts that begin anew", call, was.ID, is.ID, is.terms())
		default:
			c.rule(call, was, is)
		}
	}
	for _, target := range old.Targets() {
		if next.Rules[target] == nil {
			c.tighter("removes %s", c.call(target, old.Rules[target]))
		}
	}
}

func (c *comparison) call(target Target, ru *Rule) string {
	return fmt.Sprintf("%s on %s (chain %d)", ru.Function.Signature, c.names(target.Chain, target.To), target.Chain)
}

// rule compares what two rules of one id say about the same call.
func (c *comparison) rule(call string, was, is *Rule) {
	for i := range is.Args {
		if !is.Args[i].equal(was.Args[i]) {
			c.either(is.Args[i].within(was.Args[i]), "changes argument %d of %s from %s to %s", i, call, was.Args[i].words(was.Function.Args[i]), is.Args[i].words(is.Function.Args[i]))
		}
	}
	if !slices.Equal(was.Limits, is.Limits) {
		c.either(implies(is.Limits, was.Limits), "changes how often %s can be called from %s to %s", call, rates(was.Limits), rates(is.Limits))
	}
	if !was.Approvals.equal(is.Approvals) {
		c.either(is.Approvals.atLeast(was.Approvals), "changes the approvals of %s from %s to %s", call, was.Approvals.words(), is.Approvals.words())
	}
}

func (c *comparison) fees(old, next *Policy) {
	for _, chain := range slices.Sorted(maps.Keys(next.Fees)) {
		was, known := old.Fees[chain]
		is := next.Fees[chain]
		switch {
		case !known:
			c.looser("adds chain %d, with %s", chain, is.words())
		case was.words() != is.words():
			c.either(is.within(was), "changes the ceilings of chain %d from %s to %s", chain, was.words(), is.words())
		}
	}
	for _, chain := range slices.Sorted(maps.Keys(old.Fees)) {
		if _, still := next.Fees[chain]; !still {
			c.tighter("removes chain %d", chain)
		}
	}
}

// whole compares what holds for the whole key.
func (c *comparison) whole(old, next *Policy) {
	if !slices.Equal(old.Limits, next.Limits) {
		c.either(implies(next.Limits, old.Limits), "changes how often the key signs at all from %s to %s", rates(old.Limits), rates(next.Limits))
	}
	if old.Replace != next.Replace {
		fewer := next.Replace.most() <= old.Replace.most()
		c.either(fewer, "changes how often a transaction can be replaced from %d to %d", old.Replace.most(), next.Replace.most())
	}
	if old.Change != next.Change {
		harder := next.Change.Need >= old.Change.Need && next.Change.LoosenDelay >= old.Change.LoosenDelay && next.Change.TightenDelay >= old.Change.TightenDelay
		c.either(harder, "changes what a change needs from %s to %s", old.Change.words(), next.Change.words())
	}
}

func (r Replacement) most() uint64 {
	if !r.SameNonce {
		return 0
	}
	return r.MaxBumps
}

// within reports whether every transaction below these ceilings is below the
// others.
func (c Ceilings) within(other Ceilings) bool {
	return c.Gas <= other.Gas && c.MaxFee.Cmp(other.MaxFee) <= 0 && c.MaxTip.Cmp(other.MaxTip) <= 0 &&
		c.PerTx.Cmp(other.PerTx) <= 0 && c.PerDay.Cmp(other.PerDay) <= 0
}

// implies reports whether the limits hold back at least as much as each of the
// others: a longer window with a smaller count does, and a count over all
// contracts holds for each of them.
func implies(limits, others []Limit) bool {
	return !slices.ContainsFunc(others, func(other Limit) bool {
		return !slices.ContainsFunc(limits, func(l Limit) bool {
			return l.Max <= other.Max && l.Window >= other.Window && (!l.PerTo || other.PerTo)
		})
	})
}

func (a Approvals) equal(b Approvals) bool {
	return a.Need == b.Need && a.MinEIP712 == b.MinEIP712 && a.MaxAge == b.MaxAge && a.Delay == b.Delay && slices.Equal(a.Raised, b.Raised)
}

// atLeast reports whether the approvals ask for as much as the others in every
// case.
func (a Approvals) atLeast(b Approvals) bool {
	if a.Need < b.Need || a.MinEIP712 < b.MinEIP712 || a.Delay < b.Delay {
		return false
	}
	if b.MaxAge > 0 && (a.MaxAge == 0 || a.MaxAge > b.MaxAge) {
		return false
	}
	return !slices.ContainsFunc(b.Raised, func(other Raise) bool {
		return a.Need < other.Need && !slices.ContainsFunc(a.Raised, func(r Raise) bool {
			return r.Count <= other.Count && r.Window >= other.Window && r.Need >= other.Need
		})
	})
}

func (c Constraint) equal(other Constraint) bool {
	return c.Operator == other.Operator && slices.Equal(c.Values, other.Values)
}

// within reports whether every value that the constraint allows is allowed by
// the other. Where that would take more than looking at the values, it says no.
func (c Constraint) within(other Constraint) bool {
	if other.Operator == Any {
		return true
	}
	switch c.Operator {
	case Eq, In:
		return !slices.ContainsFunc(c.Values, func(w Word) bool { return !other.Allows(w) })
	case NotInSet:
		return other.Operator == NotInSet && !slices.ContainsFunc(other.Values, func(w Word) bool { return c.Allows(w) })
	case Lt, Lte:
		if other.Operator != Lt && other.Operator != Lte {
			return false
		}
		if c.Operator == Lt && other.Operator == Lt || c.Operator == Lte && other.Operator == Lte {
			return c.Values[0].number().Cmp(other.Values[0].number()) <= 0
		}
		if c.Operator == Lt { // below v is at most v-1
			return c.Values[0].number().Cmp(other.Values[0].number()) <= 0
		}
		return other.Allows(c.Values[0])
	}
	return false
}

func list(lines []string) string { return strings.Join(lines, ", ") }
