package playbooks

import (
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
)

// Aliases that read better where types are demanded.
var (
	boolType     = cel.BoolType
	stringType   = cel.StringType
	durationType = cel.DurationType
)

// celType is the type of a parameter inside CEL.
func celType(t actions.Type) *cel.Type {
	switch t {
	case actions.TypeAddress:
		return addressType
	case actions.TypeAmount:
		return amountType
	case actions.TypeDuration:
		return durationType
	}
	return cel.OpaqueType("firebreak.Nothing") // which no expression is
}

func (l *loader) prepare() {
	n := l.top.need("prepare")
	lines := map[string]int{}
	for _, entry := range l.top.list("prepare") {
		i, ok := l.item(entry, lines)
		if !ok {
			continue
		}
		l.out.items = append(l.out.items, i)
	}
	if calls := l.calls(); calls > maxCalls {
		l.fault(n, CodeTooMany, "prepare may need %d calls, at most %d fit what people can read; lower a max", calls, maxCalls)
	}
}

func (l *loader) item(n *yaml.Node, lines map[string]int) (item, bool) {
	f := l.shaped(n, "prepare")
	i := item{with: map[string]argument{}}
	if i.id = l.identifier(f, lines); i.id == "" {
		return i, false
	}
	l.ids[i.id] = f.get("id")
	verb, knownVerb := l.oneOf(f.need("do"), CodeAction, actions.Verbs())
	contract, knownContract := l.oneOf(f.need("on"), CodeContract, l.inv.Contracts())
	i.contract = contract
	if knownVerb && knownContract {
		i.action = l.capability(f.get("on"), verb, l.inv.contracts[contract])
	}
	if when := f.get("when"); when != nil {
		i.when = l.inItem(site{node: when, where: "prepare.when", want: boolType, allowed: l.allowed()})
	}
	i.each, i.max = l.each(f, i.when)
	eachIs := f.broken("each")
	i.listed = eachIs
	if i.action != nil {
		l.with(f, &i, eachIs)
	}
	l.after(f.get("after"), &i)
	return i, true
}

// identifier reads the id of an item of prepare or recover.
func (l *loader) identifier(f fields, lines map[string]int) string {
	n := f.get("id")
	if n == nil {
		if !f.broken("id") {
			l.fault(f.node, CodeID, "every item of %s needs an id", f.where)
		}
		return ""
	}
	id := l.text(n, "id", 64)
	switch line, double := lines[id]; {
	case id == "":
		return ""
	case !idForm.MatchString(id):
		l.fault(n, CodeID, "%q is no id; it must match %s", clip(id), idForm)
		return ""
	case double:
		l.fault(n, CodeID, "id %q is already used at line %d", id, line)
		return ""
	}
	lines[id] = n.Line
	return id
}

// capability finds the action, unless the contract cannot do it.
func (l *loader) capability(n *yaml.Node, verb string, c Contract) actions.Action {
	if !slices.Contains(c.Can, verb) {
		l.fault(n, CodeCapability, "%s cannot %s (it can %s)", c.Name, verb, strings.Join(c.Can, ", "))
		return nil
	}
	a, _ := actions.Lookup(verb, c.Family) // the inventory refuses a family without it
	return a
}

func (l *loader) each(f fields, when *expression) (*expression, int) {
	n, bound := f.get("each"), f.get("max")
	if n == nil {
		if bound != nil && !f.broken("each") {
			l.fault(bound, CodeEachMax, "max bounds each, and there is no each")
		}
		return nil, 0
	}
	if !strings.HasPrefix(n.Value, "=") || n.Kind != yaml.ScalarNode {
		l.fault(n, CodeCEL, "each is an expression: write = alert.suspects")
		return nil, 0
	}
	e := l.inItem(site{node: n, where: "prepare.each", want: suspectList, value: true, present: when.assures()})
	if bound == nil {
		if !f.broken("max") {
			l.fault(n, CodeEachMax, "each needs max: an attacker chooses how long this list is")
		}
		return e, 0
	}
	return e, f.whole("max")
}

func (l *loader) with(f fields, i *item, each bool) {
	takes := i.action.Info().Takes
	var allowed []string
	for _, p := range takes {
		allowed = append(allowed, p.Name)
	}
	n := f.get("with")
	if n == nil {
		if len(takes) > 0 && !f.broken("with") {
			l.fault(f.node, CodeMissing, "%s needs with.%s", i.action.Info().Verb, takes[0].Name)
		}
		return
	}
	w := l.fields(n, "with", allowed...)
	for _, p := range takes {
		value := w.get(p.Name)
		if value == nil {
			if !w.broken(p.Name) {
				l.fault(n, CodeMissing, "%s needs with.%s", i.action.Info().Verb, p.Name)
			}
			continue
		}
		i.with[p.Name] = l.argument(value, p, i, each)
	}
}

// argument reads a plain value by its parameter's type, or an expression that
// gives exactly that type.
func (l *loader) argument(n *yaml.Node, p actions.Parameter, i *item, each bool) argument {
	where, token := "with."+p.Name, l.inv.contracts[i.contract].Token
	if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "=") {
		e := l.inItem(site{node: n, where: where, want: celType(p.Type), each: each, value: true, present: i.when.assures()})
		if e != nil && p.Type == actions.TypeAmount && e.token != "" && e.token != token {
			l.fault(n, CodeAmount, "%s is in %s, %s counts in %s", where, e.token, i.contract, token)
		}
		return argument{compute: e}
	}
	switch p.Type {
	case actions.TypeAmount:
		a, ok := l.amount(n, where)
		if ok && a.Token != token {
			l.fault(n, CodeAmount, "%s is in %s, %s counts in %s", where, a.Token, i.contract, token)
		}
		return argument{value: actions.Amount(a)}
	case actions.TypeDuration:
		return argument{value: actions.Duration(l.duration(n, where, span[time.Duration]{time.Second, 365 * 24 * time.Hour}))}
	}
	if p.Type == actions.TypeRole {
		return argument{value: actions.Role(l.role(n, where))}
	}
	l.fault(n, CodeType, "%s is an %s: write an expression, as in = each", where, p.Type)
	return argument{}
}

// role reads the name of a role, as contracts hash it.
func (l *loader) role(n *yaml.Node, where string) string {
	name := l.text(n, where, 64)
	switch {
	case name == "":
	case !roleName.MatchString(name):
		l.fault(n, CodeType, "%s is the name of a role, such as MINTER_ROLE; this is %q", where, clip(name))
	case name == contracts.DefaultAdminRole:
		l.fault(n, CodeType, "%s is never %s: it administers all the others, and revoking the last one is for ever", where, name)
	}
	return name
}

func (l *loader) after(n *yaml.Node, i *item) {
	var earlier []string
	for _, before := range l.out.items {
		earlier = append(earlier, before.id)
	}
	for _, entry := range l.list(n, "prepare.after", maxCalls) {
		id := l.text(entry, "prepare.after", 64)
		switch {
		case id == "":
		case !slices.Contains(earlier, id):
			l.fault(entry, CodeAfter, "after: %q is not an earlier item%s", clip(id), meant(id, earlier))
		case slices.Contains(i.after, id):
			l.fault(entry, CodeDuplicate, "after names %q twice", id)
		default:
			i.after = append(i.after, id)
		}
	}
}
