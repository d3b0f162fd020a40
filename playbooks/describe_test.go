package playbooks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// described is one playbook that ships, told.
func described(t *testing.T, name string) playbooks.Description {
	t.Helper()
	set := shipped(t)
	for _, p := range set.Playbooks() {
		if p.Name == name {
			return set.Describe(p)
		}
	}
	require.Fail(t, "no playbook "+name)
	return playbooks.Description{}
}

func TestADescriptionTellsWhatThePlaybookSays(t *testing.T) {
	d := described(t, "limit-bleed")
	assert.Equal(t, playbooks.Applies{Rules: []string{"vault.slow-bleed"}, Severity: []string{"critical", "high", "medium"},
		When: "alert.contract == \"lab-vault\" &&\n(!alert.has_loss || alert.loss >= amount(\"100 USDX\"))", Sources: 1}, d.On)
	assert.Equal(t, playbooks.Grouping{Key: []string{"alert.chain", "alert.contract"}, Cooldown: playbooks.Duration(time.Hour)}, d.Incident)
	require.Len(t, d.Prepare, 1)
	assert.Equal(t, "lab", d.Prepare[0].Chain)
	assert.Equal(t, "10000 USDX", d.Prepare[0].With["limit"].String())
	assert.Equal(t, "10000000000", d.Prepare[0].With["limit"].Amount.Units.String())
	assert.Equal(t, playbooks.Argument{Text: "24h", Duration: playbooks.Duration(24 * time.Hour)}, d.Prepare[0].With["window"])
	assert.Equal(t, playbooks.Asks{Quorum: 2, From: []string{"protocol", "security"}, People: 5, Distinct: "person",
		Channel: "#inc-onchain", Within: playbooks.Duration(30 * time.Minute), Page: "protocol", Assurance: incident.AssuranceSlack}, d.Approve)
	assert.Equal(t, []playbooks.Recovers{{ID: "raise", Undo: "cap", Quorum: 3, From: []string{"protocol", "security"}, People: 5}}, d.Recover)
	assert.Equal(t, incident.ModeLive, d.Mode)
}

func TestAnExpressionIsToldAsOne(t *testing.T) {
	block := described(t, "allowance-phish").Prepare[0]
	assert.Equal(t, "alert.suspects", block.Each)
	assert.Equal(t, "= each", block.With["account"].String())
	assert.Equal(t, 20, block.Calls())
}

func TestWhatWasUnderstoodFitsOneLine(t *testing.T) {
	assert.Equal(t, "1 transaction, 2-of-5 approvers from 2 teams, verified, undoable", described(t, "vault-drain").Understood())
	assert.Equal(t, "up to 20 transactions, 2-of-5 approvers from 2 teams, each of another, verified, undoable", described(t, "allowance-phish").Understood())
}

func TestWhatIsNotVerifiedOrUndoneIsNamed(t *testing.T) {
	d := described(t, "vault-drain")
	d.Verify, d.Recover, d.Submit.Spare = nil, nil, "guardian-2"
	assert.Equal(t, "2 transactions, 2-of-5 approvers from 2 teams, not verified pause, no way back for pause", d.Understood())
}

func TestADescriptionIsPlainJSON(t *testing.T) {
	raw, err := json.Marshal(described(t, "vault-drain"))
	require.NoError(t, err)
	for _, want := range []string{`"cooldown":"30m"`, `"mode":"live"`, `"quorum":2`, `"verb":"pause"`} {
		assert.Contains(t, string(raw), want)
	}
}

func TestADurationReadsAsPlaybooksWriteIt(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 90 * time.Second: "90s", 10 * time.Minute: "10m", 24 * time.Hour: "24h", 61 * time.Minute: "61m"} {
		assert.Equal(t, want, playbooks.Duration(d).String())
	}
}

func TestWhatGoesOutWithoutAskingIsSaidLoudlyAndFirst(t *testing.T) {
	text := strings.Replace(goodPlaybook, "  cooldown: 30m\n", "  cooldown: 30m\n  limit: {runs: 3, per: 1h, then: page}\n", 1)
	before, rest, _ := strings.Cut(text, "  - id: cap\n")
	_, rest, _ = strings.Cut(rest, "approve:\n")
	text = before + "pre_authorize: {only: [pause], until: \"2027-03-31\", per: 24h}\napprove:\n" + rest
	text = strings.Replace(text, "  - {of: cap, within: 2m}\n", "", 1)
	text, _, _ = strings.Cut(text, "  - id: raise\n")
	set, err := loadText(goodInventory, text)
	require.NoError(t, err)
	d := set.Describe(set.Playbooks()[0])
	assert.Equal(t, &playbooks.Limit{Runs: 3, Per: playbooks.Duration(time.Hour)}, d.Incident.Limit)
	assert.Equal(t, &playbooks.Releases{Only: []string{"pause"}, Until: "2027-03-31", Per: playbooks.Duration(24 * time.Hour)}, d.Pre)
	assert.True(t, strings.HasPrefix(d.Understood(), "SENDS WITHOUT ASKING: pause, once in 24h, until 2027-03-31; up to 1 transaction, 2-of-5"), d.Understood())
}
