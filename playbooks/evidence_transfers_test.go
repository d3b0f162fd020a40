package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

const readFlows = "  - {id: flows, get: transfers, token: USDX, from: lab-vault, since: 30m}\n"

var (
	thief  = common.HexToAddress("0xBAD001")
	helper = common.HexToAddress("0xBAD002")
	framed = common.HexToAddress("0xC0FFEE")
)

// sent is a transfer of whole USDX.
func sent(to common.Address, usdx int64, block, index uint64) actions.Transfer {
	return actions.Transfer{From: vault, To: to, Units: units(usdx * 1_000_000), Block: block, Tx: common.BigToHash(common.Big1), Index: index}
}

// moved lets both endpoints report the same.
func moved(list ...actions.Transfer) *witnesses {
	w := newWitnesses()
	w.each(func(e *witness) { e.moved = append([]actions.Transfer{}, list...) })
	return w
}

// following blocks whom the evidence names.
func following(t *testing.T, when string) *playbooks.Set {
	t.Helper()
	return asking(t, readFlows, when, edit{"each: = alert.suspects", "each: = evidence.flows.recipients"})
}

// blocked lists the accounts of a plan's blocklist calls.
func blocked(p incident.Plan) []common.Address {
	var all []common.Address
	for _, c := range p.Calls {
		if c.Verb == "blocklist" {
			all = append(all, common.HexToAddress(c.Args[0].Value))
		}
	}
	return all
}

func TestTransfersAreSummedUpAndTheirRecipientsNamedOnce(t *testing.T) {
	w := moved(sent(thief, 5, 110, 0), sent(helper, 7, 110, 1), sent(thief, 1, 111, 0))
	p := evident(t, following(t, `evidence.flows.total == amount("13 USDX") && evidence.flows.count == 3`), w, drain())
	assert.Equal(t, []common.Address{thief, helper}, blocked(p))
	assert.Equal(t, "pause", p.Calls[0].Step)
	assert.Equal(t, incident.Evidence{ID: "flows", Asked: "transfers of USDX from lab-vault since 30m0s",
		Value: "13 USDX in 3 transfers to 2 recipients", Block: 200}, p.Evidence[0])
	assert.Equal(t, actions.TransferQuery{Token: common.HexToAddress("0x3333333333333333333333333333333333333333"), From: vault,
		Since: 30 * time.Minute, BlockTime: 2 * time.Second, Most: 256}, w.query)
}

func TestTransfersToAContractAreAskedByTheirRecipient(t *testing.T) {
	set := asking(t, strings.Replace(readFlows, "from: lab-vault", "to: lab-vault, from: lab-registry", 1), "evidence.flows.count > 0")
	w := moved()
	p := evident(t, set, w, drain())
	assert.Equal(t, [2]common.Address{registry, vault}, [2]common.Address{w.query.From, w.query.To})
	assert.Equal(t, "0 USDX in 0 transfers to 0 recipients", p.Evidence[0].Value)
	assert.NotContains(t, steps(p), "pause")
}

func TestARecipientThatOneEndpointMadeUpIsNeverBlocked(t *testing.T) {
	honest, lie := sent(thief, 5, 110, 0), sent(framed, 9_000_000, 111, 0)
	for name, list := range map[string][]actions.Transfer{
		"made up":                               {honest, lie},
		"made up twice":                         {honest, lie, lie},
		"made up in front":                      {lie, honest},
		"the same event with another recipient": {honest, {From: vault, To: framed, Units: honest.Units, Block: honest.Block, Tx: honest.Tx, Index: honest.Index}},
	} {
		w := moved(honest)
		w.list[0].moved = list
		p := evident(t, following(t, `evidence.flows.total == amount("5 USDX") && evidence.flows.count == 1`), w, drain())
		assert.Equal(t, []common.Address{thief}, blocked(p), name)
		assert.Equal(t, "pause", p.Calls[0].Step, "%s: and it counts for nothing", name)
		assert.Contains(t, p.Evidence[0].Value, "5 USDX in 1 transfer to 1 recipient", name)
	}
}

