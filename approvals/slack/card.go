package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// The action ids of a card's buttons.
const (
	actionReview = "approval.review"
	actionDeny   = "approval.deny"
	actionPage   = "approval.page" // leads to the approval page; says nothing to us
)

// What a card may hold. Slack allows 50 blocks and 3000 characters a text; a
// card is read on a phone, so it stays well below.
const (
	maxCallsOnCard = incident.CallsOnCard
	// maxCallsOfMany is how many of more calls than that are shown: deadline and
	// buttons must not be screens away.
	maxCallsOfMany = 2
	maxText        = 2900
	maxCardCalls   = 9000 // characters of all calls on a card

	maxVotersShown     = 8
	maxObjectionsShown = 4
)

// Card is a message as it is sent. Text is what notifications and screen
// readers give: a whole sentence that stands without the blocks.
type Card struct {
	Text   string
	Blocks []goslack.Block
}

// Render makes the card of an incident's present run. It is a pure function:
// the same state gives the same card, block ids included, and another state
// other block ids, without which Slack's clients keep showing old content.
func Render(s incident.State) Card {
	l := &layout{suffix: fmt.Sprintf(".r%dv%d", pointTo(s).revision, s.Face)}
	run := s.Run()
	l.add(goslack.NewHeaderBlock(goslack.NewTextBlockObject(goslack.PlainTextType, plain(approvals.Headline(s), 148), false, false),
		goslack.HeaderBlockOptionBlockID(l.id("head")), goslack.HeaderBlockOptionLevel(2)))
	l.section("mark", strings.Join(banners(s), "\n"))
	if run.Plan == nil {
		l.section("state", sentence(s))
		return Card{Text: sentence(s), Blocks: l.blocks}
	}
	if run.Phase != incident.PhaseAsking {
		l.section("result", outcome(s))
	}
	l.section("why", why(s))
	l.section("signals", signals(s))
	l.section("noted", noted(run.Plan))
	callsOnCard(l, run)
	l.section("facts", facts(s))
	l.section("evidence", evidenceWords(s))
	if !run.PreAuthorised() {
		l.section("votes", votes(run))
	}
	if run.Phase == incident.PhaseAsking {
		l.section("until", "*Expires* "+when(run))
		l.add(buttons(s, l.id("act")))
	}
	l.add(goslack.NewContextBlock(l.id("id"), mrkdwn(idLine(s))))
	return Card{Text: sentence(s), Blocks: l.blocks}
}

// layout collects blocks.
type layout struct {
	suffix string
	blocks []goslack.Block
}

func (l *layout) id(name string) string       { return name + l.suffix }
func (l *layout) add(blocks ...goslack.Block) { l.blocks = append(l.blocks, blocks...) }

// section adds text that Slack does not fold; no text adds nothing.
func (l *layout) section(name, text string) {
	if text != "" {
		l.add(goslack.NewSectionBlock(mrkdwn(text), nil, nil,
			goslack.SectionBlockOptionBlockID(l.id(name)), goslack.SectionBlockOptionExpand(true)))
	}
}

// mrkdwn is markup in which Slack links nothing of its own accord.
func mrkdwn(text string) *goslack.TextBlockObject {
	return goslack.NewTextBlockObject(goslack.MarkdownType, text, false, true)
}

func plainText(text string) *goslack.TextBlockObject {
	return goslack.NewTextBlockObject(goslack.PlainTextType, text, false, false)
}

// banners say loudly what is not real.
func banners(s incident.State) []string {
	var lines []string
	if s.Exercise {
		lines = append(lines, "*EXERCISE. This is a drill, not an incident.*")
	}
	if approvals.DryRun(s) {
		lines = append(lines, "*DRY RUN. Nothing is sent, whatever you answer.*")
	}
	if run := s.Run(); run.PreAuthorised() {
		lines = append(lines, fmt.Sprintf("*PRE-AUTHORISED. This was sent before anybody was asked:* the playbook allows it until %s, once in %s.",
			run.Plan.Pre.Until.Add(-1).UTC().Format("2006-01-02"), lasting(run.Plan.Pre.Per)))
	} else if run.Phase == incident.PhaseAsking && run.Plan != nil && run.Plan.Pre != nil && run.Plan.Mode == incident.ModeLive {
		lines = append(lines, fmt.Sprintf("*NOT THE FIRST.* The playbook sends this without asking once in %s, and has done so lately for another incident. So you are asked.", lasting(run.Plan.Pre.Per)))
	}
	return lines
}

func dry(p *incident.Plan) bool { return p.Mode != incident.ModeLive }

// noted is what stands in the plan's notes: what could not be prepared or read,
// and what was left out. It is above the calls, because it is about what is not
// among them.
func noted(p *incident.Plan) string {
	const most = 6
	var lines []string
	for _, n := range p.Notes[:min(most, len(p.Notes))] {
		lines = append(lines, "*Noted* "+prose(n, 250))
	}
	if left := len(p.Notes) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("and %d more notes, in the journal", left))
	}
	return strings.Join(lines, "\n")
}

