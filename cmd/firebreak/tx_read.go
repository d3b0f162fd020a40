package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// transaction is one nonce that a step holds or held, as tx list shows it.
// Amounts are wei.
type transaction struct {
	Chain    string         `json:"chain"`
	ChainID  uint64         `json:"chain_id"`
	Account  common.Address `json:"account"`
	Key      string         `json:"key"`
	Nonce    uint64         `json:"nonce"`
	Incident incident.ID    `json:"incident"`
	Exercise bool           `json:"exercise"`
	Run      int            `json:"run"`
	Step     string         `json:"step"`
	State    string         `json:"state"`
	Settled  bool           `json:"settled"`
	Bids     int            `json:"bids"`
	FeeCap   incident.Wei   `json:"fee_cap"`
	Tip      incident.Wei   `json:"tip"`
	Cost     incident.Wei   `json:"cost"`
	Approved incident.Wei   `json:"approved"`
	Since    time.Time      `json:"since"`
	Accepted int            `json:"accepted"`
	Asked    int            `json:"asked"`
	Hash     *common.Hash   `json:"hash"` // of the newest signed bid; null before there is one
	Stuck    bool           `json:"stuck"`
	Why      []string       `json:"why"` // what the journal knows of why it is not settled
}

// transactions reads those of every incident; without all only the open ones,
// which takes reading only the incidents that are owed something.
func transactions(ctx context.Context, j *sqlite.Journal, all bool) ([]transaction, error) {
	list := j.All
	if !all {
		// Nothing was written in the future, so these are the open streams.
		list = func(ctx context.Context) ([]incident.Stream, error) { return j.Open(ctx, time.Now().Add(24*time.Hour)) }
	}
	streams, err := list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	var txs []transaction
	for _, stream := range streams {
		id, err := incident.ParseID(string(stream))
		if err != nil {
			continue // the inbox and the router are no incidents
		}
		facts, state, err := journal.Incident(ctx, j, id)
		if err != nil {
			return nil, err
		}
		for _, tx := range transactionsOf(facts, state) {
			if all || !tx.Settled {
				txs = append(txs, tx)
			}
		}
	}
	slices.SortStableFunc(txs, func(a, b transaction) int {
		return cmp.Or(cmp.Compare(a.ChainID, b.ChainID), a.Account.Cmp(b.Account), cmp.Compare(a.Nonce, b.Nonce), cmp.Compare(a.Incident, b.Incident))
	})
	return txs, nil
}

// transactionsOf lists every nonce that the steps of an incident were given.
func transactionsOf(facts []incident.Fact, s incident.State) []transaction {
	since := firstPriced(facts)
	var txs []transaction
	for _, run := range s.Runs {
		for _, step := range run.Steps {
			call, _ := run.Plan.Call(step.Name)
			for issue := 1; issue <= step.Issue; issue++ {
				tx := transaction{Incident: s.ID, Exercise: s.Exercise, Run: run.Number, Step: step.Name,
					Chain: call.Chain, ChainID: call.ChainID, Approved: call.MaxCost, Since: since[nonceOf{run.Number, step.Name, issue}]}
				tx.bid(step, issue)
				said := step.Stalled == len(step.Attempts) // the submitter has told why
				if left := step.Left(call); !said && !tx.Settled && step.State == incident.StepBroadcast && tx.Cost.Times(110).Div(100).Cmp(left) > 0 {
					tx.Why = append(tx.Why, fmt.Sprintf("a bid that replaces it would cost more than the %s ETH that are approved and not spent", left.Decimal(18)))
				}
				txs = append(txs, tx)
			}
		}
	}
	return txs
}

// nonceOf names the nonce of one issue of a step.
type nonceOf struct {
	run   int
	step  string
	issue int
}

