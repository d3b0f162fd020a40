package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

var (
	responder = common.HexToAddress("0x2222222222222222222222222222222222222222")
	vaultAt   = common.HexToAddress("0x1111111111111111111111111111111111111111")
	rawBytes  = []byte{2, 0xf8, 0x6b}
)

// ages are what is not the same in two runs, and how wide that makes a column.
var ages = regexp.MustCompile(`(AGE|-?(\d+h)?(\d+m)?\d+s\b) *`)

// recordTx writes a journal with two incidents that share a lane. The first
// has a step that waits for a block at nonce 7, after a refused raise, and one
// that was given back; the second is about to be signed.
func recordTx(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	entries := []incident.Entry{
		{Stream: older.Stream(), Open: true, Drafts: story(older,
			bidFor("pause", 1, 7), bidFor("block/1", 1, 8),
			signedAs("pause", 1),
			incident.Released{Step: "block/1", Attempt: 1, Why: "a nonce below it was given back",
				Slot: incident.Slot{ChainID: 1337, From: responder, Nonce: 8, Issue: 1}},
			incident.Broadcast{Step: "pause", Attempt: 1, Outcomes: []incident.Outcome{
				{Endpoint: "node-a", Class: "accepted"},
				{Endpoint: "node-b", Class: "rejected", Kind: "fee-low", Text: "transaction underpriced " + hostile}}},
			bidFor("pause", 2, 7),
			incident.Refused{Step: "pause", Attempt: 2, Code: "fee-above-rule", Why: "the rule allows 5 gwei"})},
		{Stream: newer.Stream(), Open: true, Drafts: story(newer, bidFor("pause", 1, 9))},
	}
	for _, e := range entries {
		_, err := j.Append(t.Context(), e)
		require.NoError(t, err)
	}
}

// story is an incident whose plan has the steps pause and block/1, approved,
// and then the given facts.
func story(id incident.ID, bodies ...incident.Body) []incident.Draft {
	p := incident.Plan{
		Incident: id, Revision: 1, Mode: incident.ModeLive, PlannedAt: seen, Submit: time.Minute, Signer: "guardian",
		Quorum: incident.Quorum{Need: 1, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: time.Hour},
		MaxFee: incident.NewQuantity(1e18),
	}
	for _, step := range []string{"pause", "block/1"} {
		p.Calls = append(p.Calls, incident.Call{Step: step, Verb: "pause", Chain: "lab", ChainID: 1337, To: vaultAt,
			Data: common.FromHex("0x8456cb59"), Function: "pause()", Gas: 100_000, MaxCost: incident.NewQuantity(640_000_000_000_000),
			Goal: incident.Check{ChainID: 1337, To: vaultAt, Data: common.FromHex("0x5c975abb"), Type: "bool", Op: incident.Equals, Want: incident.NewQuantity(1)}})
	}
	d := p.Digest()
	bodies = append([]incident.Body{
		incident.Opened{Key: string(id), Playbook: incident.PlaybookRef{Name: "vault-drain"}, Mode: incident.ModeLive, Receipt: 1,
			Alert: incident.Alert{Source: "detector", ID: "a-1", Rule: "vault.outflow-spike"}},
		incident.Planned{Plan: p, Digest: d}, incident.Asked{Digest: d, Deadline: seen.Add(time.Hour)},
		incident.Voted{Vote: incident.Vote{Person: "ana", Team: "security", Decision: incident.Approve, Digest: d,
			Assurance: incident.AssuranceSlack, Delivery: "click of " + string(id)}},
		incident.Authorised{Digest: d, By: []string{"ana"}, Assurance: incident.AssuranceSlack},
	}, bodies...)
	var drafts []incident.Draft
	for i, b := range bodies {
		drafts = append(drafts, after(i, b))
	}
	return drafts
}

func bidFor(step string, attempt int, nonce uint64) incident.Priced {
	return incident.Priced{Step: step, Attempt: attempt, Issue: 1, ChainID: 1337, Key: "guardian", From: responder, Nonce: nonce,
		Gas: 100_000, FeeCap: incident.NewQuantity(uint64(attempt+1) * 2e9), Tip: incident.NewQuantity(uint64(attempt) * 1e9), Why: "tip 2 x 0.5 gwei"}
}

