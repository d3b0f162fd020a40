package playbooks

import (
	"regexp"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
)

// maxTransfers bounds how many transfers one item of evidence counts.
const maxTransfers = 256

// evidenceForm keeps an id usable as a name in CEL.
var evidenceForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// evidenceItem is one thing that is read of the chain before the plan is made.
type evidenceItem struct {
	id       string
	asked    string // in words: "lab-vault.paused()"
	contract Contract
	optional bool
	// of a read
	data    []byte
	returns string
	token   Token // the unit of the answer, or the token that was moved; zero: none
	// of transfers
	transfers bool
	from, to  common.Address
	since     time.Duration
}

// variable is the CEL type of a read.
func (e evidenceItem) variable() *cel.Type {
	switch {
	case e.returns == "bool":
		return cel.BoolType
	case e.returns == "address":
		return addressType
	case e.token.Name != "":
		return amountType
	}
	return numberType
}

// variables are the names that conditions may use.
func (e evidenceItem) variables() []cel.EnvOption {
	name := "evidence." + e.id
	var all []cel.EnvOption
	if e.transfers {
		all = append(all, cel.Variable(name+".total", amountType), cel.Variable(name+".count", cel.IntType), cel.Variable(name+".recipients", suspectList))
	} else {
		all = append(all, cel.Variable(name, e.variable()))
	}
	if e.optional {
		all = append(all, cel.Variable("evidence.has_"+e.id, cel.BoolType))
	}
	return all
}

// evidence reads what is to be read. It comes before the conditions that use it.
func (l *loader) evidence() {
	lines := map[string]int{}
	entries := l.top.list("evidence")
	l.guess = len(entries) == 0 && l.top.get("evidence") != nil
	for _, entry := range entries {
		before := len(l.found)
		e := l.evidenceItem(l.shaped(entry, "evidence"), lines)
		if len(l.found) == before {
			l.out.evidence = append(l.out.evidence, e)
		} else {
			l.guess = true
		}
	}
	l.scope = l.language.scope(l.out.evidence)
}

func (l *loader) evidenceItem(f fields, lines map[string]int) evidenceItem {
	var e evidenceItem
	n := f.need("id")
	e.id = l.text(n, "id", 64)
	switch line, double := lines[e.id]; {
	case e.id == "":
	case !evidenceForm.MatchString(e.id) || len(e.id) > 4 && e.id[:4] == "has_":
		l.fault(n, CodeID, "%q is no id for evidence, which conditions name; it must match %s and not begin with has_", clip(e.id), evidenceForm)
	case slices.Contains([]string{"true", "false", "null", "in"}, e.id):
		l.fault(n, CodeID, "%q is a word of CEL, so no condition could name this evidence; call it something else", e.id)
	case double:
		l.fault(n, CodeID, "id %q is already used at line %d", e.id, line)
	default:
		lines[e.id] = n.Line
	}
	e.optional = l.flag(f.get("optional"), "evidence.optional")
	read, get := f.get("read"), f.get("get")
	switch {
	case read != nil && get != nil, !f.broken("read") && !f.broken("get"):
		l.fault(f.node, CodeEvidence, "evidence needs read or get, and not both")
	case read != nil:
		l.read(f, read, &e)
	case get != nil:
		l.transfers(f, get, &e)
	}
	return e
}

// read reads "lab-vault.paused()".
func (l *loader) read(f fields, n *yaml.Node, e *evidenceItem) {
	for _, key := range []string{"token", "from", "to", "since"} {
		if other := f.get(key); other != nil {
			l.fault(other, CodeEvidence, "%s belongs to get: transfers, not to a read", key)
		}
	}
	text := l.text(n, "evidence.read", 256)
	if text == "" {
		return
	}
	name, call, ok := splitRead(text)
	if !ok {
		l.fault(n, CodeEvidence, "%q is no read; write it as %s", clip(text), f.shape.key("read").Example)
		return
	}
	contract, ok := l.inv.contracts[name]
	if !ok {
		l.fault(n, CodeContract, "unknown contract %q%s", clip(name), meant(name, l.inv.Contracts()))
		return
	}
	view, args, err := contract.viewNamed(call)
	if err != nil {
		l.fault(n, CodeView, "%s", err)
		return
	}
	data, err := l.inv.packNamed(view, args)
	if err != nil {
		l.fault(n, CodeEvidence, "%s", err)
		return
	}
	if view.returns == "bytes32" {
		l.fault(n, CodeEvidence, "%s gives bytes32, which no condition can compare", text)
		return
	}
	e.contract, e.data, e.returns, e.asked = contract, data, view.returns, text
	if in := f.get("in"); in != nil {
		token, ok := l.oneOf(in, CodeToken, l.inv.tokenNames())
		if ok && (view.returns == "bool" || view.returns == "address") {
			l.fault(in, CodeEvidence, "%s gives %s, which has no unit", text, view.returns)
		}
		if ok && contract.Token != "" && contract.Token != token {
			l.warn(in, CodeToken, "%s counts in %s; is %s really in %s?", name, contract.Token, text, token)
		}
		e.token = l.inv.tokens[token]
	}
}

