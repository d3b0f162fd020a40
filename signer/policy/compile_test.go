package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

const keyName = "responder-1"

func compileFor(class signer.Class, document string) (*Policy, error) {
	return Parse([]byte(document), keyName, class)
}

func TestTheExamplePolicyCompiles(t *testing.T) {
	p, err := compileFor(signer.Containment, policytest.Policy(keyName))
	require.NoError(t, err)
	assert.Len(t, p.Rules, 5)
	recovery, err := compileFor(signer.Recovery, policytest.RecoveryPolicy(keyName))
	require.NoError(t, err)
	assert.NotEqual(t, p.Hash, recovery.Hash)
}

func TestTheHashDoesNotDependOnSpacesOrOrder(t *testing.T) {
	document := policytest.Policy(keyName)
	p, err := compileFor(signer.Containment, document)
	require.NoError(t, err)
	compact, err := compileFor(signer.Containment, string(p.Canonical))
	require.NoError(t, err)
	assert.Equal(t, p.Hash, compact.Hash)
	changed, err := compileFor(signer.Containment, strings.Replace(document, `"max":30`, `"max":31`, 1))
	require.NoError(t, err)
	assert.NotEqual(t, p.Hash, changed.Hash)
}

// TestAPolicyAtFaultIsRefusedWhole changes one thing in a policy that
// compiles.
func TestAPolicyAtFaultIsRefusedWhole(t *testing.T) {
	const (
		pauseRule = `"function":"pause()",` + "\n" + `   "limits":[{"window":"1h","max":2,"per":"to"}],"approvals":{"need":0}`
		listRule  = `"function":"blacklist(address)"`
		listArg   = `{"not_in_set":"protected"}`
		limitArgs = `{"0":{"lte":"1000"},"1":{"eq":"3600"}}`
		keyLimit  = `"limits":[{"window":"1h","max":30}]`
		oneWei    = `{"max_gas":"1","max_fee_per_gas":"1","max_priority_fee_per_gas":"1","max_cost_per_tx":"1","max_cost_per_day":"1"}`
		changes   = `"change":{"need":2,"loosen_delay":"48h","tighten_delay":"0s"},`
		need0     = `"limits":[{"window":"1h","max":1}],"approvals":{"need":0}`
	)
	var moreChains strings.Builder
	for chain := range 11 {
		fmt.Fprintf(&moreChains, `"%d":%s,`, chain+2, oneWei)
	}
	for name, c := range map[string]struct{ old, new, why string }{
		"another schema":           {"policy/v1", "policy/v2", "schema"},
		"another key":              {`"key":"responder-1"`, `"key":"responder-2"`, "key that it is for"},
		"version 0":                {`"version":1`, `"version":0`, "version"},
		"version as text":          {`"version":1`, `"version":"1"`, "version"},
		"a short previous":         {`"previous":"0x00`, `"previous":"0x`, "previous"},
		"an unknown member":        {`"schema"`, `"comment":"x","schema"`, "unknown member"},
		"a member in another case": {`"rules":[`, `"Rules":[`, "rules"},
		"both cases of a member":   {`"rules":[`, `"Rules":[],"rules":[`, "unknown member"},
		"a duplicate member":       {`"version":1`, `"version":1,"version":1`, "twice"},
		"no limits":                {keyLimit + ",", "", "limits"},
		"empty limits":             {keyLimit, `"limits":[]`, "limits"},
		"limits without bound":     {keyLimit, `"limits":[{"window":"1s","max":30}]`, "limit of the whole key"},
		"a limit of 0":             {`"max":30`, `"max":0`, "max"},
		"a window of nothing":      {`"window":"1h","max":30`, `"window":"0s","max":30`, "duration"},
		"a window in words":        {`"window":"1h","max":30`, `"window":"hour","max":30`, "duration"},
		"a repeated window":        {keyLimit, `"limits":[{"window":"1h","max":30},{"window":"60m","max":3}]`, "repeats"},
		"per in the key's limits":  {keyLimit, `"limits":[{"window":"1h","max":30,"per":"to"}]`, "per"},
		"per something else":       {`"per":"to"`, `"per":"from"`, "per"},
		"a chain without fees":     {`"id":"pause-core","chain":"1"`, `"id":"pause-core","chain":"10"`, "fees"},
		"chain 0 in fees":          {`"fees":{"1"`, `"fees":{"0"`, "chain ids"},
		"a fee as a number":        {`"max_fee_per_gas":"500000000000"`, `"max_fee_per_gas":500000000000`, "string"},
		"a missing ceiling":        {`"max_gas":"500000",`, ``, "max_gas"},
		"a day below a tx":         {`"max_cost_per_day":"250000000000000000"`, `"max_cost_per_day":"1"`, "above its whole"},
		"too many bumps":           {`"max_bumps":2`, `"max_bumps":17`, "max_bumps"},
		"chains times bumps":       {`"fees":{"1":`, `"fees":{` + moreChains.String() + `"1":`, "too many chains"},
		"the same id twice":        {`"id":"blacklist"`, `"id":"pause-core"`, "unique"},
		"an id in upper case":      {`"id":"blacklist"`, `"id":"Blacklist"`, "id"},
		"an overlap":               {`"shutdown()"`, `"pause()"`, "same chain, contract and selector"},
		"no target":                {`"to":["` + policytest.Token + `"]`, `"to":[]`, "to"},
		"the zero address":         {policytest.Token, "0x" + strings.Repeat("0", 40), "to"},
		"a bad checksum":           {policytest.Token, "0xF39fd6e51aad88f6f4ce6ab8827279cfffb92266", "to"},
		"a dynamic type":           {listRule, `"function":"blacklist(address[])"`, "argument types"},
		"a signature with a space": {listRule, `"function":"blacklist(address )"`, "canonical signature"},
		"args where none are":      {pauseRule, pauseRule + `,"args":{}`, "takes none"},
		"a missing argument":       {limitArgs, `{"0":{"lte":"1000"}}`, `no "1"`},
		"an argument too many":     {listArg, listArg + `,"1":{"any":true}`, "unknown member"},
		"no constraints":           {`"args":{"0":` + listArg + `},`, ``, "args"},
		"an empty constraint":      {listArg, `{}`, "exactly one operator"},
		"two operators":            {listArg, `{"not_in_set":"protected","any":true}`, "exactly one operator"},
		"any false":                {listArg, `{"any":false}`, "must be true"},
		"an unknown operator":      {listArg, `{"not":"x"}`, "unknown operator"},
		"an unknown set":           {listArg, `{"not_in_set":"protectd"}`, "does not have"},
		"an empty set":             {`"sets":{"protected":["` + policytest.Safe + `"]}`, `"sets":{"protected":[]}`, "protected"},
		"an order on an address":   {listArg, `{"lt":"` + policytest.Safe + `"}`, "does not fit"},
		"a set of numbers":         {`{"lte":"1000"}`, `{"not_in_set":"protected"}`, "does not fit"},
		"a value of another type":  {`{"lte":"1000"}`, `{"lte":1000}`, "must be a string"},
		"a negative value":         {`{"lte":"1000"}`, `{"lte":"-1"}`, "decimal"},
		"lt 0":                     {`{"lte":"1000"}`, `{"lt":"0"}`, "never hold"},
		"an open limit":            {`{"lte":"1000"}`, `{"any":true}`, "bounded"},
		"transfer":                 {`"shutdown()"`, `"transfer(address,uint256)","args":{"0":{"any":true},"1":{"any":true}}`, "no key may sign"},
		"an unlisted overload":     {`"shutdown()"`, `"transferFrom(address)","args":{"0":{"any":true}}`, "no key may sign"},
		"a spelling of execute":    {`"shutdown()"`, `"_ExecuteAnything()"`, "no key may sign"},
		"unpause":                  {`"shutdown()"`, `"unpause()"`, "use a recovery key"},
		"an unlisted unpause":      {`"shutdown()"`, `"unpauseEverything()"`, "use a recovery key"},
		"a free boolean":           {`"shutdown()"`, `"setHalt(bool)","args":{"0":{"any":true}}`, "decides the direction"},
		"a releasing value":        {`"shutdown()"`, `"setPaused(bool)","args":{"0":{"eq":false}}`, "loosens"},
		"a cap of 0 in a list":     {`"shutdown()"`, `"setBorrowCap(address,uint256)","args":{"0":{"any":true},"1":{"in":["1","0"]}}`, "loosens"},
		"no approvals":             {need0, `"limits":[{"window":"1h","max":1}]`, "approvals"},
		"approvals without need":   {need0, `"approvals":{}`, "need"},
		"min above need":           {`"need":2,"min_eip712":1`, `"need":2,"min_eip712":3`, "above"},
		"over that lowers":         {`"over":[{"count":2,"window":"1h","need":1}]`, `"over":[{"count":2,"window":"1h","need":0}]`, "need"},
		"an unknown approval part": {`"max_age":"15m"`, `"max_agee":"15m"`, "unknown member"},
		"no change section":        {changes, ``, "change"},
		"a change by nobody":       {`"change":{"need":2`, `"change":{"need":0`, "need"},
		"a slow tightening":        {`"tighten_delay":"0s"`, `"tighten_delay":"49h"`, "above"},
		"a negative delay":         {`"loosen_delay":"48h"`, `"loosen_delay":"-1s"`, "duration"},
		"a delay without people":   {need0, `"limits":[{"window":"1h","max":1}],"approvals":{"need":0,"delay":"1h"}`, "no guardian is needed"},
		"a delay beyond approvals": {`"max_age":"15m"`, `"delay":"13h"`, "an approval lives"},
	} {
		t.Run(name, func(t *testing.T) {
			document := strings.Replace(policytest.Policy(keyName), c.old, c.new, 1)
			require.NotEqual(t, policytest.Policy(keyName), document, "the case changes nothing")
			_, err := compileFor(signer.Containment, document)
			require.ErrorContains(t, err, c.why)
		})
	}
}

