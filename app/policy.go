package app

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// PolicyOptions say what inventory and playbooks leave open. The zero value of
// a field is its default.
type PolicyOptions struct {
	Incidents   uint64        // incidents of each playbook that one hour must have room for; default 2
	ChangeNeed  uint64        // guardians that a later change needs; default 2
	LoosenDelay time.Duration // how long a loosening waits; default 48h
	Bumps       uint64        // how often a nonce may be replaced; default 10, less on many chains

	Version  uint64      // default 1
	Previous common.Hash // of the version before
}

func (o PolicyOptions) filled() PolicyOptions {
	o.Incidents, o.ChangeNeed = cmp.Or(o.Incidents, 2), cmp.Or(o.ChangeNeed, 2)
	o.LoosenDelay, o.Bumps = cmp.Or(o.LoosenDelay, 48*time.Hour), cmp.Or(o.Bumps, 10)
	o.Version = cmp.Or(o.Version, 1)
	return o
}

// LeastPolicy derives the least policy under which a key can carry out every
// live playbook that names it: one rule for each function of each contract that
// some playbook calls, with the playbook's own arguments, as often as the
// playbooks together need and as dear as they were given money for. Where every
// playbook that makes a call has its votes signed, the rule counts them. It is what
// a policy is started from and what doctor holds the one in force against.
//
// The text is the document that a key is created with. A call whose arguments
// only an alert can tell, and no constraint can bound, is an error: the rule for
// it has to be written by a person.
func LeastPolicy(set *playbooks.Set, key string, o PolicyOptions) ([]byte, error) {
	o = o.filled()
	if _, known := set.Inventory().Signer(key); !known {
		return nil, fmt.Errorf("the inventory has no signer %q; it has %s", key, strings.Join(set.Inventory().Signers(), ", "))
	}
	need := &needs{set: set, rules: map[callOf]*allowance{}, chains: map[uint64]*money{}}
	if _, err := rand.Read(need.stand[:]); err != nil {
		return nil, err
	}
	for _, book := range set.Playbooks() {
		if outline := set.Outline(book, need.stand); book.Mode == incident.ModeLive && slices.Contains(outline.Keys(), key) {
			need.add(book.Name, outline)
		}
	}
	if len(need.problems) > 0 {
		return nil, fmt.Errorf("these rules have to be written by hand, each with an upper bound ({\"lte\": ...}) for what is not known, or the playbook be given a plain value:\n%w", errors.Join(need.problems...))
	}
	if len(need.rules) == 0 {
		return nil, fmt.Errorf("no live playbook names signer %q, so its least policy is none", key)
	}
	text, err := need.document(key, o)
	if err != nil {
		return nil, err
	}
	if _, err := policy.Parse(text, key, signer.Containment); err != nil {
		return nil, fmt.Errorf("the playbooks need what a containment key may not have: %w", err)
	}
	return text, nil
}

// callOf is what one rule allows.
type callOf struct {
	chain    uint64
	to       common.Address
	function string
}

// allowance is what the playbooks need of one call.
type allowance struct {
	verb, target string
	calls        uint64            // of all playbooks, one incident each
	signed       [2]int            // guardians, and wallets, that sign every vote of every playbook
	args         []map[string]bool // the playbooks' own values, by argument
	free         []bool            // arguments that an alert names
	types        []string
}

// money is what the playbooks need of one chain.
type money struct {
	gas           uint64            // of the largest transaction
	bid           incident.Quantity // wei per gas
	perTx, perDay incident.Quantity
}

type needs struct {
	set      *playbooks.Set
	stand    common.Address // in place of accounts that an alert will name
	rules    map[callOf]*allowance
	chains   map[uint64]*money
	problems []error
}

func (n *needs) add(name string, outline playbooks.Outline) {
	signed := signatures(outline)
	for _, item := range outline.Items {
		if item.Probe == nil {
			n.problems = append(n.problems, fmt.Errorf("playbook %s, item %s: %s", name, item.ID, item.Unknown))
			continue
		}
		n.call(item, signed)
		n.spend(item, outline)
	}
}

// signatures are how many guardians sign whatever a playbook sends, and how many
// of them by wallet. A click is none, and what is sent before anybody was asked
// has none.
func signatures(o playbooks.Outline) [2]int {
	switch {
	case o.Pre || o.Quorum.Assurance.Rank() < incident.AssurancePasskey.Rank():
		return [2]int{}
	case o.Quorum.Assurance == incident.AssuranceWallet:
		return [2]int{o.Quorum.Need, o.Quorum.Need}
	}
	return [2]int{o.Quorum.Need, 0}
}

