package playbooks

import (
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// digestDomain keeps a playbook's digest apart from all others.
const digestDomain = "firebreak-playbook/1"

// Playbook is one file, checked and compiled. It is immutable and safe for
// concurrent use.
type Playbook struct {
	Name    string
	Summary string
	Owner   string // team
	Runbook string
	Mode    incident.Mode
	Digest  incident.Digest // of the file's text
	Notices []Notice

	text     string
	on       trigger
	key      []*expression
	cooldown time.Duration
	inhibit  time.Duration
	limit    limit
	loud     bool // no silence holds it back
	items    []item
	approve  approval
	pre      preAuthority
	evidence []evidenceItem
	warnings Problems
	deeds    []string // what it does, to be held against other playbooks
	onAt     mark     // where on stands
	submit   submission
	verify   []verification
	recover  []wayBack
}

// Notice is what is posted to a channel besides the request. Plain text.
type Notice struct{ Channel, Text string }

// trigger says which alerts a playbook is for. All that is given must hold.
type trigger struct {
	rules    []string
	severity []string
	when     *expression
	sources  int           // distinct sources that must agree; 0 is one
	within   time.Duration // in which they must
}

// item is one entry of prepare: one call, or one for each element of a list.
type item struct {
	id       string
	action   actions.Action
	contract string
	when     *expression
	each     *expression
	max      int
	listed   bool // it has each, even a broken one
	with     map[string]argument
	after    []string
}

// argument is a typed value, or the expression that gives it.
type argument struct {
	value   actions.Value
	compute *expression // nil: value
}

// approval says who must agree and until when.
type approval struct {
	quorum   int
	from     []string
	distinct string
	channel  string
	within   time.Duration
	escalate []string // who is told too while nobody has decided, in order
	page     string   // who is paged when nobody answers; silence always rejects

	assurance incident.Assurance // the least that a vote must be
}

// submission says which key sends and what it may cost. The spare, where there
// is one, sends every call too, at the same time.
type submission struct {
	signer   string
	spare    string
	deadline time.Duration
	maxFee   incident.Amount
}

// verification is a playbook's own statement about an item's outcome. A nil
// check is the action's goal, which is always checked.
type verification struct {
	of     string
	check  *stated
	within time.Duration
}

// limit bounds how many incidents a playbook opens; the zero value does not.
type limit struct {
	runs int
	per  time.Duration
}

// preAuthority is what may be sent before anybody was asked. The zero value
// is nothing.
type preAuthority struct {
	until time.Time // exclusive
	per   time.Duration
}

// wayBack says who may undo an item. It is words here: a recovery is a run of
// its own, with its own plan.
type wayBack struct {
	id, undo string
	quorum   int
	from     []string
}

// maxCalls bounds a plan to what people can read before they approve it.
const maxCalls = 40

// item finds an item by id.
func (p *Playbook) item(id string) (item, bool) {
	for _, i := range p.items {
		if i.id == id {
			return i, true
		}
	}
	return item{}, false
}

// Text is the file as it was read; Digest is of it.
func (p *Playbook) Text() string { return p.text }

// Confirm is how many different sources must say the same before anything is
// prepared; 0 and 1 mean that one suffices.
func (p *Playbook) Confirm() int { return p.on.sources }

// Rules lists the rules that the playbook is for; empty for all, when its
// condition alone decides. The caller owns the list.
func (p *Playbook) Rules() []string { return slices.Clone(p.on.rules) }
