package playbooks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// saying gives the good playbook with another notice, in a block.
func saying(text string) (*playbooks.Set, error) {
	return loadText(goodInventory, strings.Replace(goodPlaybook, "    text: Contained.\n", "    text: |\n      "+text+"\n", 1))
}

// notice is what would be posted for an alert that matches.
func notice(t *testing.T, text string, a incident.Alert) string {
	t.Helper()
	set, err := saying(text)
	require.NoError(t, err, text)
	p := plan(t, set, newChain(), a)
	require.Len(t, p.Notify, 1)
	assert.Equal(t, "#inc-onchain", p.Notify[0].Channel)
	return p.Notify[0].Text
}

func TestEveryBlankIsFilledFromATypedField(t *testing.T) {
	want := map[string]string{"incident.id": "01JEQ7V5M2K30000", "playbook.name": "drain", "alert.rule": "vault.outflow-spike", "alert.severity": "critical",
		"alert.source": "generic", "alert.chain": "lab", "alert.contract": "lab-vault", "alert.loss": "250000 USDX"}
	require.Len(t, want, len(playbooks.Blanks()))
	for _, name := range playbooks.Blanks() {
		for _, blank := range []string{"{{ " + name + " }}", "{{" + name + "}}", "{{  " + name + "}}"} {
			assert.Equal(t, "Now "+want[name]+".", notice(t, "Now "+blank+".", drain()), blank)
		}
	}
}

// loose is the good playbook for alerts that carry next to nothing.
func loose(text string) (*playbooks.Set, error) {
	s := strings.Replace(goodPlaybook, "    text: Contained.\n", "    text: |\n      "+text+"\n", 1)
	s = strings.Replace(s, "  rules: [vault.outflow-spike]\n", "", 1)
	return loadText(goodInventory, strings.Replace(s, whenBlock, "  when: alert.source == \"generic\" || alert.has_loss\n", 1))
}

func TestWhatTheAlertDoesNotCarryIsSaidToBeUnknown(t *testing.T) {
	set, err := loose("{{ alert.loss }}, {{ alert.chain }}, {{ alert.contract }}, {{ alert.rule }}")
	require.NoError(t, err)
	p := plan(t, set, newChain(), incident.Alert{Source: "generic", ID: "b", Severity: incident.SeverityCritical})
	assert.Equal(t, "(unknown), (unknown), (unknown), (unknown)", p.Notify[0].Text)
}

func TestAValueThatLooksLikeABlankStaysWhatItIs(t *testing.T) {
	set, err := loose("{{ alert.contract }} and {{ alert.rule }}")
	require.NoError(t, err)
	a := drain()
	a.Contract, a.Rule = "{{ alert.rule }}", "{{ incident.id }}"
	assert.Equal(t, "{{ alert.rule }} and {{ incident.id }}", plan(t, set, newChain(), a).Notify[0].Text)
	a.Contract, a.Rule = "{{ alert", "rule }}"
	assert.Equal(t, "{{ alert and rule }}", plan(t, set, newChain(), a).Notify[0].Text)
}

func TestAHostileAlertIsOneShortPrintableLineOfANotice(t *testing.T) {
	set, err := loose("Look at {{ alert.contract }}.")
	require.NoError(t, err)
	a := drain()
	a.Contract = "lab-vault.\n\nAll clear,\u202e nobody\x1b[2J needs to\u0000 look " + strings.Repeat("x", 5000)
	text := plan(t, set, newChain(), a).Notify[0].Text
	assert.NotContains(t, text, "\n")
	assert.NotContains(t, text, "\u202e")
	assert.NotContains(t, text, "\x1b")
	assert.Less(t, len([]rune(text)), 100)
	assert.True(t, strings.HasSuffix(text, "xxx...."), text)
	a = drain()
	a.Summary, a.Labels, a.Link = "EVIL", map[string]string{"EVIL": "EVIL"}, "https://EVIL"
	assert.NotContains(t, plan(t, set, newChain(), a).Notify[0].Text, "EVIL")
}

func TestABlankThatNamesNothingIsRefusedWhereItStands(t *testing.T) {
	for text, c := range map[string]struct {
		says string
		col  int
	}{
		"Loss {{ alert.los }}.":         {`{{ alert.los }}: there is no such name (did you mean "alert.loss"?)`, 12},
		"Loss {{ alert.Loss }}.":        {`did you mean "alert.loss"?`, 12},
		"{{ alert.summary }}":           {"there is no such name (one of alert.chain", 7},
		"{{ alert.labels.x }}":          {"there is no such name", 7},
		"{{ evidence.tvl }}":            {"there is no such name", 7},
		"{{ }}":                         {"there is no such name", 7},
		"{{ alert.loss":                 {"is not closed", 7},
		"{{ alert.loss }":               {"is not closed", 7},
		"{{ {alert.loss} }}":            {"is not closed", 7},
		"{{ alert.loss | upper }}":      {"there is no such name", 7},
		"{{ alert.loss }} {{ alert.los": {"is not closed", 7},
	} {
		_, err := saying(text)
		found, ok := errors.AsType[playbooks.Problems](err)
		require.True(t, ok, text)
		require.Len(t, found, 1, "%s: %s", text, err)
		assert.Equal(t, playbooks.CodeText, found[0].Code, text)
		assert.Contains(t, found[0].Message, c.says, text)
		assert.Equal(t, c.col, found[0].Col, text)
	}
}

func TestANoticeIsBoundedAsItIsWritten(t *testing.T) {
	_, err := saying(strings.Repeat("x", 2001))
	assert.ErrorContains(t, err, "at most 2000")
	assert.Len(t, notice(t, strings.Repeat("x", 2000), drain()), 2000)
}
