package playbooks

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"go.yaml.in/yaml/v3"
)

// Limits on texts, in bytes, and on lists.
const (
	maxSummary  = 300
	maxNotice   = 2000
	maxEvidence = 16
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// loader reads one playbook.
type loader struct {
	*script
	language *language
	inv      *Inventory
	top      fields
	out      *Playbook
	ids      map[string]*yaml.Node // of the items of prepare
	scope    scope                 // what the conditions of items can see
	used     []string              // evidence that they ask for
	guess    bool                  // some evidence is broken, so what asks for it is not judged
	warnings Problems
}

// parse reads a playbook's text. The file's name gives the playbook's name, so
// that two files cannot be one playbook.
func (l *language) parse(file, text string) (*Playbook, Problems) {
	s, root := open(file, text, true)
	if root == nil {
		return nil, s.found
	}
	p := loader{script: s, language: l, inv: l.inv, ids: map[string]*yaml.Node{},
		out: &Playbook{text: text, Digest: incident.DigestOf(digestDomain, []byte(text))}}
	p.top = s.shaped(root, "")
	p.head()
	p.trigger()
	p.key()
	p.evidence()
	p.prepare()
	p.approval()
	p.preAuthority()
	p.submission()
	p.verification()
	p.notices()
	p.recovery()
	p.unused()
	p.out.deeds = deedsOf(p.out.items)
	p.out.onAt, p.out.modeAt = p.mark("on"), p.mark("mode")
	if len(p.found) > 0 {
		return nil, p.found
	}
	p.out.warnings = p.warnings
	return p.out, nil
}

func (l *loader) head() {
	if n := l.top.need("playbook"); n != nil && l.text(n, "playbook", 16) != "1" {
		l.fault(n, CodeVersion, "playbook %q is a version that is not known; this reads 1", clip(n.Value))
	}
	if n := l.top.need("name"); n != nil {
		l.out.Name = l.top.text("name")
		stem := strings.TrimSuffix(l.file, ".yaml")
		stem = stem[strings.LastIndex(stem, "/")+1:]
		switch {
		case l.out.Name == "":
		case !nameForm.MatchString(l.out.Name):
			l.fault(n, CodeName, "%q is no name for a playbook; it must match %s", clip(l.out.Name), nameForm)
		case l.out.Name != stem:
			l.fault(n, CodeName, "name %q must be the file's name, %q", l.out.Name, clip(stem))
		}
	}
	l.top.need("summary")
	l.out.Summary = l.top.text("summary")
	l.out.Owner, _ = l.oneOf(l.top.need("owner"), CodeTeam, names(l.inv.teams))
	if n := l.top.get("runbook"); n != nil {
		l.out.Runbook = l.top.text("runbook")
		if u, err := url.Parse(l.out.Runbook); l.out.Runbook != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
			l.fault(n, CodeRunbook, "runbook must be an https address, this is %q", clip(l.out.Runbook))
		}
	}
	mode, _ := l.oneOf(l.top.need("mode"), CodeMode, modes())
	l.out.Mode = incident.Mode(mode)
}

func (l *loader) trigger() {
	n := l.top.get("on")
	if n == nil {
		if !l.top.broken("on") {
			l.fault(l.top.node, CodeMatch, "on is missing: a playbook says which alerts it is for")
		}
		return
	}
	f := l.shaped(n, "on")
	if n.Kind == yaml.MappingNode && !f.broken("rules") && !f.broken("when") {
		l.fault(n, CodeMatch, "on needs rules or when: an empty match would fire on every alert")
	}
	t := &l.out.on
	t.rules = l.namesOf(f.get("rules"), "on.rules", CodeRule, l.inv.rules)
	t.severity = l.namesOf(f.get("severity"), "on.severity", CodeSeverity, severities())
	if n := f.get("confirm"); n != nil {
		c := l.shaped(n, "on.confirm")
		t.sources, t.within = c.needWhole("sources"), c.needDuration("within")
	}
	t.when = l.condition(f.get("when"), "on.when")
	l.senders(n, f)
}

