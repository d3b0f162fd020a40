package ballot

import (
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// MaxReason bounds the reason of a denial, in bytes.
const MaxReason = 1024

// Write makes the paper of a decision: a sheet for each call whose rule in the
// key's policy counts guardians, or one for the decision itself where there is
// none and for every denial. Its errors are *approvals.VoterError: sentences for
// the person.
func Write(a Ask) (Paper, error) {
	pages, err := a.pages()
	if err != nil {
		return Paper{}, err
	}
	return a.paper(pages), nil
}

// page is a sheet, whose keys sign it, and the terms under which the key takes
// it; a decision has none.
type page struct {
	Sheet
	roster *consent.Guardians
	terms  consent.Terms
	until  time.Time
}

func (a Ask) paper(pages []page) Paper {
	run := a.State.Run()
	p := Paper{
		Incident: a.State.ID, Run: run.Number, Revision: run.Plan.Revision, Digest: run.Digest, Person: a.Person,
		Decision: a.Decision, Reason: a.Reason, ID: a.ID, Issued: a.Now.UTC(), ValidUntil: pages[0].until,
	}
	for i, page := range pages {
		if len(pages) > 1 {
			page.Title = fmt.Sprintf("Signature %d of %d: %s", i+1, len(pages), page.Title)
		}
		if page.until.Before(p.ValidUntil) {
			p.ValidUntil = page.until
		}
		p.Sheets = append(p.Sheets, page.Sheet)
	}
	return p
}

func (a Ask) pages() ([]page, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	d := desk{ask: a, plan: a.State.Run().Plan, keys: map[string]*readKey{}}
	var pages []page
	if a.Decision == incident.Approve {
		var err error
		if pages, err = d.consents(); err != nil {
			return nil, err
		}
	}
	if len(pages) > 0 {
		return pages, nil
	}
	page, err := d.decision()
	return append(pages, page), err
}

// check refuses a question that no signature should answer. Whoever signs checks
// again what the daemon has checked: it may not be the daemon who asks.
func (a Ask) check() error {
	run := a.State.Run()
	switch {
	case run.Plan == nil || run.Phase != incident.PhaseAsking:
		return sentence("No vote is open on this incident.")
	case !a.Now.Before(run.Deadline):
		return sentence("The time to vote on this request has passed.")
	case a.Person == "":
		return sentence("It is not known who votes.")
	case a.ID == (common.Hash{}), a.Now.IsZero():
		return sentence("The paper has no number or no time, so nobody could count it. Ask for it again.")
	case a.Decision != incident.Approve && a.Decision != incident.Deny:
		return sentence("%.20q is no decision; approve or deny.", a.Decision)
	case a.Decision == incident.Approve && a.Reason != "":
		return sentence("An approval has no reason; a denial has one.")
	case a.Decision == incident.Deny && approvals.Printable(a.Reason) == "":
		return sentence("Please say why you deny it.")
	case !signer.ValidText(a.Reason, MaxReason):
		return sentence("The reason must be one line of at most %d bytes of printable text.", MaxReason)
	case run.Plan.Incident != a.State.ID, run.Plan.Run != run.Number:
		return sentence("The plan is of another incident or run than the request. Do not sign it, and tell whoever keeps Firebreak.")
	}
	if err := incident.CheckPlan(incident.Planned{Plan: *run.Plan, Digest: run.Digest}); err != nil {
		return sentence("The plan contradicts itself: %.300s. Do not sign it, and tell whoever keeps Firebreak.", err)
	}
	for _, c := range run.Plan.Calls {
		if err := says(c); err != nil {
			return err
		}
	}
	return nil
}

// says refuses a call whose words are not those of its bytes: the words are what
// people decide by, and the bytes are what is signed.
func says(c incident.Call) error {
	call, err := contracts.Decode(c.Data)
	if err != nil {
		return sentence("The bytes of step %.80q cannot be put into words: %.200s. Do not sign it.", c.Step, err)
	}
	same := call.Signature == c.Function && len(call.Args) == len(c.Args)
	for i := 0; same && i < len(c.Args); i++ {
		same = incident.Arg(call.Args[i]) == c.Args[i]
	}
	if !same {
		return sentence("Step %.80q does something else than it says: its bytes are %s. Do not sign it, and tell whoever keeps Firebreak.", c.Step, call.Signature)
	}
	return nil
}

func sentence(format string, args ...any) error {
	return &approvals.VoterError{Sentence: approvals.Printable(fmt.Sprintf(format, args...))}
}
