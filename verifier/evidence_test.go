package verifier_test

import (
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
)

var (
	token    = common.HexToAddress("0x70")
	thief    = common.HexToAddress("0x7f")
	transfer = crypto.Keccak256Hash([]byte("Transfer(address,address,uint256)"))
)

func views(n int) []actions.View {
	var list []actions.View
	for i := range n {
		list = append(list, actions.View{ChainID: chainID, To: contract, Data: string([]byte{byte(i), 0, 0, 0})})
	}
	return list
}

// word answers a view with its first byte of calldata; one reverts, one has no
// code behind it.
func word(args []any) (any, error) {
	switch id := args[0].(map[string]any)["data"].(hexutil.Bytes)[0]; id {
	case 1:
		return nil, &saidError{3, "execution reverted", "0x"}
	case 2:
		return hexutil.Bytes{}, nil
	default:
		return hexutil.Bytes(common.BytesToHash([]byte{id}).Bytes()), nil
	}
}

func TestAllViewsAreReadAtOneBlockOfEachEndpoint(t *testing.T) {
	blocks := map[common.Hash]bool{}
	good := doing("eth_call", nil)
	good.does["eth_call"] = func(args []any) (any, error) {
		good.mu.Lock()
		defer good.mu.Unlock()
		blocks[args[1].(map[string]any)["blockHash"].(common.Hash)] = true
		return word(args)
	}
	down := doing("eth_chainId", func([]any) (any, error) { return nil, errLost })
	got, err := reads(t, down, good).CallTogether(t.Context(), chainID, views(12))
	require.NoError(t, err)
	require.Len(t, got, 1, "an endpoint that is down has no answer")
	assert.Equal(t, "two", got[0].Endpoint)
	assert.EqualValues(t, 100_000, got[0].Block)
	assert.Len(t, blocks, 1)
	assert.True(t, blocks[got[0].BlockHash])
	require.Len(t, got[0].Data, 12)
	assert.Nil(t, got[0].Data[1], "it reverts")
	assert.NotNil(t, got[0].Data[2], "no code is an answer")
	assert.Empty(t, got[0].Data[2])
	assert.EqualValues(t, 11, got[0].Data[11][31])
}

// moving is an endpoint with a head of its own, where a view answers the block.
func moving(latest uint64, more ...func(s *script)) *script {
	s := &script{does: map[string]func([]any) (any, error){
		"eth_getBlockByNumber": func(args []any) (any, error) {
			n := latest
			if at, ok := args[0].(hexutil.Uint64); ok {
				n = uint64(at)
			}
			return map[string]any{"number": hexutil.Uint64(n), "hash": common.BigToHash(new(big.Int).SetUint64(n))}, nil
		},
		"eth_call": func(args []any) (any, error) {
			return hexutil.Bytes(args[1].(map[string]any)["blockHash"].(common.Hash).Bytes()), nil
		},
	}}
	for _, m := range more {
		m(s)
	}
	return s
}

// What moves with every block must not look like a lie of one of them.
func TestAnEndpointThatIsAFewBlocksAheadIsReadAtTheBlockOfTheOthers(t *testing.T) {
	keepsNothing := func(s *script) {
		head := s.does["eth_getBlockByNumber"]
		s.does["eth_getBlockByNumber"] = func(args []any) (any, error) {
			if _, numbered := args[0].(hexutil.Uint64); numbered {
				return nil, nil
			}
			return head(args)
		}
	}
	for name, c := range map[string]struct {
		nodes []*script
		want  []uint64
	}{
		"a few ahead":              {[]*script{moving(103), moving(100), moving(101)}, []uint64{100, 100, 100}},
		"as far as may be":         {[]*script{moving(164), moving(100)}, []uint64{100, 100}},
		"one hangs far behind":     {[]*script{moving(165), moving(100)}, []uint64{165, 100}},
		"two are near each other":  {[]*script{moving(165), moving(164), moving(100)}, []uint64{164, 164, 100}},
		"one keeps no older block": {[]*script{moving(103, keepsNothing), moving(100)}, []uint64{103, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reads(t, c.nodes...).CallTogether(t.Context(), chainID, views(2))
			require.NoError(t, err)
			require.Len(t, got, len(c.want))
			for i, at := range c.want {
				assert.Equal(t, at, got[i].Block)
				for _, data := range got[i].Data {
					assert.Equal(t, at, new(big.Int).SetBytes(data).Uint64(), "the answer is of the block that is named")
				}
				assert.Equal(t, []string{"one", "two", "three"}[i], got[i].Endpoint)
			}
		})
	}
	level := moving(100)
	_, err := reads(t, level, moving(100)).CallTogether(t.Context(), chainID, views(2))
	require.NoError(t, err)
	assert.Equal(t, 1, level.count("eth_getBlockByNumber"), "nobody is asked twice for nothing")
}

