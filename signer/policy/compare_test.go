package policy

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// comparedPolicy has one of everything that a change can touch.
const comparedPolicy = `{
 "schema":"firebreak/policy/v1","key":"responder-1","version":1,
 "previous":"0x0000000000000000000000000000000000000000000000000000000000000000",
 "fees":{"1":{"max_gas":"500","max_fee_per_gas":"400","max_priority_fee_per_gas":"300","max_cost_per_tx":"200","max_cost_per_day":"1000"},
  "10":{"max_gas":"5","max_fee_per_gas":"4","max_priority_fee_per_gas":"3","max_cost_per_tx":"1","max_cost_per_day":"2"}},
 "limits":[{"window":"1h","max":30},{"window":"24h","max":60}],
 "replace":{"same_nonce":true,"max_bumps":2},
 "change":{"need":2,"loosen_delay":"48h","tighten_delay":"1h"},
 "rules":[
  {"id":"pause","chain":"1","to":["0x1111111111111111111111111111111111111111","0x2222222222222222222222222222222222222222"],
   "function":"pause()","limits":[{"window":"1h","max":2,"per":"to"}],"approvals":{"need":0}},
  {"id":"block","chain":"1","to":["0x3333333333333333333333333333333333333333"],"function":"blacklist(address)",
   "args":{"0":{"not_in_set":"protected"}},"approvals":{"need":0,"over":[{"count":2,"window":"2h","need":2}]}},
  {"id":"lower","chain":"1","to":["0x1111111111111111111111111111111111111111"],"function":"setThing(uint256,uint256,address,bytes4)",
   "args":{"0":{"lte":"1000"},"1":{"lt":"50"},"2":{"in":["0x5555555555555555555555555555555555555555","0x6666666666666666666666666666666666666666"]},"3":{"eq":"0x01020304"}},
   "approvals":{"need":0}},
  {"id":"stop","chain":"1","to":["0x1111111111111111111111111111111111111111"],"function":"shutdown()",
   "approvals":{"need":2,"min_eip712":1,"max_age":"15m","delay":"1h"}}],
 "sets":{"protected":["0x4444444444444444444444444444444444444444","0x7777777777777777777777777777777777777777"]}}`

func changed(t *testing.T, old, replacement string) *Policy {
	t.Helper()
	text := strings.Replace(comparedPolicy, old, replacement, 1)
	require.True(t, old == "" || text != comparedPolicy, "nothing was replaced")
	p, err := compileFor(signer.Containment, text)
	require.NoError(t, err)
	return p
}