func TestARecoveryKeyHasNoFastLane(t *testing.T) {
	good := policytest.RecoveryPolicy(keyName)
	for name, c := range map[string]struct{ old, new, why string }{
		"no guardians":                {`"need":2`, `"need":0`, "at least one guardian"},
		"no delay":                    {`,"delay":"1h"`, ``, "delay"},
		"no guardians for a limit":    {`"unpause()","approvals":{"need":2,"delay":"1h"}`, `"pause()","approvals":{"need":0}`, "at least one guardian"},
		"what no key may ever sign":   {`"unpause()"`, `"upgradeTo(address)","args":{"0":{"any":true}}`, "no key may sign"},
		"what can never be undone":    {`"unpause()"`, `"destroyBlackFunds(address)","args":{"0":{"any":true}}`, "no key may sign"},
		"an allowance under any name": {`"unpause()"`, `"approveSomeone(address)","args":{"0":{"any":true}}`, "no key may sign"},
	} {
		document := strings.Replace(good, c.old, c.new, 1)
		require.NotEqual(t, good, document, name)
		_, err := compileFor(signer.Recovery, document)
		require.ErrorContains(t, err, c.why, name)
	}
}

// The two nets, selector and name, hold together.
func TestEveryListedSignatureIsRefusedInAPolicyOfAContainmentKey(t *testing.T) {
	inv := newInvariants()
	for _, signature := range append(forbiddenSignatures(), looseningSignatures()...) {
		name, _, _ := strings.Cut(signature, "(")
		_, err := inv.function(signer.Containment, Function{Signature: signature, Name: name, Selector: SelectorOf(signature)})
		require.Error(t, err, signature)
		require.NotNil(t, inv.call(signer.Containment, append(append([]byte{}, sel(signature)...), make([]byte, 64)...)), signature)
	}
	for _, signature := range forbiddenSignatures() {
		require.NotNil(t, inv.call(signer.Recovery, sel(signature)), signature)
	}
}

