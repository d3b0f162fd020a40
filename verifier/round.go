package verifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// round is what the endpoints said once about an included step.
type round struct {
	yes     *opinion  // the first endpoint, in order, that says that all checks hold
	no      []opinion // those that say that one does not
	unclear []string  // why the others said nothing that counts
	against bool      // one of them contradicts the inclusion
	shy     []string  // those that have not come far enough yet
	tagless []string  // those that do not know the tag, which is another thing than lagging
	gone    []string  // endpoints on whose chain the including block is not
	there   []string
}

// opinion is one endpoint's reading of all checks.
type opinion struct {
	endpoint string
	depth    uint64
	holds    bool
	seen     []incident.Observation
}

// held tells whether the checks count as held: somebody says so and nobody who
// can tell denies it.
func (r round) held() bool { return r.yes != nil && len(r.no) == 0 }

// displaced tells whether the including block left the chain, as far as two
// endpoints (or the only one) say and not as many deny.
func (r round) displaced(configured int) bool {
	need := min(2, configured)
	return len(r.gone) >= need && len(r.there) < need
}

// silent tells whether nobody could be read at all.
func (r round) silent() bool {
	return r.yes == nil && len(r.no)+len(r.gone)+len(r.there)+len(r.shy)+len(r.tagless) == 0
}

// untagged tells whether all that could tell do not know the tag.
func (r round) untagged() bool {
	return len(r.tagless) > 0 && r.yes == nil && len(r.no)+len(r.shy) == 0
}

// mute tells whether nobody who was asked could say anything about the checks,
// now or later.
func (r round) mute() bool { return r.yes == nil && len(r.no)+len(r.shy) == 0 && !r.against }

// errContradicts says that an endpoint's own answers do not fit the inclusion.
var errContradicts = errors.New("contradicts the inclusion")

// words say why the checks are not held, for people.
func (r round) words() string {
	var parts []string
	for _, o := range r.no {
		for _, s := range o.seen {
			parts = append(parts, fmt.Sprintf("%s reads %s for %s at block %d", o.endpoint, s.Got, s.Check, s.Block))
		}
	}
	if r.yes != nil {
		parts = append(parts, r.yes.endpoint+" says that it holds")
	}
	if len(r.gone) > 0 {
		parts = append(parts, "on "+strings.Join(r.gone, ", ")+" the including block is not on the chain")
	}
	if len(r.shy) > 0 {
		parts = append(parts, strings.Join(r.shy, ", ")+" are not that far")
	}
	if len(r.tagless) > 0 {
		parts = append(parts, strings.Join(r.tagless, ", ")+" do not know that tag")
	}
	parts = append(parts, r.unclear...)
	if len(parts) == 0 {
		return "no endpoint could be read"
	}
	return strings.Join(parts, "; ")
}

// reading is what a round asks.
type reading struct {
	except string // the endpoint whose word is checked; it is asked where its block is and no more
	deep   bool   // at a level or at depth, with the receipt
	level  string // the tag to read at; empty: at latest
}

// poll is the time between rounds. A tag moves with epochs, so there is no
// hurry in asking for it, and it is asked for over many minutes.
func (r reading) poll(blockTime time.Duration) time.Duration {
	if r.level != "" {
		return min(max(blockTime, 100*time.Millisecond), 12*time.Second)
	}
	return min(max(blockTime/2, 100*time.Millisecond), 2*time.Second)
}

// ask makes a round.
func (j job) ask(ctx context.Context, want reading) round {
	type said struct {
		place string // "gone", "there", or why that is not known
		shy   bool
		opinion
		err error
	}
	var r round
	for i, a := range each(j.net.nodes, func(e *node) (a said) {
		at, err := j.net.block(ctx, e, hexutil.Uint64(j.in.Block))
		switch {
		case err != nil:
			a.err = err
			return a
		case at.Hash != j.in.BlockHash:
			a.place = "gone"
			return a
		}
		a.place = "there"
		if e.Name == want.except && len(j.net.nodes) > 1 {
			return a
		}
		a.opinion, a.shy, a.err = j.read(ctx, e, want)
		return a
	}) {
		name := j.net.nodes[i].Name
		switch a.place {
		case "gone":
			r.gone = append(r.gone, name)
		case "there":
			r.there = append(r.there, name)
		}
		switch {
		case errors.Is(a.err, errNoTag):
			r.tagless = append(r.tagless, name)
		case a.err != nil:
			r.unclear = append(r.unclear, a.err.Error())
			r.against = r.against || errors.Is(a.err, errContradicts)
		case a.shy:
			r.shy = append(r.shy, name)
		case a.endpoint == "":
		case !a.holds:
			r.no = append(r.no, a.opinion)
		case r.yes == nil || r.yes.endpoint == j.in.Endpoint:
			// Whoever reported the inclusion is the last one to rest on.
			r.yes = new(a.opinion)
		}
	}
	return r
}

// read reads all checks of the step's chain at one endpoint and one block. shy
// means that the endpoint has not come far enough for it to count.
func (j job) read(ctx context.Context, e *node, want reading) (o opinion, shy bool, err error) {
	at, err := j.net.tagged(ctx, e, cmp.Or(want.level, incident.LevelLatest))
	if err != nil {
		return o, false, err
	}
	least := j.in.Block
	if want.deep && want.level == "" {
		least += j.net.Depth
	}
	if uint64(at.Number) < least {
		return o, true, nil
	}
	o.depth = uint64(at.Number) - j.in.Block
	if want.deep {
		if err := j.receipt(ctx, e); err != nil {
			return o, false, err
		}
	}
	o.endpoint, o.holds = e.Name, true
	for _, check := range j.own {
		for c := &check; c != nil; c = c.And {
			data, err := j.net.call(ctx, e, at, viewed{c.To, c.Data})
			if err != nil {
				return opinion{}, false, err
			}
			seen, ok, err := actions.Holds(actions.Answer{Endpoint: e.Name, Block: uint64(at.Number), BlockHash: at.Hash, Data: data}, *c)
			if err != nil {
				return opinion{}, false, err
			}
			o.seen = append(o.seen, seen)
			o.holds = o.holds && ok
		}
	}
	return o, false, nil
}

// receipt asks whether the transaction is still in its block, and succeeded.
func (j job) receipt(ctx context.Context, e *node) error {
	r, err := ask[*receipt](ctx, e, "eth_getTransactionReceipt", j.in.Hash)
	switch {
	case err != nil:
		return err
	case r == nil || r.TxHash != j.in.Hash || r.BlockHash != j.in.BlockHash:
		return fmt.Errorf("%s %w: it has the block and not the receipt of %s in it", e.Name, errContradicts, j.in.Hash)
	case r.Status == nil || *r.Status != 1:
		return fmt.Errorf("%s %w: it says that %s failed", e.Name, errContradicts, j.in.Hash)
	}
	return nil
}

// elsewhere reads the checks that are about other chains: all endpoints that
// answer there have to agree, two at least where two are configured.
func (v *Verifier) elsewhere(ctx context.Context, j job) (seen []incident.Observation, why string) {
	for _, check := range j.foreign {
		r, err := actions.ReadAll(ctx, v.reader, check)
		if err != nil {
			return seen, err.Error()
		}
		seen = append(seen, r.Seen...)
		if !r.Holds(v.reader.Endpoints(check.ChainID)) {
			return seen, strings.Join(slices.DeleteFunc([]string{check.Text + " does not hold", r.Doubt()}, func(s string) bool { return s == "" }), "; ")
		}
	}
	return seen, ""
}
