package lab

import (
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
)

// keyName is the responder's key in the secrets engine, and its name in the
// inventory.
const keyName = "guardian"

// policy is what the lab's key may do: the three verbs on the lab's contracts,
// so many an hour, and nothing else. Guardians' clicks gate the daemon; these
// rules bound it whatever it does. In a range with Signed they also count the
// guardians' own signatures.
func policy(at contracts.Deployment, o Options) (string, error) {
	most, window, perDay := 30, "1h", "2000000000000000000"
	need, delay := 0, "1m"
	if o.Signed { // and nobody waits for a new guardian's key
		need, delay = 2, "0s"
	}
	if o.Storm { // benchmarks repeat what nobody would do in earnest
		most, window, perDay = 900, "1m", "1000000000000000000000"
	}
	rule := func(id, function string, to common.Address, args map[string]any, most int) map[string]any {
		r := map[string]any{
			"id": id, "chain": fmt.Sprint(ChainID), "to": []string{to.Hex()}, "function": function,
			"limits": []any{map[string]any{"window": window, "max": most}}, "approvals": map[string]any{"need": need},
		}
		if args != nil {
			r["args"] = args
		}
		return r
	}
	document := map[string]any{
		"schema": "firebreak/policy/v1", "key": keyName, "version": 1, "previous": common.Hash{}.Hex(),
		"fees": map[string]any{fmt.Sprint(ChainID): map[string]any{
			"max_gas": "1000000", "max_fee_per_gas": "500000000000", "max_priority_fee_per_gas": "100000000000",
			"max_cost_per_tx": "250000000000000000", "max_cost_per_day": perDay}},
		"limits":  []any{map[string]any{"window": window, "max": most + 10}},
		"change":  map[string]any{"need": 2, "loosen_delay": delay},
		"replace": map[string]any{"same_nonce": true, "max_bumps": 10},
		"rules": []any{
			rule("pause", "pause()", at.Vault, nil, 4),
			rule("blacklist", "blacklist(address)", at.Registry, map[string]any{"0": map[string]any{"not_in_set": "protected"}}, most),
			rule("limit", "setWithdrawalLimit(uint256,uint256)", at.Vault, map[string]any{
				"0": map[string]any{"eq": "10000000000"}, "1": map[string]any{"eq": "86400"}}, 6),
		},
		"sets": map[string]any{"protected": []string{at.Vault.Hex(), at.Token.Hex(), at.Registry.Hex()}},
	}
	text, err := json.Marshal(document)
	if err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	return string(text), nil
}
