package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
)

// choices reads decisions from bytes, and zeros after the last, so that a
// fuzzer and a random source can make the same things.
type choices struct{ bytes []byte }

// below returns a number in [0, n).
func (c *choices) below(n int) int {
	if len(c.bytes) == 0 {
		return 0
	}
	b := c.bytes[0]
	c.bytes = c.bytes[1:]
	return int(b) % n
}

func (c *choices) one(of ...string) string { return of[c.below(len(of))] }

// object is a JSON object in the making. Numbers are kept small, so that two
// random policies and a random transaction often meet.
type object = map[string]any

func account(i int) string { return common.BigToAddress(wordOfInt(0x11 * (i + 1)).number()).Hex() }

func wordOfInt(n int) Word { return Word(common.LeftPadBytes([]byte{byte(n >> 8), byte(n)}, wordSize)) }

var modelled = []string{"pause()", "blacklist(address)", "setThing(uint256,address)", "flag(bool,bytes4)", "shutdown()"}

func randomPolicy(c *choices) object {
	return object{
		"schema": Schema, "key": keyName, "version": 1, "previous": common.Hash{}.Hex(),
		"fees":   object{"1": randomFees(c), "10": randomFees(c)},
		"limits": []any{randomLimit(c, false)},
		"replace": object{
			"same_nonce": c.below(4) > 0, "max_bumps": c.below(4),
		},
		"change": object{"need": 1 + c.below(3), "loosen_delay": c.one("48h", "24h", "72h"), "tighten_delay": c.one("0s", "1h")},
		"sets":   object{"protected": []any{account(4), account(5)}, "few": []any{account(4)}},
		"rules":  randomRules(c),
	}
}

func randomFees(c *choices) object {
	tip, perTx := 1+c.below(3), 8+c.below(8)
	return object{
		"max_gas": strconv.Itoa(1 + c.below(4)), "max_fee_per_gas": strconv.Itoa(tip + c.below(3)), "max_priority_fee_per_gas": strconv.Itoa(tip),
		"max_cost_per_tx": strconv.Itoa(perTx), "max_cost_per_day": strconv.Itoa(perTx + 8*c.below(4)),
	}
}

func randomLimit(c *choices, inRule bool) object {
	l := object{"window": c.one("1h", "2h", "3h"), "max": 1 + c.below(4)}
	if inRule && c.below(2) == 0 {
		l["per"] = "to"
	}
	return l
}

func randomRules(c *choices) []any {
	var rules []any
	for i, function := range modelled {
		rules = append(rules, object{
			"id": "r" + strconv.Itoa(i), "chain": c.one("1", "1", "10"), "to": randomTargets(c), "function": function,
			"approvals": randomApprovals(c),
		})
		setArguments(c, rules[i].(object))
		if c.below(3) > 0 {
			rules[i].(object)["limits"] = []any{randomLimit(c, true)}
		}
	}
	return rules
}

func randomTargets(c *choices) []any {
	first := c.below(3)
	to := []any{account(first)}
	if c.below(2) == 0 {
		to = append(to, account((first+1)%3))
	}
	return to
}

func randomApprovals(c *choices) object {
	need := c.below(3)
	a := object{"need": need}
	if c.below(2) == 0 {
		a["over"] = []any{object{"count": c.below(3), "window": c.one("1h", "2h"), "need": need + 1 + c.below(2)}}
	}
	if need > 0 && c.below(2) == 0 {
		a["min_eip712"] = c.below(need + 1)
	}
	if need > 0 && c.below(2) == 0 {
		a["max_age"] = c.one("10m", "20m")
	}
	if need > 0 && c.below(2) == 0 {
		a["delay"] = c.one("1h", "2h", "0s")
	}
	return a
}

func setArguments(c *choices, rule object) {
	switch rule["function"] {
	case "blacklist(address)":
		rule["args"] = object{"0": randomAddress(c)}
	case "setThing(uint256,address)":
		rule["args"] = object{"0": randomNumber(c), "1": randomAddress(c)}
	case "flag(bool,bytes4)":
		rule["args"] = object{"0": object{"eq": c.below(2) == 0}, "1": randomBytes(c)}
	}
}

func randomAddress(c *choices) object {
	switch c.below(5) {
	case 0:
		return object{"any": true}
	case 1:
		return object{"eq": account(3 + c.below(3))}
	case 2:
		return object{"in": []any{account(3 + c.below(3)), account(3 + c.below(3))}}
	}
	return object{"not_in_set": c.one("protected", "few")}
}

func randomNumber(c *choices) object {
	n := func() string { return strconv.Itoa(1 + c.below(4)) }
	switch c.below(5) {
	case 0:
		return object{"any": true}
	case 1:
		return object{"eq": n()}
	case 2:
		return object{"in": []any{n(), n()}}
	case 3:
		return object{"lt": n()}
	}
	return object{"lte": n()}
}

func randomBytes(c *choices) object {
	b := func() string { return fmt.Sprintf("0x%08x", 1+c.below(3)) }
	if c.below(3) == 0 {
		return object{"any": true}
	}
	return object{"in": []any{b(), b()}}
}

// mutate changes a few things of a policy, in any direction.
func mutate(c *choices, p object) {
	for range 1 + c.below(3) {
		rules := p["rules"].([]any)
		at := c.below(len(rules))
		rule := rules[at].(object)
		switch c.below(15) {
		case 0:
			p["fees"].(object)[c.one("1", "10")] = randomFees(c)
		case 1:
			p["limits"] = []any{randomLimit(c, false)}
		case 2:
			p["replace"] = object{"same_nonce": c.below(2) == 0, "max_bumps": c.below(4)}
		case 3:
			p["change"] = object{"need": 1 + c.below(3), "loosen_delay": c.one("48h", "24h", "72h"), "tighten_delay": c.one("0s", "1h")}
		case 4:
			p["sets"].(object)[c.one("protected", "few")] = []any{account(3 + c.below(3)), account(6)}
		case 5:
			rule["id"] = "n" + strconv.Itoa(c.below(9))
		case 6:
			rule["to"] = randomTargets(c)
		case 7, 8:
			rule["approvals"] = randomApprovals(c)
		case 9, 10:
			setArguments(c, rule)
		case 11:
			delete(rule, "limits")
		case 12:
			rule["limits"] = []any{randomLimit(c, true)}
		case 13:
			p["rules"] = slices.Delete(rules, at, at+1)
			if len(rules) == 1 {
				return
			}
		case 14:
			rule["chain"] = c.one("1", "10")
		}
	}
}

// render gives the text, and a copy that can be changed apart.
func render(p object) (string, object) {
	raw, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and booleans
	}
	var again object
	if err := json.Unmarshal(raw, &again); err != nil {
		panic(err)
	}
	return string(raw), again
}
