package playbooks

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

// TestSuffix ends the name of a file of tests: NAME.test.yaml is beside
// NAME.yaml.
const TestSuffix = ".test.yaml"

// Limits on tests.
const (
	maxCases      = 256
	maxTestAlerts = 64
)

// ReadTests reads every file of tests in a folder. Its error is Problems, those
// of all files at once: a file that no playbook stands beside is one.
func (s *Set) ReadTests(fsys fs.FS, dir string) ([]*Tests, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("list tests: %w", err)
	}
	var all []*Tests
	var found Problems
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || e.IsDir() || !strings.HasSuffix(name, TestSuffix) {
			continue
		}
		text, err := readFile(fsys, path.Join(dir, name))
		if err != nil {
			found = append(found, Problem{File: name, Line: 1, Col: 1, Code: CodeFile, Message: err.Error()})
			continue
		}
		tests, problems := s.parseTests(name, text)
		found = append(found, problems...)
		all = append(all, tests)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// ParseTests reads one file of tests by its name and text. Its error is
// Problems.
func (s *Set) ParseTests(file, text string) (*Tests, error) {
	tests, found := s.parseTests(file, text)
	if err := found.err(); err != nil {
		return nil, err
	}
	return tests, nil
}

func (s *Set) parseTests(file, text string) (*Tests, Problems) {
	name := strings.TrimSuffix(path.Base(file), TestSuffix)
	i := slices.IndexFunc(s.all, func(p *Playbook) bool { return p.Name == name })
	if i < 0 {
		return nil, Problems{{File: file, Line: 1, Col: 1, Code: CodeFile,
			Message: fmt.Sprintf("there is no playbook %q for these tests%s", clip(name), meant(name, s.names()))}}
	}
	script := &script{file: file, refused: map[*yaml.Node]bool{}, shares: true}
	root := script.read(text, true)
	if root == nil {
		return nil, script.found
	}
	l := testLoader{script: script, inv: s.inv, book: s.all[i], language: s.language}
	out := &Tests{File: file, Playbook: name}
	top := l.ofTests(root, "", "")
	if n := top.need("tests"); n != nil && l.text(n, "tests", 16) != "1" {
		l.fault(n, CodeVersion, "tests %q is a version that is not known; this reads 1", clip(n.Value))
	}
	if n := top.get("base"); n != nil {
		l.base = l.alert(n, "base", testAlert{})
	}
	l.shared = l.evidence(top.get("evidence"), nil)
	lines := map[string]int{}
	for _, entry := range l.list(top.need("cases"), "cases", maxCases) {
		out.Cases = append(out.Cases, l.oneCase(entry, lines))
	}
	return out, script.found
}

func (s *Set) names() []string {
	list := make([]string, len(s.all))
	for i, p := range s.all {
		list[i] = p.Name
	}
	return list
}

// testLoader reads one file of tests.
type testLoader struct {
	*script
	inv      *Inventory
	book     *Playbook
	language *language
	base     testAlert
	shared   map[string]Finding // what all cases read unless they say otherwise
}

// testAlert is an alert as tests write it: how many sources say the same, too.
type testAlert struct {
	incident.Alert
	sources int
	at      time.Duration
}

func (l *testLoader) oneCase(n *yaml.Node, lines map[string]int) Case {
	f := l.ofTests(n, "case", "case")
	c := Case{Line: n.Line, Col: n.Column, Name: l.text(f.need("name"), "name", 200)}
	if line, double := lines[c.Name]; double && c.Name != "" {
		l.fault(f.get("name"), CodeDuplicate, "a case of this name is at line %d already", line)
	}
	lines[c.Name] = n.Line
	mode, _ := l.oneOf(f.get("mode"), CodeMode, modes()[1:])
	c.Mode = incident.Mode(mode)
	c.Today = l.day(f.get("today"))
	for _, entry := range l.list(f.need("alerts"), "alerts", maxTestAlerts) {
		c.Alerts = append(c.Alerts, l.arriving(entry)...)
	}
	slices.SortStableFunc(c.Alerts, func(a, b Arriving) int { return cmp.Compare(a.At, b.At) })
	c.Evidence = l.evidence(f.get("evidence"), l.shared)
	c.Chain = l.chain(f.get("chain"))
	for _, entry := range l.list(f.get("approvals"), "approvals", 64) {
		c.Approvals = append(c.Approvals, l.answer(entry))
	}
	if at := f.get("at"); at != nil {
		c.At = f.duration("at")
	}
	l.inTime(f, c)
	c.Expect = l.expect(f, c)
	return c
}

// day reads "2027-03-31".
func (l *testLoader) day(n *yaml.Node) time.Time {
	text := l.text(n, "today", 16)
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		l.fault(n, CodeType, "today must be a day such as \"2027-03-31\", this is %q", clip(text))
	}
	return day
}

