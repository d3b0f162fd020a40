package submitter

import (
	"context"
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// hurry is the least time a bid stands before an answer can raise it.
const hurry = time.Second

// outbid decides about a bid that waits: a higher one at the same nonce, when the
// last has stood for BumpAfter without inclusion, or every endpoint that answered
// wants more, or one took it and no other has it, or a person asks. Only the
// oldest nonce of a lane is raised, because those above it cannot be mined before
// it. Nothing is raised for a goal that holds already (AlreadySo). Where nothing
// can be raised people are told, once (Stalled). Nothing ends here: the same
// bytes go on being offered. Nil: there is nothing to decide now.
func (w *watcher) outbid(ctx context.Context) incident.Body {
	b, due := w.intent.raisable(w.s.o.Now(), w.net.patience())
	if due.why == "" {
		return nil
	}
	if body, holds := w.needless(ctx, b); holds {
		return body
	}
	if !w.lane.oldest(b.nonce) {
		return nil
	}
	if due.stuck != nil {
		return w.stall(b, *due.stuck)
	}
	p, ok := w.raise(b)
	if !ok {
		return w.stall(b, w.ceiling(b))
	}
	w.lane.spend(b.nonce, p.feeCap.Times(w.call.Gas))
	w.s.o.Observe(Event{What: Raised, ChainID: w.net.ID, Nonce: b.nonce})
	return w.priced(b.nonce, p, priced{attempt: w.intent.next(), issue: b.issue, why: fmt.Sprintf(
		"raised from cap %s, tip %s: %s", gwei(b.price.feeCap), gwei(b.price.tip), due.why)})
}

// raise makes the next rung. Public nodes come first: only where they take no
// higher one does the operator's own node, if there is one, get a dearer bid.
func (w *watcher) raise(b bid) (price, bool) {
	m, _ := w.net.quote() // without one the ladder alone decides
	l := w.limits()
	l.balance = w.lane.spare(b.nonce)
	if needs := w.intent.needs(); !needs.IsZero() {
		// The node named the least tip it takes: a quarter above that.
		l.floorTip = greatest(l.floorTip, rung(needs).Add(incident.NewQuantity(tipRoom-1)).Div(tipRoom))
	}
	p, ok := raise(b.price, m, l)
	if !ok && w.net.unbounded() {
		l.node = incident.Wei{}
		p, ok = raise(b.price, m, l)
	}
	return p, ok
}

// needless tells that the goal holds although no block has our transaction:
// somebody else reached it, or the other key did. Nothing more is paid then. The
// fact is nil when somebody has a receipt of ours by now: a block that came while
// the goal was read is verified like any other, not taken for somebody else's.
func (w *watcher) needless(ctx context.Context, b bid) (body incident.Body, holds bool) {
	if w.s.o.Goals == nil || w.lane.mined(b.nonce) {
		return nil, false // what is in a block gets its receipt
	}
	seen, holds := w.reached(ctx)
	if !holds || len(w.poll(ctx).sightings) > 0 {
		return nil, holds
	}
	w.s.o.Observe(Event{What: Goal, ChainID: w.net.ID, Nonce: b.nonce})
	return incident.AlreadySo{Step: w.call.Step, Seen: seen,
		Why: "the goal holds while the transaction still waits: no higher bid is made, its bytes go on being offered"}, true
}

// reached reads the goal. What cannot be told keeps nobody from bidding.
func (w *watcher) reached(ctx context.Context) (seen []incident.Observation, holds bool) {
	ctx, cancel := context.WithTimeout(ctx, w.net.Timeout)
	defer cancel()
	seen, holds, err := w.s.o.Goals.Holds(ctx, w.call.Goal)
	return seen, err == nil && holds
}

// stall says once for each bid that it waits and cannot be raised. Who called a
// step off knows.
func (w *watcher) stall(b bid, s stuck) incident.Body {
	if w.step.Cancelled || !w.intent.stall(b) {
		return nil
	}
	w.s.o.Observe(Event{What: AtCeiling, ChainID: w.net.ID, Nonce: b.nonce})
	w.s.o.Log.Error("a transaction waits and no higher bid can be made; it is offered again and again", "incident", w.state.ID,
		"step", w.call.Step, "chain", w.net.ID, "tx", b.hash, "err", s.why)
	return incident.Stalled{Step: w.call.Step, Attempt: b.attempt, Why: s.why, Mend: s.mend}
}

// ceiling says what keeps a bid from being raised.
func (w *watcher) ceiling(b bid) stuck {
	l := w.limits()
	next := replaces(b.price.feeCap).Times(w.call.Gas)
	spare := w.lane.spare(b.nonce)
	switch {
	case next.Cmp(l.cost) > 0:
		return stuck{fmt.Sprintf("the next bid may cost %s ETH and %s of the approved %s are left",
			next.Decimal(18), l.cost.Decimal(18), w.call.MaxCost.Decimal(18)),
			"wait for fees to fall, or send the call from another account; a playbook with a higher max_fee helps next time"}
	case spare != nil && next.Cmp(*spare) > 0:
		return stuck{fmt.Sprintf("the next bid may cost %s ETH and account %s can put up %s", next.Decimal(18), w.from, spare.Decimal(18)),
			fmt.Sprintf("send ETH to %s on chain %s; higher bids are made again by themselves", w.from, w.net.Name)}
	}
	return stuck{fmt.Sprintf("the next bid may cost %s ETH, and public nodes take nothing from %s ETH up", next.Decimal(18), w.net.NodeFeeCap.Decimal(18)),
		"configure a node of your own without a fee cap (no_fee_cap), or wait for fees to fall"}
}

// patience is how long a bid may stand. Without a mempool nothing is ever
// raised, and it is only people who are told.
func (n *network) patience() time.Duration {
	if !n.Bump {
		return max(sequencerWait, 10*n.BumpAfter)
	}
	return n.BumpAfter
}

// sequencerWait is how long a transaction may take on a chain that orders
// transactions as they come, before people hear of it.
const sequencerWait = 30 * time.Second

// due is what should happen to a bid: an empty why is nothing.
type due struct {
	why   string
	stuck *stuck // set when it cannot be
}

// stuck is why a bid cannot be raised and what a person can do about it.
type stuck struct{ why, mend string }

// raisable returns the bid to decide about and why: the newest, offered, with
// nothing newer waiting for its signature, and due.
func (in *intent) raisable(now time.Time, after time.Duration) (b bid, d due) {
	in.mu.Lock()
	defer in.mu.Unlock()
	b, st := in.newestLocked(), in.standing
	stood := now.Sub(st.since)
	if in.reached || b.issue != in.issue || in.pending || st.since.IsZero() {
		return b, d
	}
	switch {
	case in.hurried >= b.attempt && in.hurried > 0:
		d.why = "a person asks for it"
	case !in.net.Bump && stood < after:
	case stood >= min(hurry, after) && st.unseen:
		d.why = "one endpoint accepted it and no other has it"
	case stood >= min(hurry, after) && st.all(Kind.raises):
		d.why = "every endpoint that answered asks for more"
	case stood >= after:
		d.why = "no block took it in time"
	}
	d.stuck = in.stuckLocked()
	return b, d
}

// stuckLocked tells what more fees cannot mend.
func (in *intent) stuckLocked() *stuck {
	st := in.standing
	switch {
	case !in.net.Bump:
		return &stuck{"no block has it, and on a chain without a mempool a second transaction replaces nothing",
			"check the sequencer; where it is down, force the transaction in from the parent chain: its bytes are in the journal"}
	case in.noBump != "":
		return &stuck{"no higher bid may be made: " + in.noBump, "wait for fees to fall, or send the call from another account"}
	case st.all(func(k Kind) bool { return k == KindFunds }):
		return &stuck{"every endpoint that answered says that the account cannot pay for it: " + st.words(),
			"send ETH to the account; the same bytes then go through"}
	case st.all(Kind.permanent):
		return &stuck{"every endpoint that answered refuses it for good: " + st.words(),
			"mend the gas limit or the configuration, and free the nonce with the guardians (firebreak key nonce)"}
	}
	return nil
}

// all tells whether everybody who answered, and can be believed, answered so.
func (st standing) all(is func(Kind) bool) bool {
	n := 0
	for _, a := range st.answers {
		if a.blind {
			continue
		}
		if !is(a.kind) {
			return false
		}
		n++
	}
	return n > 0
}

// words are what one of the endpoints said.
func (st standing) words() string {
	for _, a := range st.answers {
		if a.Text != "" {
			return incident.OneLine(a.Text, 200)
		}
	}
	return "no text"
}

// needs is the least tip that an endpoint named, wei per gas.
func (in *intent) needs() incident.Wei {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.standing.needs
}

// next is the number of the next attempt.
func (in *intent) next() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.attempts + 1
}

// stall notes that people hear of a bid that waits; it tells whether that is
// news.
func (in *intent) stall(b bid) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.stalled >= b.attempt {
		return false
	}
	in.stalled = b.attempt
	return true
}