func (n *needs) call(item playbooks.OutlineItem, signed [2]int) {
	key := callOf{item.Target.ChainID, item.Target.Address, item.Probe.Function}
	a := n.rules[key]
	if a == nil {
		a = &allowance{verb: item.Verb, target: item.Target.Name, signed: signed}
		for _, arg := range item.Probe.Args {
			a.args, a.free, a.types = append(a.args, map[string]bool{}), append(a.free, false), append(a.types, arg.Type)
		}
		n.rules[key] = a
	}
	a.calls += uint64(item.Calls)
	for i := range signed {
		a.signed[i] = min(a.signed[i], signed[i], signer.MaxApprovals)
	}
	for i, arg := range item.Probe.Args {
		if arg.Type == "address" && common.HexToAddress(arg.Value) == n.stand {
			a.free[i] = true
			continue
		}
		a.args[i][arg.Value] = true
	}
}

// spend gives the chain what the playbook was given: the key's whole share of its
// budget for one transaction, since a plan may come down to one, and once more a
// day for every incident.
func (n *needs) spend(item playbooks.OutlineItem, outline playbooks.Outline) {
	m := n.chains[item.Target.ChainID]
	if m == nil {
		m = &money{}
		n.chains[item.Target.ChainID] = m
	}
	m.gas = max(m.gas, item.GasLimit(1<<63))
	share := outline.Share().Units
	bid := share.Div(item.Gas)
	if bid.Cmp(m.bid) > 0 {
		m.bid = bid
	}
	if share.Cmp(m.perTx) > 0 {
		m.perTx = share
	}
	m.perDay = m.perDay.Add(share)
}

func (n *needs) document(key string, o PolicyOptions) ([]byte, error) {
	bumps := min(o.Bumps, policy.MaxBumps, uint64(policy.MaxReceipts/len(n.chains)-1))
	fees := map[string]any{}
	for id, m := range n.chains {
		fees[strconv.FormatUint(id, 10)] = map[string]any{
			"max_gas": strconv.FormatUint(m.gas, 10), "max_fee_per_gas": m.bid.String(), "max_priority_fee_per_gas": m.bid.String(),
			"max_cost_per_tx": m.perTx.String(), "max_cost_per_day": m.perDay.Times(o.Incidents).String(),
		}
	}
	var rules []any
	total := uint64(0)
	for _, at := range slices.SortedFunc(maps.Keys(n.rules), func(a, b callOf) int {
		return cmp.Or(cmp.Compare(n.rules[a].name(), n.rules[b].name()), cmp.Compare(a.chain, b.chain), a.to.Cmp(b.to))
	}) {
		a := n.rules[at]
		total += a.calls * o.Incidents
		rules = append(rules, a.rule(at, o))
	}
	document := map[string]any{
		"schema": policy.Schema, "key": key, "version": o.Version, "previous": o.Previous.Hex(), "fees": fees,
		"limits":  []any{map[string]any{"window": "1h", "max": min(total, policy.MaxUses)}},
		"replace": map[string]any{"same_nonce": true, "max_bumps": bumps},
		"change":  map[string]any{"need": o.ChangeNeed, "loosen_delay": o.LoosenDelay.String()},
		"rules":   rules,
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(n.rules)), func(a *allowance) bool { return slices.Contains(a.free, true) }) {
		document["sets"] = map[string]any{"protected": protectedSet(n.set.Inventory(), key)}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(document)
	return out.Bytes(), err
}

// name is the id of the rule: the verb and the contract's name, as far as an id
// can hold them.
func (a *allowance) name() string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(a.verb+"-"+a.target))
	return id[:min(len(id), 63)]
}

func (a *allowance) rule(at callOf, o PolicyOptions) map[string]any {
	rule := map[string]any{
		"id": a.name(), "chain": strconv.FormatUint(at.chain, 10), "to": []string{at.to.Hex()}, "function": at.function,
		"limits":    []any{map[string]any{"window": "1h", "max": min(a.calls*o.Incidents, policy.MaxUses)}},
		"approvals": map[string]any{"need": a.signed[0]},
	}
	if a.signed[1] > 0 {
		rule["approvals"] = map[string]any{"need": a.signed[0], "min_eip712": a.signed[1]}
	}
	args := map[string]any{}
	for i := range a.args {
		args[strconv.Itoa(i)] = a.constraint(i)
	}
	if len(args) > 0 {
		rule["args"] = args
	}
	return rule
}

func (a *allowance) constraint(i int) map[string]any {
	values := slices.Sorted(maps.Keys(a.args[i]))
	switch {
	case a.free[i]:
		return map[string]any{"not_in_set": "protected"}
	case a.types[i] == "bool" && len(values) == 1:
		return map[string]any{"eq": values[0] == "true"}
	case len(values) == 1:
		return map[string]any{"eq": values[0]}
	}
	return map[string]any{"in": values}
}

// protectedSet is every account that must never be contained, but the key
// itself: its address is not known when its first policy is written, and the
// verbs refuse it anyway.
func protectedSet(inv *playbooks.Inventory, key string) []string {
	var all []string
	self, _ := inv.Signer(key)
	for _, address := range slices.SortedFunc(maps.Keys(inv.Protected()), common.Address.Cmp) {
		if address != self.Address {
			all = append(all, address.Hex())
		}
	}
	return all
}
