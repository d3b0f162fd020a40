package playbooks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

// sourcedInventory says who sends what, and what more can be read.
var sourcedInventory = strings.NewReplacer(
	"people:\n", "sources:\n  detector: {rules: [vault.outflow-spike]}\n  second: {rules: [vault.outflow-spike]}\npeople:\n",
	"  USDX: 6\n", "  USDX: {decimals: 6, chain: lab, address: \"0x3333333333333333333333333333333333333333\"}\n  LEFT: 6\n",
	"can: [pause, withdrawal-limit], token: USDX}", "can: [pause, withdrawal-limit, revoke-role], token: USDX,\n    abi: [totalAssets() returns (uint256), owner() returns (address), \"balanceOf(address) returns (uint256)\",\n      \"hasRole(bytes32,address) returns (bool)\", salt() returns (bytes32),\n      \"both(address) returns (uint256)\", \"both(uint256) returns (uint256)\"]}",
).Replace(goodInventory)

// signedOffPlaybook goes out before anybody is asked, and reads evidence.
const signedOffPlaybook = `playbook: 1
name: drain
summary: Stop it at once.
owner: security
mode: live
on:
  rules: [vault.outflow-spike]
  when: alert.source == "detector" || alert.has_loss
  confirm: {sources: 2, within: 90s}
incident:
  key: [alert.chain]
evidence:
  - {id: paused, read: lab-vault.paused()}
  - {id: tvl, read: lab-vault.totalAssets(), in: USDX, optional: true}
  - {id: held, read: lab-vault.balanceOf(treasury)}
  - {id: boss, read: lab-vault.owner()}
  - {id: role, read: "lab-vault.hasRole(PAUSER_ROLE, guardian)"}
  - {id: flows, get: transfers, token: USDX, from: lab-vault, since: 30m, optional: true}
prepare:
  - id: pause
    do: pause
    on: lab-vault
    when: |
      !evidence.paused && evidence.role &&
      (!evidence.has_tvl || evidence.tvl > amount("1 USDX")) &&
      (evidence.held > 5 || evidence.boss != account("treasury"))
  - id: other
    do: pause
    on: lab-vault
    when: evidence.has_flows && evidence.flows.total > amount("5 USDX") && evidence.flows.count > 2
approve:
  quorum: 2
  from: [security, protocol]
  in: "#inc-onchain"
  within: 10m
pre_authorize:
  only: [pause]
  until: "2027-03-31"
  per: 24h
submit: {as: guardian, deadline: 3m, max_fee: 0.5 ETH}
verify:
  - {of: pause, within: 2m}
  - {of: other, within: 2m}
recover:
  - id: unpause
    undo: pause
    approve: {quorum: 3, from: [security, protocol]}
  - id: unpause-other
    undo: other
    approve: {quorum: 3, from: [security, protocol]}
`

