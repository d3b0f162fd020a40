package playbooks_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

// goodInventory and goodPlaybook load. Each broken file changes one place.
const goodInventory = `inventory: 1
tokens:
  ETH: 18
  USDX: 6
chains:
  lab: {id: 1337, block_time: 2s, currency: ETH}
  side: {id: 77}
contracts:
  lab-vault: {chain: lab, address: "0x1111111111111111111111111111111111111111", can: [pause, withdrawal-limit], token: USDX}
  lab-registry: {chain: lab, address: "0x2222222222222222222222222222222222222222", can: [blocklist]}
  side-vault: {chain: side, address: "0x1111111111111111111111111111111111111111", can: [pause]}
  side-registry: {chain: side, address: "0x2222222222222222222222222222222222222222", can: [blocklist]}
rules: [vault.outflow-spike, approval.phish]
people:
  ana: {slack: U0ANA}
  ben: {slack: U0BEN, wallets: ["0x00000000000000000000000000000000000a11ce"]}
  cho: {}
  dee: {}
  eli: {}
teams:
  security: [ana, ben, cho]
  protocol: [dee, eli]
  watch: [ana]
  guard: [ana]
signers:
  guardian: {chains: [lab], address: "0x4444444444444444444444444444444444444444"}
  second: {chains: [lab], address: "0x6666666666666666666666666666666666666666"}
  beside: {chains: [side], address: "0x7777777777777777777777777777777777777777"}
  drill: {chains: [lab], address: "0x8888888888888888888888888888888888888888", exercise: true}
protected:
  treasury: "0x5555555555555555555555555555555555555555"
channels:
  "#inc-onchain": C0ONCHAIN
`

const goodPlaybook = `playbook: 1
name: drain
summary: Stop it.
owner: security
runbook: https://wiki.example.org/drain
mode: live
on:
  rules: [vault.outflow-spike]
  severity: [critical]
  when: |
    alert.contract == "lab-vault" &&
    alert.loss >= amount("250_000 USDX")
  confirm: {sources: 2, within: 90s}
incident:
  key: [alert.chain, alert.contract]
  cooldown: 30m
prepare:
  - id: pause
    do: pause
    on: lab-vault
    when: alert.severity == "critical"
  - id: cap
    do: withdrawal-limit
    on: lab-vault
    with: {limit: 0 USDX, window: 24h}
  - id: block
    do: blocklist
    on: lab-registry
    each: = alert.suspects
    max: 20
    with: {account: = each}
    after: [pause]
approve:
  quorum: 2
  from: [security, protocol]
  distinct: team
  in: "#inc-onchain"
  within: 10m
  on_timeout: {page: security, then: reject}
submit: {as: guardian, deadline: 3m, max_fee: 0.5 ETH}
verify:
  - {of: pause, that: 'read("lab-vault", "paused()") == true', within: 2m}
  - {of: cap, within: 2m}
notify:
  - in: "#inc-onchain"
    text: Contained.
recover:
  - id: unpause
    undo: pause
    approve: {quorum: 3, from: [security, protocol]}
  - id: raise
    undo: cap
    approve: {quorum: 3, from: [security, protocol]}
`

func files(inventory, playbook string) fstest.MapFS {
	return fstest.MapFS{
		"inventory.yaml":       {Data: []byte(inventory)},
		"playbooks/drain.yaml": {Data: []byte(playbook)},
	}
}

func loadText(inventory, playbook string) (*playbooks.Set, error) {
	return playbooks.LoadFS(files(inventory, playbook), "inventory.yaml", "playbooks")
}

func TestTheFileThatTheBrokenOnesComeFromLoads(t *testing.T) {
	_, err := loadText(goodInventory, goodPlaybook)
	require.NoError(t, err)
}

// broken is one mistake: old becomes new, and § in new is where the problem
// must be reported. Says is part of its message.
type broken struct {
	name, old, new string
	code           playbooks.Code
	says           string
	also           []edit // further changes that make it this mistake
}

