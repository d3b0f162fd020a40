package playbooks

import (
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Kind is what a value of the format may be.
type Kind string

// The kinds of values.
const (
	KindText      Kind = "text"      // one line or block of plain text
	KindWhole     Kind = "whole"     // a whole number from Least to Most
	KindDuration  Kind = "duration"  // 90s, 10m, 24h, from Least to Most seconds
	KindAmount    Kind = "amount"    // 0.5 ETH
	KindFlag      Kind = "flag"      // true or false
	KindDate      Kind = "date"      // "2027-03-31", quoted, in UTC
	KindEnum      Kind = "enum"      // one of Values
	KindEnums     Kind = "enums"     // a list of them
	KindName      Kind = "name"      // a name of the inventory, of what Of says
	KindNames     Kind = "names"     // a list of them
	KindID        Kind = "id"        // an identifier that the author chooses
	KindItem      Kind = "item"      // the id of an item, of what Of says
	KindItems     Kind = "items"     // a list of them
	KindCondition Kind = "condition" // CEL that gives a bool
	KindTexts     Kind = "texts"     // a list of CEL expressions that give text
	KindList      Kind = "list"      // = CEL that gives a list of addresses
	KindRead      Kind = "read"      // contract.view(arguments)
	KindStatement Kind = "statement" // read("contract", "view()") == true
	KindWith      Kind = "with"      // the parameters of the verb
	KindMapping   Kind = "mapping"   // the mapping that Of names
	KindMappings  Kind = "mappings"  // a list of them
)

// Mapping is one mapping of the format and the keys that it may have, in the
// order in which they are best written. Every reader of the format works from
// these tables: the loader, the formatter, the schema for editors.
type Mapping struct {
	Name  string // "on.confirm", as messages name it; empty for the whole file
	Words string
	Keys  []Key
}

// Key is one key of a mapping.
type Key struct {
	Name     string
	Kind     Kind
	Words    string
	Required bool
	// Of is the mapping of KindMapping and KindMappings, and otherwise what is
	// named: "contract", "team", "prepare".
	Of     string
	Values []string // of KindEnum and KindEnums
	// Least and Most bound a whole number, and a duration in seconds; Most
	// bounds the bytes of a text and the entries of a list.
	Least, Most int64
	Example     string
}

// Format lists the mappings of a playbook, the whole file first. The caller
// owns the list.
func Format() []Mapping {
	all := slices.Clone(format)
	for i := range all {
		all[i].Keys = slices.Clone(all[i].Keys)
	}
	return all
}

// mapping finds a mapping of the format.
func mapping(name string) Mapping {
	i := slices.IndexFunc(format, func(m Mapping) bool { return m.Name == name })
	if i < 0 {
		return Mapping{Name: name}
	}
	return format[i]
}

// key finds a key; the zero Key when there is none.
func (m Mapping) key(name string) Key {
	i := slices.IndexFunc(m.Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}
	}
	return m.Keys[i]
}

// names lists the keys.
func (m Mapping) names() []string {
	list := make([]string, len(m.Keys))
	for i, k := range m.Keys {
		list[i] = k.Name
	}
	return list
}

// wholes and durations give the range of a key.
func (k Key) wholes() span[uint64] { return span[uint64]{uint64(k.Least), uint64(k.Most)} }

func (k Key) durations() span[time.Duration] {
	return span[time.Duration]{time.Duration(k.Least) * time.Second, time.Duration(k.Most) * time.Second}
}

// Seconds of the ranges below.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

func modes() []string {
	return []string{string(incident.ModeOff), string(incident.ModeDryRun), string(incident.ModeLive)}
}

func assurances() []string {
	return []string{string(incident.AssuranceSlack), string(incident.AssurancePasskey), string(incident.AssuranceWallet)}
}

