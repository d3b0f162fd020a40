package playbooks_test

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Items of goodPlaybook that some tests leave out.
const (
	capItem   = "  - id: cap\n    do: withdrawal-limit\n    on: lab-vault\n    with: {limit: 0 USDX, window: 24h}\n"
	blockItem = "  - id: block\n    do: blocklist\n    on: lab-registry\n    each: = alert.suspects\n    max: 20\n    with: {account: = each}\n    after: [pause]\n"
	pauseItem = "  - id: pause\n    do: pause\n    on: lab-vault\n    when: alert.severity == \"critical\"\n"
)

var (
	noCap   = []edit{{capItem, ""}, {"  - {of: cap, within: 2m}\n", ""}, {"  - id: raise\n    undo: cap\n    approve: {quorum: 3, from: [security, protocol]}\n", ""}}
	noPause = []edit{{pauseItem, ""}, {"    after: [pause]\n", ""}, {"  - {of: pause, that: 'read(\"lab-vault\", \"paused()\") == true', within: 2m}\n", ""},
		{"  - id: unpause\n    undo: pause\n    approve: {quorum: 3, from: [security, protocol]}\n", ""}}
	noBlock   = []edit{{blockItem, ""}}
	onlyBlock = slices.Concat(noCap, noPause, []edit{{"verify:\n", "verify:\n  - {of: block, within: 1m}\n"}, {"recover:\n", ""}})
	onlyCap   = slices.Concat(noBlock, noPause[:1], noPause[2:])
)

func steps(p incident.Plan) []string {
	var names []string
	for _, c := range p.Calls {
		names = append(names, c.Step)
	}
	return names
}

func callOf(p incident.Plan, step string) (incident.Call, bool) { return p.Call(step) }

func TestAPlanHoldsEveryCallCompleteAndInOrder(t *testing.T) {
	set := with(t)
	p := plan(t, set, newChain(), drain())
	assert.Equal(t, []string{"pause", "cap", "block/1", "block/2"}, steps(p))
	assert.Equal(t, "pause lab-vault on lab; withdrawal-limit lab-vault on lab; blocklist 2 accounts on lab-registry on lab", p.Title)
	assert.Equal(t, "Rule vault.outflow-spike fired (critical) for lab-vault on lab: loss 250000 USDX, 2 suspects.", p.Reason)
	assert.Equal(t, "rule vault.outflow-spike (generic)", p.Requester)
	assert.Equal(t, "generic/a1", p.AlertID)
	assert.Equal(t, t0, p.PlannedAt)
	assert.Equal(t, 1, p.Revision)
	assert.Equal(t, set.Inventory().RosterDigest(), p.Roster)
	assert.Equal(t, map[string]uint64{"lab": 100}, p.Blocks, "the lowest head that anything was read at")
	assert.Equal(t, incident.Quorum{Need: 2, Teams: []string{"security", "protocol"}, Distinct: "team", Assurance: incident.AssuranceSlack,
		Within: 10 * time.Minute, Channel: "#inc-onchain", OnTimeout: "security"}, p.Quorum)
	assert.Equal(t, "guardian", p.Signer)
	assert.Equal(t, 3*time.Minute, p.Submit)
	assert.Equal(t, "500000000000000000", p.MaxFee.String())
	assert.Equal(t, []string{"unpause: unpause() on lab-vault undoes pause, by 3 of security, protocol",
		"raise: loosenWithdrawalLimit(uint256,uint256) on lab-vault undoes cap, by 3 of security, protocol"}, p.Recover)

	pause, _ := p.Call("pause")
	assert.Equal(t, vault, pause.To)
	assert.Equal(t, uint64(1337), pause.ChainID)
	assert.Equal(t, contracts.Pause(), []byte(pause.Data))
	assert.Equal(t, "125000000000000000", pause.MaxCost.String(), "an equal share of the budget")
	assert.Equal(t, uint64(100_000), pause.Gas)
	assert.Empty(t, pause.Warning)
	second, _ := p.Call("block/2")
	assert.Equal(t, contracts.Blacklist(drain().Suspects[1]), []byte(second.Data))
	assert.Equal(t, drain().Suspects[1].Hex(), second.Args[0].Value)
	assert.Equal(t, []string{"pause"}, second.After)

	require.Len(t, p.Verify, 2)
	assert.Equal(t, "pause", p.Verify[0].Of)
	assert.Equal(t, "lab-vault.paused() == true", p.Verify[0].Check.Text)
	assert.Equal(t, vault, p.Verify[0].Check.To)
	assert.Nil(t, p.Verify[1].Check, "the call's own goal")
}