// TestEverySingleChangeIsCalledWhatItIs changes one thing and changes it back.
func TestEverySingleChangeIsCalledWhatItIs(t *testing.T) {
	const (
		loosens, tightens = true, false
		one, two          = `"0x1111111111111111111111111111111111111111"`, `"0x2222222222222222222222222222222222222222"`
		over              = `"over":[{"count":2,"window":"2h","need":2}]`
		stop              = `"need":2,"min_eip712":1,"max_age":"15m","delay":"1h"`
		perTo             = `"limits":[{"window":"1h","max":2,"per":"to"}]`
		keyLimits         = `"limits":[{"window":"1h","max":30},{"window":"24h","max":60}]`
		in                = `{"in":["0x5555555555555555555555555555555555555555","0x6666666666666666666666666666666666666666"]}`
		protected         = `"0x4444444444444444444444444444444444444444","0x7777777777777777777777777777777777777777"`
	)
	for name, c := range map[string]struct {
		old, new    string
		there, back bool
		words       string
	}{
		"a gas ceiling goes up":               {`"max_gas":"500"`, `"max_gas":"501"`, loosens, tightens, "501 gas"},
		"a fee ceiling goes up":               {`"max_fee_per_gas":"400"`, `"max_fee_per_gas":"401"`, loosens, tightens, "401 wei max fee"},
		"a tip ceiling goes up":               {`"max_priority_fee_per_gas":"300"`, `"max_priority_fee_per_gas":"301"`, loosens, tightens, "301 wei tip"},
		"a cost ceiling goes up":              {`"max_cost_per_tx":"200"`, `"max_cost_per_tx":"201"`, loosens, tightens, "201 wei a transaction"},
		"a day goes up":                       {`"max_cost_per_day":"1000"`, `"max_cost_per_day":"1001"`, loosens, tightens, "1001 wei a day"},
		"a chain is added":                    {`"fees":{`, `"fees":{"5":{"max_gas":"1","max_fee_per_gas":"1","max_priority_fee_per_gas":"1","max_cost_per_tx":"1","max_cost_per_day":"1"},`, loosens, tightens, "adds chain 5"},
		"the key may sign more":               {`"max":60`, `"max":61`, loosens, tightens, "61/24h"},
		"a window of the key goes":            {`,{"window":"24h","max":60}`, ``, loosens, tightens, "signs at all"},
		"a window of the key shrinks":         {`"24h"`, `"23h"`, loosens, tightens, "60/23h"},
		"windows that say the same":           {keyLimits, `"limits":[{"window":"24h","max":60},{"window":"1h","max":30}]`, tightens, tightens, "signs at all"},
		"one window that says both":           {keyLimits, `"limits":[{"window":"24h","max":30}]`, tightens, loosens, "signs at all"},
		"more replacements":                   {`"max_bumps":2`, `"max_bumps":3`, loosens, tightens, "from 2 to 3"},
		"no replacements":                     {`"same_nonce":true`, `"same_nonce":false`, tightens, loosens, "from 2 to 0"},
		"no replacements, in other words":     {`"replace":{"same_nonce":true,"max_bumps":2},`, ``, tightens, loosens, "from 2 to 0"},
		"a change needs fewer":                {`"change":{"need":2`, `"change":{"need":1`, loosens, tightens, "1 guardians"},
		"a loosening waits less":              {`"48h"`, `"47h"`, loosens, tightens, "47h before"},
		"a tightening waits less":             {`"tighten_delay":"1h"`, `"tighten_delay":"59m"`, loosens, tightens, "59m before"},
		"a change needs more and waits less":  {`"need":2,"loosen_delay":"48h"`, `"need":3,"loosen_delay":"47h"`, loosens, loosens, "3 guardians"},
		"a contract is added":                 {one + `,` + two + `]`, one + `,` + two + `,"0x9999999999999999999999999999999999999999"]`, loosens, tightens, "adds pause() on 0x9999"},
		"a rule is renamed":                   {`"id":"pause"`, `"id":"pause-2"`, loosens, loosens, "counts that begin anew"},
		"a rule is split":                     {`,` + two + `],` + "\n" + `   "function":"pause()"`, `],"function":"pause()","approvals":{"need":0}},{"id":"pause-2","chain":"1","to":[` + two + `],"function":"pause()"`, loosens, loosens, "moves pause() on 0x2222"},
		"a rule goes to another function":     {`"pause()"`, `"halt()"`, loosens, loosens, "adds halt()"},
		"a rule goes to another chain":        {`"id":"pause","chain":"1"`, `"id":"pause","chain":"10"`, loosens, loosens, "(chain 10)"},
		"a rule may be used more":             {`"max":2,"per":"to"`, `"max":3,"per":"to"`, loosens, tightens, "up to 3/h for each contract"},
		"a rule has a shorter window":         {`"window":"1h","max":2,"per":"to"`, `"window":"59m","max":2,"per":"to"`, loosens, tightens, "59m"},
		"a rule has a longer window":          {`"window":"1h","max":2,"per":"to"`, `"window":"2h","max":2,"per":"to"`, tightens, loosens, "2h"},
		"a rule counts all contracts":         {`"max":2,"per":"to"`, `"max":2`, tightens, loosens, "up to 2/h"},
		"a rule has no limit":                 {perTo + `,`, ``, loosens, tightens, "as often as the key"},
		"a rule has one more limit":           {perTo, `"limits":[{"window":"1h","max":2,"per":"to"},{"window":"24h","max":9}]`, tightens, loosens, "9/24h"},
		"the set of the protected shrinks":    {protected, `"0x4444444444444444444444444444444444444444"`, loosens, tightens, "none of 0x4444"},
		"the set of the protected is another": {protected, `"0x4444444444444444444444444444444444444444","0x8888888888888888888888888888888888888888"`, loosens, loosens, "0x8888"},
		"the set of the protected has a name": {`"protected"`, `"kept"`, tightens, tightens, ""},
		"anybody can be blocked":              {`{"not_in_set":"protected"}`, `{"any":true}`, loosens, tightens, "to anything"},
		"only one can be blocked":             {`{"not_in_set":"protected"}`, `{"eq":"0x5555555555555555555555555555555555555555"}`, tightens, loosens, "exactly 0x5555"},
		"only a protected one can be blocked": {`{"not_in_set":"protected"}`, `{"eq":"0x4444444444444444444444444444444444444444"}`, loosens, loosens, "exactly 0x4444"},
		"a list grows":                        {in, `{"in":["0x5555555555555555555555555555555555555555","0x6666666666666666666666666666666666666666","0x8888888888888888888888888888888888888888"]}`, loosens, tightens, "one of"},
		"a list becomes one":                  {in, `{"eq":"0x6666666666666666666666666666666666666666"}`, tightens, loosens, "exactly"},
		"a list becomes another":              {in, `{"eq":"0x8888888888888888888888888888888888888888"}`, loosens, loosens, "exactly"},
		"a list becomes all but a set":        {in, `{"not_in_set":"protected"}`, loosens, tightens, "none of"},
		"a most goes up":                      {`{"lte":"1000"}`, `{"lte":"1001"}`, loosens, tightens, "at most 1001"},
		"a below goes up":                     {`{"lt":"50"}`, `{"lt":"51"}`, loosens, tightens, "below 51"},
		"a most becomes a below of the same":  {`{"lte":"1000"}`, `{"lt":"1000"}`, tightens, loosens, "below 1000"},
		"a most becomes a larger below":       {`{"lte":"1000"}`, `{"lt":"1002"}`, loosens, tightens, "below 1002"},
		"a below becomes a most of the same":  {`{"lt":"50"}`, `{"lte":"50"}`, loosens, tightens, "at most 50"},
		"a below becomes a most of one less":  {`{"lt":"50"}`, `{"lte":"49"}`, tightens, loosens, "at most 49"},
		"a most becomes one number":           {`{"lte":"1000"}`, `{"eq":"1000"}`, tightens, loosens, "exactly 1000"},
		"a most becomes a larger number":      {`{"lte":"1000"}`, `{"eq":"1001"}`, loosens, loosens, "exactly 1001"},
		"a most becomes anything":             {`{"lte":"1000"}`, `{"any":true}`, loosens, tightens, "to anything"},
		"one value becomes another":           {`"0x01020304"`, `"0x01020305"`, loosens, loosens, "exactly 0x01020305"},
		"a rule needs fewer":                  {`"need":2,"min_eip712"`, `"need":1,"min_eip712"`, loosens, tightens, "with 1 guardians"},
		"a rule needs no wallet":              {`"min_eip712":1,`, ``, loosens, tightens, "changes the approvals of shutdown()"},
		"a rule needs more wallets":           {`"min_eip712":1`, `"min_eip712":2`, tightens, loosens, "2 of them by wallet"},
		"approvals may be older":              {`"15m"`, `"16m"`, loosens, tightens, "within 16m"},
		"approvals may be of any age":         {`"max_age":"15m",`, ``, loosens, tightens, "changes the approvals"},
		"a rule waits less":                   {`"delay":"1h"`, `"delay":"59m"`, loosens, tightens, "a delay of 59m"},
		"a rule waits not at all":             {`,"delay":"1h"`, ``, loosens, tightens, "changes the approvals"},
		"a rule needs more and waits less":    {stop, `"need":3,"min_eip712":1,"max_age":"15m"`, loosens, loosens, "with 3 guardians"},
		"more uses before the need rises":     {`"count":2`, `"count":3`, loosens, tightens, "2 after 3 in 2h"},
		"the need rises to less":              {`"window":"2h","need":2`, `"window":"2h","need":1`, loosens, tightens, "1 after 2 in 2h"},
		"uses are counted for less":           {`"count":2,"window":"2h"`, `"count":2,"window":"1h"`, loosens, tightens, "in 1h"},
		"the need never rises":                {`,` + over, ``, loosens, tightens, "without guardians"},
		"the need is high from the start":     {`"need":0,` + over, `"need":2`, tightens, loosens, "with 2 guardians"},
		"the need is half way from the start": {`"need":0,` + over, `"need":1`, loosens, loosens, "with 1 guardians"},
		"the need rises once more":            {over, `"over":[{"count":2,"window":"2h","need":2},{"count":5,"window":"2h","need":3}]`, tightens, loosens, "3 after 5 in 2h"},
		"fewer uses, but counted for less":    {`"count":2,"window":"2h"`, `"count":1,"window":"1h"`, loosens, loosens, "2 after 1 in 1h"},
		"a higher need, but after more":       {`"count":2,"window":"2h","need":2`, `"count":3,"window":"2h","need":3`, loosens, loosens, "3 after 3"},
		"more per transaction, less gas":      {`"max_gas":"500","max_fee_per_gas":"400"`, `"max_gas":"499","max_fee_per_gas":"401"`, loosens, loosens, "499 gas"},
		"nothing is changed but the version":  {`"version":1`, `"version":2`, tightens, tightens, ""},
	} {
		t.Run(name, func(t *testing.T) {
			old, next := changed(t, "", ""), renamed(t, c.old, c.new)
			lines, loose := Compare(old, next, nil)
			assert.Equal(t, c.there, loose, "there: %v", lines)
			if c.words == "" {
				assert.Empty(t, lines)
			} else {
				assert.Contains(t, strings.Join(lines, "\n"), c.words)
			}
			lines, loose = Compare(next, old, nil)
			assert.Equal(t, c.back, loose, "and back: %v", lines)
			assert.Equal(t, c.words == "", len(lines) == 0, "%v", lines)
		})
	}
}

