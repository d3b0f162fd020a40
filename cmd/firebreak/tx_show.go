package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
)

func newTxShow() *cobra.Command {
	var path, format string
	var raw bool
	c := &cobra.Command{
		Use:   "show INCIDENT [STEP]",
		Short: "Show every decision about a step's transactions, and why",
		Long: `Show tells, step by step, which nonce and fees were chosen and why, what was
signed, what each endpoint answered, which block has it, and what is owed next.

With --raw the signed bytes are printed too, so that a person can offer them to any
node with eth_sendRawTransaction. Whoever has them can send them, and can do nothing
else with them. With --format json it is one JSON object.`,
		Example: `  firebreak tx show 01JEQ7V5M2K3ABCD --journal firebreak.db
  firebreak tx show 01JEQ7V5M2K3ABCD pause --raw --format json | jq -r '.steps[].bids[-1].raw'`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, given []string) error {
			facts, s, err := readIncident(c.Context(), path, given[0])
			if err != nil {
				return err
			}
			r, err := newReport(facts, s)
			if err != nil {
				return err
			}
			if err := r.keep(given[1:], raw); err != nil {
				return err
			}
			if format == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(r)
			}
			return r.text(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "print the signed bytes too")
	journalFlag(c, &path)
	formatFlag(c, &format)
	c.ValidArgsFunction = completeSteps(func() string { return path })
	return c
}

// report is what tx show tells of an incident. Amounts are wei.
type report struct {
	Incident incident.ID    `json:"incident"`
	Exercise bool           `json:"exercise"`
	Playbook string         `json:"playbook"`
	Phase    incident.Phase `json:"phase"`
	Steps    []stepReport   `json:"steps"`
}

type stepReport struct {
	Run       int                `json:"run"`
	Step      string             `json:"step"`
	State     incident.StepState `json:"state"`
	Chain     string             `json:"chain"`
	ChainID   uint64             `json:"chain_id"`
	To        common.Address     `json:"to"`
	Function  string             `json:"function"`
	Gas       uint64             `json:"gas"`
	Approved  incident.Wei       `json:"approved"`
	Key       string             `json:"key"`
	SpareOf   string             `json:"spare_of,omitempty"` // the step that this one doubles by another key
	Bids      []bidReport        `json:"bids"`
	Decisions []decision         `json:"decisions"`
	Next      []string           `json:"next"`
}

// bidReport is one attempt.
type bidReport struct {
	Bid      int                `json:"bid"`
	Account  common.Address     `json:"account"`
	Nonce    uint64             `json:"nonce"`
	FeeCap   incident.Wei       `json:"fee_cap"`
	Tip      incident.Wei       `json:"tip"`
	Hash     *common.Hash       `json:"hash"`
	Raw      hexutil.Bytes      `json:"raw,omitempty"`
	Outcomes []incident.Outcome `json:"outcomes"`
}

// decision is one fact about the step, in words.
type decision struct {
	At      time.Time     `json:"at"`
	After   time.Duration `json:"-"` // since the incident opened
	Kind    incident.Kind `json:"kind"`
	Words   string        `json:"words"`
	Answers []string      `json:"answers,omitempty"` // of the endpoints, one each
}

// newReport tells everything that the facts say of transactions.
func newReport(facts []incident.Fact, s incident.State) (report, error) {
	r := report{Incident: s.ID, Exercise: s.Exercise, Playbook: s.Opened.Playbook.Name, Phase: s.Phase(), Steps: []stepReport{}}
	for i, run := range s.Runs {
		for _, step := range run.Steps {
			told := newStepReport(run, step)
			if i == len(s.Runs)-1 {
				told.Next = owed(s, step.Name)
			}
			r.Steps = append(r.Steps, told)
		}
	}
	for _, f := range facts {
		body, err := f.Body()
		if err != nil {
			return r, err
		}
		name, ok := incident.StepOf(body)
		if !ok {
			continue
		}
		d := decision{At: f.Seen, After: f.Seen.Sub(facts[0].Seen), Kind: f.Kind, Words: incident.StepWords(body)}
		if b, ok := body.(incident.Broadcast); ok {
			d.Words = b.Tally()
			for _, o := range b.Outcomes {
				d.Answers = append(d.Answers, o.Words())
			}
		}
		for i := range r.Steps {
			if r.Steps[i].Run == f.Run && r.Steps[i].Step == name {
				r.Steps[i].Decisions = append(r.Steps[i].Decisions, d)
			}
		}
	}
	return r, nil
}

