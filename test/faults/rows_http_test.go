package faults_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

var onlySends = map[string]bool{"eth_sendRawTransaction": true}

func TestRow01AReplyLostAfterTheNodeTookItIsNeverASecondTransaction(t *testing.T) {
	f, g := onGeth(t, 2, "pause", "block")
	for _, s := range f.servers {
		s.set(func(m *manner) { m.dropAfter, m.only = true, onlySends })
	}
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	s := f.untilStep(incident.StepBroadcast)
	step, _ := s.Run().Step("pause")
	for _, o := range step.Attempts[0].Outcomes {
		assert.Equal(t, "ambiguous", o.Class, "%+v", o)
	}
	g.mine(t, realBlock)
	f.once(f.contained())
	assert.Len(t, f.step().Attempts, 1)
}

func TestRow01AnEOFBeforeTheNodeTookItIsSentAgainAtOnce(t *testing.T) {
	f, g := onGeth(t, 2)
	for _, s := range f.servers {
		s.set(func(m *manner) { m.dropBefore, m.only = true, onlySends })
	}
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.untilStep(incident.StepBroadcast)
	assert.Zero(t, f.servers[0].passed())
	f.servers[1].set(func(m *manner) { m.dropBefore = false })
	f.once(f.contained())
}

func TestRow01ATimeOutAfterTheNodeTookItIsFound(t *testing.T) {
	f, g := onGeth(t, 2)
	for _, s := range f.servers {
		s.set(func(m *manner) { m.latency = 1500 * time.Millisecond })
	}
	g.mine(t, realBlock)
	f.submit.Timeout = 500 * time.Millisecond
	p := f.boot()
	defer p.halt()
	for _, s := range f.servers {
		s.set(func(m *manner) { m.latency = 0 })
	}
	p.warm()
	for _, s := range f.servers {
		s.set(func(m *manner) { m.latency = 1500 * time.Millisecond })
	}
	p.alarm()
	f.until("taken", func(incident.State) bool { return f.servers[0].passed()+f.servers[1].passed() > 0 })
	for _, s := range f.servers {
		s.set(func(m *manner) { m.latency = 0 })
	}
	f.once(f.contained())
}

func TestRow02ARateLimitIsCountedAndDelaysNobody(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway} {
		f, g := onGeth(t, 2)
		f.servers[0].set(func(m *manner) { m.status, m.only = status, onlySends })
		g.mine(t, realBlock)
		p := f.boot().warm()
		p.alarm()
		f.once(f.contained())
		assert.Equal(t, "ambiguous", outcome(f.step().Attempts[0], "rpc1").Class)
		assert.Equal(t, "accepted", outcome(f.step().Attempts[0], "rpc2").Class)
		assert.Positive(t, f.answers("rpc1", submitter.KindTransport), "it is counted, by endpoint")
		assert.Zero(t, f.servers[0].passed())
		p.halt()
	}
}

func TestRow02WhenAllAreRateLimitedTheBytesGoOutAsSoonAsOneIsNot(t *testing.T) {
	f, g := onGeth(t, 2)
	for _, s := range f.servers {
		s.set(func(m *manner) { m.status, m.only = http.StatusTooManyRequests, onlySends })
	}
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.untilStep(incident.StepBroadcast)
	assert.Equal(t, 1, f.step().Issue, "no gap: the nonce is kept")
	f.servers[0].set(func(m *manner) { m.status = 0 })
	f.once(f.contained())
}

func TestRow24SplitBrainOverRealNodesEndsOnTheChainThatTwoShare(t *testing.T) {
	f, g := onGeth(t, 3, "pause", "block")
	other := startGeth(t, f.alloc()) // the same genesis, and another history
	for range 4 {
		other.commit()
	}
	g.commit()
	f.servers[0].set(func(m *manner) { m.from = other.client })
	f.servers[1].set(func(m *manner) { m.lag = 2 })
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.once(f.contained())
	for _, name := range f.steps {
		step, _ := f.the().Run().Step(name)
		assert.NotEqual(t, "rpc1", step.In.Endpoint)
	}
}

func TestRow24AnEndpointOfAnotherChainIsNeitherReadNorSentTo(t *testing.T) {
	f, g := onGeth(t, 3)
	f.servers[0].set(func(m *manner) { m.id = 1 })
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	f.until1(func() bool { return f.happened(submitter.WrongChain) > 0 })
	p.alarm()
	f.once(f.contained())
	assert.Zero(t, f.servers[0].passed())
}