func signedAs(step string, attempt int) incident.Signed {
	return incident.Signed{Step: step, Attempt: attempt, Raw: rawBytes, Hash: common.HexToHash("0xabc1"), Rule: "pause-vault"}
}

func TestOpenNoncesAreListedByLaneAndTheStuckOneSaysWhy(t *testing.T) {
	text, all := testdata(t, "tx-list.txt"), testdata(t, "tx-list-all.txt")
	recordTx(t)
	a := call("tx", "list")
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, text, ages.ReplaceAllString(a.out, "AGE "))
	a = call("tx", "list", "--all")
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, all, ages.ReplaceAllString(a.out, "AGE "))
	assert.NotContains(t, call("tx", "list", "--stuck-after", "876000h").out, "stuck", "it is not older than that")
}

func TestAScriptGetsOneLinePerNonce(t *testing.T) {
	recordTx(t)
	a := call("tx", "list", "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	var nonces []uint64
	var stuck []bool
	for _, line := range strings.Split(strings.TrimSpace(a.out), "\n") {
		var tx transaction
		require.NoError(t, json.Unmarshal([]byte(line), &tx))
		nonces, stuck = append(nonces, tx.Nonce), append(stuck, tx.Stuck)
		assert.Equal(t, responder, tx.Account)
		assert.False(t, tx.Settled)
	}
	assert.Equal(t, []uint64{7, 9}, nonces)
	assert.Equal(t, []bool{true, false}, stuck, "only the oldest of a lane can be what holds it up")
}

func TestEveryDecisionOfAStepIsShownWithItsReason(t *testing.T) {
	text := testdata(t, "tx-show.txt")
	recordTx(t)
	a := call("tx", "show", string(older))
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, text, a.out)
	one := call("tx", "show", string(older), "block/1")
	require.Equal(t, exitOK, one.code, one.err)
	assert.Contains(t, one.out, "step block/1")
	assert.NotContains(t, one.out, "step pause")
}

func TestSignedBytesAreShownOnlyWhereAsked(t *testing.T) {
	recordTx(t)
	for _, format := range []string{"text", "json"} {
		without := call("tx", "show", string(older), "--format", format)
		with := call("tx", "show", string(older), "--format", format, "--raw")
		require.Equal(t, exitOK, with.code, with.err)
		assert.NotContains(t, without.out, "0x02f86b", format)
		assert.Contains(t, with.out, "0x02f86b", format)
	}
}

func TestWhatIsShownToAScriptIsOneObject(t *testing.T) {
	recordTx(t)
	a := call("tx", "show", string(older), "pause", "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	var r report
	require.NoError(t, json.Unmarshal([]byte(a.out), &r))
	require.Len(t, r.Steps, 1)
	var kinds []incident.Kind
	for _, d := range r.Steps[0].Decisions {
		kinds = append(kinds, d.Kind)
		assert.NotEmpty(t, d.Words)
	}
	assert.Equal(t, []incident.Kind{"priced", "signed", "broadcast", "priced", "refused"}, kinds)
	assert.Len(t, r.Steps[0].Bids, 2)
	assert.Len(t, r.Steps[0].Next, 1)
}

func TestAStepThatIsNotThereIsNamedWithThoseThatAre(t *testing.T) {
	recordTx(t)
	a := call("tx", "show", string(older), "pawse")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, `has no step "pawse"; it has ["pause" "block/1"]`)
	a = call("tx", "show", "01JEQ7V5M2K3ABCF")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "the journal has no incident")
}

func TestAnIncidentWithoutAPlanHasNothingOnItsWay(t *testing.T) {
	record(t)
	a := call("tx", "show", string(older))
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "nothing is on its way")
	assert.Equal(t, answer{exitOK, "no nonce is open\n", ""}, call("tx", "list"))
	assert.Equal(t, answer{exitOK, "", ""}, call("tx", "list", "--format", "json"))
}

