package actions_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

const (
	zeroWord = "0000000000000000000000000000000000000000000000000000000000000000"
	oneWord  = "0000000000000000000000000000000000000000000000000000000000000001"
	twoWord  = "0000000000000000000000000000000000000000000000000000000000000002"
	maxWord  = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
)

func paused() incident.Check {
	return incident.Check{ChainID: 1337, To: vault, Data: contracts.PausedQuery(), Type: "bool", Op: incident.Equals,
		Want: incident.NewQuantity(1), Text: "lab-vault.paused() == true"}
}

func answer(endpoint, word string) actions.Answer {
	data, err := hex.DecodeString(word)
	if err != nil {
		panic(err) // the table itself is wrong
	}
	return actions.Answer{Endpoint: endpoint, Block: 7, BlockHash: common.HexToHash("0x07"), Data: data}
}

func TestAnAnswerIsHeldAgainstTheCheck(t *testing.T) {
	for _, c := range []struct {
		kind string
		op   incident.Comparison
		want uint64
		word string
		ok   bool
		got  string
	}{
		{"bool", incident.Equals, 1, oneWord, true, "true"},
		{"bool", incident.Equals, 1, zeroWord, false, "false"},
		{"bool", incident.Equals, 0, zeroWord, true, "false"},
		{"uint256", incident.AtMost, 2, oneWord, true, "1"},
		{"uint256", incident.AtMost, 1, twoWord, false, "2"},
		{"uint256", incident.AtLeast, 2, twoWord, true, "2"},
		{"uint256", incident.AtLeast, 2, oneWord, false, "1"},
		{"uint8", incident.Equals, 2, twoWord, true, "2"},
		{"address", incident.Equals, 2, twoWord, true, "0x0000000000000000000000000000000000000002"},
		{"bytes32", incident.Equals, 2, twoWord, true, "0x" + twoWord},
	} {
		check := paused()
		check.Type, check.Op, check.Want = c.kind, c.op, incident.NewQuantity(c.want)
		seen, ok, err := actions.Holds(answer("a", c.word), check)
		require.NoError(t, err, c.kind)
		assert.Equal(t, c.ok, ok, "%s %s %d of %s", c.kind, c.op, c.want, c.word)
		assert.Equal(t, incident.Observation{Check: check.Text, Got: c.got, Block: 7, BlockHash: common.HexToHash("0x07"), Endpoint: "a"}, seen)
	}
}

func TestWhatIsNotOneCanonicalWordIsAnErrorAndNotFalse(t *testing.T) {
	for name, c := range map[string]struct{ kind, word string }{
		"a bitmap read as a bool":     {"bool", twoWord},
		"a bool with high bits":       {"bool", "01" + strings.Repeat("00", 31)},
		"no data":                     {"bool", ""},
		"a short word":                {"bool", "01"},
		"two words":                   {"uint256", oneWord + oneWord},
		"a uint8 that does not fit":   {"uint8", maxWord},
		"an address with high bits":   {"address", maxWord},
		"a signed type":               {"int256", oneWord},
		"text":                        {"string", oneWord},
		"no type":                     {"", oneWord},
		"a size that does not exist":  {"uint7", oneWord},
		"a size with a leading zero":  {"uint08", oneWord},
		"a size above the word":       {"uint264", oneWord},
		"a size that is not a number": {"uintx", oneWord},
	} {
		check := paused()
		check.Type = c.kind
		_, ok, err := actions.Holds(answer("a", c.word), check)
		assert.Error(t, err, name)
		assert.False(t, ok, name)
	}
}

func TestAnOrderOnWhatHasNoneIsRefused(t *testing.T) {
	for _, kind := range []string{"bool", "address", "bytes32"} {
		for _, op := range []incident.Comparison{incident.AtMost, incident.AtLeast, "", "!="} {
			check := paused()
			check.Type, check.Op = kind, op
			_, ok, err := actions.Holds(answer("a", oneWord), check)
			assert.Error(t, err, "%s %q", kind, op)
			assert.False(t, ok)
		}
	}
}