// condition compiles a bool expression; nil stays nil.
func (l *loader) condition(n *yaml.Node, where string) *expression {
	if n == nil {
		return nil
	}
	return l.language.compile(l.script, site{node: n, where: where, want: boolType, allowed: l.allowed()})
}

// allowed are the values that the lists of on leave to an alert.
func (l *loader) allowed() map[string][]string {
	all := map[string][]string{}
	if rules := l.out.on.rules; len(rules) > 0 {
		all["alert.rule"] = rules
	}
	if severity := l.out.on.severity; len(severity) > 0 {
		all["alert.severity"] = severity
	}
	return all
}

// senders refuses to wait for more sources than send the rules, where the
// inventory says who sends what.
func (l *loader) senders(n *yaml.Node, f fields) {
	if len(l.inv.sources) == 0 {
		return
	}
	list := f.list("rules")
	for i, rule := range l.out.on.rules {
		if len(list) == len(l.out.on.rules) && len(l.inv.Senders([]string{rule})) == 0 {
			l.fault(list[i], CodeSources, "no source of the inventory sends %s, so the playbook never fires for it", rule)
		}
	}
	c := f.get("confirm")
	if c == nil || c.Kind != yaml.MappingNode {
		return
	}
	if can := l.inv.Senders(l.out.on.rules); l.out.on.sources > len(can) {
		at := l.quiet().shaped(c, "on.confirm").get("sources")
		l.fault(at, CodeSources, "%d sources must agree, and %d send these rules: %s", l.out.on.sources, len(can), strings.Join(can, ", "))
	}
}

// quiet reads once more what has been read, without noting it twice.
func (l *loader) quiet() *script {
	return &script{file: l.file, lines: l.lines, refused: map[*yaml.Node]bool{}}
}

// inItem compiles an expression of an item, which sees the evidence too.
func (l *loader) inItem(at site) *expression {
	if l.guess && strings.Contains(at.node.Value, "evidence.") {
		return nil // one mistake is one problem
	}
	at.scope = l.scope
	e := l.language.compile(l.script, at)
	if e != nil {
		l.used = append(l.used, e.asked...)
	}
	return e
}

// mark is where a key of the file stands.
func (l *loader) mark(key string) mark {
	n := l.top.by[key].key
	if n == nil || n.Line > len(l.lines) {
		return mark{line: 1, col: 1}
	}
	return mark{n.Line, n.Column, l.lines[n.Line-1]}
}

// warn notes what the author should look at, and what keeps nothing from
// loading.
func (l *loader) warn(n *yaml.Node, code Code, format string, args ...any) {
	before := len(l.found)
	l.fault(n, code, format, args...)
	p := l.found[before]
	p.Level = Warning
	l.found, l.warnings = l.found[:before], append(l.warnings, p)
}

func (l *loader) key() {
	l.out.cooldown = 30 * time.Minute
	n := l.top.get("incident")
	if n == nil {
		if !l.top.broken("incident") {
			l.fault(l.top.node, CodeKey, "incident.key is required: without it one attack opens a run per alert")
		}
		return
	}
	f := l.shaped(n, "incident")
	if key := f.get("key"); key != nil {
		for _, entry := range f.list("key") {
			e := l.language.compile(l.script, site{node: entry, where: "incident.key", want: stringType})
			l.out.key = append(l.out.key, e)
		}
	} else if !f.broken("key") {
		l.fault(n, CodeKey, "incident.key is required: without it one attack opens a run per alert")
	}
	if f.get("cooldown") != nil {
		l.out.cooldown = f.duration("cooldown")
	}
	if n := f.get("limit"); n != nil {
		g := l.shaped(n, "incident.limit")
		l.out.limit = limit{runs: g.needWhole("runs"), per: g.needDuration("per")}
		if then := g.need("then"); then != nil {
			l.oneOf(then, CodeLimit, g.shape.key("then").Values)
		}
	}
}