func TestAnEndpointThatReadsNothingHasNoAnswerAndOneWhereAllRevertsHas(t *testing.T) {
	mute := doing("eth_call", func([]any) (any, error) { return nil, errLost })
	_, err := reads(t, mute).CallTogether(t.Context(), chainID, views(2))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "s3cr3t")
	reverts := doing("eth_call", func([]any) (any, error) { return nil, &saidError{3, "execution reverted", "0x"} })
	got, err := reads(t, reverts).CallTogether(t.Context(), chainID, views(2))
	require.NoError(t, err)
	assert.Equal(t, [][]byte{nil, nil}, got[0].Data)
}

func TestEvidenceOfAChainThatIsNotOursIsRefused(t *testing.T) {
	r := reads(t, &script{})
	_, err := r.CallTogether(t.Context(), 5, nil)
	assert.ErrorContains(t, err, "chain 5 is not configured")
	_, err = r.CallTogether(t.Context(), chainID, []actions.View{{ChainID: 5}})
	assert.ErrorContains(t, err, "a view of chain 5")
	_, err = r.Transfers(t.Context(), 5, actions.TransferQuery{})
	assert.ErrorContains(t, err, "chain 5 is not configured")
	_, err = r.Simulate(t.Context(), 5, actions.SimulateRequest{})
	assert.ErrorContains(t, err, "chain 5 is not configured")
}

// entry is a Transfer event as an endpoint answers it.
func entry(block, index int, from, to common.Address, units byte) map[string]any {
	return map[string]any{"address": token, "topics": []common.Hash{transfer, common.BytesToHash(from[:]), common.BytesToHash(to[:])},
		"data": hexutil.Bytes(common.BytesToHash([]byte{units}).Bytes()), "blockNumber": hexutil.Uint64(block),
		"logIndex": hexutil.Uint64(index), "transactionHash": common.Hash{9}}
}

// events answers eth_getLogs with those of the blocks asked for.
func events(all ...map[string]any) func([]any) (any, error) {
	return func(args []any) (any, error) {
		filter := args[0].(map[string]any)
		list := []map[string]any{}
		for _, l := range all {
			if b := l["blockNumber"].(hexutil.Uint64); b >= filter["fromBlock"].(hexutil.Uint64) && b <= filter["toBlock"].(hexutil.Uint64) {
				list = append(list, l)
			}
		}
		return list, nil
	}
}

func outflow(since time.Duration) actions.TransferQuery {
	return actions.TransferQuery{Token: token, From: contract, Since: since}
}

func TestTransfersAreReadFromTheWindowAndToldInOrder(t *testing.T) {
	all := events(entry(99_990, 4, contract, thief, 7), entry(99_990, 2, contract, thief, 5), entry(99_000, 0, contract, thief, 9))
	node := doing("eth_getLogs", func(args []any) (any, error) {
		topics := args[0].(map[string]any)["topics"].([]any)
		assert.Equal(t, []any{transfer, common.BytesToHash(contract[:]), nil}, topics, "filtered at the endpoint")
		assert.Equal(t, token, args[0].(map[string]any)["address"])
		return all(args)
	})
	got, err := reads(t, node).Transfers(t.Context(), chainID, outflow(10*time.Minute))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.EqualValues(t, 99_700, got[0].FromBlock, "ten minutes of two seconds")
	assert.EqualValues(t, 100_000, got[0].ToBlock)
	require.Len(t, got[0].List, 2)
	assert.Equal(t, "5", got[0].List[0].Units.String())
	assert.Equal(t, thief, got[0].List[1].To)
	assert.False(t, got[0].Cut)
}

func TestTheWindowIsAsLongAsWasAskedWhateverABlockTakes(t *testing.T) {
	for _, second := range []uint64{1, 2, 3, 12, 60, 3600} {
		node := doing("eth_getLogs", events())
		node.second = second
		got, err := reads(t, node).Transfers(t.Context(), chainID, outflow(2*time.Hour))
		require.NoError(t, err, second)
		took := (got[0].ToBlock - got[0].FromBlock) * second
		assert.GreaterOrEqual(t, took, uint64(7200), "%d seconds a block", second)
		assert.LessOrEqual(t, took, uint64(7200+7200/8+second), "%d seconds a block", second)
	}
}

