package submitter

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
)

// network is one chain at work: its endpoints, its fee market as last seen, and
// the lanes of our accounts.
type network struct {
	Chain
	nodes   []*node // all that bytes go to
	readers []*node // those of them that are asked
	lanes   map[common.Address]*lane
	now     func() time.Time
	log     *slog.Logger
	observe func(Event)

	mu      sync.Mutex
	started time.Time
	views   map[string]view // by endpoint: each has its own
	market  market
	seen    time.Time // when market was last confirmed; zero: never
	fresh   signal    // an endpoint has a new block
}

// view is what one endpoint said in one round.
type view struct {
	at       time.Time
	number   uint64 // of its latest block
	gas      uint64 // limit of that block
	market   market
	counts   map[common.Address]uint64
	balances map[common.Address]incident.Wei
	coded    map[common.Address]bool // accounts that have code
}

// interval is how often an endpoint is asked: twice per block.
func (n *network) interval() time.Duration {
	return min(max(n.BlockTime/2, 100*time.Millisecond), 6*time.Second)
}

// follow keeps one endpoint's view fresh until ctx ends. Each endpoint is
// followed by itself, so that one that hangs does not make the others stale.
func (n *network) follow(ctx context.Context, e *node) {
	tick := time.NewTicker(n.interval())
	defer tick.Stop()
	heads := n.heads(ctx, e)
	defer drain(heads)
	for {
		v, err := n.look(ctx, e)
		if err != nil && ctx.Err() == nil {
			n.log.Debug("an endpoint could not be read", "chain", n.ID, "endpoint", e.Name, "err", err)
		}
		if err == nil {
			n.merge(e.Name, v)
		}
		if !n.pause(ctx, tick, &heads) {
			return
		}
	}
}

// look makes one round of reads at one endpoint.
func (n *network) look(ctx context.Context, e *node) (view, error) {
	v := view{counts: map[common.Address]uint64{}, balances: map[common.Address]incident.Wei{}}
	if err := n.prove(ctx, e); err != nil {
		return v, err
	}
	latest, err := ask[*head](ctx, e, "eth_getBlockByNumber", "latest", false)
	if err != nil {
		return v, err
	}
	if latest == nil {
		return v, fmt.Errorf("%s knows no latest block", e.Name)
	}
	v.number, v.gas = uint64(latest.Number), uint64(latest.GasLimit)
	v.market.base = wei(latest.Base)
	n.lookFees(ctx, e, &v)
	n.lookCode(ctx, e, &v)
	for account := range n.lanes {
		count, err := ask[hexutil.Uint64](ctx, e, "eth_getTransactionCount", account, "latest")
		if err != nil {
			return v, err
		}
		v.counts[account] = uint64(count)
		// The balance only refines a bid, so its absence fails nothing.
		if balance, err := ask[*hexutil.Big](ctx, e, "eth_getBalance", account, "latest"); err == nil && balance != nil {
			v.balances[account] = wei(balance)
		}
	}
	v.at = n.now()
	return v, nil
}

// prove asks once for the chain id: an endpoint of another chain would make
// every number that follows a lie.
func (n *network) prove(ctx context.Context, e *node) error {
	if e.proved.Load() {
		return nil
	}
	id, err := ask[hexutil.Uint64](ctx, e, "eth_chainId")
	if err != nil {
		return err
	}
	e.foreign.Store(uint64(id) != n.ID)
	if uint64(id) != n.ID {
		n.observe(Event{What: WrongChain, ChainID: n.ID, Endpoint: e.Name})
		return fmt.Errorf("%s is an endpoint of chain %d, configured for %d: it is not used", e.Name, id, n.ID)
	}
	e.proved.Store(true)
	return nil
}

// lookFees asks what the market pays: the 90th percentile of the last blocks,
// or the node's own suggestion. Without either the chain's floor applies.
func (n *network) lookFees(ctx context.Context, e *node, v *view) {
	history, err := ask[*feeHistory](ctx, e, "eth_feeHistory", hexutil.Uint64(5), "latest", []float64{90})
	if err == nil && history != nil {
		var tips []incident.Wei
		for _, block := range history.Reward {
			if len(block) > 0 {
				tips = append(tips, wei(block[0]))
			}
		}
		v.market.tip = middle(tips)
		if len(history.Base) > 0 {
			v.market.base = greatest(v.market.base, wei(history.Base[len(history.Base)-1]))
		}
	}
	if v.market.tip.IsZero() {
		if tip, err := ask[*hexutil.Big](ctx, e, "eth_maxPriorityFeePerGas"); err == nil {
			v.market.tip = wei(tip)
		}
	}
}