// transfers reads what was moved of a token, from or to a contract.
func (l *loader) transfers(f fields, n *yaml.Node, e *evidenceItem) {
	l.oneOf(n, CodeEvidence, f.shape.key("get").Values)
	if in := f.get("in"); in != nil {
		l.fault(in, CodeEvidence, "in belongs to a read; transfers are in their token")
	}
	e.transfers, e.since = true, f.needDuration("since")
	if token := f.need("token"); token != nil {
		name, _ := l.oneOf(token, CodeToken, l.inv.tokenNames())
		e.token = l.inv.tokens[name]
		if name != "" && e.token.Address == (common.Address{}) {
			l.fault(token, CodeToken, "the inventory has no address of %s, so its transfers cannot be read", name)
		}
	}
	if f.get("from") == nil && f.get("to") == nil && !f.broken("from") && !f.broken("to") {
		l.fault(f.node, CodeEvidence, "transfers need from or to: all transfers of a token are too many to read")
	}
	words := "transfers of " + e.token.Name
	for _, end := range []struct {
		key string
		at  *common.Address
	}{{"from", &e.from}, {"to", &e.to}} {
		n := f.get(end.key)
		name, ok := l.oneOf(n, CodeContract, l.inv.Contracts())
		if !ok {
			continue
		}
		c := l.inv.contracts[name]
		*end.at, e.contract = c.Address, c
		words += " " + end.key + " " + name
		if e.token.Chain != "" && c.Chain != e.token.Chain {
			l.fault(n, CodeEvidence, "%s is on %s, %s is on %s", name, c.Chain, e.token.Name, e.token.Chain)
		}
	}
	e.asked = words + " since " + e.since.String()
	if per := l.inv.chains[e.contract.Chain].BlockTime; per > 0 && e.since/per > actions.MaxTransferBlocks {
		l.fault(f.get("since"), CodeEvidence, "%s are %d blocks of %s, and %d are read at most: ask for a shorter time",
			e.since, e.since/per, e.contract.Chain, actions.MaxTransferBlocks)
	}
}

// scope is what the conditions of one playbook can see.
type scope struct {
	plain, withEach *cel.Env
	items           []evidenceItem
}

// scope adds the evidence of a playbook to the language. A playbook without any
// uses the language as it is, which costs nothing.
func (l *language) scope(items []evidenceItem) scope {
	s := scope{plain: l.plain, withEach: l.withEach, items: items}
	if len(items) == 0 {
		return s
	}
	var all []cel.EnvOption
	for _, e := range items {
		all = append(all, e.variables()...)
	}
	// The options are of fixed types under names that were checked, so
	// extending does not fail; if it did, the conditions would not compile.
	if env, err := l.plain.Extend(all...); err == nil {
		s.plain = env
	}
	if env, err := l.withEach.Extend(all...); err == nil {
		s.withEach = env
	}
	return s
}

// unused warns of evidence that nothing asks for: it may be for people alone,
// and it may be a condition that somebody forgot.
func (l *loader) unused() {
	for i, entry := range l.top.list("evidence") {
		if i >= len(l.out.evidence) {
			return
		}
		e := l.out.evidence[i]
		if !slices.Contains(l.used, e.id) {
			l.warn(entry, CodeUnused, "no condition asks for evidence.%s; it is shown on the card alone", e.id)
		}
	}
}
