package playbooks_test

import (
	"strings"

	"github.com/firebreak-project/firebreak/playbooks"
)

// when replaces the condition of the item pause, which stands in one line.
func when(name, condition string, code playbooks.Code, says string) broken {
	return broken{name: name, old: `when: alert.severity == "critical"`, new: "when: " + condition, code: code, says: says}
}

// that replaces the statement about pause; it stands in single quotes.
func that(name, statement string, code playbooks.Code, says string) broken {
	return broken{name: name, old: `'read("lab-vault", "paused()") == true'`, new: "'" + statement + "'", code: code, says: says}
}

// block replaces the condition of on, which is a block of two lines.
func block(name, first, second string, code playbooks.Code, says string) broken {
	return broken{name: name, old: "    alert.contract == \"lab-vault\" &&\n    alert.loss >= amount(\"250_000 USDX\")\n",
		new: "    " + first + "\n    " + second + "\n", code: code, says: says}
}

// brokenExpressions are conditions, values and statements that do not compile
// or mean nothing.
var brokenExpressions = []broken{
	when("a misspelt variable", `alert§.severty == "critical"`, playbooks.CodeCEL, "did you mean 'alert.severity'?"),
	block("a misspelt variable in a block", `alert.contract == "lab-vault" &&`, `alert§.los >= amount("250_000 USDX")`, playbooks.CodeCEL, "undeclared reference to 'alert.los' (did you mean 'alert.loss'?)"),
	block("a single equals sign in a block", `alert.contract §= "lab-vault" &&`, `alert.has_loss`, playbooks.CodeCEL, "compare with =="),
	when("a misspelt function", `alert.rule.startWith§("vault")`, playbooks.CodeCEL, "did you mean 'startsWith'?"),
	when("an amount against a number", `alert.loss §>= 1000`, playbooks.CodeCEL, `found no matching overload for '>=' applied to '(Amount, int)'; write amount(`),
	when("an amount against a text", `alert.loss §== "1 ETH"`, playbooks.CodeCEL, "'=='"),
	when("a confidence against a whole number", `alert.confidence §>= 1`, playbooks.CodeCEL, "write 1.0 instead of 1"),
	when("an address against a text", `'"ana" §in alert.suspects'`, playbooks.CodeCEL, "'in'"),
	when("each outside a list", `§each in alert.suspects`, playbooks.CodeCEL, "undeclared reference to 'each'"),
	when("a number that CEL cannot hold", `size(alert.suspects) < §10000000000000000000`, playbooks.CodeCEL, "invalid int literal"),
	when("a bad pattern", `alert.rule.matches(§"[a-")`, playbooks.CodeCEL, "invalid matches argument"),
	when("a list within a list", `alert.suspects.exists(a, alert.suspects.exists§(b, a == b))`, playbooks.CodeCEL, "nesting"),
	when("an empty condition", `§" "`, playbooks.CodeCEL, "empty"),
	when("a condition that folds", "§>\n      alert.has_loss", playbooks.CodeCEL, "use |"),
	when("not equal amounts", `alert.loss §!= amount("1 USDX")`, playbooks.CodeCEL, "write !(a == b)"),
	when("quotes from a chat", "alert.source == §\u201cdetector\u201d", playbooks.CodeCEL, "straight quotes"),
	when("a sum of an amount and a number", `alert.loss §+ 1 > alert.loss`, playbooks.CodeCEL, "'+'"),
	when("a product of amounts", `alert.loss §* alert.loss > alert.loss`, playbooks.CodeCEL, "'*'"),
	when("a sum of two tokens", `alert.loss + amount("1 USDX") > amount(§"1 ETH")`, playbooks.CodeAmount, "amounts of USDX and ETH"),
	when("a percentage without its sign", `alert.loss / amount("1 USDX") > percent(§"5")`, playbooks.CodeAmount, "write 5%"),
	when("a percentage against a number", `alert.loss / amount("1 USDX") §> 0.05`, playbooks.CodeCEL, `write percent("5%")`),
	when("an unknown contract's address", `contract(§"lab-valt") in alert.suspects`, playbooks.CodeContract, `did you mean "lab-vault"?`),
	when("an unknown account", `account(§"tresury") in alert.suspects`, playbooks.CodeAddress, `did you mean "treasury"?`),
	when("a computed account", `account(alert§.rule) in alert.suspects`, playbooks.CodeAmount, "takes a text as it is written"),
	when("evidence before it is read", `§evidence.paused && alert.has_loss`, playbooks.CodeCEL, "evidence is read after the match"),
	when("two values at once", `alert.source == "a" §&& alert.source == "b"`, playbooks.CodeConstant, "never true"),
	when("one way or the other", `alert.has_loss §|| !alert.has_loss`, playbooks.CodeConstant, "always true"),
	when("a severity that on excludes", `alert.severity §== "low"`, playbooks.CodeConstant, "on.rules and on.severity exclude"),
	when("a rule that on excludes", `alert.has_loss §&& alert.rule == "approval.phish"`, playbooks.CodeConstant, "never true"),
	when("a choice that is none", `'alert.has_loss §? alert.has_loss : !alert.has_loss'`, playbooks.CodeConstant, "always true"),
	when("untyped", `dyn§(alert.rule) == 1`, playbooks.CodeCEL, "dyn"),
	when("a label that may be missing", `alert.labels§.team == "core"`, playbooks.CodeCEL, `guard it with "team" in alert.labels`),
	when("a label that may be missing, by index", `alert.labels§["team"] == "core"`, playbooks.CodeCEL, "may be missing"),
	when("a label that is computed", `alert.rule in alert.labels && alert.labels§[alert.rule] == "x"`, playbooks.CodeCEL, "as it is written"),
	when("an amount of an unknown token in an expression", `alert.loss > amount(§"1 USDY")`, playbooks.CodeAmount, `did you mean "USDX"?`),
	when("an amount with too many decimals in an expression", `alert.loss > amount(§"1.0000001 USDX")`, playbooks.CodeAmount, "has 7 decimals"),
	when("an amount that is none", `alert.loss > amount(§"lots")`, playbooks.CodeAmount, "is not an amount"),
	when("an amount that is computed", `alert.loss > amount(alert§.rule)`, playbooks.CodeAmount, "as it is written"),
	when("amounts of two tokens", `alert.loss > amount("1 USDX") || alert.loss > amount(§"1 ETH")`, playbooks.CodeAmount, "USDX and ETH"),
	when("no bool", `§alert.rule`, playbooks.CodeCELType, "prepare.when must be bool, this is string"),
	when("a severity that does not exist", `alert.severity == §"critcal"`, playbooks.CodeEnum, `alert.severity is never "critcal" (did you mean "critical"?)`),
	when("a severity that does not exist, on the left", `'§"urgent" != alert.severity'`, playbooks.CodeEnum, "one of critical, high, low, medium"),
	when("a rule that does not exist, in a list", `alert.rule in ["vault.outflow-spike", §"oracle.stale"]`, playbooks.CodeEnum, "alert.rule is never"),
	when("a chain that does not exist", `alert.chain == §"labb"`, playbooks.CodeEnum, `did you mean "lab"?`),
	when("a contract that does not exist", `alert.contract == §"vault"`, playbooks.CodeEnum, ""),
	when("always true", `§true`, playbooks.CodeConstant, "must depend on the alert"),
	when("always false", `1 §== 2`, playbooks.CodeConstant, ""),
	when("one side always true", `alert.has_loss || §true`, playbooks.CodeConstant, "this part"),
	when("one side always false", `'"a" §== "b" && alert.has_loss'`, playbooks.CodeConstant, "this part"),
	when("equal to itself", `alert.rule §== alert.rule`, playbooks.CodeConstant, "both sides"),
	when("a cost without bound", `§`+strings.TrimSuffix(strings.Repeat(`alert.suspects.exists(a, alert.rule.matches("x(a+)+y")) || `, 24), " || "), playbooks.CodeCELCost, "bound the list"),

	{name: "a key that is no text", old: "key: [alert.chain, alert.contract]", new: "key: [§alert.suspects]", code: playbooks.CodeCELType, says: "incident.key must be string"},
	{name: "a key that is always the same", old: "key: [alert.chain, alert.contract]", new: "key: ['§\"x\"']", code: playbooks.CodeConstant},
	{name: "a list that is none", old: "each: = alert.suspects", new: "each: = §alert.rule", code: playbooks.CodeCELType, says: "must be list(Address), this is string"},
	{name: "a list that is no expression", old: "each: = alert.suspects", new: "each: §alert.suspects", code: playbooks.CodeCEL, says: "write = alert.suspects"},
	{name: "a text for an account", old: "{account: = each}", new: "{account: = §alert.rule}", code: playbooks.CodeCELType, says: "with.account must be Address, this is string"},
	{name: "a plain value for an account", old: "{account: = each}", new: "{account: §ana}", code: playbooks.CodeType, says: "write an expression"},
	{name: "a misspelt variable after =", old: "{account: = each}", new: "{account: = §eech}", code: playbooks.CodeCEL, says: "eech"},
	{name: "a number for an amount", old: "{limit: 0 USDX,", new: "{limit: = §5,", code: playbooks.CodeCELType, says: "must be Amount, this is int"},
	{name: "nothing after =", old: "{account: = each}", new: `{account: §"= "}`, code: playbooks.CodeCEL, says: "empty"},

	that("something else than a comparison", `read§("lab-vault", "paused()")`, playbooks.CodeVerify, "cannot be checked"),
	that("not equal", `read("lab-vault", "paused()") §!= false`, playbooks.CodeVerify, `write read("contract", "function(types)", arguments)`),
	that("either or", `read("lab-vault", "paused()") == true §|| read("lab-vault", "paused()") == false`, playbooks.CodeVerify, "join several with &&"),
	that("the sides the wrong way round", `§true == read("lab-vault", "paused()")`, playbooks.CodeVerify, "the left side must be a read"),
	that("an order of bools", `read("lab-vault", "paused()") >= §true`, playbooks.CodeVerify, "no order"),
	that("a negative number", `read("lab-vault", "withdrawalLimit()") <= §-1`, playbooks.CodeVerify, "negative"),
	that("a text", `read("lab-vault", "paused()") == §"vault"`, playbooks.CodeVerify, "right side"),
	that("a view that nobody knows", `read("lab-vault", §"name()") == true`, playbooks.CodeView, "add it under abi in the inventory"),
	that("a view of another contract", `read("lab-registry", §"paused()") == true`, playbooks.CodeView, "isBlacklisted(address)"),
	that("a bool as a number", `read("lab-vault", "paused()") == §1`, playbooks.CodeVerify, "gives bool"),
	that("a number as a bool", `read("lab-vault", "withdrawalLimit()") == §true`, playbooks.CodeVerify, "gives uint256"),
	that("each without a list", `read("lab-registry", "isBlacklisted(address)", §each) == true`, playbooks.CodeVerify, "the item has no each"),
	that("an argument that is computed", `read("lab-registry", "isBlacklisted(address)", alert§.rule) == true`, playbooks.CodeVerify, "an argument is each"),
	that("an argument that is nobody", `read§("lab-registry", "isBlacklisted(address)", "nobody") == true`, playbooks.CodeVerify, "no contract, protected account or signer"),
	that("a variable", `read("lab-vault", "paused()") == §alert`, playbooks.CodeVerify, "right side"),
	that("a function that is none", `read("lab-vault", §"paused") == true`, playbooks.CodeView, `did you mean "paused()"?`),
	that("a missing argument", `read§("lab-registry", "isBlacklisted(address)") == true`, playbooks.CodeVerify, "takes 1 arguments, 0 are given"),
	that("an unknown contract in an expression", `read(§"lab-valt", "paused()") == true`, playbooks.CodeContract, `did you mean "lab-vault"?`),
	that("an amount of another token in an expression", `read("lab-vault", "withdrawalLimit()") <= amount(§"1 ETH")`, playbooks.CodeAmount, "counts in USDX"),
	that("an amount that is none in an expression", `read("lab-vault", "withdrawalLimit()") <= amount(§"much")`, playbooks.CodeAmount, "is not an amount"),
	that("a syntax error", `read("lab-vault", "paused()") §= true`, playbooks.CodeCEL, "compare with =="),
}
