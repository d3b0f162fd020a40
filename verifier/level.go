package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/firebreak-project/firebreak/incident"
)

// Finalise reads the checks again, and the receipt with them, at the next of
// the chain's levels, or once the including block is deep enough on a chain
// that has none; from another endpoint than the level before was read from
// where there are two, so that two together cannot be talked into it by one;
// when no other can tell for five minutes, its own word is taken.
// It returns Held at a level that is not the last, and is then owed again;
// Final; Displaced when the block left the chain; Unheld when the checks held
// once and do not any more, for as long as the plan allows. It waits as long as
// the level takes. While no endpoint knows a tag the next higher one is read
// too, which says more; the last is waited for. Errors are as for Verify.
func (v *Verifier) Finalise(ctx context.Context, s incident.State, step string) (incident.Body, error) {
	j, err := v.included(s, step)
	if err != nil {
		return nil, err
	}
	levels := j.levels()
	if len(levels) == 0 {
		return v.decide(ctx, j, j.last(""))
	}
	d := j.last(levels[len(levels)-1])
	for _, level := range slices.Backward(levels[:len(levels)-1]) {
		higher := d
		d = verdict{want: j.deep(level), instead: &higher,
			body: func(_ opinion, seen []incident.Observation) incident.Body {
				return incident.Held{Step: step, Level: level, Seen: seen}
			}}
	}
	return v.decide(ctx, j, d)
}

// levels are those above the one that the step has reached, and the last in
// any case: a chain may have been configured anew meanwhile.
func (j job) levels() []string {
	all := j.net.Levels
	for len(all) > 1 && incident.LevelRank(all[0]) <= incident.LevelRank(j.step.Level) {
		all = all[1:]
	}
	return all
}

// last is the verdict that ends the verification, by depth when level is empty.
func (j job) last(level string) verdict {
	return verdict{want: j.deep(level),
		body: func(o opinion, seen []incident.Observation) incident.Body {
			return incident.Final{Step: j.name, Level: level, Depth: o.depth, Seen: seen}
		}}
}

// deep reads at a level, and not from where the level before was read.
func (j job) deep(level string) reading {
	want := reading{deep: true, level: level}
	for _, o := range j.step.Seen {
		if want.except == "" && o.BlockHash != (common.Hash{}) {
			want.except = o.Endpoint // the first is of the step's own chain
		}
	}
	return want
}

// errNoTag says that an endpoint does not know a tag at all.
var errNoTag = errors.New("it does not know that tag")

// tagged reads the head of the block that a tag names.
func (n *network) tagged(ctx context.Context, e *node, tag string) (head, error) {
	h, err := n.block(ctx, e, tag)
	if err != nil && tag != incident.LevelLatest && UnknownTag(err) {
		return head{}, fmt.Errorf("ask %s for block %s: %w", e.Name, tag, errNoTag)
	}
	return h, err
}

// UnknownTag tells whether an answer to eth_getBlockByNumber says that there is
// no such tag, rather than that the call failed: null, an invalid parameter
// (-32602) or an unknown block (-39001), or the words that clients use for it.
func UnknownTag(err error) bool {
	if errors.Is(err, errNoBlock) {
		return true
	}
	if e, ok := errors.AsType[*rpcError](err); ok {
		err = e.cause
	}
	answer, ok := errors.AsType[rpc.Error](err)
	if !ok {
		return false
	}
	if code := answer.ErrorCode(); code == -32602 || code == -39001 {
		return true
	}
	text := strings.ToLower(answer.Error())
	return slices.ContainsFunc([]string{"block not found", "unknown block", "invalid block", "invalid argument", "not supported"},
		func(words string) bool { return strings.Contains(text, words) })
}