// both is a check of two words, as the goal of a limit is.
func both() incident.Check {
	check := paused()
	second := paused()
	second.Data, second.Text = contracts.WithdrawalLimitQuery(), "lab-vault.withdrawalLimit() <= 1"
	second.Type, second.Op = "uint256", incident.AtMost
	check.And = &second
	return check
}

func TestBothPartsOfACheckMustHold(t *testing.T) {
	check := both()
	views := actions.Views(check)
	require.Len(t, views, 2)
	for _, c := range []struct {
		first, second string
		holds, fails  bool
	}{
		{oneWord, oneWord, true, false},
		{oneWord, twoWord, false, true},
		{zeroWord, oneWord, false, true},
	} {
		r := actions.Judge(check, map[actions.View][]actions.Answer{views[0]: {answer("a", c.first)}, views[1]: {answer("a", c.second)}})
		assert.Equal(t, c.holds, r.Holds(1))
		assert.Equal(t, c.fails, r.Fails())
		assert.Len(t, r.Seen, 2)
	}
	half := actions.Judge(check, map[actions.View][]actions.Answer{views[0]: {answer("a", oneWord)}})
	assert.False(t, half.Holds(1), "half an answer is none")
	assert.False(t, half.Fails())
	assert.Contains(t, half.Doubt(), "did not answer")
}

// reader answers what it is told, and nothing for what it is not.
type reader struct {
	by  map[string][]actions.Answer
	err error
}

func (r reader) CallAll(_ context.Context, _ uint64, _ common.Address, data []byte) ([]actions.Answer, error) {
	if r.err != nil {
		return nil, r.err
	}
	return r.by[string(data)], nil
}

func (reader) Estimate(context.Context, uint64, actions.Simulation) (uint64, []byte, error) {
	return 0, nil, errors.New("this test estimates nothing")
}

func TestOneEndpointOfManyIsNotEnough(t *testing.T) {
	for _, c := range []struct {
		name       string
		answers    []actions.Answer
		configured int
		holds      bool
	}{
		{"the only one configured", []actions.Answer{answer("a", oneWord)}, 1, true},
		{"two agree", []actions.Answer{answer("a", oneWord), answer("b", oneWord)}, 2, true},
		{"two of three agree, one is down", []actions.Answer{answer("a", oneWord), answer("b", oneWord)}, 3, true},
		{"one answers of two", []actions.Answer{answer("a", oneWord)}, 2, false},
		{"one answers and nobody said of how many", []actions.Answer{answer("a", oneWord)}, 0, false},
		{"they disagree", []actions.Answer{answer("a", oneWord), answer("b", oneWord), answer("c", zeroWord)}, 3, false},
		{"one talks nonsense", []actions.Answer{answer("a", oneWord), answer("b", oneWord), answer("c", twoWord)}, 3, false},
		{"all say no", []actions.Answer{answer("a", zeroWord), answer("b", zeroWord)}, 2, false},
		{"nobody answers", nil, 1, false},
	} {
		r, err := actions.ReadAll(t.Context(), reader{by: map[string][]actions.Answer{string(contracts.PausedQuery()): c.answers}}, paused())
		require.NoError(t, err, c.name)
		assert.Equal(t, c.holds, r.Holds(c.configured), c.name)
		if c.holds {
			assert.Empty(t, r.Doubt(), c.name)
		}
	}
}

func TestAChainThatCannotBeAskedIsAnErrorAndNotANo(t *testing.T) {
	down := errors.New("no endpoint answered")
	r, err := actions.ReadAll(t.Context(), reader{err: down}, both())
	require.ErrorIs(t, err, down)
	assert.False(t, r.Fails())
	assert.False(t, r.Holds(1))
	assert.Equal(t, "no endpoint answered", r.Doubt())
}

func FuzzHoldsNeverPanics(f *testing.F) {
	f.Add("bool", "==", []byte{1})
	f.Add("uint256", "<=", make([]byte, 32))
	f.Add("uint", ">=", make([]byte, 64))
	f.Fuzz(func(t *testing.T, kind, op string, data []byte) {
		check := incident.Check{Type: kind, Op: incident.Comparison(op)}
		_, ok, err := actions.Holds(actions.Answer{Data: data}, check)
		if ok {
			require.NoError(t, err)
			require.Len(t, data, 32, "only one word can hold")
		}
	})
}