func TestAPlanAsksForTheAssuranceThatItsPlaybookNames(t *testing.T) {
	for _, level := range []incident.Assurance{incident.AssuranceSlack, incident.AssurancePasskey, incident.AssuranceWallet} {
		set := with(t, edit{"  distinct: team\n", "  distinct: team\n  assurance: " + string(level) + "\n"})
		assert.Equal(t, level, plan(t, set, newChain(), drain()).Quorum.Assurance)
		book := set.Playbooks()[0]
		assert.Equal(t, level, set.Outline(book, common.Address{}).Quorum.Assurance)
		assert.Equal(t, level, set.Describe(book).Approve.Assurance)
		assert.Equal(t, level == incident.AssuranceWallet, strings.Contains(set.Describe(book).Understood(), "by wallet"))
	}
}

func TestEveryCallIsSimulatedFromTheKeyThatWillSend(t *testing.T) {
	c := newChain()
	plan(t, with(t), c, drain())
	require.Len(t, c.asked, 4)
	for _, call := range c.asked {
		assert.Equal(t, guardian, call.From)
	}
	own := common.HexToAddress("0x77")
	p, err := with(t).Planner(playbooks.PlannerOptions{Reader: c, KeyAddress: func(name string, id uint64) (common.Address, bool) {
		return own, name == "guardian" && id == 1337
	}})
	require.NoError(t, err)
	c.asked = nil
	_, err = p.Plan(t.Context(), state(t, with(t), drain()))
	require.NoError(t, err)
	assert.Equal(t, own, c.asked[0].From)
}

func TestASpareMakesEveryCallTooWithItsShareOfTheBudget(t *testing.T) {
	c := newChain()
	spared := append(noCap[:len(noCap):len(noCap)], edit{"as: guardian", "as: guardian, spare: second"}, edit{"max: 20", "max: 5"})
	p := plan(t, with(t, spared...), c, drain())
	require.Equal(t, []string{"pause", "block/1", "block/2", "pause/spare", "block/1/spare", "block/2/spare"}, steps(p))
	assert.Len(t, c.asked, 6, "both keys' calls are simulated")
	for n, call := range p.Calls {
		assert.Equal(t, "0.083333333333333333", call.MaxCost.Decimal(18), "a sixth of half an ether")
		if n < 3 {
			assert.Empty(t, call.SpareOf)
			assert.Equal(t, "guardian", p.KeyOf(call))
			continue
		}
		first := p.Calls[n-3]
		assert.Equal(t, first.Step, call.SpareOf)
		assert.Equal(t, "second", p.KeyOf(call))
		first.Step, first.SpareOf, first.Key, first.Warning = call.Step, call.SpareOf, call.Key, call.Warning
		assert.Equal(t, first, call, "and otherwise it is the same call")
	}
	assert.Equal(t, []string{"pause"}, p.Calls[4].After, "it waits for what the first waits for")
}

func TestWhatIsAlreadySoIsLeftOutWhenAllEndpointsSaySo(t *testing.T) {
	c := newChain()
	c.each(func(e *endpoint) { e.paused = true; e.blocked[drain().Suspects[0]] = true })
	p := plan(t, with(t), c, drain())
	assert.Equal(t, []string{"cap", "block/2"}, steps(p))
	notes := strings.Join(p.Notes, "\n")
	assert.Contains(t, notes, "pause is not needed: already so, lab-vault.paused() == true, says first and second at block 100")
	assert.Contains(t, notes, "block/1 is not needed")
	call, _ := p.Call("block/2")
	assert.Empty(t, call.After, "nothing waits for what is not needed")
	require.Len(t, p.Verify, 1, "what is left out is not verified")
}

func TestNothingIsLeftOutWhenEndpointsDisagreeOrOneIsAlone(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*chain)
		warning string
	}{
		"they disagree":      {func(c *chain) { c.endpoints[0].paused = true }, "endpoints disagree: first say yes, second say no"},
		"one is down":        {func(c *chain) { c.endpoints[0].paused = true; c.endpoints[1].down = true }, "first alone says that it is so already"},
		"one talks nonsense": {func(c *chain) { c.endpoints[0].paused = true; c.endpoints[1].raw = make([]byte, 31) }, "31 bytes where 32 are due"},
		"all are down":       {func(c *chain) { c.each(func(e *endpoint) { e.down = true }) }, "no endpoint answered"},
	} {
		fake := newChain()
		c.change(fake)
		p := plan(t, with(t), fake, drain())
		call, ok := p.Call("pause")
		require.True(t, ok, name)
		assert.Contains(t, call.Warning, c.warning, name)
	}
}

func TestOneEndpointSufficesWhereOneIsConfigured(t *testing.T) {
	c := newChain()
	c.endpoints = c.endpoints[:1]
	c.endpoints[0].paused = true
	assert.NotContains(t, steps(plan(t, with(t), c, drain())), "pause")
}

