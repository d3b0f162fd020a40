package lab

import (
	"context"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"
)

// ChainID is go-ethereum's development chain.
const ChainID = 1337

// Chain is a go-ethereum node in this process with JSON-RPC over HTTP and
// WebSocket and a block every BlockTime.
type Chain struct {
	// HTTP and WS are the endpoints; both are the same node.
	HTTP, WS string
	Client   *ethclient.Client

	backend *simulated.Backend
	rpc     *rpc.Client
	seal    sync.Mutex
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// StartChain starts a chain on free ports of loopback and gives each account
// 2^80 wei.
func StartChain(ctx context.Context, blockTime time.Duration, rich []common.Address) (*Chain, error) {
	alloc := types.GenesisAlloc{}
	for _, a := range rich {
		alloc[a] = types.Account{Balance: new(big.Int).Lsh(big.NewInt(1), 80)}
	}
	c, err := startNode(alloc)
	for tries := 1; err != nil && tries < 5; tries++ {
		c, err = startNode(alloc) // another process was quicker to a port
	}
	if err != nil {
		return nil, fmt.Errorf("start chain: %w", err)
	}
	if c.rpc, err = rpc.DialContext(ctx, c.HTTP); err != nil {
		return nil, fmt.Errorf("start chain: %w", err)
	}
	c.Client = ethclient.NewClient(c.rpc)
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.done.Go(func() { c.mine(ctx, blockTime) })
	return c, nil
}

// mine seals a block every blockTime, as proof of stake does, whether anything
// waits or not.
func (c *Chain) mine(ctx context.Context, blockTime time.Duration) {
	tick := time.NewTicker(blockTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.Seal()
		}
	}
}

// Seal seals a block now.
func (c *Chain) Seal() {
	c.seal.Lock()
	defer c.seal.Unlock()
	c.backend.Commit()
}

// Close stops the chain, which forgets everything.
func (c *Chain) Close() error {
	c.cancel()
	c.done.Wait()
	c.rpc.Close()
	return c.backend.Close()
}

func startNode(alloc types.GenesisAlloc) (*Chain, error) {
	httpPort, wsPort, err := freePorts()
	if err != nil {
		return nil, err
	}
	backend, err := newBackend(alloc, httpPort, wsPort)
	return &Chain{
		HTTP:    fmt.Sprintf("http://127.0.0.1:%d", httpPort),
		WS:      fmt.Sprintf("ws://127.0.0.1:%d", wsPort),
		backend: backend,
	}, err
}

// newBackend makes the node. It panics when a port was taken meanwhile, as when
// anything else about it is wrong.
func newBackend(alloc types.GenesisAlloc, httpPort, wsPort int) (b *simulated.Backend, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("make a node on ports %d and %d: %v", httpPort, wsPort, p)
		}
	}()
	return simulated.NewBackend(alloc, func(n *node.Config, _ *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort, n.HTTPModules = "127.0.0.1", httpPort, []string{"eth", "net", "web3", "txpool", "debug"}
		n.WSHost, n.WSPort, n.WSModules = "127.0.0.1", wsPort, []string{"eth", "net"}
	}), nil
}

// freePorts asks the kernel for two ports. They are free again when the node
// takes them, so another process could come in between; then newBackend says
// so.
func freePorts() (a, b int, err error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer first.Close()
	second, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer second.Close()
	return first.Addr().(*net.TCPAddr).Port, second.Addr().(*net.TCPAddr).Port, nil
}
