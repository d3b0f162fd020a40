package verifier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
)

var yes, no = common.BytesToHash([]byte{1}).Bytes(), common.Hash{}.Bytes()

// tries asks for one call, which makes a view go from false to true.
func tries() actions.SimulateRequest {
	return actions.SimulateRequest{Calls: []actions.Simulation{{From: thief, To: contract, Data: pause}}, Views: views(1)}
}

// answering answers with one block of two calls: the call, then the view.
func answering(change func(call map[string]any)) func([]any) (any, error) {
	made := func(data []byte) map[string]any {
		return map[string]any{"returnData": hexutil.Bytes(data), "status": "0x1", "gasUsed": "0x5208", "logs": []any{}}
	}
	return func([]any) (any, error) {
		call := made(nil)
		call["maxUsedGas"] = "0x6000"
		call["logs"] = []any{map[string]any{"address": contract, "topics": []common.Hash{transfer}, "data": "0x01"}}
		if change != nil {
			change(call)
		}
		return []any{map[string]any{"number": "0x186a1", "calls": []any{call, made(yes)}}}, nil
	}
}

func TestCallsAreTriedTogetherAndTheViewsReadBeforeAndAfter(t *testing.T) {
	answer := answering(nil)
	node := doing("eth_simulateV1", func(args []any) (any, error) {
		text, err := json.Marshal(args)
		require.NoError(t, err)
		assert.JSONEq(t, fmt.Sprintf(`[{"validation":false,"traceTransfers":false,"blockStateCalls":[{"calls":[
			{"from":"%[2]s","to":"%[1]s","input":"0x8456cb59"},{"to":"%[1]s","input":"0x00000000"}]}]},
			{"blockHash":"0x00000000000000000000000000000000000000000000000000000000000186a0"}]`,
			hexutil.Encode(contract[:]), hexutil.Encode(thief[:])), string(text))
		return answer(args)
	})
	node.does["eth_call"] = word
	got, err := reads(t, node).Simulate(t.Context(), chainID, tries())
	require.NoError(t, err)
	assert.Equal(t, actions.Simulated{Endpoint: "one", Block: 100_000, Stateful: true,
		Calls:  []actions.SimulatedCall{{Gas: 0x6000, Logs: []actions.SimulatedLog{{Address: contract, Topics: []common.Hash{transfer}, Data: []byte{1}}}}},
		Before: [][]byte{no}, After: [][]byte{yes}}, got)
}

func TestACallThatFailsIsToldWithItsReasonWhereverTheClientPutsIt(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"with the error": func(c map[string]any) {
			c["error"] = map[string]any{"code": 3, "message": "reverted", "data": "0xaabb"}
		},
		"as what returned": func(c map[string]any) { c["error"], c["returnData"] = map[string]any{"code": -32000}, "0xaabb" },
	} {
		got, err := reads(t, doing("eth_simulateV1", answering(func(c map[string]any) { c["status"] = "0x0"; change(c) }))).
			Simulate(t.Context(), chainID, tries())
		require.NoError(t, err, name)
		assert.Equal(t, []byte{0xaa, 0xbb}, got.Calls[0].Revert, name)
		assert.Empty(t, got.Calls[0].Logs, "what it emitted is undone")
	}
	got, err := reads(t, doing("eth_simulateV1", answering(func(c map[string]any) { c["status"], c["error"] = "0x0", map[string]any{} }))).
		Simulate(t.Context(), chainID, tries())
	require.NoError(t, err)
	assert.NotNil(t, got.Calls[0].Revert, "without a reason it failed all the same")
}

func TestAnAnswerThatDoesNotFitTheQuestionIsRefused(t *testing.T) {
	for name, do := range map[string]func([]any) (any, error){
		"null":            func([]any) (any, error) { return nil, nil },
		"a word":          func([]any) (any, error) { return "0x", nil },
		"no block":        func([]any) (any, error) { return []any{}, nil },
		"no calls":        func([]any) (any, error) { return []any{map[string]any{}}, nil },
		"no status":       answering(func(c map[string]any) { delete(c, "status") }),
		"status two":      answering(func(c map[string]any) { c["status"] = "0x2" }),
		"error and good":  answering(func(c map[string]any) { c["error"] = map[string]any{} }),
		"failed and none": answering(func(c map[string]any) { c["status"] = "0x0" }),
		"no gas":          answering(func(c map[string]any) { delete(c, "gasUsed") }),
	} {
		_, err := reads(t, doing("eth_simulateV1", do)).Simulate(t.Context(), chainID, tries())
		assert.Error(t, err, name)
		got, err := reads(t, doing("eth_simulateV1", do), doing("eth_simulateV1", answering(nil))).Simulate(t.Context(), chainID, tries())
		require.NoError(t, err, name)
		assert.Equal(t, "two", got.Endpoint, name)
	}
}