func TestAnEndpointThatTakesOnlySmallRangesIsAskedForThose(t *testing.T) {
	all := events(entry(99_101, 0, contract, thief, 1), entry(99_500, 0, contract, thief, 2), entry(100_000, 0, contract, thief, 3))
	node := doing("eth_getLogs", func(args []any) (any, error) {
		filter := args[0].(map[string]any)
		if filter["toBlock"].(hexutil.Uint64)-filter["fromBlock"].(hexutil.Uint64) >= 100 {
			return nil, &saidError{-32005, "query exceeds max block range 100", nil}
		}
		return all(args)
	})
	got, err := reads(t, node).Transfers(t.Context(), chainID, outflow(30*time.Minute))
	require.NoError(t, err)
	require.Len(t, got[0].List, 3)
	assert.EqualValues(t, 99_101, got[0].List[0].Block)
	node.does["eth_getLogs"] = func([]any) (any, error) { return nil, &saidError{-32005, "no", nil} }
	_, err = reads(t, node).Transfers(t.Context(), chainID, outflow(30*time.Minute))
	assert.ErrorContains(t, err, "no", "one that takes none at all is given up")
	assert.Less(t, node.count("eth_getLogs"), 100)
}

func TestMoreTransfersThanTheMostAreCutAndTheNewestKept(t *testing.T) {
	var many []map[string]any
	for i := range 50 {
		many = append(many, entry(99_900+i, 0, contract, thief, byte(i)))
	}
	q := outflow(10 * time.Minute)
	q.Most = 10
	got, err := reads(t, doing("eth_getLogs", events(many...))).Transfers(t.Context(), chainID, q)
	require.NoError(t, err)
	assert.True(t, got[0].Cut)
	require.Len(t, got[0].List, 10)
	assert.EqualValues(t, 99_949, got[0].List[9].Block)
}

func TestAnEndpointThatAnswersOtherTransfersThanWereAskedForIsNotBelieved(t *testing.T) {
	honest := entry(99_990, 1, contract, thief, 1)
	with := func(change func(map[string]any)) map[string]any {
		l := entry(99_990, 2, contract, thief, 1)
		change(l)
		return l
	}
	for name, l := range map[string]map[string]any{
		"another token":      with(func(l map[string]any) { l["address"] = thief }),
		"another sender":     entry(99_990, 2, thief, contract, 1),
		"another event":      with(func(l map[string]any) { l["topics"].([]common.Hash)[0] = common.Hash{} }),
		"no amount":          with(func(l map[string]any) { l["data"] = "0x" }),
		"no place":           with(func(l map[string]any) { delete(l, "logIndex") }),
		"outside the window": with(func(l map[string]any) { l["blockNumber"] = hexutil.Uint64(7) }),
		"no address":         with(func(l map[string]any) { l["topics"].([]common.Hash)[2] = transfer }),
		"twice":              honest,
		"no hex":             with(func(l map[string]any) { l["data"] = "zz" }),
	} {
		liar := doing("eth_getLogs", func([]any) (any, error) { return []any{honest, l}, nil })
		_, err := reads(t, liar).Transfers(t.Context(), chainID, outflow(time.Minute))
		assert.Error(t, err, name)
		got, err := reads(t, liar, doing("eth_getLogs", events(honest))).Transfers(t.Context(), chainID, outflow(time.Minute))
		require.NoError(t, err, name)
		require.Len(t, got, 1, name)
		assert.Equal(t, "two", got[0].Endpoint)
	}
}

func TestAWindowThatCannotBeReadInTimeIsRefusedWithWords(t *testing.T) {
	r := reads(t, doing("eth_getLogs", events()))
	for _, c := range []struct {
		q   actions.TransferQuery
		why string
	}{
		{actions.TransferQuery{Since: time.Hour}, "of no token"},
		{actions.TransferQuery{Token: token}, "since no time"},
		{outflow(100 * 24 * time.Hour), "ask for a shorter time"},
	} {
		_, err := r.Transfers(t.Context(), chainID, c.q)
		assert.ErrorContains(t, err, c.why)
	}
}

func TestABlockOfAnotherTimeThanThereCanBeIsALie(t *testing.T) {
	liar := doing("eth_getLogs", events())
	liar.does["eth_getBlockByNumber"] = func(args []any) (any, error) {
		return map[string]any{"number": "0x64", "hash": common.Hash{1}, "timestamp": "0x64"}, nil
	}
	_, err := reads(t, liar).Transfers(t.Context(), chainID, outflow(time.Minute))
	assert.ErrorContains(t, err, "of another time")
	assert.False(t, errors.Is(err, errLost), fmt.Sprint(err))
}
