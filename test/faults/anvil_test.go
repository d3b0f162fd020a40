//go:build anvil

package faults_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// anvil is a node of another make, as a process of its own: `make test-anvil`
// installs it and names it in FIREBREAK_ANVIL. It mines when it is told to.
type anvil struct {
	t      *testing.T
	client *rpc.Client
}

func startAnvil(t *testing.T) *anvil {
	binary := os.Getenv("FIREBREAK_ANVIL")
	require.NotEmpty(t, binary, "FIREBREAK_ANVIL names no anvil; run make test-anvil")
	cmd := exec.Command(binary, "--port", "0", "--chain-id", "1337", "--no-mining", "--accounts", "1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = cmd.Stdout
	require.NoError(t, cmd.Start())
	lines, done := bufio.NewScanner(out), make(chan struct{})
	t.Cleanup(func() {
		cmd.Process.Kill() // it may have ended by itself
		<-done
		cmd.Wait()
	})
	address := make(chan string, 1)
	go func() {
		defer close(done)
		for lines.Scan() { // to the end, or it would block on a full pipe
			if _, at, ok := strings.Cut(lines.Text(), "Listening on "); ok {
				address <- at
			}
		}
	}()
	select {
	case at := <-address:
		a := &anvil{t: t, client: dial(t, "http://"+strings.TrimSpace(at), nil)}
		a.call("evm_mine")
		return a
	case <-done:
	case <-time.After(30 * time.Second):
	}
	require.FailNow(t, "what FIREBREAK_ANVIL names does not say where it listens")
	return nil
}

func (a *anvil) call(method string, args ...any) {
	a.t.Helper()
	require.NoError(a.t, a.client.CallContext(a.t.Context(), nil, method, args...))
}

// mine seals a block every so often until the test ends. The test's context ends
// a moment before that, so it is not used.
func (a *anvil) mine() {
	submittertest.Every(a.t, realBlock, func() {
		assert.NoError(a.t, a.client.CallContext(context.WithoutCancel(a.t.Context()), nil, "evm_mine"))
	})
}

// onAnvil puts servers in front of a fresh anvil.
func onAnvil(t *testing.T, rpcs int, steps ...string) (*field, *anvil) {
	a := startAnvil(t)
	w := newWorld(t, 0, steps...)
	a.call("anvil_setBalance", w.key.Address(), (*hexutil.Big)(bigGwei(1e12)))
	for _, step := range w.steps {
		a.call("anvil_setCode", vault(step), hexutil.Bytes(pausedCode))
	}
	return w.behind(a.client, rpcs), a
}

func TestAnvilBehindServersThatLoseLagAndRefuseIsContainedWithOneTransactionPerStep(t *testing.T) {
	f, a := onAnvil(t, 4, "pause", "block", "limit", "freeze")
	f.servers[0].set(func(m *manner) { m.dropAfter, m.only = true, onlySends })
	f.servers[1].set(func(m *manner) { m.status, m.only = http.StatusTooManyRequests, onlySends })
	f.servers[2].set(func(m *manner) { m.lag = 2 })
	a.mine()
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.once(f.contained())
}

func TestAnvilTakesARaisedBidAndARestartFindsWhatWasMined(t *testing.T) {
	f, a := onAnvil(t, 2)
	p := f.boot().warm()
	p.alarm()
	f.until("raised", func(incident.State) bool {
		step := f.step()
		return len(step.Attempts) == 2 && step.State == incident.StepBroadcast
	})
	for _, o := range f.step().Attempts[1].Outcomes {
		assert.Equal(t, "accepted", o.Class, "a quarter more replaces: %+v", o)
	}
	p.halt()
	a.call("evm_mine")
	a.mine()
	q := f.boot().warm()
	defer q.halt()
	f.once(f.contained())
}

func TestAnvilThatReorganisesGetsTheSameBytesAgain(t *testing.T) {
	f, a := onAnvil(t, 2)
	f.verify.Depth = 12
	f.submit.BumpAfter = time.Hour
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.untilStep(incident.StepBroadcast)
	a.call("evm_mine")
	f.untilStep(incident.StepIncluded)
	hash := f.step().In.Hash
	a.call("anvil_reorg", 1, []any{})
	f.until("displaced", func(incident.State) bool { return f.tally(incident.KindDisplaced) > 0 })
	a.mine()
	f.once(f.contained())
	assert.Equal(t, hash, f.step().In.Hash)
}

// TestTheWordsOfAnvilAreInTheTable is the reference's differential test of the
// table against a client that is not geth.
func TestTheWordsOfAnvilAreInTheTable(t *testing.T) {
	f, a := onAnvil(t, 1)
	signed := func(change func(tx *types.DynamicFeeTx)) string {
		inner := &types.DynamicFeeTx{ChainID: bigChain, To: &elsewhere, Gas: 60_000, GasFeeCap: bigGwei(100), GasTipCap: bigGwei(5)}
		change(inner)
		tx, err := types.SignNewTx(f.key.Private(), types.LatestSignerForChainID(inner.ChainID), inner)
		require.NoError(t, err)
		raw, err := tx.MarshalBinary()
		require.NoError(t, err)
		return hexutil.Encode(raw)
	}
	send := func(change func(tx *types.DynamicFeeTx)) (submitter.Class, submitter.Kind, string) {
		var hash common.Hash
		err := a.client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", signed(change))
		class, kind := submitter.Classify(err)
		return class, kind, fmt.Sprint(err)
	}
	class, _, text := send(func(*types.DynamicFeeTx) {})
	require.Equal(t, submitter.Accepted, class, text)
	for _, row := range []struct {
		name   string
		change func(tx *types.DynamicFeeTx)
		kind   submitter.Kind
	}{
		{"the same bytes", func(*types.DynamicFeeTx) {}, submitter.KindKnown},
		{"a replacement that pays no more", func(tx *types.DynamicFeeTx) { tx.Data = []byte{1} }, submitter.KindReplacement},
		{"more than there is", func(tx *types.DynamicFeeTx) { tx.Nonce, tx.GasFeeCap = 1, bigGwei(1e15) }, submitter.KindFunds},
		{"too little gas", func(tx *types.DynamicFeeTx) { tx.Nonce, tx.Gas = 1, 20_000 }, submitter.KindGas},
		{"a tip above the cap", func(tx *types.DynamicFeeTx) { tx.Nonce, tx.GasTipCap = 1, bigGwei(200) }, submitter.KindConfig},
	} {
		_, kind, text := send(row.change)
		assert.Equal(t, row.kind, kind, "%s: %s", row.name, text)
	}
	a.call("evm_mine")
	_, kind, text := send(func(*types.DynamicFeeTx) {})
	assert.Equal(t, submitter.KindNonceLow, kind, text)
}