// why is what happened and what each answer leads to.
func why(s incident.State) string {
	run := s.Run()
	var b strings.Builder
	fmt.Fprintf(&b, "*Why now:* %s", prose(orElse(run.Plan.Reason, "the playbook gives no reason"), 600))
	if run.Plan.Summary != "" {
		fmt.Fprintf(&b, "\n*What it is for:* %s", prose(run.Plan.Summary, 400))
	}
	if run.Phase != incident.PhaseAsking {
		return b.String()
	}
	effect := "nothing is sent: this is a dry run."
	if !approvals.DryRun(s) {
		effect = prose(effects(run.Plan), 1000)
	}
	fmt.Fprintf(&b, "\n*If approved:* %s\n*If nobody acts by the deadline:* nothing is sent", effect)
	if run.Plan.Quorum.OnTimeout != "" {
		fmt.Fprintf(&b, ", and %s is called", prose(run.Plan.Quorum.OnTimeout, 100))
	}
	return b.String() + "."
}

// effects are the distinct effects of the calls, in order.
func effects(p *incident.Plan) string {
	var list []string
	seen := map[string]bool{}
	for _, c := range p.Calls {
		if e := clean(c.Effect); e != "" && !seen[e] {
			seen[e] = true
			list = append(list, e)
		}
	}
	return orElse(strings.Join(list, " "), "the calls below are sent.")
}

// callsOnCard shows calls in full or not at all, and says how many are left
// for the review.
func callsOnCard(l *layout, run incident.Run) {
	p := run.Plan
	l.section("calls", summary(p))
	most := maxCallsOnCard
	if len(p.Calls) > most {
		most = maxCallsOfMany
	}
	shown, size := 0, 0
	for i, c := range p.Calls {
		if run.Phase == incident.PhaseAsking && !dry(p) {
			c.Effect = "" // said once above, for all
		}
		lines, ok := callLines(c, fmt.Sprintf("Call %d of %d", i+1, len(p.Calls)))
		text := strings.Join(lines, "\n")
		n := utf8.RuneCountInString(text)
		if !ok || n > maxText || size+n > maxCardCalls || shown == most {
			continue
		}
		l.section(fmt.Sprintf("call%d", i+1), text)
		shown, size = shown+1, size+n
	}
	if left := len(p.Calls) - shown; left > 0 {
		l.section("more", fmt.Sprintf("*%d of %d calls are not shown here.* Open the review to read every one of them.", left, len(p.Calls)))
	}
}

func buttons(s incident.State, id string) *goslack.ActionBlock {
	value, title := pointTo(s).String(), plain(s.Run().Plan.Title, 45)
	words := "Review and approve"
	if !clickable(s.Run().Plan) {
		words = "Review"
	}
	review := goslack.NewButtonBlockElement(actionReview, value, plainText(words))
	review.Style, review.AccessibilityLabel = goslack.StylePrimary, plain(words+": "+title, 75)
	if !clickable(s.Run().Plan) {
		return goslack.NewActionBlock(id, review)
	}
	deny := goslack.NewButtonBlockElement(actionDeny, value, plainText("Deny"))
	deny.Style, deny.AccessibilityLabel = goslack.StyleDanger, plain("Deny: "+title, 75)
	return goslack.NewActionBlock(id, review, deny)
}

// clickable tells whether a click can be a vote on the plan.
func clickable(p *incident.Plan) bool {
	return p.Quorum.Assurance.Rank() <= incident.AssuranceSlack.Rank()
}

// votes are who said what, and how.
func votes(r incident.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*Approvals %s* of %s%s", approvals.Tally(r), prose(strings.Join(r.Plan.Quorum.Teams, ", "), 200), byWhat(r.Plan))
	for i, v := range approvals.Approvals(r) {
		if i == maxVotersShown {
			b.WriteString("\nand more approvals")
			break
		}
		fmt.Fprintf(&b, "\n%s (%s) approved %s", prose(v.Person, 64), prose(v.Team, 64), approvals.How(v))
	}
	for i, v := range approvals.Objections(r) {
		if i == maxObjectionsShown {
			b.WriteString("\nand more objections")
			break
		}
		fmt.Fprintf(&b, "\n*Objection* by %s (%s), %s: %s", prose(v.Person, 64), prose(v.Team, 64), approvals.How(v),
			prose(orElse(v.Reason, "no reason given"), 200))
	}
	return b.String()
}

// byWhat says what a vote must be made with, where a click is not enough.
func byWhat(p *incident.Plan) string {
	switch p.Quorum.Assurance {
	case incident.AssurancePasskey:
		return ", each by passkey or wallet"
	case incident.AssuranceWallet:
		return ", each by wallet"
	}
	return ""
}

// lasting is a duration as people say it.
func lasting(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%g s", d.Seconds())
}

func when(r incident.Run) string {
	at := r.Deadline.UTC()
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time_secs}|%s>", at.Unix(), at.Format("2006-01-02 15:04:05 UTC"))
}

func idLine(s incident.State) string {
	run := s.Run()
	return fmt.Sprintf("request %s rev %d, digest %s (%s). This message is a copy: the journal is the record.",
		s.ID, run.Plan.Revision, run.Digest.Short(), run.Digest.Words())
}

func orElse(s, otherwise string) string {
	if clean(s) == "" {
		return otherwise
	}
	return s
}