var brokenStricter = []broken{
	// evidence
	{name: "evidence without an id", old: "{id: paused, read", new: "§{read", code: playbooks.CodeRequired, says: "evidence.id is required"},
	{name: "evidence with a dash", old: "{id: held, read", new: "{id: §he-ld, read", code: playbooks.CodeID, says: "must match"},
	{name: "evidence that hides a question", old: "{id: held, read", new: "{id: §has_it, read", code: playbooks.CodeID, says: "not begin with has_"},
	{name: "two items of evidence with one id", old: "{id: held, read", new: "{id: §paused, read", code: playbooks.CodeID, says: "already used at line 13"},
	{name: "evidence of nothing", old: "- {id: paused, read: lab-vault.paused()}", new: "- §{id: paused}", code: playbooks.CodeEvidence, says: "read or get"},
	{name: "evidence of two things", old: "{id: paused, read: lab-vault.paused()}", new: "§{id: paused, read: lab-vault.paused(), get: transfers}", code: playbooks.CodeEvidence, says: "not both"},
	{name: "a read of no call", old: "read: lab-vault.paused()", new: "read: §lab-vault.paused", code: playbooks.CodeEvidence, says: "write it as lab-vault.paused()"},
	{name: "a read of an unknown contract", old: "read: lab-vault.paused()", new: "read: §lab-valt.paused()", code: playbooks.CodeContract, says: `did you mean "lab-vault"?`},
	{name: "a read of an unknown view", old: "read: lab-vault.paused()", new: "read: §lab-vault.pausd()", code: playbooks.CodeView, says: `did you mean "paused()"?`},
	{name: "a read with too many arguments", old: "read: lab-vault.paused()", new: "read: §lab-vault.paused(treasury)", code: playbooks.CodeView, says: "paused()"},
	{name: "a read of an unknown account", old: "balanceOf(treasury)", new: "balanceOf(tresury)", code: playbooks.CodeEvidence, says: "no contract, protected account or signer",
		also: []edit{{"read: lab-vault.balanceOf(tresury)", "read: §lab-vault.balanceOf(tresury)"}}},
	{name: "a read of a role that is none", old: `read: "lab-vault.hasRole(PAUSER_ROLE, guardian)"`, new: `read: §"lab-vault.hasRole(pauser, guardian)"`, code: playbooks.CodeEvidence, says: "such as PAUSER_ROLE"},
	{name: "a read that no condition compares", old: "read: lab-vault.owner()", new: "read: §lab-vault.salt()", code: playbooks.CodeEvidence, says: "bytes32"},
	{name: "a unit of what has none", old: "read: lab-vault.paused()}", new: "read: lab-vault.paused(), in: §USDX}", code: playbooks.CodeEvidence, says: "has no unit"},
	{name: "an unknown unit", old: "in: USDX", new: "in: §USDY", code: playbooks.CodeToken, says: `did you mean "USDX"?`},
	{name: "a window for a read", old: "read: lab-vault.paused()}", new: "read: lab-vault.paused(), since: §30m}", code: playbooks.CodeEvidence, says: "belongs to get: transfers"},
	{name: "something else to get", old: "get: transfers", new: "get: §balances", code: playbooks.CodeEvidence, says: "transfers"},
	{name: "transfers of no token", old: "get: transfers, token: USDX, from", new: "get: transfers, from", code: playbooks.CodeRequired, says: "evidence.token is required",
		also: []edit{{"- {id: flows", "- §{id: flows"}}},
	{name: "transfers of a token that is nowhere", old: "token: USDX, from", new: "token: §LEFT, from", code: playbooks.CodeToken, says: "no address of LEFT"},
	{name: "transfers of everybody", old: "- {id: flows, get: transfers, token: USDX, from: lab-vault, since", new: "- §{id: flows, get: transfers, token: USDX, since", code: playbooks.CodeEvidence, says: "too many to read"},
	{name: "transfers on another chain", old: "from: lab-vault, since", new: "from: §side-vault, since", code: playbooks.CodeEvidence, says: "USDX is on lab"},
	{name: "transfers of all time", old: "since: 30m, optional: true}", new: "optional: true}", code: playbooks.CodeRequired, says: "evidence.since is required",
		also: []edit{{"- {id: flows", "- §{id: flows"}}},
	{name: "transfers of a month", old: "since: 30m", new: "since: §720h", code: playbooks.CodeDuration, says: "24h"},
	{name: "a unit for transfers", old: "since: 30m, optional", new: "since: 30m, in: §USDX, optional", code: playbooks.CodeEvidence, says: "belongs to a read"},
	{name: "perhaps optional", old: "from: lab-vault, since: 30m, optional: true", new: "from: lab-vault, since: 30m, optional: §maybe", code: playbooks.CodeType, says: "true or false"},
	{name: "optional evidence that is not asked for", old: `(!evidence.has_tvl || evidence.tvl > amount("1 USDX"))`, new: `(evidence.paused || evidence§.tvl > amount("1 USDX"))`, code: playbooks.CodePresence, says: "guard it with evidence.has_tvl"},
	{name: "a presence of what is always there", old: "!evidence.has_tvl", new: "!evidence§.has_paused", code: playbooks.CodeCEL, says: "undeclared reference",
		also: []edit{{` || evidence.tvl > amount("1 USDX")`, ""}}},
	{name: "a misspelt item of evidence", old: "!evidence.paused &&", new: "!evidence§.pausd &&", code: playbooks.CodeCEL, says: "evidence.paused"},
	{name: "a misspelt part of transfers", old: "evidence.flows.count", new: "evidence.flows§.number", code: playbooks.CodeCEL, says: "undeclared"},
	{name: "evidence of another token", old: `evidence.tvl > amount("1 USDX")`, new: `evidence.tvl > amount(§"1 ETH")`, code: playbooks.CodeAmount, says: "amounts of USDX and ETH"},
	{name: "an amount against a bare number", old: `evidence.tvl > amount("1 USDX")`, new: `evidence.tvl §> 5`, code: playbooks.CodeCEL, says: "Amount, int"},
	{name: "a number against an amount", old: "evidence.held > 5", new: `evidence.held §> amount("5 USDX")`, code: playbooks.CodeCEL, says: "Number, Amount"},
	{name: "a number equal to a literal", old: "evidence.held > 5", new: "evidence.held §== 5", code: playbooks.CodeCEL, says: `write number("1000")`},
	{name: "a number that is none", old: "evidence.held > 5", new: `evidence.held > number(§"1e6")`, code: playbooks.CodeAmount, says: "write digits"},
	{name: "an address against a text of evidence", old: `evidence.boss != account("treasury")`, new: `evidence.boss §!= "treasury"`, code: playbooks.CodeCEL, says: "an address is never text"},
	{name: "evidence that is a word of CEL", old: "{id: held, read", new: "{id: §in, read", code: playbooks.CodeID, says: "a word of CEL"},
	{name: "more evidence than is read", old: "evidence:\n", new: "evidence:\n  §" + strings.TrimPrefix(strings.Repeat("  - {id: more, read: lab-vault.paused()}\n", 12), "  "), code: playbooks.CodeType, says: "has 18 entries, at most 16"},
	{name: "an amount times a percentage", old: `evidence.tvl > amount("1 USDX")`, new: `evidence.tvl §* percent("5%") > amount("1 USDX")`, code: playbooks.CodeCEL, says: "write the percentage first"},
	{name: "a number on the right", old: "evidence.held > 5", new: "5 §< evidence.held", code: playbooks.CodeCEL, says: "write the number of the chain first"},
	{name: "a sum of numbers", old: "evidence.held > 5", new: "evidence.held §+ evidence.held > 5", code: playbooks.CodeCEL, says: "give the evidence a unit"},
	{name: "one of two overloads", old: "read: lab-vault.balanceOf(treasury)", new: "read: §lab-vault.both(treasury)", code: playbooks.CodeView, says: "keep one of them in its abi"},
	{name: "an unknown key of evidence", old: "{id: paused, read", new: "{id: paused, §at: 5, read", code: playbooks.CodeUnknownKey, says: "of evidence"},
	// pre_authorize
	{name: "a sign-off of an unknown verb", old: "only: [pause]", new: "only: [§puase]", code: playbooks.CodeAction, says: `did you mean "pause"?`},
	{name: "a sign-off of what takes an argument", old: "only: [pause]", new: "only: [pause, §blocklist]", code: playbooks.CodePreAuth, says: "takes an argument"},
	{name: "a sign-off without an end", old: "pre_authorize:\n  only: [pause]\n  until: \"2027-03-31\"\n", new: "pre_authorize:\n  §only: [pause]\n", code: playbooks.CodeRequired, says: "pre_authorize.until is required"},
	{name: "a sign-off without a rate", old: "pre_authorize:\n  only: [pause]\n  until: \"2027-03-31\"\n  per: 24h\n", new: "pre_authorize:\n  §only: [pause]\n  until: \"2027-03-31\"\n", code: playbooks.CodeRequired, says: "pre_authorize.per is required"},
	{name: "a sign-off without verbs", old: "pre_authorize:\n  only: [pause]\n", new: "pre_authorize:\n", code: playbooks.CodeRequired, says: "pre_authorize.only is required",
		also: []edit{{"  until: \"2027-03-31\"", "  §until: \"2027-03-31\""}}},
	{name: "a date without quotes", old: `until: "2027-03-31"`, new: `until: §2027-03-31`, code: playbooks.CodeNumber, says: "quote it"},
	{name: "a day that does not exist", old: `until: "2027-03-31"`, new: `until: §"2027-02-31"`, code: playbooks.CodePreAuth, says: "must be a day"},
	{name: "a sign-off for ever", old: `until: "2027-03-31"`, new: `until: §"2099-12-31"`, code: playbooks.CodePreAuth, says: "more than a year ahead"},
	{name: "a sign-off again and again", old: "per: 24h", new: "per: §1m", code: playbooks.CodeDuration, says: "10m"},
	{name: "a sign-off of an item that is another verb", old: "- id: other\n    do: pause\n    on: lab-vault", new: "- id: §other\n    do: withdrawal-limit\n    with: {limit: 0 USDX, window: 1h}\n    on: lab-vault", code: playbooks.CodePreAuth, says: "a playbook of its own"},
	{name: "a sign-off for any rule", old: "pre_authorize:\n  only", new: "pre_authorize:\n  §only", code: playbooks.CodePreAuth, says: "must name its rules", also: []edit{{"  rules: [vault.outflow-spike]\n", ""}}},
	{name: "an unknown key of a sign-off", old: "per: 24h", new: "per: 24h\n  §teams: [security]", code: playbooks.CodeUnknownKey, says: "of pre_authorize"},
	{name: "a sign-off that asks nobody otherwise", old: "playbook: 1", new: "§playbook: 1", code: playbooks.CodeNoApproval, says: "no approve block",
		also: []edit{{"approve:\n  quorum: 2\n  from: [security, protocol]\n  in: \"#inc-onchain\"\n  within: 10m\n", ""}}},
	// roles
	{name: "a computed limit in another token", old: "- id: other\n    do: pause\n    on: lab-vault", new: "- id: other\n    do: withdrawal-limit\n    with: {limit: §'= percent(\"5%\") * amount(\"1 ETH\")', window: 1h}\n    on: lab-vault", code: playbooks.CodeAmount, says: "with.limit is in ETH, lab-vault counts in USDX",
		also: []edit{{"pre_authorize:\n  only: [pause]\n  until: \"2027-03-31\"\n  per: 24h\n", ""}}},
	{name: "a role that is none", old: "- id: other\n    do: pause\n    on: lab-vault", new: "- id: other\n    do: revoke-role\n    with: {role: §minter, account: = contract(\"lab-vault\")}\n    on: lab-vault", code: playbooks.CodeType, says: "such as MINTER_ROLE",
		also: []edit{{"pre_authorize:\n  only: [pause]\n  until: \"2027-03-31\"\n  per: 24h\n", ""}, {"  - id: unpause-other\n    undo: other\n    approve: {quorum: 3, from: [security, protocol]}\n", ""}}},
	{name: "the role of all roles", old: "- id: other\n    do: pause\n    on: lab-vault", new: "- id: other\n    do: revoke-role\n    with: {role: §DEFAULT_ADMIN_ROLE, account: = contract(\"lab-vault\")}\n    on: lab-vault", code: playbooks.CodeType, says: "for ever",
		also: []edit{{"pre_authorize:\n  only: [pause]\n  until: \"2027-03-31\"\n  per: 24h\n", ""}, {"  - id: unpause-other\n    undo: other\n    approve: {quorum: 3, from: [security, protocol]}\n", ""}}},
	{name: "a way back that is not ours", old: "- id: other\n    do: pause\n    on: lab-vault", new: "- id: other\n    do: revoke-role\n    with: {role: MINTER_ROLE, account: = contract(\"lab-vault\")}\n    on: lab-vault", code: playbooks.CodeNoWayBack, says: "grantRole(bytes32,address) is called by others",
		also: []edit{{"pre_authorize:\n  only: [pause]\n  until: \"2027-03-31\"\n  per: 24h\n", ""}, {"undo: other", "undo: §other"}}},
	// sources
	{name: "more sources than there are", old: "sources: 2", new: "sources: §3", code: playbooks.CodeSources, says: "2 send these rules: detector, second"},
	{name: "a rule that nobody sends", old: "rules: [vault.outflow-spike]", new: "rules: [vault.outflow-spike, §approval.phish]", code: playbooks.CodeSources, says: "no source of the inventory sends approval.phish"},
	{name: "a source that does not exist", old: `alert.source == "detector"`, new: `alert.source == §"detectr"`, code: playbooks.CodeEnum, says: `did you mean "detector"?`},
	{name: "a recovery as weak as its containment", old: "undo: other\n    approve: {quorum: 3,", new: "undo: other\n    approve: {quorum: §2,", code: playbooks.CodeQuorum, says: "more than 2"},
}

func TestTransfersOfMoreBlocksThanAreReadAreRefusedAtLoad(t *testing.T) {
	b := broken{name: "a day of a fast chain", old: "since: 30m", new: "since: §23h", code: playbooks.CodeEvidence, says: "82800 blocks of lab, and 50000 are read at most"}
	text, line, col := b.apply(t, signedOffPlaybook)
	_, err := loadText(strings.Replace(sourcedInventory, "block_time: 2s", "block_time: 1s", 1), text)
	b.check(t, "drain.yaml", err, line, col)
	_, err = loadText(sourcedInventory, text)
	require.NoError(t, err, "the same is half as many blocks of a slower one")
}