// firstPriced is when each nonce was taken.
func firstPriced(facts []incident.Fact) map[nonceOf]time.Time {
	at := map[nonceOf]time.Time{}
	for _, f := range facts {
		if f.Kind != incident.KindPriced {
			continue
		}
		body, err := f.Body()
		if p, ok := body.(incident.Priced); ok && err == nil {
			key := nonceOf{f.Run, p.Step, p.Issue}
			if _, known := at[key]; !known {
				at[key] = f.Seen
			}
		}
	}
	return at
}

// bid fills in what the attempts at one nonce come to.
func (tx *transaction) bid(step incident.Step, issue int) {
	var newest, sent incident.Attempt
	live := false
	for _, a := range step.Attempts {
		if a.Issue != issue {
			continue
		}
		tx.Bids++
		if !a.Refused || newest.Attempt == 0 {
			newest = a // what the signer refused is no bid that could be mined
		}
		if a.Signed != nil {
			live, tx.Hash = true, &a.Signed.Hash
		}
		if a.Sent {
			sent = a
		}
	}
	tx.Key, tx.Account, tx.Nonce = newest.Key, newest.From, newest.Nonce
	tx.FeeCap, tx.Tip, tx.Cost = newest.FeeCap, newest.Tip, newest.Cost()
	tx.Asked = len(sent.Outcomes)
	for _, o := range sent.Outcomes {
		if o.Class == "accepted" {
			tx.Accepted++
		}
	}
	tx.State, tx.Settled = string(step.State), step.State.Ended()
	switch past := issue < step.Issue; {
	case !live && (past || step.State == incident.StepReady || step.State == incident.StepFailed):
		tx.State, tx.Settled = "given back", true
	case past:
		tx.State, tx.Settled = "spent", true // by one that reverted, or by one that is not ours
	case !tx.Settled:
		tx.Why = whyOpen(step, newest, sent)
	}
}

// whyOpen is what the journal knows of a nonce that is not settled.
func whyOpen(step incident.Step, newest, sent incident.Attempt) []string {
	switch step.State {
	case incident.StepIncluded:
		return []string{fmt.Sprintf("block %d has it; its goal is still to be read at depth", step.In.Block)}
	case incident.StepReverted, incident.StepPreempted:
		return []string{fmt.Sprintf("%s: %s; whether the goal holds all the same is still to be read", step.State, step.Why)}
	}
	if step.Reached {
		return []string{"its goal holds already; its bytes are offered until its nonce is used up: " + step.Why}
	}
	why := []string{map[incident.StepState]string{
		incident.StepPriced:    fmt.Sprintf("bid %d waits for its signature", newest.Attempt),
		incident.StepSigned:    fmt.Sprintf("bid %d is signed, no answer to it is written yet", newest.Attempt),
		incident.StepBroadcast: "no block has it",
	}[step.State]}
	if step.Why != "" && step.Why != step.NoBump {
		why = append(why, step.Why)
	}
	if len(sent.Outcomes) > 0 {
		why = append(why, incident.StepWords(incident.Broadcast{Attempt: sent.Attempt, Outcomes: sent.Outcomes}))
	}
	if step.NoBump != "" {
		why = append(why, "its fees are not raised any more: "+step.NoBump)
	}
	return append(why, fmt.Sprintf("bid %d was made because: %s", newest.Attempt, newest.Why))
}

// markStuck flags the oldest open nonce of each lane when it is older than
// after. The transactions are sorted.
func markStuck(txs []transaction, now time.Time, after time.Duration) {
	type lane struct {
		chain   uint64
		account common.Address
	}
	seen := map[lane]bool{}
	for i := range txs {
		tx := &txs[i]
		at := lane{tx.ChainID, tx.Account}
		// One in a block holds up nobody.
		if tx.Settled || tx.State == string(incident.StepIncluded) || seen[at] {
			continue
		}
		seen[at] = true
		tx.Stuck = now.Sub(tx.Since) >= after
	}
}

// brief is an address as a column shows it; the key and the whole address are
// in tx show and in JSON.
func brief(a common.Address) string {
	text := a.Hex()
	return text[:8] + ".." + text[len(text)-6:]
}
