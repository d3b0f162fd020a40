// Package policytest holds the two policies that the tests of the key share.
package policytest

import "fmt"

// The contracts of the suite's policy, on chain 1.
const (
	Core  = "0x1111111111111111111111111111111111111111"
	Vault = "0x2222222222222222222222222222222222222222"
	Token = "0x3333333333333333333333333333333333333333"
	Safe  = "0x4444444444444444444444444444444444444444" // protected from blacklist
)

// Policy is the suite's containment policy: pause twice an hour per contract,
// blacklist three times an hour and with one guardian from the third call on,
// limits only downwards, thirty calls an hour in all, two bumps per nonce.
func Policy(key string) string {
	return fmt.Sprintf(`{
 "schema":"firebreak/policy/v1","key":%q,"version":1,
 "previous":"0x0000000000000000000000000000000000000000000000000000000000000000",
 "fees":{"1":{"max_gas":"500000","max_fee_per_gas":"500000000000","max_priority_fee_per_gas":"50000000000",
   "max_cost_per_tx":"100000000000000000","max_cost_per_day":"250000000000000000"}},
 "limits":[{"window":"1h","max":30}],
 "replace":{"same_nonce":true,"max_bumps":2},
 "change":{"need":2,"loosen_delay":"48h","tighten_delay":"0s"},
 "rules":[
  {"id":"pause-core","chain":"1","to":[%q,%q],"function":"pause()",
   "limits":[{"window":"1h","max":2,"per":"to"}],"approvals":{"need":0}},
  {"id":"blacklist","chain":"1","to":[%q],"function":"blacklist(address)",
   "args":{"0":{"not_in_set":"protected"}},"limits":[{"window":"1h","max":3}],
   "approvals":{"need":0,"over":[{"count":2,"window":"1h","need":1}]}},
  {"id":"close-limit","chain":"1","to":[%q],"function":"setWithdrawalLimit(uint256,uint256)",
   "args":{"0":{"lte":"1000"},"1":{"eq":"3600"}},"limits":[{"window":"1h","max":1}],"approvals":{"need":0}},
  {"id":"big-red","chain":"1","to":[%q],"function":"shutdown()","approvals":{"need":2,"min_eip712":1,"max_age":"15m"}}],
 "sets":{"protected":[%q]}}`, key, Core, Vault, Token, Core, Core, Safe)
}

// RecoveryPolicy is a recovery key's policy: unpause, with two guardians and a
// delay.
func RecoveryPolicy(key string) string {
	return fmt.Sprintf(`{
 "schema":"firebreak/policy/v1","key":%q,"version":1,
 "previous":"0x0000000000000000000000000000000000000000000000000000000000000000",
 "fees":{"1":{"max_gas":"500000","max_fee_per_gas":"500000000000","max_priority_fee_per_gas":"50000000000",
   "max_cost_per_tx":"100000000000000000","max_cost_per_day":"250000000000000000"}},
 "limits":[{"window":"1h","max":4}],
 "change":{"need":3,"loosen_delay":"48h"},
 "rules":[{"id":"unpause-core","chain":"1","to":[%q],"function":"unpause()","approvals":{"need":2,"delay":"1h"}}]}`, key, Core)
}
