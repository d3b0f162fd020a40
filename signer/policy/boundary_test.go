package policy

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// TestEveryPartOfAPolicyIsReadStrictly changes one thing in a policy that has
// one of everything.
func TestEveryPartOfAPolicyIsReadStrictly(t *testing.T) {
	const over = `{"count":2,"window":"2h","need":2}`
	many := func(n int) string { return strings.TrimSuffix(strings.Repeat(over+",", n), ",") }
	for name, c := range map[string]struct{ old, new, why string }{
		"an unknown member of a chain":     {`"max_gas":"500"`, `"x":1,"max_gas":"500"`, "unknown member"},
		"an unknown member of replace":     {`"max_bumps":2`, `"max_bumps":2,"x":1`, "unknown member"},
		"an unknown member of change":      {`"change":{`, `"change":{"x":1,`, "unknown member"},
		"an unknown member of a limit":     {`{"window":"1h","max":30}`, `{"window":"1h","max":30,"x":1}`, "unknown member"},
		"an unknown member of a raise":     {over, `{"count":2,"window":"2h","need":2,"x":1}`, "unknown member"},
		"an unknown member of a rule":      {`"id":"pause",`, `"id":"pause","x":1,`, "unknown member"},
		"an unknown member of a rule's to": {`"function":"pause()"`, `"function":"pause()","value":"1"`, "rule pause"},
		"a chain in words":                 {`"fees":{`, `"fees":{"one":{"max_gas":"1","max_fee_per_gas":"1","max_priority_fee_per_gas":"1","max_cost_per_tx":"1","max_cost_per_day":"1"},`, "chain ids"},
		"a rule's chain in words":          {`"id":"pause","chain":"1"`, `"id":"pause","chain":"one"`, "chain"},
		"gas in words":                     {`"max_gas":"500"`, `"max_gas":"x"`, "max_gas"},
		"a fee in words":                   {`"max_fee_per_gas":"400"`, `"max_fee_per_gas":"x"`, "max_fee_per_gas"},
		"a tip above the fee":              {`"max_priority_fee_per_gas":"300"`, `"max_priority_fee_per_gas":"401"`, "above its whole"},
		"a hash that is no hash":           {`"previous":"0x0000`, `"previous":"0xzz00`, "previous"},
		"too many sets":                    {`"sets":{`, `"sets":{` + manySets(maxSets), "more than 32 sets"},
		"a set of no addresses":            {`"0x7777777777777777777777777777777777777777"]}`, `"0x77"]}`, "holds an address"},
		"a delay in words":                 {`"loosen_delay":"48h"`, `"loosen_delay":"soon"`, "duration"},
		"a delay of more than a month":     {`"loosen_delay":"48h"`, `"loosen_delay":"744h0m1s"`, "duration"},
		"a window of more than a month":    {`{"window":"24h","max":60}`, `{"window":"744h0m1s","max":60}`, "duration"},
		"a raise in words":                 {`"window":"2h","need":2`, `"window":"soon","need":2`, "duration"},
		"a raise that raises nothing":      {`"need":2,"min_eip712":1`, `"need":2,"over":[{"count":1,"window":"1h","need":2}],"min_eip712":1`, "more than the rule's own 2"},
		"too many raises":                  {over, many(maxWindows + 1), "over"},
		"an age without people":            {`"approvals":{"need":0}`, `"approvals":{"need":0,"max_age":"1h"}`, "no guardian is needed"},
		"a list of booleans":               {`"shutdown()"`, `"setHalt(bool)","args":{"0":{"in":[true]}}`, "does not fit"},
		"a boolean in words":               {`"shutdown()"`, `"setHalt(bool)","args":{"0":{"eq":"true"}}`, "true or false"},
		"an order on bytes":                {`"0x01020304"`, `"0x01020304"},"4":{"any":true`, "unknown member"},
		"a below on bytes":                 {`{"eq":"0x01020304"}`, `{"lt":"0x01020304"}`, "does not fit"},
		"a most on bytes":                  {`{"eq":"0x01020304"}`, `{"lte":"0x01020304"}`, "does not fit"},
		"bytes that are short":             {`"0x01020304"`, `"0x010203"`, "4 bytes"},
		"bytes that are long":              {`"0x01020304"`, `"0x0102030405"`, "4 bytes"},
		"bytes that are none":              {`"0x01020304"`, `"01020304"`, "4 bytes"},
		"a number beyond its type":         {`setThing(uint256,`, `setThing(uint8,`, "out of range"},
		"an address of 19 bytes":           {`"0x5555555555555555555555555555555555555555"`, `"0x55555555555555555555555555555555555555"`, "40 hexadecimal"},
		"no member of a list":              {`{"eq":"0x01020304"}`, `{"in":[]}`, "1 to 512"},
		"a target of 19 bytes":             {`"to":["0x3333333333333333333333333333333333333333"]`, `"to":["0x33333333333333333333333333333333333333"]`, "contract addresses"},
		"an overload of a whole name":      {`"shutdown()"`, `"burn(bytes4)","args":{"0":{"any":true}}`, "no key may sign"},
		"an overload of a loosening name":  {`"shutdown()"`, `"start(bytes4)","args":{"0":{"any":true}}`, "use a recovery key"},
		"more than the state can hold":     {`"limits":[{"window":"1h","max":30},{"window":"24h","max":60}]`, `"limits":[{"window":"1h","max":501}]`, "at most 1000 uses"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(comparedPolicy, c.old, c.new, 1)
			require.NotEqual(t, comparedPolicy, text, "nothing was replaced")
			_, err := compileFor(signer.Containment, text)
			require.ErrorContains(t, err, c.why)
		})
	}
}

