package slack

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// The callback ids of the two views that cast a vote, and their inputs.
const (
	viewApprove = "approval.approve"
	viewRefuse  = "approval.deny.view"

	inputPhrase = "phrase"
	inputReason = "reason"
)

const (
	maxViewSections = 85      // of calls, of the 100 blocks that a view may have
	maxViewBytes    = 200_000 // of the encoded view, of the 250 KB that Slack takes
	maxReason       = 300     // characters of a denial's reason
)

// seat is in which role somebody is asked.
type seat struct{ person, team string }

// reviewView is the second screen of an approval: the whole plan from the
// journal, and a phrase to type. A plan that does not fit cannot be approved
// here: nobody approves what they were not shown.
func reviewView(s incident.State, who seat) goslack.ModalViewRequest {
	l, fits := planLayout(s)
	if !fits {
		return tooLong(s)
	}
	l.section("asked", asked(who))
	want := approvals.Phrase(s.Run().Plan)
	input := goslack.NewPlainTextInputBlockElement(plainText(want), inputPhrase)
	input.MaxLength = 200
	l.add(goslack.NewInputBlock(inputPhrase, plainText("To approve, type "+want),
		plainText("Your approval is recorded with your name and cannot be undone, only turned into a denial while the vote is open."), input))
	view := modal("Review and approve", l)
	view.Submit, view.CallbackID, view.PrivateMetadata = plainText("Approve"), viewApprove, pointTo(s).String()
	if !small(view) {
		return tooLong(s)
	}
	return view
}

// readView is the plan of a request that no click can decide: to be read here,
// and to be voted on where a guardian's own key signs.
func readView(s incident.State, address string) goslack.ModalViewRequest {
	l, fits := planLayout(s)
	if !fits {
		return tooLong(s)
	}
	text := "A click is no vote on this request" + strings.Replace(byWhat(s.Run().Plan), ", each by", ": it takes a", 1) + ". "
	if address == "" {
		text += "Use `firebreak approve " + string(s.ID) + "`."
	} else {
		text += "Vote with your own key: " + link(address) + " or `firebreak approve " + string(s.ID) + "`."
	}
	l.section("how", text)
	view := modal("Review", l)
	if !small(view) {
		return tooLong(s)
	}
	return view
}

// denyView asks why. It shows less: saying no must be quick.
func denyView(s incident.State, who seat) goslack.ModalViewRequest {
	l := &layout{suffix: ".deny"}
	l.section("mark", strings.Join(banners(s), "\n"))
	l.section("what", "*"+prose(approvals.Headline(s), 200)+"*\n"+summary(s.Run().Plan))
	l.section("effect", "Your denial is recorded with your name and cannot be taken back. One denial is shown as an objection; when enough people deny, nothing is sent.")
	l.section("asked", asked(who))
	input := goslack.NewPlainTextInputBlockElement(nil, inputReason)
	input.MaxLength, input.Multiline = maxReason, true
	l.add(goslack.NewInputBlock(inputReason, plainText("Why should this not be sent?"), nil, input))
	l.add(goslack.NewContextBlock(l.id("id"), mrkdwn(idLine(s))))
	view := modal("Deny this request", l)
	view.Submit, view.CallbackID, view.PrivateMetadata = plainText("Deny"), viewRefuse, pointTo(s).String()
	return view
}

// planLayout shows all of a plan; fits is false when some of it cannot be.
func planLayout(s incident.State) (l *layout, fits bool) {
	run := s.Run()
	l = &layout{suffix: ".review"}
	for i, line := range banners(s) {
		l.add(goslack.NewAlertBlock(mrkdwn(line), goslack.AlertBlockOptionLevel("warning"), goslack.AlertBlockOptionBlockID(l.id(fmt.Sprintf("mark%d", i)))))
	}
	l.section("head", "*"+prose(approvals.Headline(s), 250)+"*\nDigest words: *"+run.Digest.Words()+"*. Compare them with the card and with each other.")
	l.section("why", why(s))
	l.section("noted", noted(run.Plan))
	l.section("calls", summary(run.Plan))
	sections, fits := callSections(run.Plan)
	for i, text := range sections {
		l.section(fmt.Sprintf("call%d", i+1), text)
	}
	l.section("facts", facts(s))
	l.section("evidence", evidenceWords(s))
	l.section("votes", votes(run)+"\n*Expires* "+when(run))
	l.add(goslack.NewContextBlock(l.id("id"), mrkdwn(idLine(s)+" Full digest `"+run.Digest.String()+"`.")))
	return l, fits
}

