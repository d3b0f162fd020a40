package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/verifier"
)

// From when on an endpoint is called slow, old or behind. A head is old after
// a few blocks and useless after ten; heads of good endpoints differ by what
// is mined while they are asked.
const (
	slowAnswer   = time.Second
	oldHead      = 15 * time.Second
	uselessHead  = 2 * time.Minute
	blocksApart  = 3
	secondsApart = 2 * time.Second
)

// sight is what is seen of a chain.
type sight struct {
	name       string
	id         uint64
	configured int // nodes in the configuration
	settings
	endpoints []*rpcSight // nodes
	sends     []*rpcSight // sequencers and relays, which are never read from
	// reader reads through the endpoints that can be used; nil without any.
	reader *verifier.Reader
	usable []*rpcSight
}

// rpcSight is what is seen of one endpoint.
type rpcSight struct {
	name, host string
	kind       string // of a send-only endpoint
	line       *line
	err        error  // why it cannot be asked
	id         uint64 // the chain that it says it is of
	head       header
	tip        incident.Wei
	took       time.Duration // for the head, once connected
	at         time.Time     // when the head came
	tags       map[string]tagSight
}

// header is what is read of a head.
type header struct {
	Number hexutil.Uint64 `json:"number"`
	Time   hexutil.Uint64 `json:"timestamp"`
	Base   *hexutil.Big   `json:"baseFeePerGas"`
	Gas    hexutil.Uint64 `json:"gasLimit"`
}

// open makes the lines to all endpoints. It calls nobody.
func (d *doctor) open(p *page) {
	d.chains = map[string]*sight{}
	for name, config := range d.c.Chains {
		known, _ := d.inv.Chain(name)    // CheckTogether refuses others
		set, _ := config.settings(known) // CheckTogether has checked it
		s := &sight{name: name, id: known.ID, settings: set, configured: config.nodes()}
		d.chains[name] = s
		for _, r := range config.RPC {
			text := r.URL
			if r.URLFile != "" {
				var err error
				if text, err = readSecret(r.URLFile); err != nil {
					p.fail(s.check(r.Name), "write the endpoint's URL into its file, for the daemon's user alone", "%s", err)
					continue
				}
			}
			d.hidden = append(d.hidden, tokens(text)...)
			if !endpointURL(text) {
				p.fail(s.check(r.Name), "write a http, https, ws or wss URL into its url_file", "its URL cannot be used")
				continue
			}
			u, _ := url.Parse(text) // endpointURL has parsed it
			e := &rpcSight{name: r.Name, kind: r.Kind, host: u.Host, line: newLine(text)}
			if r.sendOnly() {
				s.sends = append(s.sends, e)
				continue
			}
			s.endpoints = append(s.endpoints, e)
		}
	}
}

// hangUp closes all lines, once nobody uses them.
func (d *doctor) hangUp() {
	for _, s := range d.chains {
		for _, e := range slices.Concat(s.endpoints, s.sends) {
			_ = e.line.close() // nothing is lost with it
		}
	}
}

func (s *sight) check(endpoint string) string { return "endpoint " + s.name + "/" + endpoint }

// ask calls one endpoint once, within the chain's timeout.
func ask[T any](ctx context.Context, s *sight, e *rpcSight, method string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, min(s.timeout, stageTime))
	defer cancel()
	var result T
	err := e.line.CallContext(ctx, &result, method, args...)
	return result, err
}

// look asks every endpoint who and where it is.
func (s *sight) look(ctx context.Context) {
	var all sync.WaitGroup
	for _, e := range s.endpoints {
		all.Go(func() { e.err = s.lookAt(ctx, e) })
	}
	for _, e := range s.sends {
		all.Go(func() { e.err = s.lookAtSend(ctx, e) })
	}
	all.Wait()
}

func (s *sight) lookAt(ctx context.Context, e *rpcSight) error {
	id, err := ask[hexutil.Uint64](ctx, s, e, "eth_chainId")
	if err != nil {
		return err
	}
	e.id = uint64(id)
	begun := time.Now()
	head, err := ask[*header](ctx, s, e, "eth_getBlockByNumber", "latest", false)
	if err != nil {
		return err
	}
	if head != nil {
		e.head = *head
	}
	e.at = time.Now()
	e.took = e.at.Sub(begun)
	// Not every chain has a tip; the floor of the configuration holds then.
	if tip, err := ask[*hexutil.Big](ctx, s, e, "eth_maxPriorityFeePerGas"); err == nil && tip != nil {
		e.tip, _ = incident.QuantityFromBig(tip.ToInt())
	}
	s.lookAtTags(ctx, e)
	return nil
}

// judgeChains says what was seen of each endpoint and of each chain.
func (d *doctor) judgeChains(p *page) {
	for _, name := range slices.Sorted(maps.Keys(d.chains)) {
		s := d.chains[name]
		for _, e := range s.endpoints {
			s.judgeEndpoint(p, e)
		}
		for _, e := range s.sends {
			s.judgeSend(p, e)
		}
		s.judge(p)
		p.ok("settings "+s.name, "%s", s.words())
		s.judgeFinality(p)
	}
}

