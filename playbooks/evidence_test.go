package playbooks_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

const (
	readPaused = "  - {id: paused, read: lab-vault.paused()}\n"
	readHeld   = "  - {id: held, read: lab-vault.balanceOf(treasury)}\n"
	readTVL    = "  - {id: tvl, read: lab-vault.totalAssets(), in: USDX}\n"
	readBoss   = "  - {id: boss, read: lab-vault.owner()}\n"
)

func TestEvidenceIsWhatTheEndpointsAgreeOn(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(*witnesses)
		value, doubt string
		block        uint64
	}{
		"two agree":                    {func(*witnesses) {}, "false", "", 200},
		"two disagree":                 {func(w *witnesses) { w.list[1].views["paused()"] = word(1) }, "", "endpoints disagree: first says false, second says true", 0},
		"one of two answers":           {func(w *witnesses) { w.list[0].down = true }, "", "second alone says false, and no other endpoint answered", 0},
		"the view reverts at one":      {func(w *witnesses) { delete(w.list[0].views, "paused()") }, "", "second alone says false", 0},
		"one leaves an answer out":     {func(w *witnesses) { w.list[0].short = true }, "", "second alone says false", 0},
		"the view reverts":             {func(w *witnesses) { w.each(func(e *witness) { delete(e.views, "paused()") }) }, "", "no endpoint could read it", 0},
		"nobody answers":               {func(w *witnesses) { w.each(func(e *witness) { e.down = true }) }, "", "no endpoint answered", 0},
		"one is configured":            {func(w *witnesses) { w.list = w.list[1:] }, "false", "", 201},
		"there is no code":             {func(w *witnesses) { w.list[1].views["paused()"] = []byte{} }, "", "second: no data", 0},
		"it is no bool":                {func(w *witnesses) { w.list[0].views["paused()"] = word(2) }, "", "first: ", 0},
		"too few bytes":                {func(w *witnesses) { w.list[0].views["paused()"] = make([]byte, 31) }, "", "31 bytes", 0},
		"a third lies":                 {func(w *witnesses) { w.add("third", "paused()", word(1)) }, "", "first, second says false, third says true", 0},
		"a third is behind and agrees": {func(w *witnesses) { w.add("third", "paused()", word(0)) }, "false", "", 150},
		"two of three answer and agree": {func(w *witnesses) {
			w.add("third", "paused()", nil)
			w.list[0].down = true
			w.list[2].views["paused()"] = word(0)
		}, "false", "", 150},
	} {
		w := newWitnesses()
		c.change(w)
		p := evident(t, asking(t, readPaused, "!evidence.paused"), w, drain())
		require.Len(t, p.Evidence, 1, name)
		line := p.Evidence[0]
		assert.Equal(t, incident.Evidence{ID: "paused", Asked: "lab-vault.paused()", Value: c.value, Block: c.block, Doubt: line.Doubt}, line, name)
		if c.doubt == "" {
			assert.Empty(t, line.Doubt, name)
			assert.Contains(t, steps(p), "pause", name)
			continue
		}
		assert.Contains(t, line.Doubt, c.doubt, name)
		assert.NotContains(t, steps(p), "pause", "%s: what could not be read decides nothing", name)
		assert.Contains(t, steps(p), "cap", "%s: and the others proceed", name)
		assert.Contains(t, strings.Join(p.Notes, "\n"), "pause is not prepared: evaluate !evidence.paused: lab-vault.paused() could not be read", name)
	}
}

// add puts in one more endpoint, which is behind the others.
func (w *witnesses) add(name, view string, answer []byte) {
	views := map[string][]byte{}
	for signature, data := range w.list[0].views {
		views[signature] = data
	}
	views[view] = answer
	w.list = append(w.list, &witness{name: name, block: 150, views: views})
}