func TestRow25AServerThatAnswersTheHashAndKeepsNothingHidesNothing(t *testing.T) {
	f, g := onGeth(t, 3)
	f.submit.BumpAfter = time.Hour
	f.servers[0].set(func(m *manner) { m.deaf = true })
	for _, s := range f.servers[1:] {
		s.set(func(m *manner) { m.dropBefore, m.only = true, onlySends })
	}
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.until("looked for elsewhere", func(incident.State) bool { return f.happened(submitter.Unseen) > 0 })
	for _, s := range f.servers[1:] {
		s.set(func(m *manner) { m.dropBefore = false })
	}
	f.once(f.contained())
}

func TestRow01AnotherHashInTheReplyIsAmbiguous(t *testing.T) {
	f, g := onGeth(t, 1)
	f.servers[0].set(func(m *manner) { m.hash = &common.Hash{1} })
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.once(f.contained())
	assert.Positive(t, f.happened(submitter.WrongHash))
}

func TestRow39AConnectionThatTheServerClosedIsNoFailedSend(t *testing.T) {
	f, g := onGeth(t, 2)
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	for _, s := range f.servers {
		s.set(func(m *manner) { m.stale = true }) // every kept-alive connection is dead
	}
	p.alarm()
	f.once(f.contained())
	for _, e := range []string{"rpc1", "rpc2"} {
		assert.Zero(t, f.answers(e, submitter.KindTransport), "no send failed")
	}
}

// Why the header is there: the same without it.
func TestRow39WithoutTheHeaderTheSecondCallFails(t *testing.T) {
	f, _ := onGeth(t, 1)
	for header, fails := range map[string]bool{"": true, "X-Idempotency-Key": false} {
		h := http.Header{}
		if header != "" {
			h[header] = nil
		}
		f.servers[0].set(func(m *manner) { m.stale = false })
		c := dial(t, f.servers[0].URL, h)
		var id string
		require.NoError(t, c.CallContext(t.Context(), &id, "eth_chainId"))
		f.servers[0].set(func(m *manner) { m.stale = true })
		err := c.CallContext(t.Context(), &id, "eth_chainId")
		if fails {
			assert.ErrorContains(t, err, "EOF")
			continue
		}
		assert.NoError(t, err)
	}
}

func (w *world) until1(is func() bool) {
	w.t.Helper()
	require.Eventually(w.t, is, 20*time.Second, 5*time.Millisecond)
}

func TestEveryTextOfTheReferenceComesThroughHTTPAsItsKind(t *testing.T) {
	f, _ := onGeth(t, 1)
	s := f.servers[0]
	client := f.submit.Endpoints[0].Client
	raw, err := f.foreign(0, elsewhere, gwei).MarshalBinary()
	require.NoError(t, err)
	for _, row := range submittertest.Texts {
		s.set(func(m *manner) { m.text, m.sends = row.Text, nil })
		var hash common.Hash
		class, kind := submitter.Classify(client.CallContext(t.Context(), &hash, "eth_sendRawTransaction", hexutil.Encode(raw)))
		assert.Equal(t, submitter.Kind(row.Kind), kind, "%s: %s", row.Client, row.Text)
		assert.Equal(t, row.Kind == string(submitter.KindKnown), class == submitter.Accepted, "%s: %s", row.Client, row.Text)
	}
	assert.Zero(t, s.passed())
}

func TestNoTextOfAnyClientMakesASecondTransaction(t *testing.T) {
	for _, row := range submittertest.Texts {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			w.chain.Run(t, blockTime)
			w.endpoints[0].Set(func(s *script) { s.Reject = func() error { return said("%s", row.Text) } })
			p := w.boot()
			defer p.halt()
			p.alarm()
			w.once(w.contained())
			assert.Equal(t, row.Kind, outcome(w.step().Attempts[0], "rpc1").Kind, "%s: %s", row.Client, row.Text)
		})
	}
}

// TestServersThatLieAboutDifferentThingsAtOnceDeceiveNobody has one of each:
// a server that lags, one without receipts, one that counts too much, and one
// that loses every reply.
func TestServersThatLieAboutDifferentThingsAtOnceDeceiveNobody(t *testing.T) {
	f, g := onGeth(t, 4, "pause", "block", "limit", "freeze")
	f.servers[0].set(func(m *manner) { m.lag = 3 })
	f.servers[1].set(func(m *manner) { m.null = true })
	f.servers[2].set(func(m *manner) { m.count = new(uint64(7)) })
	f.servers[3].set(func(m *manner) { m.dropAfter, m.only = true, onlySends })
	g.mine(t, realBlock)
	p := f.boot().warm()
	defer p.halt()
	p.alarm()
	f.once(f.contained())
}
