package playbooks

import (
	"net/url"
	"regexp"
	"strings"

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
	p.out.onAt = p.mark("on")
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

// condition compiles a bool expression; nil stays nil.
func (l *loader) condition(n *yaml.Node, where string) *expression {
	if n == nil {
		return nil
	}
	return l.language.compile(l.script, site{node: n, where: where, want: boolType, allowed: l.allowed()})
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