// TestAPolicyMayGoToItsLimits holds the other side of each limit.
func TestAPolicyMayGoToItsLimits(t *testing.T) {
	for name, c := range map[string]struct{ old, new string }{
		"a delay of a month":              {`"loosen_delay":"48h"`, `"loosen_delay":"744h"`},
		"a tightening as slow":            {`"tighten_delay":"1h"`, `"tighten_delay":"48h"`},
		"a window of a month":             {`{"window":"24h","max":60}`, `{"window":"744h","max":60}`},
		"a day of one transaction":        {`"max_cost_per_day":"1000"`, `"max_cost_per_day":"200"`},
		"a tip as high as the fee":        {`"max_priority_fee_per_gas":"300"`, `"max_priority_fee_per_gas":"400"`},
		"two chains and sixteen bumps":    {`"max_bumps":2`, `"max_bumps":16`},
		"all the uses there are":          {`"limits":[{"window":"1h","max":30},{"window":"24h","max":60}]`, `"limits":[{"window":"1h","max":500}]`},
		"every guardian with a wallet":    {`"min_eip712":1`, `"min_eip712":2`},
		"a wait of twelve hours":          {`"delay":"1h"`, `"delay":"12h"`},
		"nothing at all":                  {`{"lte":"1000"}`, `{"lte":"0"}`},
		"a boolean one way":               {`"shutdown()"`, `"setHalt(bool)","args":{"0":{"eq":true}}`},
		"a free number that is no limit":  {`{"lte":"1000"}`, `{"any":true}`},
		"a cap below a bound":             {`"shutdown()"`, `"setBorrowCap(address,uint256)","args":{"0":{"any":true},"1":{"lte":"5"}}`},
		"a cap in a list without zero":    {`"shutdown()"`, `"setBorrowCap(address,uint256)","args":{"0":{"in":["0x0000000000000000000000000000000000000000"]},"1":{"in":["1","2"]}}`},
		"a minter below a bound":          {`"shutdown()"`, `"configureMinter(address,uint256)","args":{"0":{"any":true},"1":{"lte":"5"}}`},
		"as many sets as there may be":    {`"sets":{`, `"sets":{` + manySets(maxSets-1)},
		"a name that only begins alike":   {`"shutdown()"`, `"startAuctionPause()"`},
		"bytes of another function":       {`"shutdown()"`, `"mark(bytes4)","args":{"0":{"eq":"0x00000000"}}`},
		"sixteen arguments":               {`"shutdown()"`, `"f(bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool)","args":{` + sixteenTrue() + `}`},
		"a raise of a rule with guardian": {`"need":2,"min_eip712":1`, `"need":2,"over":[{"count":1,"window":"1h","need":3}],"min_eip712":3`},
	} {
		t.Run(name, func(t *testing.T) { changed(t, c.old, c.new) })
	}
}

func manySets(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `"s%d":["0x4444444444444444444444444444444444444444"],`, i)
	}
	return out.String()
}

func sixteenTrue() string {
	var out []string
	for i := range maxArguments {
		out = append(out, fmt.Sprintf(`"%d":{"eq":true}`, i))
	}
	return strings.Join(out, ",")
}

func TestUsesAreKeptForTheLongestWindowOfAny(t *testing.T) {
	for _, c := range []struct {
		old, new string
		want     time.Duration
	}{
		{`"version":1`, `"version":1`, 24 * time.Hour},
		{`"limits":[{"window":"1h","max":2,"per":"to"}]`, `"limits":[{"window":"30h","max":2}]`, 30 * time.Hour},
		{`"window":"2h","need":2`, `"window":"31h","need":2`, 31 * time.Hour},
	} {
		p, err := compileFor(signer.Containment, strings.Replace(comparedPolicy, c.old, c.new, 1))
		require.NoError(t, err)
		assert.Equal(t, c.want, p.Longest)
	}
}