func TestAPlanIsMootWhenAllOfItIsAlreadySo(t *testing.T) {
	c := newChain()
	c.each(func(e *endpoint) {
		e.paused, e.limit, e.window = true, new(big.Int), big.NewInt(86400)
		for _, s := range drain().Suspects {
			e.blocked[s] = true
		}
	})
	body, err := planner(t, with(t), c).Plan(t.Context(), state(t, with(t), drain()))
	require.NoError(t, err)
	moot, ok := body.(incident.Moot)
	require.True(t, ok, "%#v", body)
	assert.Contains(t, moot.Why, "already is as wanted")
}

func TestASimulationThatRevertsWarnsAndNeverStops(t *testing.T) {
	c := newChain()
	id := contracts.Selector("EnforcedPause()")
	c.revert = id[:]
	p := plan(t, with(t), c, drain())
	require.Len(t, p.Calls, 4)
	for _, call := range p.Calls {
		assert.Contains(t, call.Warning, "the simulation reverts: EnforcedPause()")
		assert.GreaterOrEqual(t, call.Gas, uint64(100_000), "the verb's own limit")
	}
	c.revert, c.estimate = nil, errors.New("timeout")
	for _, call := range plan(t, with(t), c, drain()).Calls {
		assert.Contains(t, call.Warning, "not simulated")
	}
}

func TestALyingEstimateNeitherStarvesNorInflatesTheGas(t *testing.T) {
	for estimate, want := range map[uint64]uint64{0: 100_000, 21_000: 100_000, 80_000: 120_000, 200_000: 300_000, 1 << 23: 400_000, 1 << 63: 400_000, ^uint64(0): 400_000} {
		c := newChain()
		c.gas = estimate
		call, _ := callOf(plan(t, with(t), c, drain()), "pause")
		assert.Equal(t, want, call.Gas, estimate)
	}
}

func TestReadsThatHangDoNotHoldUpTheCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain()
		c.hang = true
		began := time.Now()
		p := plan(t, with(t), c, drain())
		assert.Equal(t, 2*time.Second, time.Since(began))
		for _, call := range p.Calls {
			assert.Contains(t, call.Warning, "could not tell whether it is so already")
		}
	})
}

func TestAPlannerThatIsStoppedDecidesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body, err := planner(t, with(t), newChain()).Plan(ctx, state(t, with(t), drain()))
	assert.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, body)
}

func TestAStopInTheMiddleOfALookIsNoGroundForAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain()
		c.hang = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		body, err := planner(t, with(t), c).Plan(ctx, state(t, with(t), drain()))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Nil(t, body)
	})
}

func TestAListLongerThanItsBoundIsLeftOutWholeAndTheOthersProceed(t *testing.T) {
	a := drain()
	a.Suspects = nil
	for i := range 21 {
		a.Suspects = append(a.Suspects, common.BigToAddress(big.NewInt(int64(0x10000+i))))
	}
	p := plan(t, with(t), newChain(), a)
	assert.Equal(t, []string{"pause", "cap"}, steps(p))
	assert.Contains(t, strings.Join(p.Notes, "\n"), "block is not prepared: it would need 21 calls, the playbook allows 20: choose by hand")
	e := escalated(t, with(t, onlyBlock...), newChain(), a)
	assert.Contains(t, e.Why, "it would need 21 calls", "where nothing else is left a person owns it")
	a.Suspects = append(a.Suspects[:20], a.Suspects[0], a.Suspects[1])
	assert.Len(t, plan(t, with(t), newChain(), a).Calls, 22, "the same account twice is one call")
}

func TestAProtectedSuspectIsRefusedAndTheOthersAreBlocked(t *testing.T) {
	a := drain()
	a.Suspects = []common.Address{vault, a.Suspects[0], {}, guardian, common.HexToAddress("0x5555555555555555555555555555555555555555")}
	p := plan(t, with(t), newChain(), a)
	assert.Equal(t, []string{"pause", "cap", "block/2"}, steps(p))
	notes := strings.Join(p.Notes, "\n")
	for _, why := range []string{"is protected: contract lab-vault, contract side-vault", "zero address", "signer guardian", "protected: treasury"} {
		assert.Contains(t, notes, why)
	}
	a.Suspects = []common.Address{vault}
	e := escalated(t, with(t, onlyBlock...), newChain(), a)
	assert.Contains(t, e.Why, "nothing of the playbook could be prepared")
	a.Suspects = nil
	assert.Contains(t, escalated(t, with(t, onlyBlock...), newChain(), a).Why, "names nobody")
}