func newStepReport(run incident.Run, step incident.Step) stepReport {
	call, _ := run.Plan.Call(step.Name)
	told := stepReport{Run: run.Number, Step: step.Name, State: step.State, Chain: call.Chain, ChainID: call.ChainID, To: call.To,
		Function: call.Function, Gas: call.Gas, Approved: call.MaxCost, Key: run.Plan.KeyOf(call), SpareOf: call.SpareOf,
		Bids: []bidReport{}, Decisions: []decision{}, Next: []string{}}
	for _, a := range step.Attempts {
		b := bidReport{Bid: a.Attempt, Account: a.From, Nonce: a.Nonce, FeeCap: a.FeeCap, Tip: a.Tip, Outcomes: a.Outcomes}
		if a.Signed != nil {
			b.Hash, b.Raw = &a.Signed.Hash, a.Signed.Raw
		}
		told.Bids = append(told.Bids, b)
	}
	return told
}

// owed is what comes next for a step, in words. A step that waits for others
// says so by name.
func owed(s incident.State, step string) []string {
	words := []string{}
	for _, e := range incident.Next(s) {
		if e.Of(step) {
			words = append(words, e.Words())
		}
	}
	now, _ := s.Run().Step(step)
	if len(words) > 0 || now.State.Ended() {
		return words
	}
	call, _ := s.Run().Plan.Call(step)
	for _, before := range call.After {
		words = append(words, "wait until step "+before+" is in a block, not needed or given up")
	}
	if s.Run().Authorised == nil {
		words = []string{"wait until people approve"}
	}
	return words
}

// keep leaves the named step only, and the signed bytes only where asked.
func (r *report) keep(steps []string, raw bool) error {
	kept := []stepReport{}
	for _, s := range r.Steps {
		if len(steps) > 0 && s.Step != steps[0] {
			continue
		}
		if !raw {
			for i := range s.Bids {
				s.Bids[i].Raw = nil
			}
		}
		kept = append(kept, s)
	}
	if len(steps) > 0 && len(kept) == 0 {
		var names []string
		for _, s := range r.Steps {
			names = append(names, s.Step)
		}
		return fmt.Errorf("incident %s has no step %q; it has %q", r.Incident, steps[0], names)
	}
	r.Steps = kept
	return nil
}

func (r *report) text(w io.Writer) error {
	fmt.Fprintf(w, "%s  %s  %s\n", r.Incident, printable(r.Playbook), r.Phase)
	if len(r.Steps) == 0 {
		fmt.Fprintln(w, "it has no plan yet, so nothing is on its way")
	}
	for _, s := range r.Steps {
		if err := s.text(w); err != nil {
			return err
		}
	}
	return nil
}

func (s stepReport) text(w io.Writer) error {
	fmt.Fprintf(w, "\nstep %s  %s\n", printable(s.Step), s.State)
	fmt.Fprintf(w, "  call  %s of %s on %s (%d), %d gas, may cost %s ETH, key %s\n", printable(s.Function), s.To,
		printable(s.Chain), s.ChainID, s.Gas, s.Approved.Decimal(18), printable(s.Key))
	if s.SpareOf != "" {
		fmt.Fprintf(w, "  spare of step %s: either of the two brings about the goal\n", printable(s.SpareOf))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range s.Decisions {
		fmt.Fprintf(t, "  %s\t+%s\t%s\t%s\n", d.At.Format("15:04:05.000"), d.After.Round(time.Millisecond), d.Kind, printable(d.Words))
		for _, answer := range d.Answers {
			fmt.Fprintf(t, "  \t\t\t  %s\n", printable(answer))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, b := range s.Bids {
		if len(b.Raw) > 0 {
			fmt.Fprintf(w, "  raw   bid %d, %s:\n        %s\n", b.Bid, b.Hash, b.Raw)
		}
	}
	for _, words := range s.Next {
		fmt.Fprintf(w, "  next  %s\n", printable(words))
	}
	return nil
}
