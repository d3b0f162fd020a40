package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/actions"
)

const (
	// defaultMost is how many transfers are kept when nobody said how many.
	defaultMost = 1000
	maxWindow   = actions.MaxTransferBlocks
	// maxRange is how many blocks are asked for at once. Many hosts take that
	// much; those that do not refuse, and are asked for less.
	maxRange = 10_000
	// maxAsked bounds the requests to one endpoint for one window.
	maxAsked = 64
)

var transferTopic = crypto.Keccak256Hash([]byte("Transfer(address,address,uint256)"))

// Transfers asks every endpoint for the transfers of a token in a window that
// ends at its latest block; see actions.Evidence.
func (r *Reader) Transfers(ctx context.Context, chainID uint64, q actions.TransferQuery) ([]actions.Transfers, error) {
	n, err := r.of(chainID, nil)
	if err != nil {
		return nil, err
	}
	if q.BlockTime <= 0 {
		q.BlockTime = n.BlockTime
	}
	if q.Most <= 0 {
		q.Most = defaultMost
	}
	switch {
	case q.Token == common.Address{}:
		return nil, errors.New("transfers of no token are asked for")
	case q.Since <= 0:
		return nil, errors.New("transfers since no time are asked for")
	case q.Since/q.BlockTime > maxWindow:
		return nil, fmt.Errorf("transfers since %s would be %d blocks of chain %d, and %d are read at most: ask for a shorter time",
			q.Since, q.Since/q.BlockTime, chainID, maxWindow)
	}
	var answers []actions.Transfers
	var failed []error
	for _, a := range each(n.nodes, func(e *node) answered[actions.Transfers] {
		got, err := n.transfers(ctx, e, q)
		return answered[actions.Transfers]{got, err}
	}) {
		if a.err != nil {
			failed = append(failed, a.err)
			continue
		}
		answers = append(answers, a.value)
	}
	if len(answers) == 0 {
		return nil, fmt.Errorf("no endpoint of chain %d gave transfers: %w", chainID, errors.Join(failed...))
	}
	return answers, nil
}

// transfers reads a window of one endpoint, the newest blocks first, so that
// what is kept when there is too much is the newest.
func (n *network) transfers(ctx context.Context, e *node, q actions.TransferQuery) (actions.Transfers, error) {
	at, err := n.block(ctx, e, "latest")
	if err != nil {
		return actions.Transfers{}, err
	}
	from, err := n.since(ctx, e, at, q)
	if err != nil {
		return actions.Transfers{}, err
	}
	out := actions.Transfers{Endpoint: e.Name, FromBlock: from, ToBlock: uint64(at.Number)}
	size := uint64(maxRange)
	for asked, last := 0, out.ToBlock; ; asked++ {
		if asked == maxAsked {
			return actions.Transfers{}, fmt.Errorf("ask %s for transfers: %d requests did not give the window of %d blocks", e.Name, asked, out.ToBlock-from+1)
		}
		first := from
		if last-from >= size {
			first = last - size + 1
		}
		got, err := n.logs(ctx, e, q, [2]uint64{first, last})
		switch {
		case refused(err) && first < last:
			// Every host says in words and codes of its own that this is too
			// much; the narrower question shows whether it was that.
			size = (last - first + 1) / 2
			continue
		case err != nil:
			return actions.Transfers{}, err
		}
		out.List = append(got, out.List...)
		if over := len(out.List) - q.Most; over > 0 {
			out.List, out.Cut = slices.Clone(out.List[over:]), true
			return out, nil
		}
		if first == from {
			return out, nil
		}
		last = first - 1
	}
}

// maxGuesses bounds how many blocks are read to find where a window begins.
const maxGuesses = 6

// since finds a block that is no later than the window's beginning, and not
// much earlier: it guesses by the time of a block and corrects by what the
// blocks say. Where no block says its time the guess stands.
func (n *network) since(ctx context.Context, e *node, at head, q actions.TransferQuery) (uint64, error) {
	number := uint64(at.Number)
	g := guess{want: uint64((q.Since + time.Second - 1) / time.Second), far: number,
		back: uint64((q.Since + q.BlockTime - 1) / q.BlockTime)}
	for range maxGuesses {
		if g.back >= number {
			g.back = number
		}
		h, err := n.block(ctx, e, hexutil.Uint64(number-g.back))
		switch {
		case err != nil:
			return 0, err
		case uint64(h.Number) != number-g.back || h.Time > at.Time:
			return 0, fmt.Errorf("ask %s for block %d: it answers block %d, of another time", e.Name, number-g.back, h.Number)
		case h.Time == 0 && g.back != number:
			return number - g.back, nil
		}
		if g.correct(uint64(at.Time - h.Time)) {
			break
		}
	}
	if g.far > maxWindow {
		return 0, fmt.Errorf("ask %s for transfers since %s: its blocks' times do not lead there within %d blocks", e.Name, q.Since, maxWindow)
	}
	return number - g.far, nil
}

// guess narrows down how many blocks a time is. far is known to be enough, near
// not to be, back is tried next.
type guess struct{ want, near, far, back uint64 }

// correct takes in that back blocks took so many seconds, and tells whether far
// is good enough: at most a sixteenth longer than what is wanted.
func (g *guess) correct(took uint64) (done bool) {
	if took >= g.want {
		g.far = g.back
		if took-g.want <= g.want/16 {
			return true
		}
	} else {
		g.near = g.back
	}
	if g.far <= g.near+1 {
		return true
	}
	// At the pace that it shows, and a little more: far matters, near does not.
	next := g.back * g.want / max(took, 1)
	next += next/32 + 1
	if next <= g.near || next >= g.far {
		next = g.near + (g.far-g.near)/2
	}
	g.back = max(next, 1)
	return false
}
