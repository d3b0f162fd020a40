package playbooks

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

// TestFormat lists the mappings of a file of tests, the whole file first, as
// Format does of a playbook. The caller owns the list.
func TestFormat() []Mapping {
	all := slices.Clone(testFormat)
	for i := range all {
		all[i].Keys = slices.Clone(all[i].Keys)
	}
	return all
}

// ofTests reads a mapping of a file of tests by the tables of its format.
func (l *testLoader) ofTests(n *yaml.Node, where, name string) fields {
	i := slices.IndexFunc(testFormat, func(m Mapping) bool { return m.Name == name })
	f := l.fields(n, where, testFormat[i].names()...)
	f.shape = testFormat[i]
	return f
}

var truths = []string{"true", "false", unknown}

// testFormat is the file of tests, version 1.
var testFormat = []Mapping{
	{Name: "", Words: "The tests of one playbook: the file NAME.test.yaml beside it.", Keys: []Key{
		{Name: "tests", Kind: KindEnum, Values: []string{"1"}, Required: true, Words: "Version of the format."},
		{Name: "base", Kind: KindMapping, Of: "alert", Words: "What every alert starts from."},
		{Name: "evidence", Kind: KindMapping, Of: "evidence", Words: "What evidence reads in every case that does not say otherwise. What nobody names cannot be read."},
		{Name: "cases", Kind: KindMappings, Of: "case", Most: maxCases, Required: true, Words: "The stories."},
	}},
	{Name: "alert", Words: "An alert. none takes away what the base has.", Keys: []Key{
		{Name: "rule", Kind: KindName, Of: "rule", Words: "The detector's rule."},
		{Name: "severity", Kind: KindEnum, Values: append(severities(), none), Words: "How urgent the source says that it is."},
		{Name: "chain", Kind: KindName, Of: "chain", Words: "The chain."},
		{Name: "contract", Kind: KindName, Of: "contract", Words: "The contract."},
		{Name: "confidence", Kind: KindText, Words: "From 0 to 1.", Example: "0.97"},
		{Name: "loss", Kind: KindAmount, Words: "Lost or at risk.", Example: "400_000 USDX"},
		{Name: "suspects", Kind: KindText, Words: "How many strangers are accused, or a list of accounts and contracts of the inventory.", Example: "3"},
		{Name: "labels", Kind: KindMapping, Words: "Labels of your choice."},
		{Name: "source", Kind: KindText, Most: 64, Words: "Who says it."},
		{Name: "sources", Kind: KindWhole, Least: 2, Most: 16, Words: "So many different sources say it: an alert of each."},
		{Name: "exercise", Kind: KindFlag, Words: "A drill."},
		{Name: "at", Kind: KindDuration, Least: 1, Most: 7 * day, Words: "How long after the beginning it arrives; at once where it is left out."},
	}},
	{Name: "case", Words: "One story, and what must come of it.", Keys: []Key{
		{Name: "name", Kind: KindText, Most: 200, Required: true, Words: "What it shows, in a sentence."},
		{Name: "alerts", Kind: KindMappings, Of: "alert", Most: maxTestAlerts, Required: true, Words: "What arrives. {} is the base as it is."},
		{Name: "mode", Kind: KindEnum, Values: modes()[1:], Words: "Rehearsed as if the playbook were in this mode; as it is written where it is left out."},
		{Name: "today", Kind: KindDate, Words: "The day on which it happens, quoted: for a pre-authorisation that ends. 2026-01-01 where it is left out."},
		{Name: "evidence", Kind: KindMapping, Of: "evidence", Words: "What evidence reads, by its id: a value, unknown, or a mapping for transfers. An address is a name, or stranger."},
		{Name: "chain", Kind: KindMapping, Of: "course", Words: "How steps go, by item or by step: pause, block, block/2, pause/spare."},
		{Name: "approvals", Kind: KindMappings, Of: "approval", Most: 64, Words: "Who answers, in this order: a name approves, one second after the request or the answer before."},
		{Name: "at", Kind: KindDuration, Least: 1, Most: 7 * day, Words: "When we look. Left out, when nothing moves any more but for people: to see a request lapse, say at."},
		{Name: "expect", Kind: KindMapping, Of: "expect", Required: true, Words: "What must have come of it. What is not named may be anything."},
	}},
	{Name: "evidence", Words: "Transfers that a piece of evidence finds.", Keys: []Key{
		{Name: "total", Kind: KindAmount, Words: "How much was moved in all.", Example: "2_000 USDX"},
		{Name: "count", Kind: KindWhole, Most: maxTransfers, Words: "In how many transfers; one for each recipient where it is left out."},
		{Name: "recipients", Kind: KindWhole, Most: maxSuspects, Words: "To how many different strangers."},
	}},
	{Name: "course", Words: "How a step goes on chain. Left out, it is mined and does what it should.", Keys: []Key{
		{Name: "receipt", Kind: KindEnum, Values: []string{ReceiptOK, ReceiptReverts, ReceiptNever}, Words: "What becomes of the transaction."},
		{Name: "goal", Kind: KindFlag, Words: "Whether the chain is as wanted after it; left out, it is after an ok receipt."},
		{Name: "already", Kind: KindFlag, Words: "The chain is as wanted before anything is sent."},
	}},
	{Name: "approval", Words: "An answer that is no plain yes, or has a time.", Keys: []Key{
		{Name: "person", Kind: KindName, Of: "people", Required: true, Words: "Who answers."},
		{Name: "at", Kind: KindDuration, Least: 1, Most: 7 * day, Words: "How long after the beginning."},
		{Name: "says", Kind: KindEnum, Values: []string{string(incident.Approve), string(incident.Deny)}, Words: "The answer; approve where it is left out."},
	}},
	{Name: "expect", Words: "What must have come of a case. At least one thing must be named.", Keys: []Key{
		{Name: "match", Kind: KindEnum, Values: truths, Words: "Whether any of the alerts matches; unknown: it cannot be told, so a person is paged."},
		{Name: "because", Kind: KindText, Most: maxExpression, Words: "What kept them from matching: a variable, a part of the condition as it is written, on.rules or on.severity."},
		{Name: "incidents", Kind: KindWhole, Most: maxTestAlerts, Words: "How many incidents are opened."},
		{Name: "runs", Kind: KindWhole, Most: maxTestAlerts, Words: "How many of them come to a plan."},
		{Name: "prepares", Kind: KindItems, Of: "prepare", Most: maxCalls, Words: "Items that the newest plan has; block×3 with exactly three calls."},
		{Name: "outcome", Kind: KindEnum, Values: Outcomes(), Words: "What becomes of the newest incident."},
		{Name: "paged", Kind: KindName, Of: "people", Words: "Who is called: one name or a list."},
		{Name: "refused", Kind: KindName, Of: "people", Words: "Whose answers do not count. An answer that does not count and is not named here fails the test."},
		{Name: "pre_authorised", Kind: KindFlag, Words: "Whether the newest plan went out before anybody was asked."},
		{Name: "calls", Kind: KindMapping, Of: "call", Words: "What calls of the newest plan are, by step."},
		{Name: "notes", Kind: KindTexts, Most: 64, Words: "Texts, each part of a note of the newest plan."},
		{Name: "exact", Kind: KindFlag, Words: "What is not named must not have happened: other items, pages, a release before asking, a second incident."},
	}},
	{Name: "call", Words: "One call of the plan.", Keys: []Key{
		{Name: "function", Kind: KindText, Most: 128, Words: "Its signature.", Example: "pause()"},
		{Name: "to", Kind: KindName, Of: "contract", Words: "The contract that is called."},
		{Name: "args", Kind: KindMapping, Words: "Its decoded arguments by name, as the card shows them."},
	}},
}