func TestARecoveryKeyMayLeaveADirectionToItsGuardians(t *testing.T) {
	text := strings.Replace(comparedPolicy, `"shutdown()"`, `"setPaused(bool)","args":{"0":{"any":true}}`, 1)
	text = strings.ReplaceAll(text, `"approvals":{"need":0`, `"approvals":{"need":1`)
	_, err := compileFor(signer.Recovery, text)
	require.NoError(t, err)
	_, err = compileFor(signer.Containment, text)
	require.ErrorContains(t, err, "decides the direction")
}

func TestTheAddressesOfAPolicyAreItsContractsAndItsAddressValues(t *testing.T) {
	number := new(big.Int).SetBytes(common.HexToAddress("0x8888888888888888888888888888888888888888").Bytes()).String()
	p := changed(t, `{"lte":"1000"}`, `{"eq":"`+number+`"}`)
	var want []common.Address
	for _, digit := range "1234567" {
		want = append(want, common.HexToAddress("0x"+strings.Repeat(string(digit), 40)))
	}
	assert.Equal(t, want, p.Addresses())
}

func TestAConstraintAllowsUpToItsEdge(t *testing.T) {
	five := []Word{wordOfInt(5)}
	for _, c := range []struct {
		op                 Operator
		four, exactly, six bool
	}{{Lt, true, false, false}, {Lte, true, true, false}, {Eq, false, true, false}, {In, false, true, false}, {Any, true, true, true}, {NotInSet, true, false, true}, {"", false, false, false}} {
		con := Constraint{Operator: c.op, Values: five}
		assert.Equal(t, c.four, con.Allows(wordOfInt(4)), "4 %s 5", c.op)
		assert.Equal(t, c.exactly, con.Allows(wordOfInt(5)), "5 %s 5", c.op)
		assert.Equal(t, c.six, con.Allows(wordOfInt(6)), "6 %s 5", c.op)
	}
	p := changed(t, "", "")
	arguments := p.Rules[Target{1, common.HexToAddress("0x1111111111111111111111111111111111111111"), SelectorOf("setThing(uint256,uint256,address,bytes4)")}]
	require.NotNil(t, arguments)
	assert.Equal(t, Word{1, 2, 3, 4}, arguments.Args[3].Values[0], "bytes stand on the left")
	assert.Equal(t, []common.Address{common.HexToAddress("0x1111111111111111111111111111111111111111")}, arguments.To)
}

func TestACeilingIsTheLastThatIsAllowed(t *testing.T) {
	c := Ceilings{Gas: 5, MaxFee: big.NewInt(4), MaxTip: big.NewInt(3), PerTx: big.NewInt(20), PerDay: big.NewInt(20)}
	ask := func(gas uint64, fee, tip int64) string {
		refusal := c.Refuse(signer.Request{Gas: gas, MaxFeePerGas: big.NewInt(fee), MaxPriorityFeePerGas: big.NewInt(tip)})
		if refusal == nil {
			return ""
		}
		return refusal.Code
	}
	assert.Empty(t, ask(5, 4, 3))
	assert.Equal(t, signer.CodeGas, ask(6, 1, 1))
	assert.Equal(t, signer.CodeFee, ask(1, 5, 3))
	assert.Equal(t, signer.CodeFee, ask(1, 4, 4))
	c.PerTx = big.NewInt(19)
	assert.Equal(t, signer.CodeCost, ask(5, 4, 3))
}

func TestADocumentSaysWhichKeyItIsFor(t *testing.T) {
	name, err := KeyOf([]byte(comparedPolicy))
	require.NoError(t, err)
	assert.Equal(t, keyName, name)
	for _, bad := range []string{`{`, `[]`, `{}`, `{"key":1}`, `{"key":"Responder"}`, `{"key":""}`, `{"key":"a/b"}`} {
		_, err := KeyOf([]byte(bad))
		require.Error(t, err, bad)
	}
	_, err = KeyOf([]byte(`{"key":"A"}`))
	require.ErrorContains(t, err, "no name of a key")
	_, err = KeyOf([]byte(`{}`))
	require.ErrorContains(t, err, `has no "key"`)
}

func TestABooleanMeansWhatItSays(t *testing.T) {
	for text, want := range map[string]Word{"true": wordOfInt(1), "false": {}} {
		p := changed(t, `"shutdown()"`, `"setHalt(bool)","args":{"0":{"eq":`+text+`}}`)
		ru := p.Rules[Target{1, common.HexToAddress("0x1111111111111111111111111111111111111111"), SelectorOf("setHalt(bool)")}]
		require.NotNil(t, ru)
		assert.Equal(t, []Word{want}, ru.Args[0].Values)
		assert.False(t, ru.Args[0].Allows(wordOfInt(2)))
	}
}