func TestEvidenceHasTheTypeOfItsView(t *testing.T) {
	most := bytes.Repeat([]byte{0xff}, 32)
	biggest := "115792089237316195423570985008687907853269984665640564039457584007913129639935"
	for _, c := range []struct {
		item, when string
		change     func(*witness)
		value      string
		applies    bool
	}{
		{readHeld, `evidence.held == number("9")`, nil, "9", true},
		{readHeld, `evidence.held > 9`, nil, "9", false},
		{readHeld, `evidence.held >= 9`, nil, "9", true},
		{readHeld, `evidence.held < number("` + biggest + `")`, func(e *witness) { e.views["balanceOf(address)"] = most }, biggest, false},
		{readHeld, `evidence.held >= number("` + biggest + `")`, func(e *witness) { e.views["balanceOf(address)"] = most }, biggest, true},
		{readHeld, `evidence.held > 9223372036854775807`, func(e *witness) { e.views["balanceOf(address)"] = most }, biggest, true},
		{readHeld, `evidence.held > -1`, func(e *witness) { e.views["balanceOf(address)"] = word(0) }, "0", true},
		{readHeld, `evidence.held < -1`, func(e *witness) { e.views["balanceOf(address)"] = word(0) }, "0", false},
		{readTVL, `evidence.tvl >= amount("7 USDX")`, nil, "7 USDX", true},
		{readTVL, `evidence.tvl > amount("7 USDX")`, nil, "7 USDX", false},
		{readTVL, `alert.loss / evidence.tvl > percent("5%")`, nil, "7 USDX", true},
		{readBoss, `evidence.boss == account("treasury")`, nil, common.Address(treasury).Hex(), true},
		{readBoss, `evidence.boss != contract("lab-vault")`, nil, common.Address(treasury).Hex(), true},
		{readBoss, `evidence.boss in alert.suspects`, nil, common.Address(treasury).Hex(), false},
	} {
		w := newWitnesses()
		if c.change != nil {
			w.each(c.change)
		}
		p := evident(t, asking(t, c.item, c.when), w, drain())
		assert.Equal(t, c.value, p.Evidence[0].Value, c.when)
		assert.Equal(t, c.applies, p.Calls[0].Step == "pause", c.when)
	}
}

func TestAnAddressWithMoreThanTwentyBytesIsNoEvidence(t *testing.T) {
	w := newWitnesses()
	w.list[0].views["owner()"] = bytes.Repeat([]byte{0x11}, 32)
	p := evident(t, asking(t, readBoss, `evidence.boss == account("treasury")`), w, drain())
	assert.Empty(t, p.Evidence[0].Value)
	assert.Contains(t, p.Evidence[0].Doubt, "first: ")
	assert.NotContains(t, steps(p), "pause")
}

func TestOptionalEvidenceMayBeMissingAndAConditionCanAsk(t *testing.T) {
	optional := strings.Replace(readTVL, "}", ", optional: true}", 1)
	for _, c := range []struct {
		when          string
		read, missing bool // whether pause applies
	}{
		{`evidence.has_tvl`, true, false},
		{`!evidence.has_tvl`, false, true},
		{`!evidence.has_tvl || evidence.tvl > amount("1 USDX")`, true, true},
		{`evidence.has_tvl && evidence.tvl > amount("1 USDX")`, true, false},
		{`evidence.has_tvl ? evidence.tvl > amount("8 USDX") : alert.has_loss`, false, true},
	} {
		set := asking(t, optional, c.when)
		assert.Equal(t, c.read, steps(evident(t, set, newWitnesses(), drain()))[0] == "pause", c.when)
		w := newWitnesses()
		w.list[1].views["totalAssets()"] = word(1_000_000)
		p := evident(t, set, w, drain())
		assert.Equal(t, c.missing, steps(p)[0] == "pause", c.when)
		assert.True(t, p.Evidence[0].Optional)
		assert.Contains(t, p.Evidence[0].Doubt, "first says 7 USDX, second says 1 USDX")
	}
}

func TestAPlaybookWithoutEvidenceAsksNothing(t *testing.T) {
	w := newWitnesses()
	p := evident(t, with(t), w, drain())
	assert.Zero(t, w.calls)
	assert.Empty(t, p.Evidence)
}

func TestEvidenceThatNobodyReadsIsSaidAndTheRestIsPrepared(t *testing.T) {
	p := evident(t, asking(t, readPaused+readFlows, "!evidence.paused"), nil, drain())
	require.Len(t, p.Evidence, 2)
	for _, line := range p.Evidence {
		assert.Contains(t, line.Doubt, "nothing here reads evidence")
	}
	assert.Equal(t, []string{"cap", "block/1", "block/2"}, steps(p))
}

func TestAllViewsOfOneChainAreReadTogether(t *testing.T) {
	w := newWitnesses()
	p := evident(t, asking(t, readPaused+readHeld+readTVL+readBoss, "!evidence.paused"), w, drain())
	assert.Equal(t, 1, w.calls, "at one block of each endpoint")
	var values []string
	for _, line := range p.Evidence {
		values = append(values, line.ID+"="+line.Value)
	}
	assert.Equal(t, []string{"paused=false", "held=9", "tvl=7 USDX", "boss=" + common.Address(treasury).Hex()}, values, "each its own, in the order of the playbook")
}

func TestEvidenceOfTwoChainsIsReadOnEach(t *testing.T) {
	w := newWitnesses()
	p := evident(t, asking(t, readPaused+"  - {id: side, read: side-vault.paused()}\n"+readFlows, "!evidence.paused && !evidence.side && evidence.flows.count < 1"), w, drain())
	assert.Equal(t, 3, w.calls, "and transfers by themselves")
	assert.Equal(t, "pause", p.Calls[0].Step)
}

