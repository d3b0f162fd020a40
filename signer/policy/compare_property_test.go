package policy

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// ask is a transaction with the people behind it.
type ask struct {
	request         signer.Request
	bump            uint64 // how many signatures its nonce has already
	people, wallets uint64
	age, waited     time.Duration
	at              time.Duration
}

// use is a signature that was given.
type use struct {
	rule string
	to   common.Address
	at   time.Duration
	cost *big.Int
	on   uint64
}

// permits says what the policy does with a request, in plain words and with
// none of the code that compares policies. used is what was signed before.
func permits(p *Policy, a ask, used []use) bool {
	ru, refusal := p.Find(a.request)
	if refusal != nil || ru.Arguments(a.request.Data) != nil || p.Fees[a.request.ChainID].Refuse(a.request) != nil {
		return false
	}
	count := func(window time.Duration, match func(use) bool) (n uint64) {
		for _, u := range used {
			if u.at > a.at-window && match(u) {
				n++
			}
		}
		return n
	}
	if a.bump > 0 {
		if !p.Replace.SameNonce || a.bump > p.Replace.MaxBumps {
			return false
		}
	} else {
		for _, l := range p.Limits {
			if count(l.Window, func(use) bool { return true }) >= l.Max {
				return false
			}
		}
		for _, l := range ru.Limits {
			if count(l.Window, func(u use) bool { return u.rule == ru.ID && (!l.PerTo || u.to == a.request.To) }) >= l.Max {
				return false
			}
		}
	}
	spent := a.request.Cost()
	for _, u := range used {
		if u.on == a.request.ChainID && u.at > a.at-24*time.Hour {
			spent.Add(spent, u.cost)
		}
	}
	if spent.Cmp(p.Fees[a.request.ChainID].PerDay) > 0 {
		return false
	}
	need := ru.Approvals.Need
	for _, r := range ru.Approvals.Raised {
		if count(r.Window, func(u use) bool { return u.rule == ru.ID })+1 > r.Count {
			need = max(need, r.Need)
		}
	}
	return need == 0 || agreed(ru.Approvals, a, need)
}

func agreed(s Approvals, a ask, need uint64) bool {
	return a.people >= need && a.wallets >= min(need, s.MinEIP712) && (s.MaxAge == 0 || a.age <= s.MaxAge) && a.waited >= s.Delay
}

func randomAsk(c *choices, now time.Duration) ask {
	a := ask{at: now, people: uint64(c.below(5)), age: time.Duration(c.below(4)) * 10 * time.Minute, waited: time.Duration(c.below(3)) * time.Hour}
	a.wallets = min(a.people, uint64(c.below(4)))
	a.bump = uint64(max(0, c.below(8)-4))
	function := c.below(len(modelled))
	selector := SelectorOf(modelled[function])
	data := append([]byte{}, selector[:]...)
	word := func(w Word) { data = append(data, w[:]...) }
	switch function {
	case 1:
		word(wordOfInt(0x11 * (4 + c.below(3))))
	case 2:
		word(wordOfInt(c.below(6)))
		word(wordOfInt(0x11 * (4 + c.below(3))))
	case 3:
		word(wordOfInt(c.below(2)))
		word(Word{0, 0, 0, byte(1 + c.below(3))})
	}
	tip := int64(c.below(4))
	a.request = signer.Request{
		ChainID: []uint64{1, 1, 10}[c.below(3)], To: common.HexToAddress(account(c.below(3))), Data: data, Gas: 1 + uint64(c.below(4)),
		MaxPriorityFeePerGas: big.NewInt(tip), MaxFeePerGas: big.NewInt(tip + int64(c.below(3))),
	}
	return a
}

// subset signs whatever next permits, and holds old to permit it too. It
// reports whether the two are ordered at all, and how much was signed.
func subset(t *testing.T, c *choices) (ordered bool, signed int) {
	t.Helper()
	text, copied := render(randomPolicy(c))
	old, err := compileFor(signer.Containment, text)
	if err != nil {
		return false, 0
	}
	mutate(c, copied)
	changed, _ := render(copied)
	next, err := compileFor(signer.Containment, changed)
	if err != nil {
		return false, 0
	}
	lines, loosens := Compare(old, next, nil)
	if loosens {
		return false, 0
	}
	require.GreaterOrEqual(t, next.Change.Need, old.Change.Need)
	require.GreaterOrEqual(t, next.Change.LoosenDelay, old.Change.LoosenDelay)
	require.GreaterOrEqual(t, next.Change.TightenDelay, old.Change.TightenDelay)
	var used []use
	now := 1000 * time.Hour
	for range 120 {
		now += time.Duration(c.below(40)) * time.Minute
		a := randomAsk(c, now)
		if !permits(next, a, used) {
			continue
		}
		require.True(t, permits(old, a, used), "%v\nold %s\nnew %s\n%+v after %+v", lines, text, changed, a, used)
		ru, _ := next.Find(a.request)
		if a.bump == 0 {
			used = append(used, use{rule: ru.ID, to: a.request.To, at: now, cost: a.request.Cost(), on: a.request.ChainID})
		}
		signed++
	}
	return true, signed
}

// TestWhatDoesNotLoosenAllowsNothingNew makes pairs of policies and signs with
// the new one: whatever it permits, the old one had permitted.
func TestWhatDoesNotLoosenAllowsNothingNew(t *testing.T) {
	var pairs, signatures int
	for seed := range uint64(1500) {
		source, bytes := rand.New(rand.NewPCG(seed, 1)), make([]byte, 2400)
		for i := range bytes {
			bytes[i] = byte(source.Uint32())
		}
		ordered, signed := subset(t, &choices{bytes})
		if ordered {
			pairs, signatures = pairs+1, signatures+signed
		}
	}
	assert.Greater(t, pairs, 200, "few pairs say little")
	assert.Greater(t, signatures, 500, "and so do few signatures")
	t.Logf("%d pairs, %d signatures", pairs, signatures)
}

func FuzzWhatDoesNotLoosenAllowsNothingNew(f *testing.F) {
	for seed := range uint64(8) {
		source, bytes := rand.New(rand.NewPCG(seed, 2)), make([]byte, 700)
		for i := range bytes {
			bytes[i] = byte(source.Uint32())
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) { subset(t, &choices{bytes}) })
}
