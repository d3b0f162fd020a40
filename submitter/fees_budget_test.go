package submitter

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// life is one step from its approval to its end, carried by facts: nonce after
// nonce, because transactions revert and strangers spend nonces.
type life struct {
	t       *testing.T
	r       *rand.Rand
	state   incident.State
	call    incident.Call
	paid    *big.Int // by mined transactions, at their caps: the most it can have been
	refused int
	raises  int
}

func newLife(t *testing.T, seed uint64) *life {
	r := rand.New(rand.NewPCG(seed, 5))
	to := common.Address{1}
	call := incident.Call{Step: "pause", Verb: "pause", Chain: "lab", ChainID: 1337, To: to, Data: common.FromHex("0x8456cb59"),
		Gas: 21_000 + r.Uint64N(1_000_000), MaxCost: magnitude(r, 63).Add(weiOf(1)),
		Goal: incident.Check{ChainID: 1337, To: to, Data: common.FromHex("0x5c975abb"), Type: "bool", Op: incident.Equals, Want: weiOf(1)}}
	p := incident.Plan{Revision: 1, Mode: incident.ModeLive, Submit: time.Minute, Signer: "responder-1", Calls: []incident.Call{call}, MaxFee: call.MaxCost,
		Quorum: incident.Quorum{Need: 1, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: time.Hour}}
	d := p.Digest()
	l := &life{t: t, r: r, call: call, paid: new(big.Int)}
	for _, b := range []incident.Body{incident.Opened{Mode: incident.ModeLive}, incident.Planned{Plan: p, Digest: d},
		incident.Asked{Digest: d, Deadline: time.Unix(1<<32, 0)},
		incident.Voted{Vote: incident.Vote{Person: "ana", Decision: incident.Approve, Digest: d, Assurance: incident.AssuranceSlack, Delivery: "1"}},
		incident.Authorised{Digest: d, By: []string{"ana"}, Assurance: incident.AssuranceSlack}} {
		l.must(b)
	}
	return l
}

// try adds a fact, or leaves everything as it was.
func (l *life) try(b incident.Body) bool {
	next, err := l.state.Foresee(incident.Draft{Body: b, Seen: time.Unix(1<<30, 0)})
	if err == nil {
		l.state = next
	}
	return err == nil
}

func (l *life) must(b incident.Body) { require.True(l.t, l.try(b), "fact %s", b.Kind()) }

func (l *life) step() incident.Step {
	s, _ := l.state.Run().Step("pause")
	return s
}

// bid prices at a nonce, signs and sends.
func (l *life) bid(p price, issue int) {
	n := len(l.step().Attempts) + 1
	l.must(l.priced(p, n, issue))
	l.must(incident.Signed{Step: "pause", Attempt: n, Raw: []byte{2}, Hash: common.Hash{byte(issue), byte(n >> 8), byte(n)}})
	l.must(incident.Broadcast{Step: "pause", Attempt: n})
	spent := new(big.Int).Mul(p.feeCap.Big(), new(big.Int).SetUint64(l.call.Gas))
	require.LessOrEqual(l.t, spent.Add(spent, l.paid).Cmp(l.call.MaxCost.Big()), 0, "with what was paid the bid can cost more than was approved")
}

func (l *life) priced(p price, attempt, issue int) incident.Priced {
	return incident.Priced{Step: "pause", Attempt: attempt, Issue: issue, ChainID: 1337, Key: "responder-1", From: common.Address{2},
		Nonce: uint64(issue), Gas: l.call.Gas, FeeCap: p.feeCap, Tip: p.tip}
}

// issue opens a nonce, raises for a while, and lets the chain end it. It says
// false where the step may not have another.
func (l *life) issue() bool {
	s := l.step()
	if s.Issue > 0 && !s.MayReissue(l.call) {
		return false
	}
	asks := s.Left(l.call).Div(l.call.Gas).Div(1 + l.r.Uint64N(40))
	m := market{base: asks.Div(baseRoom), tip: asks.Div(20)}
	limit := limits{gas: l.call.Gas, cost: s.Left(l.call), node: defaultNodeFeeCap.Times(1 << 20), floorTip: weiOf(1)}
	p, _, err := opening(m, limit)
	if err != nil {
		return false
	}
	l.bid(p, s.Issue+1)
	for range l.r.IntN(20) {
		over := price{feeCap: limit.cost.Div(l.call.Gas).Add(weiOf(1)), tip: p.tip}
		require.False(l.t, l.try(l.priced(over, len(l.step().Attempts)+1, s.Issue+1)), "the record takes a bid above the budget")
		l.refused++
		m = m.after(1 + l.r.IntN(4))
		next, ok := raise(p, m, limit)
		if !ok {
			break
		}
		p = next
		l.bid(p, s.Issue+1)
		l.raises++
	}
	return l.settle()
}

// settle has a block take one of the bids, or a stranger's.
func (l *life) settle() bool {
	live := l.step().Live()
	mined := live[l.r.IntN(len(live))]
	gas := 21_000 + l.r.Uint64N(l.call.Gas-21_000+1)
	switch l.r.IntN(8) {
	case 0:
		l.must(incident.Preempted{Step: "pause", Nonce: mined.Nonce})
		return true
	case 1:
		l.pay(mined, gas)
		l.must(incident.Included{Step: "pause", Hash: mined.Signed.Hash, GasUsed: gas})
		return false
	}
	l.pay(mined, gas)
	l.must(incident.Reverted{Step: "pause", Hash: mined.Signed.Hash, GasUsed: gas})
	return true
}

func (l *life) pay(a incident.Attempt, gas uint64) {
	l.paid.Add(l.paid, new(big.Int).Mul(a.FeeCap.Big(), new(big.Int).SetUint64(gas)))
}

func TestAStepNeverSpendsMoreThanWasApprovedOverAllItsNonces(t *testing.T) {
	issues, raises, refused := 0, 0, 0
	for seed := range uint64(2_000) {
		l := newLife(t, seed)
		for l.issue() {
			issues++
		}
		raises, refused = raises+l.raises, refused+l.refused
		require.LessOrEqual(t, l.paid.Cmp(l.call.MaxCost.Big()), 0, "seed %d", seed)
	}
	assert.Greater(t, issues, 2_000, "nonces were opened again")
	assert.Greater(t, raises, 2_000)
	assert.Greater(t, refused, 2_000, "bids above the budget were tried")
}
