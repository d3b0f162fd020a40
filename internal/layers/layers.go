// Package layers is the import rule of the house: the table below says which
// package may import which of ours, and a test holds the code against it.
//
// Imports point to the spine. A new edge is a decision: change the table in
// the same commit and say why.
package layers

// Module is the path that all of our packages begin with.
const Module = "github.com/firebreak-project/firebreak"

// Everything stands for a package that may import every other.
const Everything = "*"

// Allowed names, for each package, the packages of ours that its code (not
// its tests) may import. A package that is not in the table may not exist.
var Allowed = map[string][]string{
	// The spine, and what is read by everybody.
	"incident":  nil,
	"contracts": nil,

	// The hands and the memory know the spine alone.
	"engine":              {"incident"},
	"journal":             {"incident"},
	"journal/sqlite":      {"incident", "journal"},
	"journal/journaltest": {"incident", "journal"},

	// The chapters, in the order of the story.
	"alerts":    {"incident", "contracts"},
	"playbooks": {"incident", "contracts", "actions"}, // a playbook prepares actions
	"actions":   {"incident", "contracts"},
	"approvals": {"incident", "contracts"},
	"signer":    {"incident", "contracts"},
	"submitter": {"incident", "contracts", "signer"},  // what is sent is signed in between
	"verifier":  {"incident", "contracts", "actions"}, // an action says what "it held" means

	// A rehearsal decides as the daemon does: by the engine's routes, the rules of
	// votes and the real planner, with nothing of the outside.
	"playbooks/rehearsal": {"incident", "contracts", "actions", "playbooks", "approvals", "engine"},

	// Adapters know their chapter.
	"alerts/pull":              {"incident", "contracts", "alerts"}, // fetches what cannot be posted
	"approvals/slack":          {"incident", "contracts", "approvals"},
	"approvals/slack/manifest": nil, // what an administrator gives Slack
	"approvals/slacktest":      nil,
	// A vote by a guardian's own key is the key's own message: written from its
	// documents, as they are on guardians' machines, and read by the code that
	// counts signatures inside Vault.
	"approvals/ballot":           {"incident", "contracts", "approvals", "signer", "signer/consent", "signer/ceremony", "signer/policy", "signer/document"},
	"submitter/submittertest":    {"signer"},                           // a chain, endpoints and a key for tests of whatever sends
	"playbooks/desk":             {"incident", "actions", "playbooks"}, // an author's desk: nothing that a daemon relies on
	"signer/document":            nil,
	"signer/policy":              {"signer", "signer/document"},
	"signer/consent":             {"signer", "signer/document"},
	"signer/witness":             {"signer"},
	"signer/ceremony":            {"signer", "signer/document", "signer/policy", "signer/consent"}, // on guardians' own machines, without Vault
	"signer/plugin":              {"signer", "signer/document", "signer/policy", "signer/consent"}, // the engine over the two languages
	"signer/vault":               {"signer"},
	"signer/vault/vaulttest":     {"signer", "signer/plugin", "signer/vault"},
	"signer/consent/consenttest": {"signer/consent"}, // guardians for tests and for the range
	"signer/policy/policytest":   nil,
	"signer/signertest":          {"signer", "signer/policy", "signer/policy/policytest", "signer/consent", "signer/consent/consenttest"},

	// A second door for votes, beside Slack. It carries them: what they are worth is
	// for approvals and for the key in Vault to say.
	"console": {"incident", "approvals", "approvals/ballot", "signer", "signer/consent"},

	// The wiring, the range, the binaries.
	"app":                        {Everything},
	"lab":                        {Everything},
	"lab/vaultserver":            {"signer", "signer/vault"}, // starts a real Vault and makes keys in it
	"cmd/firebreak":              {Everything},
	"cmd/firebreak-lab":          {Everything},
	"cmd/vault-plugin-firebreak": {"signer/plugin"}, // no HTTP, Slack or engine code inside Vault
	"internal/layers":            nil,

	// A browser for tests of pages; what it is pointed at are tests.
	"test/browser/browsertest": nil,

	// The real doors before a real journal, for tests that let others' own code send.
	"test/senders/sendertest": {"alerts", "incident", "journal", "journal/sqlite"},

	// Measurements: the path from a decision to the chain, without the wiring.
	"test/bench/submit": {"incident", "engine", "journal/sqlite", "signer", "submitter", "submitter/submittertest", "verifier"},
	// And the path from an alert on a socket to its fact on disk.
	"test/bench/ingest": {"incident", "alerts", "engine", "journal/sqlite", "playbooks"},
}

// Leaves are packages that only the named ones may import.
var Leaves = map[string][]string{
	"app": {"lab", "cmd/firebreak", "cmd/firebreak-lab"},
	"lab": {"cmd/firebreak-lab"},

	"lab/vaultserver": {"lab"}, // and the tests against a real Vault, a module of their own
}