// format is the playbook, version 1.
var format = []Mapping{
	{Name: "", Words: "One playbook: when it applies, what it prepares, who must agree, how it is seen to have worked, and the way back.", Keys: []Key{
		{Name: "playbook", Kind: KindEnum, Values: []string{"1"}, Required: true, Words: "Version of the format."},
		{Name: "name", Kind: KindText, Most: 64, Required: true, Words: "Its name, which is the file's name without .yaml."},
		{Name: "summary", Kind: KindText, Most: maxSummary, Required: true, Words: "What it does and why, in the words that guardians read at 3 a.m."},
		{Name: "owner", Kind: KindName, Of: "team", Required: true, Words: "The team that answers when the playbook misbehaves."},
		{Name: "runbook", Kind: KindText, Most: 500, Words: "An https address of what people do besides.", Example: "https://wiki.example.org/runbooks/vault-drain"},
		{Name: "mode", Kind: KindEnum, Values: modes(), Required: true, Words: "off never matches; dry-run asks people and never signs; live sends what was approved."},
		{Name: "on", Kind: KindMapping, Of: "on", Required: true, Words: "Which alerts it is for. All that is given must hold."},
		{Name: "incident", Kind: KindMapping, Of: "incident", Required: true, Words: "Which alerts are one incident."},
		{Name: "evidence", Kind: KindMappings, Of: "evidence", Most: maxEvidence, Words: "What is read from the chain before the plan is made, for conditions and for the people who are asked."},
		{Name: "prepare", Kind: KindMappings, Of: "prepare", Most: maxCalls, Required: true, Words: "The calls. They go out together unless after says otherwise."},
		{Name: "approve", Kind: KindMapping, Of: "approve", Required: true, Words: "Who must agree, and until when. Silence rejects."},
		{Name: "pre_authorize", Kind: KindMapping, Of: "pre_authorize", Words: "Sends without asking first: for pauses alone, until a date, once in a while. Everybody who reads the playbook signs this off."},
		{Name: "submit", Kind: KindMapping, Of: "submit", Required: true, Words: "Which key sends, and what it may cost."},
		{Name: "verify", Kind: KindMappings, Of: "verify", Most: 2 * maxCalls, Words: "How each item is seen to have worked. An item's own goal is always checked."},
		{Name: "notify", Kind: KindMappings, Of: "notify", Most: 8, Words: "What is posted once the chain has proved that it held."},
		{Name: "recover", Kind: KindMappings, Of: "recover", Most: maxCalls, Words: "Who may undo what. A recovery is a run of its own, with another key and more people."},
	}},
	{Name: "on", Words: "Which alerts the playbook is for: rules or when, or both.", Keys: []Key{
		{Name: "rules", Kind: KindNames, Of: "rule", Most: 256, Words: "The detectors' rules, as the inventory names them."},
		{Name: "severity", Kind: KindEnums, Values: severities(), Words: "A list; left out, every severity."},
		{Name: "when", Kind: KindCondition, Words: "CEL over the alert.", Example: `alert.contract == "lab-vault"`},
		{Name: "confirm", Kind: KindMapping, Of: "on.confirm", Words: "How many sources must agree before anything is prepared."},
	}},
	{Name: "on.confirm", Words: "Different sources that must report the same.", Keys: []Key{
		{Name: "sources", Kind: KindWhole, Least: 2, Most: 5, Required: true, Words: "How many different sources."},
		{Name: "within", Kind: KindDuration, Least: 10, Most: hour, Required: true, Words: "In what time."},
	}},
	{Name: "incident", Words: "Which alerts are one incident, and how many there may be.", Keys: []Key{
		{Name: "key", Kind: KindTexts, Most: 8, Required: true, Words: "Alerts with the same values join one incident.", Example: "[alert.chain, alert.contract]"},
		{Name: "cooldown", Kind: KindDuration, Least: 1, Most: day, Words: "How long after its end alerts of the same key still join it. 30m where it is left out."},
		{Name: "inhibit", Kind: KindDuration, Least: minute, Most: day, Words: "How long after a containment alerts that name no new account or contract join it, as long as the chain says that it holds. Longer than the cooldown."},
		{Name: "limit", Kind: KindMapping, Of: "incident.limit", Words: "How many incidents this playbook may open."},
		{Name: "unsilenceable", Kind: KindFlag, Words: "No silence keeps it from opening an incident: for what nobody may be unaware of."},
	}},
	{Name: "incident.limit", Words: "What a storm or a broken detector may open. Beyond it one incident pages a person and prepares nothing.", Keys: []Key{
		{Name: "runs", Kind: KindWhole, Least: 1, Most: 100, Required: true, Words: "How many incidents."},
		{Name: "per", Kind: KindDuration, Least: minute, Most: day, Required: true, Words: "In what time."},
		{Name: "then", Kind: KindEnum, Values: []string{"page"}, Required: true, Words: "What follows: a person is paged."},
	}},
	{Name: "evidence", Words: "One thing that is read: a view of a contract, or transfers of a token.", Keys: []Key{
		{Name: "id", Kind: KindID, Required: true, Words: "Its name: evidence.ID in conditions."},
		{Name: "read", Kind: KindRead, Words: "A view that the inventory knows of the contract.", Example: "lab-vault.paused()"},
		{Name: "get", Kind: KindEnum, Values: []string{"transfers"}, Words: "Transfers of a token, instead of read."},
		{Name: "in", Kind: KindName, Of: "token", Words: "The unit of what a read gives: with it the value is an amount."},
		{Name: "token", Kind: KindName, Of: "token", Words: "Whose transfers; the inventory must know its address."},
		{Name: "from", Kind: KindName, Of: "contract", Words: "Who sent."},
		{Name: "to", Kind: KindName, Of: "contract", Words: "Who received."},
		{Name: "since", Kind: KindDuration, Least: 10, Most: day, Words: "How far back, by the chain's block time."},
		{Name: "optional", Kind: KindFlag, Words: "Where it cannot be read, conditions ask evidence.has_ID."},
	}},
	{Name: "prepare", Words: "One call, or one for each element of a list.", Keys: []Key{
		{Name: "id", Kind: KindID, Required: true, Words: "Its name in the plan, on the card and in the journal."},
		{Name: "do", Kind: KindName, Of: "verb", Required: true, Words: "The verb."},
		{Name: "on", Kind: KindName, Of: "contract", Required: true, Words: "The contract, which must be able to do the verb."},
		{Name: "when", Kind: KindCondition, Words: "CEL over the alert and the evidence; false leaves the item out."},
		{Name: "each", Kind: KindList, Words: "One call for each element.", Example: "= alert.suspects"},
		{Name: "max", Kind: KindWhole, Least: 1, Most: maxCalls, Words: "The most elements that each may have; more stop everything and page."},
		{Name: "with", Kind: KindWith, Words: "The verb's parameters: plain values, or = and CEL of exactly the parameter's type."},
		{Name: "after", Kind: KindItems, Of: "prepare", Most: maxCalls, Words: "Earlier items that must be in a block first."},
	}},
	{Name: "approve", Words: "Who must agree to exactly what will be sent.", Keys: []Key{
		{Name: "quorum", Kind: KindWhole, Least: 2, Most: 1000, Required: true, Words: "How many people. One person is never enough."},
		{Name: "from", Kind: KindNames, Of: "team", Most: 256, Required: true, Words: "Their teams."},
		{Name: "distinct", Kind: KindEnum, Values: []string{"person", "team"}, Words: "team: each of another team."},
		{Name: "assurance", Kind: KindEnum, Values: assurances(), Words: "By what: slack, a click; passkey, a signature by a guardian's own passkey, or stronger; wallet, by a wallet, which shows what it signs. slack where it is left out. A key whose policy counts guardians needs passkey or wallet."},
		{Name: "in", Kind: KindName, Of: "channel", Required: true, Words: "The channel that is asked."},
		{Name: "within", Kind: KindDuration, Least: 30, Most: day, Required: true, Words: "How long the request is open."},
		{Name: "escalate", Kind: KindNames, Of: "people", Most: 3, Words: "Teams or people who are told too, in this order, after 25, 50 and 75 % of the time, and all at once when somebody objects. They are told and cannot vote. Where it is left out: whom on_timeout pages, after 25 %."},
		{Name: "on_timeout", Kind: KindMapping, Of: "approve.on_timeout", Words: "Who is paged when nobody answers."},
	}},
	{Name: "approve.on_timeout", Words: "Silence is never consent.", Keys: []Key{
		{Name: "page", Kind: KindName, Of: "people", Required: true, Words: "A team or a person."},
		{Name: "then", Kind: KindEnum, Values: []string{"reject"}, Required: true, Words: "reject, and nothing else."},
	}},
	{Name: "pre_authorize", Words: "What may be sent before anybody was asked.", Keys: []Key{
		{Name: "only", Kind: KindNames, Of: "pause", Most: 8, Required: true, Words: "The verbs: such that take no argument and only tighten. Every item of prepare must be one of them."},
		{Name: "until", Kind: KindDate, Required: true, Words: "The day on which it ends, quoted; at most a year ahead. After it people are asked as always."},
		{Name: "per", Kind: KindDuration, Least: 10 * minute, Most: 7 * day, Required: true, Words: "The least time between two of them; in between people are asked as always."},
	}},
	{Name: "submit", Words: "Which key sends, and what it may cost.", Keys: []Key{
		{Name: "as", Kind: KindName, Of: "signer", Required: true, Words: "The key."},
		{Name: "spare", Kind: KindName, Of: "signer", Words: "Another key that makes every call too; whichever lands first counts."},
		{Name: "deadline", Kind: KindDuration, Least: 10, Most: hour, Required: true, Words: "After which people are told that it is late; sending goes on."},
		{Name: "max_fee", Kind: KindAmount, Required: true, Words: "Over all calls together, in what the chain's fees are paid in.", Example: "0.5 ETH"},
	}},
	{Name: "verify", Words: "How an item is seen to have worked.", Keys: []Key{
		{Name: "of", Kind: KindItem, Of: "prepare", Required: true, Words: "The item."},
		{Name: "that", Kind: KindStatement, Words: "What the chain must say besides the item's own goal.", Example: `read("lab-vault", "paused()") == true`},
		{Name: "within", Kind: KindDuration, Least: 1, Most: hour, Required: true, Words: "How long after the block it may take."},
	}},
	{Name: "notify", Words: "A message for people besides the request.", Keys: []Key{
		{Name: "in", Kind: KindName, Of: "channel", Required: true, Words: "The channel."},
		{Name: "text", Kind: KindText, Most: maxNotice, Required: true, Words: "Plain text. {{ name }} is filled in from the alert and the plan; nothing of it ever reaches a transaction.", Example: "{{ alert.contract }} is paused, {{ alert.loss }} lost so far."},
	}},
	{Name: "recover", Words: "The way back of an item, in words: a recovery is a run of its own.", Keys: []Key{
		{Name: "id", Kind: KindID, Required: true, Words: "Its name."},
		{Name: "undo", Kind: KindItem, Of: "prepare", Required: true, Words: "The item that it undoes."},
		{Name: "approve", Kind: KindMapping, Of: "recover.approve", Required: true, Words: "Who must agree: more people than for the containment."},
	}},
	{Name: "recover.approve", Words: "Who must agree to loosen what the containment tightened.", Keys: []Key{
		{Name: "quorum", Kind: KindWhole, Least: 2, Most: 1000, Required: true, Words: "More than the containment needs."},
		{Name: "from", Kind: KindNames, Of: "team", Most: 256, Required: true, Words: "Their teams."},
	}},
}