func TestALimitLooserThanTheChainsIsRefused(t *testing.T) {
	set := with(t, append(onlyCap, edit{"limit: 0 USDX", "limit: 100 USDX"})...)
	for _, c := range []struct {
		name           string
		limit, window  int64
		planned, moot  bool
		why, noteOrWhy string
	}{
		{name: "tighter already", limit: 50_000_000, window: 90_000, moot: true},
		{name: "the same", limit: 100_000_000, window: 86_400, moot: true},
		{name: "looser now", limit: 200_000_000, window: 3_600, planned: true},
		{name: "a lower limit in a shorter window", limit: 50_000_000, window: 3_600, why: "it would loosen what the chain has now"},
		{name: "a longer window above", limit: 200_000_000, window: 90_000, why: "it would loosen what the chain has now"},
	} {
		fake := newChain()
		fake.each(func(e *endpoint) { e.limit, e.window = big.NewInt(c.limit), big.NewInt(c.window) })
		body, err := planner(t, set, fake).Plan(t.Context(), state(t, set, drain()))
		require.NoError(t, err)
		switch b := body.(type) {
		case incident.Planned:
			assert.True(t, c.planned, c.name)
		case incident.Moot:
			assert.True(t, c.moot, c.name)
		case incident.Escalated:
			require.NotEmpty(t, c.why, "%s: %s", c.name, b.Why)
			assert.Contains(t, b.Why, c.why, c.name)
		}
	}
}

func TestWhetherALimitTightensIsAWarningWhenEndpointsDisagree(t *testing.T) {
	set := with(t, append(onlyCap, edit{"limit: 0 USDX", "limit: 100 USDX"})...)
	c := newChain()
	c.endpoints[0].limit, c.endpoints[0].window = big.NewInt(1_000_000), big.NewInt(60)
	call, ok := callOf(plan(t, set, c, drain()), "cap")
	require.True(t, ok)
	assert.Contains(t, call.Warning, "could not tell whether it tightens")
}

func TestAnAmountAboveSixtyFourBitsArrivesExactly(t *testing.T) {
	set := with(t, append(onlyCap, edit{"limit: 0 USDX", "limit: 340282366920938463463374607431768211455.000001 USDX"})...)
	call, _ := callOf(plan(t, set, newChain(), drain()), "cap")
	assert.Equal(t, "340282366920938463463374607431768211455000001", call.Args[0].Value)
	assert.Equal(t, call.Args[0].Value, call.Goal.Want.String())

	set = with(t, append(onlyCap, edit{"limit: 0 USDX", "limit: = alert.loss"})...)
	a := drain()
	a.Loss = loss("123456789012345678901234567890")
	call, _ = callOf(plan(t, set, newChain(), a), "cap")
	assert.Equal(t, "123456789012345678901234567890", call.Args[0].Value)
}

func TestAValueInAnotherTokenThanTheContractsIsRefused(t *testing.T) {
	set := with(t, append(onlyCap, edit{"limit: 0 USDX", "limit: = alert.loss"}, edit{whenBlock, ""})...)
	a := drain()
	a.Loss = &incident.Amount{Units: incident.NewQuantity(5), Token: "ETH", Decimals: 18}
	assert.Contains(t, escalated(t, set, newChain(), a).Why, `limit is in "ETH"`)
	a.Loss = nil
	assert.Contains(t, escalated(t, set, newChain(), a).Why, "the alert has no loss")
}

func TestAnItemWhoseConditionIsFalseOrCannotBeToldIsLeftOutAndSaid(t *testing.T) {
	set := with(t, edit{`when: alert.severity == "critical"`, `when: alert.confidence > 0.5`})
	p := plan(t, set, newChain(), drain())
	assert.Equal(t, []string{"cap"}, steps(p), "block comes after pause, which could not be judged")
	assert.Contains(t, strings.Join(p.Notes, "\n"), "the alert has no confidence")
	assert.Contains(t, strings.Join(p.Notes, "\n"), "what it must come after could not be prepared")
	a := drain()
	low := 0.1
	a.Confidence = &low
	p = plan(t, set, newChain(), a)
	assert.Equal(t, []string{"cap", "block/1", "block/2"}, steps(p), "false is an answer, and nothing waits for it")
	assert.Contains(t, strings.Join(p.Notes, "\n"), "pause does not apply")
}

func TestTheWordsOfStrangersStayOutOfThePlan(t *testing.T) {
	a := drain()
	a.Summary, a.Labels, a.Link = "EVIL summary", map[string]string{"EVIL": "EVIL"}, "https://EVIL"
	p := plan(t, with(t), newChain(), a)
	for _, text := range append([]string{p.Title, p.Reason, p.Requester, p.Summary}, p.Notes...) {
		assert.NotContains(t, text, "EVIL")
	}
}
