package app_test

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// edit replaces a part of a file.
type edit struct{ file, old, text string }

// library is a copy of the playbooks that ship, with some files changed.
func library(t *testing.T, edits ...edit) *playbooks.Set {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, playbooks.Library()))
	for _, e := range edits {
		path := filepath.Join(dir, e.file)
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(raw), e.old)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(raw), e.old, e.text, 1)), 0o600))
	}
	inventory := filepath.Join(dir, "inventory.yaml")
	books := filepath.Join(dir, "books")
	require.NoError(t, os.Mkdir(books, 0o700))
	for _, name := range []string{"vault-drain.yaml", "allowance-phish.yaml", "limit-bleed.yaml"} {
		require.NoError(t, os.Rename(filepath.Join(dir, name), filepath.Join(books, name)))
	}
	set, err := playbooks.Load(inventory, books)
	require.NoError(t, err)
	return set
}

func least(t *testing.T, set *playbooks.Set) *policy.Policy {
	t.Helper()
	text, err := app.LeastPolicy(set, "guardian", app.PolicyOptions{})
	require.NoError(t, err)
	p, err := policy.Parse(text, "guardian", signer.Containment)
	require.NoError(t, err)
	return p
}

func TestTheLeastPolicyAllowsEveryCallOfEveryLivePlaybookAndNoOther(t *testing.T) {
	set := library(t)
	p := least(t, set)
	calls := map[policy.Target]bool{}
	for _, book := range set.Playbooks() {
		outline := set.Outline(book, common.HexToAddress("0x00000000000000000000000000000000000f0000"))
		for _, item := range outline.Items {
			target := policy.Target{Chain: item.Target.ChainID, To: item.Target.Address, Selector: policy.Selector(item.Probe.Data[:4])}
			calls[target] = true
			rule := p.Rules[target]
			require.NotNil(t, rule, item.ID)
			assert.Nil(t, rule.Arguments(item.Probe.Data), item.ID)
			assert.GreaterOrEqual(t, rule.Limits[0].Max, uint64(item.Calls), item.ID)
			ceilings := p.Fees[target.Chain]
			assert.GreaterOrEqual(t, ceilings.Gas, item.GasLimit(item.Gas))
			assert.GreaterOrEqual(t, ceilings.PerTx.Cmp(outline.MaxFee.Units.Big()), 0)
		}
	}
	assert.Len(t, p.Rules, len(calls), "and no other call")
	text, err := app.LeastPolicy(set, "guardian", app.PolicyOptions{})
	require.NoError(t, err)
	again, err := app.LeastPolicy(set, "guardian", app.PolicyOptions{})
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again), "it is the same every time")
}

func TestWhatIsProtectedInTheInventoryCannotBeBlocklisted(t *testing.T) {
	set := library(t)
	p := least(t, set)
	self, _ := set.Inventory().Signer("guardian")
	for address := range set.Inventory().Protected() {
		if address == self.Address {
			continue // not known when the policy is written; the verb refuses it
		}
		data := append(common.FromHex("0xf9f92be4"), common.LeftPadBytes(address.Bytes(), 32)...)
		rule := p.Rules[policy.Target{Chain: 1337, To: common.HexToAddress("0x2222222222222222222222222222222222222222"), Selector: policy.SelectorOf("blacklist(address)")}]
		require.NotNil(t, rule)
		require.NotNil(t, rule.Arguments(data), address)
	}
}

func TestOnlyLivePlaybooksOfTheKeyCount(t *testing.T) {
	all := least(t, library(t))
	fewer := least(t, library(t, edit{"allowance-phish.yaml", "mode: live", "mode: dry-run"}))
	assert.Len(t, fewer.Rules, len(all.Rules)-1)
	assert.Equal(t, []string{"blacklist(address) on lab-registry (chain 1337)"},
		policy.Excess(all, fewer, app.AddressNames(library(t).Inventory())))
	assert.Empty(t, policy.Excess(fewer, all, nil))

	_, err := app.LeastPolicy(library(t), "nobody", app.PolicyOptions{})
	assert.ErrorContains(t, err, "it has drill, guardian")
}