func TestAnEndpointWithoutSimulationTriesEachCallAloneAndIsNotAskedAgainForAWhile(t *testing.T) {
	for name, answer := range map[string]error{
		"no method":     &saidError{-32601, "the method eth_simulateV1 does not exist/is not available", nil},
		"invalid":       &saidError{-32600, "Unsupported method", nil},
		"in words":      &saidError{-32000, "eth_simulateV1 is not supported on this plan", nil},
		"a bad request": rpc.HTTPError{StatusCode: 400, Status: "400 Bad Request"},
		"forbidden":     rpc.HTTPError{StatusCode: 403, Status: "403 Forbidden"},
	} {
		synctest.Test(t, func(t *testing.T) {
			node := doing("eth_simulateV1", func([]any) (any, error) { return nil, answer })
			node.does["eth_call"] = func(args []any) (any, error) {
				if from, ok := args[0].(map[string]any)["from"]; ok {
					assert.Equal(t, thief, from)
					return nil, &saidError{3, "execution reverted", "0xaabb"}
				}
				return word(args)
			}
			r := reads(t, node)
			for range 2 {
				got, err := r.Simulate(t.Context(), chainID, tries())
				require.NoError(t, err, name)
				assert.Equal(t, actions.Simulated{Endpoint: "one", Block: 100_000, Calls: []actions.SimulatedCall{{Revert: []byte{0xaa, 0xbb}}},
					Before: [][]byte{no}}, got, name)
			}
			assert.Equal(t, 1, node.count("eth_simulateV1"), name)
			time.Sleep(11 * time.Minute)
			_, err := r.Simulate(t.Context(), chainID, tries())
			require.NoError(t, err)
			assert.Equal(t, 2, node.count("eth_simulateV1"), "its host may have been updated: "+name)
		})
	}
}

func TestARefusalOfOneSimulationIsNotTakenForAMissingMethod(t *testing.T) {
	node := doing("eth_simulateV1", func([]any) (any, error) { return nil, &saidError{-38026, "too many calls", nil} })
	node.does["eth_call"] = word
	r := reads(t, node)
	for range 2 {
		got, err := r.Simulate(t.Context(), chainID, tries())
		require.NoError(t, err)
		assert.False(t, got.Stateful)
	}
	assert.Equal(t, 2, node.count("eth_simulateV1"))
}

func TestAnEndpointThatIsBusyIsNotTakenForOneWithoutSimulation(t *testing.T) {
	node := doing("eth_simulateV1", func([]any) (any, error) { return nil, rpc.HTTPError{StatusCode: 429, Status: "429 Too Many Requests"} })
	node.does["eth_call"] = word
	_, err := reads(t, node).Simulate(t.Context(), chainID, tries())
	assert.ErrorContains(t, err, "429", "and it is not asked for even more")
}

func TestTheEndpointThatCanTryThemTogetherIsPreferred(t *testing.T) {
	old := doing("eth_call", word)
	for _, order := range [][]*script{{old, doing("eth_simulateV1", answering(nil))}, {doing("eth_simulateV1", answering(nil)), old}} {
		got, err := reads(t, order...).Simulate(t.Context(), chainID, tries())
		require.NoError(t, err)
		assert.True(t, got.Stateful)
	}
}

func TestASilentEndpointHoldsUpNoBetterAnswerAndNoneBeyondItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		got, err := reads(t, &script{silent: true}, doing("eth_simulateV1", answering(nil))).Simulate(ctx, chainID, tries())
		require.NoError(t, err)
		assert.True(t, got.Stateful)
		assert.Zero(t, time.Since(began))
		got, err = reads(t, &script{silent: true}, doing("eth_call", word)).Simulate(ctx, chainID, tries())
		require.NoError(t, err, "what is there when the time is over counts")
		assert.Equal(t, "two", got.Endpoint)
		assert.Equal(t, time.Second, time.Since(began))
		_, err = reads(t, &script{silent: true}).Simulate(ctx, chainID, tries())
		assert.ErrorContains(t, err, "nobody could simulate")
	})
}

func TestASimulationOfNothingOrOfTooMuchIsRefused(t *testing.T) {
	r := reads(t, &script{})
	_, err := r.Simulate(t.Context(), chainID, actions.SimulateRequest{Views: views(1)})
	assert.ErrorContains(t, err, "from one call")
	_, err = r.Simulate(t.Context(), chainID, actions.SimulateRequest{Calls: tries().Calls, Views: make([]actions.View, 600)})
	assert.Error(t, err)
}