// renamed is changed, and renames the set as a whole.
func renamed(t *testing.T, old, replacement string) *Policy {
	t.Helper()
	if !strings.Contains(replacement, `"kept"`) {
		return changed(t, old, replacement)
	}
	p, err := compileFor(signer.Containment, strings.ReplaceAll(comparedPolicy, `"protected"`, `"kept"`))
	require.NoError(t, err)
	return p
}

func TestAPolicyComparedWithItselfSaysNothing(t *testing.T) {
	p := changed(t, "", "")
	lines, loosens := Compare(p, p, nil)
	assert.Empty(t, lines)
	assert.False(t, loosens)
}

func TestAFirstPolicyIsAllAdditions(t *testing.T) {
	p := changed(t, "", "")
	names := func(chain uint64, address common.Address) string { return "CONTRACT-" + address.Hex()[2:6] }
	lines, loosens := Compare(nil, p, names)
	assert.True(t, loosens)
	assert.Len(t, lines, len(p.Rules)+len(p.Fees))
	for _, line := range lines {
		assert.True(t, strings.HasPrefix(line, "adds "), line)
	}
	assert.Contains(t, lines[0], "blacklist(address) on CONTRACT-3333 (chain 1)")
}

func TestWhatIsRemovedIsNamedAndDoesNotLoosen(t *testing.T) {
	next := changed(t, `,"0x2222222222222222222222222222222222222222"`, "")
	lines, loosens := Compare(changed(t, "", ""), next, nil)
	assert.False(t, loosens)
	assert.Equal(t, []string{"removes pause() on 0x2222222222222222222222222222222222222222 (chain 1)"}, lines)
	text := comparedPolicy
	from, to := strings.Index(text, `,`+"\n"+`  "10":`), strings.Index(text, `},`+"\n"+` "limits"`)
	next, err := compileFor(signer.Containment, text[:from]+text[to:])
	require.NoError(t, err)
	lines, loosens = Compare(changed(t, "", ""), next, nil)
	assert.False(t, loosens)
	assert.Equal(t, []string{"removes chain 10"}, lines)
}

func TestEveryConstraintIsWithinItself(t *testing.T) {
	five := []Word{wordOfInt(5)}
	for _, op := range []Operator{Any, Eq, In, Lt, Lte, NotInSet} {
		c := Constraint{Operator: op, Values: five}
		assert.True(t, c.within(c), op)
		assert.Equal(t, op == Any, Constraint{Operator: Any}.within(c), op)
	}
	assert.False(t, Constraint{}.within(Constraint{Operator: Eq, Values: five}), "what cannot be decided loosens")
}

func TestBumpsOfAPolicyWithoutReplacementsMeanNothing(t *testing.T) {
	old := changed(t, `"same_nonce":true,"max_bumps":2`, `"same_nonce":false,"max_bumps":2`)
	next := changed(t, `"same_nonce":true,"max_bumps":2`, `"same_nonce":false,"max_bumps":9`)
	lines, loosens := Compare(old, next, nil)
	assert.False(t, loosens, "%v", lines)
}