func sel(signature string) []byte { s := SelectorOf(signature); return s[:] }

// TestContainmentFunctionsOfTheFieldAreNotRefusedByAccident lists functions
// that real responders need.
func TestContainmentFunctionsOfTheFieldAreNotRefusedByAccident(t *testing.T) {
	inv := newInvariants()
	for _, signature := range strings.Fields(`pause() pause(address) pauseUntil() pauseDeposits(bool) pauseFills(bool)
blacklist(address) addBlackList(address) addToBlacklist(address,bool) freeze() freeze(address) removeMinter(address)
removeMinterRole(address) removeSupplyController(address) revokeRole(bytes32,address) setLimits(address,uint256,uint256)
setReservePause(address,bool) setPoolPause(bool) setReserveFreeze(address,bool) setSupplyCap(address,uint256)
setBorrowCap(address,uint256) _setMintPaused(address,bool) pause(bool,bool,bool,bool,bool) disableMintRedeem()
curse(bytes16) voteEmergencyLock() halt(address,uint8) setPeer(uint32,bytes32) setOutboundLimit(uint256)
setTargetClosed(address,bool) updateLimitConfig(address,uint256,uint256) configureMinter(address,uint256)
setWithdrawalLimit(uint256,uint256) mintPaused(bool) withdrawalsPaused(bool) setRateLimitData(bytes32,uint256,uint256)
revokeSigningAuthorityForIntegration(address) removeTransceiver(address) setRefillRate(uint256)`) {
		fn, err := ParseFunction(signature)
		require.NoError(t, err, signature)
		loose, err := inv.function(signer.Containment, fn)
		require.NoError(t, err)
		assert.False(t, loose, signature)
	}
}

func TestTheZeroConstraintRefuses(t *testing.T) {
	assert.False(t, Constraint{}.Allows(Word{}))
	assert.False(t, Constraint{Operator: NotInSet}.Allows(Word{}), "a set that is not there")
}

func FuzzNoPolicyPanicsTheCompiler(f *testing.F) {
	f.Add(policytest.Policy(keyName))
	f.Add(policytest.RecoveryPolicy(keyName))
	f.Add(`{"schema":"firebreak/policy/v1","fees":[],"rules":{},"limits":"x"}`)
	f.Add(`{"rules":[{"args":{"0":[]},"function":"f(uint256)","to":[1]}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		p, err := compileFor(signer.Containment, document)
		if err != nil {
			return
		}
		for key, ru := range p.Rules {
			require.False(t, newInvariants().forbidden[key.Selector])
			require.False(t, newInvariants().loosening[key.Selector])
			require.Len(t, ru.Args, len(ru.Function.Args))
		}
		require.NotEmpty(t, p.Limits)
	})
}