// callSections fits every call into as few sections as it must: one per call
// while there is room, several per section when there is not.
func callSections(p *incident.Plan) ([]string, bool) {
	var lines [][]string
	for i, c := range p.Calls {
		of, ok := callLines(c, fmt.Sprintf("Call %d of %d", i+1, len(p.Calls)))
		if !ok {
			return nil, false
		}
		of = append(of, fmt.Sprintf("*Calldata* %d bytes, selector `%s`", len(c.Data), selector(c)))
		lines = append(lines, of)
	}
	var apart, packed []string
	for _, of := range lines {
		apart = append(apart, pack(nil, of)...)
		packed = pack(packed, of)
	}
	if len(apart) <= maxViewSections {
		return apart, true
	}
	return packed, len(packed) <= maxViewSections
}

// pack appends lines to the last section, or to a new one where that is full.
func pack(sections, lines []string) []string {
	for _, line := range lines {
		last := len(sections) - 1
		if last < 0 || utf8.RuneCountInString(sections[last])+1+utf8.RuneCountInString(line) > maxText {
			sections = append(sections, line)
			continue
		}
		sections[last] += "\n" + line
	}
	return sections
}

func selector(c incident.Call) string {
	return fmt.Sprintf("%#x", []byte(c.Data[:min(4, len(c.Data))]))
}

func asked(who seat) string {
	return fmt.Sprintf("You are asked because you are %s in team %s.", prose(who.person, 64), prose(who.team, 64))
}

func small(view goslack.ModalViewRequest) bool {
	raw, err := json.Marshal(view)
	return err == nil && len(raw) <= maxViewBytes && len(view.Blocks.BlockSet) < 100
}

func tooLong(s incident.State) goslack.ModalViewRequest {
	return noticeView("Too long for Slack", fmt.Sprintf(
		"This plan of %d calls cannot be shown here in full, so it cannot be approved here. Nothing was recorded. "+
			"Split the playbook, or approve in a way that shows all of it. Digest words: %s.",
		len(s.Run().Plan.Calls), s.Run().Digest.Words()))
}

// noticeView says something and takes nothing.
func noticeView(title, text string) goslack.ModalViewRequest {
	l := &layout{suffix: ".notice"}
	l.section("text", prose(text, 2000))
	return modal(title, l)
}

// resultView is what a counted vote came to.
func resultView(s incident.State, d incident.Decision) goslack.ModalViewRequest {
	run := s.Run()
	l := &layout{suffix: ".result"}
	l.section("mark", strings.Join(banners(s), "\n"))
	did := "approval"
	if d == incident.Deny {
		did = "denial"
	}
	text := "*Your " + did + " is recorded.* "
	switch {
	case run.Phase == incident.PhaseAsking && d == incident.Approve:
		text += fmt.Sprintf("Approvals %s. Nothing is sent until the quorum is complete.", approvals.Tally(run))
	case run.Phase == incident.PhaseAsking:
		text += "It is shown on the card as an objection. The request stays open."
	case run.Phase.Ended():
		text += prose(approvals.Headline(s)+". "+approvals.Ending(s), 900)
	default:
		text += "The quorum is complete and the transactions are on their way. The card shows what comes of them."
	}
	l.section("text", text)
	l.section("votes", votes(run))
	l.add(goslack.NewContextBlock(l.id("id"), mrkdwn(idLine(s))))
	return modal("Vote recorded", l)
}

func modal(title string, l *layout) goslack.ModalViewRequest {
	return goslack.ModalViewRequest{
		Type: goslack.VTModal, Title: plainText(title), Close: plainText("Close"),
		Blocks: goslack.Blocks{BlockSet: l.blocks},
	}
}