// arriving makes one alert for each source that says it.
func (l *testLoader) arriving(n *yaml.Node) []Arriving {
	a := l.alert(n, "alert", l.base)
	if a.sources == 0 {
		return []Arriving{{a.at, a.Alert}}
	}
	var all []Arriving
	for i := range a.sources {
		one := a.Alert
		one.Source = fmt.Sprintf("%s-%d", cmp.Or(a.Source, "source"), i+1)
		all = append(all, Arriving{a.at, one})
	}
	return all
}

// none takes a value of the base away.
const none = "none"

// alert reads an alert over another one.
func (l *testLoader) alert(n *yaml.Node, where string, over testAlert) testAlert {
	f := l.ofTests(n, where, "alert")
	a := over
	a.at = 0
	l.named(f.get("rule"), CodeRule, l.inv.rules, &a.Rule)
	severity := string(a.Severity)
	l.named(f.get("severity"), CodeSeverity, severities(), &severity)
	a.Severity = incident.Severity(severity)
	l.named(f.get("chain"), CodeChain, l.inv.Chains(), &a.Chain)
	l.named(f.get("contract"), CodeContract, l.inv.Contracts(), &a.Contract)
	if s := f.get("source"); s != nil {
		a.Source, a.sources = l.text(s, where+".source", 64), 0
	}
	if s := f.get("sources"); s != nil {
		a.sources = int(l.whole(s, where+".sources", span[uint64]{2, 16}))
	}
	if e := f.get("exercise"); e != nil {
		a.Exercise = l.flag(e, where+".exercise")
	}
	if at := f.get("at"); at != nil && where == "base" {
		l.fault(at, CodeType, "base is what an alert says; say at in the alerts of a case")
	} else if at != nil {
		a.at = f.duration("at")
	}
	l.numbers(f, where, &a)
	if s := f.get("suspects"); s != nil {
		a.Suspects = l.suspects(s)
	}
	if labels := f.get("labels"); labels != nil {
		a.Labels = map[string]string{}
		for _, p := range l.entries(labels, where+".labels") {
			a.Labels[p.key.Value] = l.text(p.value, "a label", 256)
		}
	}
	return a
}

// named reads a name of the inventory into what it is for; none empties it.
func (l *testLoader) named(n *yaml.Node, kind Code, known []string, into *string) {
	switch {
	case n == nil:
	case n.Value == none:
		*into = ""
	default:
		*into, _ = l.oneOf(n, kind, known)
	}
}

var shareForm = regexp.MustCompile(`^(0|1|0\.[0-9]{1,6}|1\.0)$`)

// numbers reads what an alert may not carry.
func (l *testLoader) numbers(f fields, where string, a *testAlert) {
	switch n := f.get("confidence"); {
	case n == nil:
	case n.Value == none:
		a.Confidence = nil
	case l.refused[n]:
	case !shareForm.MatchString(n.Value):
		l.fault(n, CodeType, "%s.confidence must be a number from 0 to 1, such as 0.97, this is %q", where, clip(n.Value))
	default:
		x, _ := strconv.ParseFloat(n.Value, 64) // of this form always
		a.Confidence = &x
	}
	switch n := f.get("loss"); {
	case n == nil:
	case n.Value == none:
		a.Loss = nil
	default:
		text := l.text(n, where+".loss", 128)
		loss, err := l.inv.ParseAmount(text)
		if err != nil && text != "" {
			l.fault(n, CodeAmount, "%s.loss: %s", where, err)
		}
		a.Loss = &loss
	}
}

// suspects reads a number of made-up accounts, or names of the inventory.
func (l *testLoader) suspects(n *yaml.Node) []common.Address {
	if n.Kind == yaml.ScalarNode {
		if n.Value == none {
			return nil
		}
		var made []common.Address
		for i := range l.whole(n, "suspects", span[uint64]{1, maxSuspects}) {
			made = append(made, madeUp(i))
		}
		return made
	}
	var all []common.Address
	for _, entry := range l.list(n, "suspects", maxSuspects) {
		name := l.text(entry, "a suspect", 128)
		if name == "" {
			continue
		}
		a, ok := l.inv.accountNamed(name)
		if !ok {
			l.fault(entry, CodeContract, "unknown account %q%s", clip(name), meant(name, append(names(l.inv.accounts), l.inv.Contracts()...)))
		}
		all = append(all, a)
	}
	return all
}

// accountNamed finds a contract or an account of the inventory.
func (inv *Inventory) accountNamed(name string) (common.Address, bool) {
	if a, ok := inv.accounts[name]; ok {
		return a, true
	}
	c, ok := inv.contracts[name]
	return c.Address, ok
}

// madeUp is a stranger's account. No inventory knows it.
func madeUp(n uint64) common.Address {
	d := incident.DigestOf("firebreak-stranger/1", []byte(strconv.FormatUint(n, 10)))
	return common.BytesToAddress(d[:])
}
