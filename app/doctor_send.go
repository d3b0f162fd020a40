package app

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// lookAtSend asks a sequencer or a relay which chain it is of. That is all that
// can be asked without sending something, and many do not even tell that.
func (s *sight) lookAtSend(ctx context.Context, e *rpcSight) error {
	id, err := ask[hexutil.Uint64](ctx, s, e, "eth_chainId")
	e.id = uint64(id)
	return err
}

func (s *sight) judgeSend(p *page, e *rpcSight) {
	check := s.check(e.name)
	said, answers := "", e.err == nil
	if e.err != nil {
		said, answers = answered(e.err)
	}
	switch {
	case e.err == nil && e.id != s.id:
		p.fail(check, fmt.Sprintf("give %s an endpoint of chain %d", e.name, s.id), "it is of chain %d, and %s is chain %d", e.id, s.name, s.id)
	case e.err == nil:
		p.ok(check, "a %s of chain %d, which is given transactions and never read from", e.kind, s.id)
	case answers:
		p.notTold(check, "a %s that can be reached and %s when asked for its chain; whether it takes transactions shows when it is given one", e.kind, said)
	default:
		p.fail(check, fmt.Sprintf("check the url of %s under chains.%s.rpc; the other endpoints are given the same bytes", e.name, s.name), "it %s", why(e.err))
	}
}