func TestATransferThatOneEndpointHidesIsSaidToPeople(t *testing.T) {
	w := moved(sent(thief, 5, 110, 0), sent(helper, 7, 111, 0))
	w.list[1].moved = w.list[1].moved[:1]
	p := evident(t, following(t, `evidence.flows.total > amount("6 USDX")`), w, drain())
	assert.NotContains(t, steps(p), "pause")
	assert.Contains(t, p.Evidence[0].Value, "; not counted: 1 transfer that one endpoint alone reports")
}

func TestATransferAboveTheLowestHeadIsNoDifference(t *testing.T) {
	w := moved(sent(thief, 5, 110, 0))
	w.list[1].moved = append(w.list[1].moved, sent(helper, 7, 201, 0))
	p := evident(t, following(t, `evidence.flows.count == 1`), w, drain())
	assert.Equal(t, "5 USDX in 1 transfer to 1 recipient", p.Evidence[0].Value, "the first has not seen that block")
}

func TestOneOfTwoEndpointsIsNoEvidenceOfTransfers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*witnesses)
		doubt  string
	}{
		"one is down": {func(w *witnesses) { w.list[0].down = true }, "1 endpoints answered, and 2 must"},
		"both are":    {func(w *witnesses) { w.each(func(e *witness) { e.down = true }) }, "no endpoint answered"},
		"one is cut":  {func(w *witnesses) { w.list[1].cut = true }, "more than 256 transfers in 30m"},
	} {
		w := moved(sent(thief, 5, 110, 0))
		c.change(w)
		p := evident(t, following(t, `evidence.flows.total > amount("1 USDX")`), w, drain())
		assert.Contains(t, p.Evidence[0].Doubt, c.doubt, name)
		assert.Equal(t, []string{"cap"}, steps(p), "%s: neither pause nor block", name)
	}
	w := moved(sent(thief, 5, 110, 0))
	w.list = w.list[:1]
	assert.Equal(t, []common.Address{thief}, blocked(evident(t, following(t, `evidence.flows.count > 0`), w, drain())), "one suffices where one is configured")
}

func TestTwoOfThreeEndpointsSuffice(t *testing.T) {
	w := moved(sent(thief, 5, 110, 0))
	w.list = append(w.list, &witness{name: "third", block: 150, moved: []actions.Transfer{sent(framed, 1, 120, 0)}})
	p := evident(t, following(t, `evidence.flows.count == 1`), w, drain())
	assert.Equal(t, []common.Address{thief}, blocked(p))
	assert.Equal(t, uint64(150), p.Evidence[0].Block)
}

func TestASumOfTransfersNeverWraps(t *testing.T) {
	all := incident.NewQuantity(0)
	for range 256 {
		all = all.Add(all).Add(incident.NewQuantity(1)) // 2^n-1
	}
	huge := sent(thief, 0, 110, 0)
	huge.Units = all
	w := moved(huge, sent(helper, 1, 111, 0))
	p := evident(t, following(t, `evidence.flows.total > amount("1_000_000 USDX")`), w, drain())
	require.Equal(t, "pause", p.Calls[0].Step)
	assert.Contains(t, p.Evidence[0].Value, "115792089237316195423570985008687907853269984665640564039457584007913129")
}

func TestMoreRecipientsThanMayBeBlockedAreLeftOutAndThePauseIsAsked(t *testing.T) {
	w := newWitnesses()
	var list []actions.Transfer
	for i := range 21 {
		list = append(list, sent(common.BigToAddress(word64(uint64(0x9000+i))), 1, 110, uint64(i)))
	}
	w.each(func(e *witness) { e.moved = list })
	p := evident(t, following(t, "evidence.flows.count > 0"), w, drain())
	assert.Equal(t, []string{"pause", "cap"}, steps(p))
	assert.Contains(t, strings.Join(p.Notes, "\n"), "block is not prepared: it would need 21 calls, the playbook allows 20")
}
