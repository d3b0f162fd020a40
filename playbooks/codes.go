package playbooks

// The kinds of problems that loading finds.
const (
	CodeFile        Code = "file"          // cannot be read, too large, wrong name
	CodeYAML        Code = "yaml"          // syntax, duplicate keys
	CodeHidden      Code = "no-hidden"     // characters that a reviewer cannot see
	CodeAnchors     Code = "no-anchors"    // anchors and aliases
	CodeTags        Code = "no-tags"       // explicit YAML tags
	CodeOneDocument Code = "one-document"  // a second document
	CodeHex         Code = "no-hex"        // hex in a playbook
	CodeNumber      Code = "number"        // an unquoted number that readers disagree on
	CodeUnknownKey  Code = "unknown-key"   // a key the format does not have
	CodeRequired    Code = "required"      // a key that must be there
	CodeType        Code = "type"          // a list where text is due, and the like
	CodeVersion     Code = "version"       // of the format
	CodeName        Code = "name"          // no proper name
	CodeDuplicate   Code = "duplicate"     // the same thing twice
	CodeMatch       Code = "match-nothing" // would match every alert
	CodeKey         Code = "incident-key"  // no grouping key
	CodeRule        Code = "rule"
	CodeSeverity    Code = "severity"
	CodeMode        Code = "mode"
	CodeTeam        Code = "team"
	CodePerson      Code = "person"
	CodeContract    Code = "contract"
	CodeChain       Code = "chain"
	CodeToken       Code = "token"
	CodeSigner      Code = "signer"
	CodeChannel     Code = "channel"
	CodeAction      Code = "action"
	CodeFamily      Code = "family"
	CodeCapability  Code = "capability" // the contract cannot do the verb
	CodeMissing     Code = "missing"    // a parameter of a verb
	CodeAddress     Code = "address"
	CodeAmount      Code = "amount"
	CodeDuration    Code = "duration"
	CodeRange       Code = "range" // a number out of its range
	CodeRunbook     Code = "runbook"
	CodeText        Code = "text"     // templating where there is none
	CodeCEL         Code = "cel"      // syntax, name and type errors of an expression
	CodeCELType     Code = "cel-type" // the wrong result type
	CodeCELCost     Code = "cel-cost"
	CodeEnum        Code = "enum"     // compared with what it can never be
	CodeConstant    Code = "constant" // a condition that is always the same
	CodeEachMax     Code = "each-max"
	CodeTooMany     Code = "too-many" // more calls than people can read
	CodeAfter       Code = "after"
	CodeID          Code = "id"
	CodeNoApproval  Code = "no-approval"
	CodeQuorum      Code = "quorum"
	CodeTimeout     Code = "timeout"
	CodeVerify      Code = "verify" // a statement that cannot be checked
	CodeUnverified  Code = "unverified"
	CodeNoWayBack   Code = "no-way-back"
	CodeHash        Code = "hash"
	CodeView        Code = "view"          // a view that the inventory does not know
	CodeEvidence    Code = "evidence"      // an item that cannot be read so
	CodePresence    Code = "presence"      // optional evidence without has_
	CodeLimit       Code = "limit"         // of incidents
	CodePreAuth     Code = "pre-authorize" // what may not be sent before anybody was asked
	CodeSources     Code = "sources"       // more sources than send the rules
	CodeSecret      Code = "secret"        // what looks like one, in text
	CodeOverlap     Code = "overlap"       // two playbooks do the same to the same alerts
	CodeShadowed    Code = "shadowed"      // all that it does another does already
	CodeUnused      Code = "unused"        // evidence that nothing asks for
	CodeUntested    Code = "untested"      // live without tests that pass
)

// Codes lists every kind of problem.
func Codes() []Code {
	return []Code{
		CodeFile, CodeYAML, CodeHidden, CodeAnchors, CodeTags, CodeOneDocument, CodeHex, CodeNumber, CodeUnknownKey,
		CodeRequired, CodeType, CodeVersion, CodeName, CodeDuplicate, CodeMatch, CodeKey, CodeRule, CodeSeverity, CodeMode,
		CodeTeam, CodePerson, CodeContract, CodeChain, CodeToken, CodeSigner, CodeChannel, CodeAction, CodeFamily,
		CodeCapability, CodeMissing, CodeAddress, CodeAmount, CodeDuration, CodeRange, CodeRunbook, CodeText, CodeCEL,
		CodeCELType, CodeCELCost, CodeEnum, CodeConstant, CodeEachMax, CodeTooMany, CodeAfter, CodeID, CodeNoApproval,
		CodeQuorum, CodeTimeout, CodeVerify, CodeUnverified, CodeNoWayBack, CodeHash, CodeView, CodeEvidence, CodePresence,
		CodeLimit, CodePreAuth, CodeSources, CodeSecret, CodeOverlap, CodeShadowed, CodeUnused, CodeUntested,
	}
}