func (s *sight) judgeEndpoint(p *page, e *rpcSight) {
	check := s.check(e.name)
	age := e.at.Sub(time.Unix(int64(e.head.Time), 0)).Round(time.Second)
	switch {
	case e.err != nil:
		p.fail(check, fmt.Sprintf("check the url of %s under chains.%s.rpc, its token and its operator; another endpoint bridges the gap", e.name, s.name), "it %s", why(e.err))
		return
	case e.id != s.id:
		p.fail(check, fmt.Sprintf("give %s an endpoint of chain %d, or mend chains.%s.id in the inventory", e.name, s.id, s.name),
			"it is of chain %d, and the inventory says that %s is chain %d", e.id, s.name, s.id)
		return
	case e.head.Number == 0 && e.head.Time == 0:
		p.fail(check, "wait until the node has synced, or name another endpoint", "it knows no latest block")
		return
	}
	s.usable = append(s.usable, e)
	found := fmt.Sprintf("head %d, %s old, answers in %s", e.head.Number, max(age, 0), max(e.took.Round(time.Millisecond), time.Millisecond))
	mend := "ask its operator, or name another endpoint; when all are old, see check clock"
	switch {
	case age > max(10*s.blockTime, uselessHead):
		p.fail(check, mend, "it is stuck: %s, and a block takes %s", found, s.blockTime)
	case age > max(3*s.blockTime, oldHead):
		p.warn(check, mend, "it lags: %s, and a block takes %s", found, s.blockTime)
	case e.took > slowAnswer:
		p.warn(check, "name a nearer endpoint", "it is slow: %s", found)
	default:
		p.ok(check, "%s", found)
	}
}

// judge compares the endpoints of a chain, and makes the reader for the rest.
func (s *sight) judge(p *page) {
	check := "chain " + s.name
	if len(s.usable) == 0 {
		p.fail(check, "mend its endpoints: nothing can be read, sent or proved", "none of its %d endpoints can be used", s.configured)
		return
	}
	config := verifier.Chain{Name: s.name, ID: s.id, BlockTime: s.blockTime, Timeout: min(s.timeout, stageTime/2)}
	for _, e := range s.usable {
		config.Endpoints = append(config.Endpoints, verifier.Endpoint{Name: e.name, Client: e.line})
	}
	reader, err := verifier.NewReader([]verifier.Chain{config})
	if err != nil {
		p.fail(check, "mend chains."+s.name+" of the configuration", "%s", err)
		return
	}
	s.reader = reader
	byHead := func(a, b *rpcSight) int { return cmp.Compare(a.head.Number, b.head.Number) }
	last, first := slices.MinFunc(s.usable, byHead), slices.MaxFunc(s.usable, byHead)
	apart := uint64(first.head.Number - last.head.Number)
	second := "name a second endpoint of another operator under chains." + s.name + ".rpc"
	switch {
	case s.configured < 2:
		p.warn(check, second, "it has one endpoint, which alone can lie, lag or die")
	case len(s.usable) < 2:
		p.warn(check, "mend the others", "one of %d endpoints can be used, which alone can lie, lag or die", s.configured)
	case apart > blocksApart+uint64(secondsApart/s.blockTime):
		p.warn(check, "ask the operator of "+last.name+", or name another endpoint", "%s is %d blocks behind %s", last.name, apart, first.name)
	case s.oneHost() != "":
		p.warn(check, second, "%s are of one host, so they lie, lag or die together", s.oneHost())
	default:
		p.ok(check, "chain %d, %d endpoints, heads within %d blocks, base fee %s gwei", s.id, len(s.usable), apart, s.base().Decimal(9))
	}
}

// oneHost names the endpoints that can be used when all have the same host.
func (s *sight) oneHost() string {
	var names []string
	for _, e := range s.usable {
		if e.host != s.usable[0].host {
			return ""
		}
		names = append(names, e.name)
	}
	return strings.Join(names, " and ")
}

// base is the highest base fee per gas that any endpoint reports, wei, as the
// submitter takes it.
func (s *sight) base() incident.Wei {
	var most incident.Wei
	for _, e := range s.usable {
		if e.head.Base == nil {
			continue
		}
		if b, err := incident.QuantityFromBig(e.head.Base.ToInt()); err == nil && b.Cmp(most) > 0 {
			most = b
		}
	}
	return most
}

// tip is the middle of what the endpoints suggest, wei per gas.
func (s *sight) tip() incident.Wei {
	var tips []incident.Wei
	for _, e := range s.usable {
		tips = append(tips, e.tip)
	}
	if len(tips) == 0 {
		return incident.Wei{}
	}
	slices.SortFunc(tips, incident.Wei.Cmp)
	return tips[len(tips)/2]
}
