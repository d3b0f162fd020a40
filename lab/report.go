package lab

import (
	"fmt"
	"io"
	"math/big"
	"text/tabwriter"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Result is what one run of a scenario came to. Amounts are in USDX base units
// (six decimals). Timings are milliseconds since the attack began; one that
// was not reached is left out.
type Result struct {
	Scenario    string           `json:"scenario"`
	Outcome     string           `json:"outcome"` // contained, another phase's name, or no-response
	Incident    string           `json:"incident,omitempty"`
	FundsTotal  *big.Int         `json:"funds_total"`
	FundsLost   *big.Int         `json:"funds_lost"`
	FundsSaved  *big.Int         `json:"funds_saved"`
	TxHashes    []common.Hash    `json:"tx_hashes"`  // ours, in the order they were mined
	AttackTxs   int              `json:"attack_txs"` // strikes that took something
	Timings     map[string]int64 `json:"timings_ms"` //
	JournalHead string           `json:"journal_head,omitempty"`
}

// The marks of a timeline.
const (
	markAccepted  = "alert_accepted"
	markCard      = "card_posted"
	markQuorum    = "quorum"
	markBroadcast = "broadcast"
	markIncluded  = "included"
	markVerified  = "verified"
)

// timings reads the marks from an incident's facts: when each was on disk, but
// for the alert, which counts from the moment it was received.
func timings(began time.Time, facts []incident.Fact) map[string]int64 {
	marks := map[string]int64{}
	set := func(name string, at time.Time) {
		if _, ok := marks[name]; !ok {
			marks[name] = at.Sub(began).Milliseconds()
		}
	}
	for _, f := range facts {
		switch f.Kind {
		case incident.KindOpened:
			set(markAccepted, f.Seen)
		case incident.KindCardPosted:
			set(markCard, f.Written)
		case incident.KindAuthorised:
			set(markQuorum, f.Written)
		case incident.KindBroadcast:
			set(markBroadcast, f.Written)
		case incident.KindExecuted:
			set(markIncluded, f.Written)
		case incident.KindContained:
			set(markVerified, f.Written)
		}
	}
	return marks
}

// Print writes the result for a person.
func (r Result) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nscenario\t%s\noutcome\t%s\n", r.Scenario, r.Outcome)
	fmt.Fprintf(t, "funds at risk\t%s\nfunds lost\t%s\nfunds saved\t%s\n", usd(r.FundsTotal), usd(r.FundsLost), usd(r.FundsSaved))
	fmt.Fprintf(t, "attack transactions\t%d\n", r.AttackTxs)
	for _, stage := range []struct{ name, from, to string }{
		{"attack begins to alert accepted", "", markAccepted},
		{"alert accepted to card posted", markAccepted, markCard},
		{"card posted to quorum", markCard, markQuorum},
		{"quorum to broadcast", markQuorum, markBroadcast},
		{"broadcast to included", markBroadcast, markIncluded},
		{"included to verified", markIncluded, markVerified},
	} {
		to, ok := r.Timings[stage.to]
		if from, began := r.Timings[stage.from]; ok && (began || stage.from == "") {
			fmt.Fprintf(t, "%s\t%s\n", stage.name, time.Duration(to-from)*time.Millisecond)
		}
	}
	for _, hash := range r.TxHashes {
		fmt.Fprintf(t, "our transaction\t%s\n", hash)
	}
	if r.JournalHead != "" {
		fmt.Fprintf(t, "journal head\t%s\n", r.JournalHead)
	}
	return t.Flush()
}

// usd writes base units of the lab's token.
func usd(units *big.Int) string {
	q, err := incident.QuantityFromBig(units)
	if err != nil {
		return units.String() + " (base units)"
	}
	return incident.Amount{Units: q, Token: "USDX", Decimals: 6}.String()
}