// TestTheLeastPolicyCountsTheSignaturesThatEveryVoteHas: as many as every playbook
// that makes the call collects, and none where one of them takes clicks or asks
// nobody.
func TestTheLeastPolicyCountsTheSignaturesThatEveryVoteHas(t *testing.T) {
	pause := policy.Target{Chain: 1337, To: common.HexToAddress("0x1111111111111111111111111111111111111111"), Selector: policy.SelectorOf("pause()")}
	signed := func(level string) edit {
		return edit{"vault-drain.yaml", "\napprove:\n", "\napprove:\n  assurance: " + level + "\n"}
	}
	before := edit{"vault-drain.yaml", "\napprove:\n", "\npre_authorize: {only: [pause], until: \"" +
		time.Now().AddDate(0, 6, 0).Format(time.DateOnly) + "\", per: 24h}\napprove:\n"}
	for name, c := range map[string]struct {
		edits []edit
		want  policy.Approvals
	}{
		"clicks":                    {nil, policy.Approvals{}},
		"passkeys":                  {[]edit{signed("passkey")}, policy.Approvals{Need: 2}},
		"wallets":                   {[]edit{signed("wallet")}, policy.Approvals{Need: 2, MinEIP712: 2}},
		"sent before anybody signs": {[]edit{signed("wallet"), before}, policy.Approvals{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := least(t, library(t, c.edits...))
			require.Contains(t, p.Rules, pause)
			assert.Equal(t, c.want, p.Rules[pause].Approvals)
			excess := policy.Excess(least(t, library(t)), p, nil)
			assert.Equal(t, c.want.Need > 0, len(excess) == 1, "%v", excess)
		})
	}
}

func TestASpareMayMakeTheCallsThatItDoublesForHalfOfTheMoney(t *testing.T) {
	second := edit{"inventory.yaml", "signers:\n", "signers:\n  guardian-2: {chains: [lab], address: \"0x6666666666666666666666666666666666666666\"}\n"}
	set := library(t, second, edit{"vault-drain.yaml", "as: guardian", "as: guardian\n  spare: guardian-2"})
	text, err := app.LeastPolicy(set, "guardian-2", app.PolicyOptions{})
	require.NoError(t, err)
	spare, err := policy.Parse(text, "guardian-2", signer.Containment)
	require.NoError(t, err)
	pause := policy.Target{Chain: 1337, To: common.HexToAddress("0x1111111111111111111111111111111111111111"), Selector: policy.SelectorOf("pause()")}
	require.Len(t, spare.Rules, 1, "other playbooks do not name it")
	require.Contains(t, spare.Rules, pause)
	first := least(t, set)
	require.Contains(t, first.Rules, pause)
	assert.Len(t, first.Rules, 3, "the first key makes every call that it made")
	assert.Equal(t, first.Rules[pause].Limits, spare.Rules[pause].Limits)

	half := big.NewInt(0.25e18)
	assert.Equal(t, half, spare.Fees[1337].PerTx, "each key has half of what people approve")
	assert.Equal(t, new(big.Int).Mul(half, big.NewInt(2)), spare.Fees[1337].PerDay)
	alone := least(t, library(t, second))
	assert.Equal(t, 1, alone.Fees[1337].PerDay.Cmp(first.Fees[1337].PerDay), "what the spare takes is gone from the first")
	_, err = app.LeastPolicy(library(t, second), "guardian-2", app.PolicyOptions{})
	assert.ErrorContains(t, err, "no live playbook names", "a key that is only in the inventory gets nothing")
}

func TestTwoPlaybooksWithOtherLimitsMakeAListAndNotARange(t *testing.T) {
	set := library(t)
	p := least(t, set)
	for target, rule := range p.Rules {
		if rule.Function.Name == "setWithdrawalLimit" {
			assert.Equal(t, policy.Eq, rule.Args[0].Operator, "%v", target)
		}
	}
}
