package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// staleAfter is how far the time of a paper may be from the clock here. A paper
// from yesterday or of tomorrow would be good for longer than it says.
const staleAfter = 5 * time.Minute

// isSentence tells whether the console has decided.
func isSentence(err error) bool {
	_, decided := errors.AsType[*approvals.VoterError](err)
	return decided
}

// stateOf is the request as the plan itself tells it. What the console said about
// the plan is not looked at.
func stateOf(id incident.ID, d console.Document) (incident.State, error) {
	switch {
	case d.Plan == nil || d.Request.Phase != incident.PhaseAsking:
		return incident.State{}, fmt.Errorf("no vote is open on %s: %s", id, printable(d.Request.Sentence))
	case d.Plan.Incident != id || !d.Plan.Digest().Equal(d.Digest):
		return incident.State{}, errors.New("DO NOT SIGN: the console shows another plan than the one whose digest it asks for; tell whoever keeps Firebreak, by another way than this one")
	case d.Deadline.After(time.Now().Add(d.Plan.Quorum.Within + staleAfter)):
		return incident.State{}, errors.New("DO NOT SIGN: the console says that the vote is open for longer than the plan allows, and a signature would be good for as long")
	case d.Doubt != "":
		return incident.State{}, errors.New(printable(d.Doubt))
	}
	return incident.State{ID: id, Exercise: d.Plan.Exercise, Runs: []incident.Run{{
		Number: d.Plan.Run, Phase: incident.PhaseAsking, Plan: d.Plan, Digest: d.Plan.Digest(), Deadline: d.Deadline}}}, nil
}

func keysOf(d console.Document) map[string]ballot.Key {
	keys := map[string]ballot.Key{}
	for name, key := range d.Keys {
		keys[name] = key.Key()
	}
	return keys
}

// guardiansOf are the people of the key that a sheet is for.
func guardiansOf(s incident.State, sheet ballot.Sheet, d console.Document) []*consent.Guardians {
	plan := s.Run().Plan
	name := plan.Signer
	if call, ok := plan.Call(sheet.Step); ok {
		name = plan.KeyOf(call)
	}
	people, err := consent.ParseGuardians([]byte(d.Keys[name].Guardians), name)
	if err != nil {
		return nil // the paper could not have been written
	}
	return []*consent.Guardians{people}
}

// paper asks for a paper's number and time, and writes the paper here. That the
// console's own has the same digests is one check more, and no reason to believe
// it.
func (v *visit) paper(c *cobra.Command, client *console.Client, a ballot.Ask) (ballot.Paper, error) {
	theirs, err := client.Paper(c.Context(), a.State.ID, console.Wanted{Decision: a.Decision, Reason: a.Reason})
	if err != nil {
		return theirs, err
	}
	if off := time.Since(theirs.Issued).Abs(); off > staleAfter {
		return theirs, fmt.Errorf("the console's clock and this one are %s apart; set the wrong one", off.Round(time.Second))
	}
	a.ID, a.Now = theirs.ID, theirs.Issued
	ours, err := ballot.Write(a)
	if err != nil {
		return ours, err
	}
	if !sameDigests(ours, theirs) {
		return ours, errors.New("DO NOT SIGN: the console asks you to sign something else than what it shows; nothing was signed. Tell whoever keeps Firebreak, by another way than this one")
	}
	return ours, nil
}

func sameDigests(a, b ballot.Paper) bool {
	if len(a.Sheets) != len(b.Sheets) || len(a.Sheets) == 0 {
		return false
	}
	for i := range a.Sheets {
		if a.Sheets[i].Step != b.Sheets[i].Step || a.Sheets[i].Digest != b.Sheets[i].Digest || a.Sheets[i].Digest == (common.Hash{}) {
			return false
		}
	}
	return true
}

// sayRequest shows what is asked, in the order of the card and of the page. All
// of it comes from the plan but the votes, which are the console's word.
func sayRequest(w io.Writer, s incident.State, theirs ballot.Request) {
	r := ballot.Describe(s)
	fmt.Fprintf(w, "%s\n", printable(r.Headline))
	for _, line := range r.Banners {
		fmt.Fprintf(w, "%s\n", printable(line))
	}
	fmt.Fprintln(w)
	sayFacts(w, "", r.Why)
	fmt.Fprintf(w, "\n%s\n", printable(r.Summary))
	for _, call := range r.Calls {
		fmt.Fprintf(w, "\n%s\n", printable(call.Title))
		sayFacts(w, "  ", call.Lines)
	}
	fmt.Fprintln(w)
	sayFacts(w, "", append(r.Facts, r.Evidence...))
	if votes := theirs.Votes; votes != nil {
		fmt.Fprintf(w, "\nApprovals, as the console says: %s\n", printable(votes.Tally))
		for _, yes := range votes.Approvals {
			fmt.Fprintf(w, "  %s (%s) approved %s\n", printable(yes.Person), printable(yes.Team), printable(yes.How))
		}
		for _, no := range votes.Objections {
			fmt.Fprintf(w, "  OBJECTION by %s (%s): %s\n", printable(no.Person), printable(no.Team), printable(no.Reason))
		}
	}
	if r.Deadline != nil {
		fmt.Fprintf(w, "Expires %s\n", r.Deadline.Format("2006-01-02 15:04:05 UTC"))
	}
	fmt.Fprintf(w, "Request %s revision %d, digest %s\nCompare these words with somebody who looks another way: %s\n", r.Incident, r.Revision, r.Digest, r.Words)
}

func sayFacts(w io.Writer, indent string, facts []ballot.Fact) {
	for _, f := range facts {
		mark := ""
		if f.Alarm {
			mark = "! "
		}
		fmt.Fprintf(w, "%s%s%s: %s\n", indent, mark, printable(f.Label), printable(f.Text))
	}
}

// sayPaper shows every signature with the two hashes that a hardware wallet
// shows.
func sayPaper(w io.Writer, p ballot.Paper) {
	for _, sheet := range p.Sheets {
		fmt.Fprintf(w, "\nYou sign: %s\n", printable(sheet.Title))
		for _, line := range sheet.Lines {
			fmt.Fprintf(w, "  %s\n", printable(line))
		}
		fmt.Fprintf(w, "  %s\n", strings.Join([]string{"digest        " + sheet.Digest.Hex(), "domain hash   " + sheet.Domain.Hex(), "message hash  " + sheet.Message.Hex()}, "\n  "))
	}
}