type edit struct{ old, new string }

// apply makes the mistake, and gives the text and the expected position.
func (b broken) apply(t *testing.T, good string) (text string, line, col int) {
	t.Helper()
	require.Equal(t, 1, strings.Count(good, b.old), "%s: %q must stand in the good file once", b.name, b.old)
	marked := strings.Replace(good, b.old, b.new, 1)
	for _, e := range b.also {
		require.Equal(t, 1, strings.Count(marked, e.old), "%s: %q must stand in the text once", b.name, e.old)
		marked = strings.Replace(marked, e.old, e.new, 1)
	}
	before, after, found := strings.Cut(marked, "§")
	require.True(t, found, "%s: no § in the broken text", b.name)
	line = strings.Count(before, "\n") + 1
	col = len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
	return before + after, line, col
}

func (b broken) check(t *testing.T, file string, err error, line, col int) {
	t.Helper()
	found, ok := errors.AsType[playbooks.Problems](err)
	require.True(t, ok, "%s: want a problem, got %v", b.name, err)
	require.Len(t, found, 1, "one mistake is one problem:\n%s", err)
	p := found[0]
	assert.Equal(t, b.code, p.Code, p.String())
	assert.Equal(t, file, p.File)
	assert.Equal(t, [2]int{line, col}, [2]int{p.Line, p.Col}, p.String())
	assert.Contains(t, p.Message, b.says)
}

func TestOneMistakeInAPlaybookIsOneProblemAtItsPlace(t *testing.T) {
	for _, b := range append(brokenForm, append(brokenMeaning, brokenExpressions...)...) {
		t.Run(b.name, func(t *testing.T) {
			text, line, col := b.apply(t, goodPlaybook)
			_, err := loadText(goodInventory, text)
			b.check(t, "drain.yaml", err, line, col)
		})
	}
}

func TestOneMistakeInAnInventoryIsOneProblemAtItsPlace(t *testing.T) {
	for _, b := range brokenInventory {
		t.Run(b.name, func(t *testing.T) {
			text, line, col := b.apply(t, goodInventory)
			_, err := loadText(text, goodPlaybook)
			b.check(t, "inventory.yaml", err, line, col)
		})
	}
}

func TestOneMistakeInAStricterPlaybookIsOneProblemAtItsPlace(t *testing.T) {
	_, err := loadText(sourcedInventory, signedOffPlaybook)
	require.NoError(t, err, "the file that they come from loads")
	for _, b := range brokenStricter {
		t.Run(b.name, func(t *testing.T) {
			text, line, col := b.apply(t, signedOffPlaybook)
			_, err := loadText(sourcedInventory, text)
			b.check(t, "drain.yaml", err, line, col)
		})
	}
}

func TestThereAreAHundredAndFiftyBrokenFilesAndMore(t *testing.T) {
	names := map[string]bool{}
	for _, list := range [][]broken{brokenForm, brokenMeaning, brokenExpressions, brokenInventory, brokenStricter} {
		for _, b := range list {
			assert.False(t, names[b.name], "%s is there twice", b.name)
			names[b.name] = true
		}
	}
	t.Logf("%d broken files", len(names))
	assert.Greater(t, len(names), 200)
}

func TestEveryCodeIsFoundBySomeBrokenFile(t *testing.T) {
	seen := map[playbooks.Code]bool{
		playbooks.CodeFile:     true, // TestAFileThatWouldBeIgnoredIsRefused
		playbooks.CodeOverlap:  true, // the rest in lint_test.go
		playbooks.CodeShadowed: true,
		playbooks.CodeUnused:   true,
		playbooks.CodeUntested: true, // by the desk
	}
	for _, list := range [][]broken{brokenForm, brokenMeaning, brokenExpressions, brokenInventory, brokenStricter} {
		for _, b := range list {
			seen[b.code] = true
		}
	}
	for _, code := range playbooks.Codes() {
		assert.True(t, seen[code], "no broken file shows %s", code)
	}
}