func (l *loader) submission() {
	n := l.top.need("submit")
	if n == nil {
		return
	}
	f := l.shaped(n, "submit")
	if as := f.need("as"); as != nil {
		name, ok := l.oneOf(as, CodeSigner, l.inv.Signers())
		l.out.submit.signer = name
		if ok {
			l.signerReaches(as, l.inv.signers[name])
		}
	}
	if spare := f.get("spare"); spare != nil {
		l.spare(spare)
	}
	l.out.submit.deadline = f.needDuration("deadline")
	if fee := f.need("max_fee"); fee != nil {
		l.out.submit.maxFee = l.fee(fee)
	}
}

// spare reads the second key. It makes every call too, so it has to be another
// one, that may do the same: a drill's for drills, a real one for the rest.
func (l *loader) spare(n *yaml.Node) {
	name, ok := l.oneOf(n, CodeSigner, l.inv.Signers())
	if !ok {
		return
	}
	first, spare := l.inv.signers[l.out.submit.signer], l.inv.signers[name]
	switch {
	case name == first.Name:
		l.fault(n, CodeSigner, "%s is the key that sends already; a spare is another one", name)
	case first.Name != "" && first.Exercise != spare.Exercise:
		l.fault(n, CodeSigner, "of %s and %s one is for exercises and the other is not", first.Name, name)
	case 2*l.calls() > maxCalls:
		l.fault(n, CodeTooMany, "with a spare every call is made twice, and %d are more than the %d that people can read; lower a max", 2*l.calls(), maxCalls)
	default:
		l.out.submit.spare = name
		l.signerReaches(n, spare)
	}
}

// calls is the most that a plan may need, without a spare's.
func (l *loader) calls() (n int) {
	for _, i := range l.out.items {
		n += max(i.max, 1)
	}
	return n
}

func (l *loader) signerReaches(n *yaml.Node, signer Signer) {
	for _, i := range l.out.items {
		chain := l.inv.contracts[i.contract].Chain
		if chain != "" && !slices.Contains(signer.Chains, chain) {
			l.fault(n, CodeSigner, "%s does not sign for %s, where %s is", signer.Name, chain, i.contract)
			return
		}
	}
}

// fee reads the budget of all calls together, in what their chains are paid in.
func (l *loader) fee(n *yaml.Node) incident.Amount {
	a, ok := l.amount(n, "submit.max_fee")
	if !ok {
		return a
	}
	if a.Units.IsZero() {
		l.fault(n, CodeAmount, "submit.max_fee is nothing, so nothing could ever be sent")
	}
	for _, i := range l.out.items {
		chain := l.inv.chains[l.inv.contracts[i.contract].Chain]
		if chain.Name != "" && chain.Currency != a.Token {
			l.fault(n, CodeAmount, "submit.max_fee is in %s, fees on %s are paid in %s", a.Token, chain.Name, chain.Currency)
			break
		}
	}
	return a
}

// amount reads an amount with its unit.
func (l *loader) amount(n *yaml.Node, where string) (incident.Amount, bool) {
	text := l.text(n, where, 128)
	if text == "" {
		return incident.Amount{}, false
	}
	a, err := l.inv.ParseAmount(text)
	if err != nil {
		l.fault(n, CodeAmount, "%s: %s", where, err)
		return a, false
	}
	return a, true
}

func (l *loader) notices() {
	for _, entry := range l.top.list("notify") {
		f := l.shaped(entry, "notify")
		channel, _ := l.oneOf(f.need("in"), CodeChannel, names(l.inv.channels))
		l.out.Notices = append(l.out.Notices, Notice{Channel: channel, Text: l.notice(f.need("text"))})
	}
}