// merge takes a view in. The base fee is the highest that any endpoint
// reports, because an unused cap is not paid; the tip is the middle one,
// because it is.
func (n *network) merge(name string, v view) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rose(name, v)
	n.views[name] = v
	fresh := n.freshLocked()
	if len(fresh) < min(2, len(n.readers)) && n.seen.IsZero() && n.now().Sub(n.started) < n.Timeout {
		return // at the start, wait a moment for a second opinion
	}
	var m market
	var tips []incident.Wei
	for _, v := range fresh {
		m.base = greatest(m.base, v.market.base)
		tips = append(tips, v.market.tip)
	}
	m.tip = middle(tips)
	n.market, n.seen = m, v.at
	for account, l := range n.lanes {
		n.count(l, account, fresh)
	}
}

func (n *network) count(l *lane, account common.Address, fresh []view) {
	var counts []uint64
	var balances []incident.Wei
	for _, v := range fresh {
		counts = append(counts, v.counts[account])
		if b, ok := v.balances[account]; ok {
			balances = append(balances, b)
		}
	}
	if len(balances) > 0 {
		l.fund(middle(balances))
	}
	if l.observe(counts, len(n.readers), n.now()) {
		n.observe(Event{What: Split, ChainID: n.ID})
	}
	coded := 0
	for _, v := range fresh {
		if v.coded[account] {
			coded++
		}
	}
	if l.code(coded > 0 && coded >= min(2, len(fresh))) {
		n.observe(Event{What: Delegated, ChainID: n.ID})
		n.log.Error("the account has code, so nodes keep one transaction of it at a time (EIP-7702); nobody else may use this key: end the delegation",
			"chain", n.ID, "account", account)
	}
}

// freshLocked are the views that are young enough to count.
func (n *network) freshLocked() []view {
	oldest := n.now().Add(-max(3*n.BlockTime, 2*n.interval()+n.Timeout))
	var fresh []view
	for _, v := range n.views {
		if !v.at.Before(oldest) {
			fresh = append(fresh, v)
		}
	}
	return fresh
}

// quote is the market as it may be by now. It says false when no endpoint was
// ever read. It makes no call.
func (n *network) quote() (market, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen.IsZero() {
		return market{}, false
	}
	return n.market.after(int(n.now().Sub(n.seen) / n.BlockTime)), true
}

// usable are the endpoints to send to: those that are not known to be of another
// chain.
func (n *network) usable() []*node {
	return slices.DeleteFunc(slices.Clone(n.nodes), func(e *node) bool { return e.foreign.Load() })
}

// asked are the endpoints to read from.
func (n *network) asked() []*node {
	return slices.DeleteFunc(slices.Clone(n.readers), func(e *node) bool { return e.foreign.Load() })
}

// codeEvery is how often an account is looked at for code.
const codeEvery = time.Minute

// lookCode asks now and then whether an account has become a delegated one. What
// cannot be told stays as it was.
func (n *network) lookCode(ctx context.Context, e *node, v *view) {
	if now := n.now(); e.coded == nil || now.Sub(e.codedAt) >= codeEvery {
		coded := map[common.Address]bool{}
		for account := range n.lanes {
			code, err := ask[hexutil.Bytes](ctx, e, "eth_getCode", account, "latest")
			coded[account] = err == nil && len(code) > 0 || err != nil && e.coded[account]
		}
		e.coded, e.codedAt = coded, now
	}
	v.coded = e.coded
}

// middle is the median, the upper one of two.
func middle(all []incident.Wei) incident.Wei {
	if len(all) == 0 {
		return incident.Wei{}
	}
	all = slices.Clone(all)
	slices.SortFunc(all, incident.Wei.Cmp)
	return all[len(all)/2]
}