func TestNoTextAboutATransactionDrivesATerminal(t *testing.T) {
	recordTx(t)
	for _, args := range [][]string{{"tx", "list", "--all"}, {"tx", "show", string(older)}} {
		a := call(args...)
		require.Contains(t, a.out, "owned", "what was written is there to read")
		for _, r := range a.out {
			if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e') {
				t.Errorf("%v prints %q", args, r)
			}
		}
	}
}

// at is a transaction of a lane, so old.
func at(chain uint64, account byte, age time.Duration, state string) transaction {
	return transaction{ChainID: chain, Account: common.Address{account}, State: state, Since: seen.Add(-age)}
}

func TestOneTransactionPerLaneIsStuckAtMost(t *testing.T) {
	txs := []transaction{
		at(1, 1, time.Hour, "included"),
		at(1, 1, 2*time.Minute, "broadcast"),
		at(1, 1, 2*time.Minute, "broadcast"),
		at(1, 2, 59*time.Second, "broadcast"),
		at(1, 2, time.Hour, "broadcast"),
		at(2, 1, time.Minute, "priced"),
	}
	markStuck(txs, seen, time.Minute)
	var stuck []bool
	for _, tx := range txs {
		stuck = append(stuck, tx.Stuck)
	}
	assert.Equal(t, []bool{false, true, false, false, false, true}, stuck)
}

func TestWhyATransactionWaitsIsSaidOnce(t *testing.T) {
	bid := incident.Attempt{Priced: incident.Priced{Step: "pause", Attempt: 1, Issue: 1, Gas: 100_000, FeeCap: incident.NewQuantity(5e9)},
		Signed: &incident.Signed{Step: "pause", Attempt: 1}, Sent: true}
	step := incident.Step{Name: "pause", State: incident.StepBroadcast, Issue: 1, Attempts: []incident.Attempt{bid}}
	s := incident.State{Runs: []incident.Run{{Plan: &incident.Plan{Calls: []incident.Call{{Step: "pause", MaxCost: incident.NewQuantity(5e14)}}}}}}
	about := func(step incident.Step) string {
		s.Runs[0].Steps = []incident.Step{step}
		txs := transactionsOf(nil, s)
		require.Len(t, txs, 1)
		return strings.Join(txs[0].Why, "\n")
	}
	assert.Equal(t, 1, strings.Count(about(step), "approved"), "the journal alone tells that the budget is used up")
	step.Stalled, step.Why = 1, "the next bid may cost 0.00055 ETH and 0.0005 of the approved 0.0005 are left"
	assert.Equal(t, 1, strings.Count(about(step), "approved"), "the submitter has told it")
}

func TestIncidentsAndStepsAreCompletedFromTheJournal(t *testing.T) {
	recordTx(t)
	complete := func(args ...string) []string {
		a := call(append([]string{"__complete", "tx"}, args...)...)
		require.Equal(t, exitOK, a.code, a.err)
		lines := strings.Split(strings.TrimSpace(a.out), "\n")
		return lines[:len(lines)-1] // the last says what the shell is to do
	}
	ids := []string{string(newer) + "\tvault-drain, executing", string(older) + "\tvault-drain, executing"}
	steps := []string{"pause\tbroadcast", "block/1\tready"}
	assert.Equal(t, ids, complete("show", ""), "newest first")
	assert.Equal(t, steps, complete("show", string(older), ""))
	assert.Equal(t, steps, complete("bump", "--why", "x", string(older), ""))
	assert.Equal(t, ids, complete("cancel", "--why", "x", ""))
	assert.Empty(t, complete("show", "nonsense", ""))
	assert.Empty(t, complete("show", string(older), "pause", ""))
	assert.Empty(t, complete("show", "--journal", "absent.db", ""))
}

func TestASpareNamesTheStepThatItDoubles(t *testing.T) {
	var out strings.Builder
	require.NoError(t, stepReport{Step: "pause/spare", SpareOf: "pause", Key: "second"}.text(&out))
	assert.Contains(t, out.String(), "spare of step pause: either of the two")
	out.Reset()
	require.NoError(t, stepReport{Step: "pause"}.text(&out))
	assert.NotContains(t, out.String(), "spare")
}