func TestEvidenceThatHangsDoesNotHoldUpTheCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := asking(t, readPaused+readFlows, "!evidence.paused")
		w := newWitnesses()
		w.hang = true
		began := time.Now()
		p := evident(t, set, w, drain())
		assert.Equal(t, 1500*time.Millisecond, time.Since(began))
		for _, line := range p.Evidence {
			assert.NotEmpty(t, line.Doubt)
		}
		assert.Equal(t, []string{"cap", "block/1", "block/2"}, steps(p))
	})
}

func TestEvidenceAndReadsThatHangTogetherTakeNoLongerThanBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := asking(t, readPaused, "!evidence.paused")
		w, c := newWitnesses(), newChain()
		w.hang, c.hang = true, true
		p, err := set.Planner(options(c, w))
		require.NoError(t, err)
		began := time.Now()
		body, err := p.Plan(t.Context(), state(t, set, drain()))
		require.NoError(t, err)
		assert.IsType(t, incident.Planned{}, body)
		assert.Equal(t, 3500*time.Millisecond, time.Since(began))
	})
}

func TestEvidenceIsPartOfWhatPeopleApprove(t *testing.T) {
	set := asking(t, readTVL, `evidence.tvl > amount("1 USDX")`)
	p := evident(t, set, newWitnesses(), drain())
	digest := p.Digest()
	for name, change := range map[string]func(*incident.Evidence){
		"value": func(e *incident.Evidence) { e.Value = "8 USDX" }, "block": func(e *incident.Evidence) { e.Block++ },
		"doubt": func(e *incident.Evidence) { e.Doubt = "x" }, "asked": func(e *incident.Evidence) { e.Asked = "x" },
		"id": func(e *incident.Evidence) { e.ID = "x" }, "optional": func(e *incident.Evidence) { e.Optional = true },
	} {
		other := p
		other.Evidence = append([]incident.Evidence{}, p.Evidence...)
		change(&other.Evidence[0])
		assert.NotEqual(t, digest, other.Digest(), name)
	}
	w := newWitnesses()
	w.each(func(e *witness) { e.views["totalAssets()"] = word(8_000_000) })
	after := evident(t, set, w, drain())
	assert.Equal(t, p.Calls, after.Calls)
	assert.NotEqual(t, digest, after.Digest(), "the same calls on other ground are another plan")
}

func TestAnAmountFromEvidenceArrivesInTheCall(t *testing.T) {
	set := asking(t, readTVL, "alert.has_loss", edit{"limit: 0 USDX", `limit: '= percent("10%") * evidence.tvl'`})
	call, ok := callOf(evident(t, set, newWitnesses(), drain()), "cap")
	require.True(t, ok)
	assert.Equal(t, "700000", call.Args[0].Value)
	w := newWitnesses()
	w.list[0].down = true
	p := evident(t, set, w, drain())
	assert.NotContains(t, steps(p), "cap", "an argument that could not be read is no argument")
	assert.Contains(t, strings.Join(p.Notes, "\n"), "cap is not prepared")
}

func TestOptionalEvidenceIsAskedForOnlyWhereItIsThere(t *testing.T) {
	optional := strings.Replace(readTVL, "}", ", optional: true}", 1)
	load := func(when string) error {
		text := strings.Replace(goodPlaybook, "prepare:\n", "evidence:\n"+optional+"prepare:\n", 1)
		_, err := loadText(sourcedInventory, strings.Replace(text, `when: alert.severity == "critical"`, "when: '"+when+"'", 1))
		return err
	}
	const asks = `evidence.tvl > amount("1 USDX")`
	for _, when := range []string{
		`evidence.has_tvl && ` + asks, asks + ` && evidence.has_tvl`, `!evidence.has_tvl || ` + asks, `evidence.has_tvl ? ` + asks + ` : alert.has_loss`,
		`!evidence.has_tvl ? alert.has_loss : ` + asks, `!(!evidence.has_tvl || !(` + asks + `))`, `evidence.has_tvl == true && ` + asks,
		`alert.has_loss && (alert.has_confidence || evidence.has_tvl && ` + asks + `)`, `alert.suspects.exists(s, evidence.has_tvl && ` + asks + ` && s == account("treasury"))`,
	} {
		assert.NoError(t, load(when), when)
	}
	for _, when := range []string{
		asks, `evidence.has_tvl || ` + asks, `!evidence.has_tvl && ` + asks, `evidence.has_tvl ? alert.has_loss : ` + asks,
		`alert.has_loss || evidence.has_tvl || ` + asks, `(` + asks + `) ? evidence.has_tvl : alert.has_loss`, `!(evidence.has_tvl || ` + asks + `)`,
		`(alert.has_loss || evidence.has_tvl) && ` + asks,
	} {
		assert.ErrorContains(t, load(when), "evidence.tvl is optional, so it may be missing; guard it", when)
	}
}
