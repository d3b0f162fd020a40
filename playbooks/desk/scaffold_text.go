package desk

import (
	"fmt"
	"strings"
)

// book is the text of the playbook.
func (d drafting) book() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# A first draft. It asks people and signs nothing (mode: dry-run). Read each line,")
	line("# change what is not yours, then: firebreak playbook check, test, and replay.")
	line("playbook: 1")
	line("name: %s", name(d.Name))
	line("summary: %s", d.summary())
	line("owner: %s # who answers when this playbook misbehaves", name(d.owner))
	line("# runbook: https://wiki.example.org/runbooks/%s", d.Name)
	line("mode: dry-run # off | dry-run | live\n")
	line("# All of these must hold. Say here what makes the alert certain enough: a loss, a")
	line("# confidence, a second source.")
	line("on:")
	line("  rules: %s", names([]string{d.Rule}))
	line("  severity: [critical, high]")
	if !d.listed() {
		line("  when: alert.contract == %q", d.On)
	}
	line("\n# Alerts with the same key are one incident.")
	line("incident:")
	line("  key: [alert.chain, alert.contract]")
	line("  cooldown: 30m\n")
	for _, words := range wrapped(fmt.Sprintf("%s: %s. It does not stop %s.", d.Verb, d.info.Does, d.info.Spares)) {
		line("# %s", words)
	}
	line("prepare:")
	line("  - id: %s", d.Verb)
	line("    do: %s", d.Verb)
	line("    on: %s", name(d.On))
	if d.listed() {
		line("    each: = alert.suspects")
		line("    max: 20")
	}
	if len(d.info.Takes) > 0 {
		line("    with: %s", d.with())
	}
	line("\napprove:")
	line("  quorum: 2")
	line("  from: %s", names(d.teams))
	line("  in: %q", d.channel)
	line("  within: 15m")
	line("  on_timeout: {page: %s, then: reject} # silence is never consent\n", name(d.owner))
	line("submit: {as: %s, deadline: 3m, max_fee: %s}\n", name(d.signer), d.fee)
	line("# The chain is read again, and must be as wanted within this time.")
	line("verify:")
	line("  - {of: %s, within: 2m}", d.Verb)
	if !d.undone() {
		return b.String()
	}
	line("\n# The way back needs more people than the way in.")
	line("recover:")
	line("  - id: undo-%s", d.Verb)
	line("    undo: %s", d.Verb)
	line("    approve: {quorum: 3, from: %s}", names(d.teams))
	return b.String()
}

func (d drafting) summary() string {
	if d.listed() {
		return fmt.Sprintf("Do %s on %s for each account that the alert names.", d.Verb, d.On)
	}
	return fmt.Sprintf("Do %s on %s when the alert is about it.", d.Verb, d.On)
}

// tests is the text of the tests: each condition comes out both ways.
func (d drafting) tests() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	base := fmt.Sprintf("rule: %s, severity: critical, chain: %s, contract: %s", name(d.Rule), name(d.contract.Chain), name(d.On))
	item := d.Verb
	if d.listed() {
		base, item = base+", suspects: 2", d.Verb+"×2"
	}
	if d.source != "" {
		base += ", source: " + name(d.source)
	}
	line("# What %s does, told as stories. firebreak playbook test plays them without a", d.Name)
	line("# chain, a key or a clock. What a case leaves out comes from base.")
	line("tests: 1")
	line("base: {%s}\n", base)
	line("cases:")
	line("  - name: an alert of %s asks people", d.Rule)
	line("    alerts: [{}]")
	line("    expect: {match: true, incidents: 1, prepares: [%s], outcome: waiting}\n", item)
	line("  - name: once it is live, two people make it so, and the chain proves it")
	line("    mode: live")
	line("    alerts: [{}]")
	line("    approvals: %s", names(d.people[:2]))
	line("    expect: {outcome: contained}\n")
	line("  - name: medium severity is not for this playbook")
	line("    alerts: [{severity: medium}]")
	line("    expect: {match: false, because: on.severity}")
	if !d.listed() && d.other != "" {
		line("\n  - name: another contract is not touched")
		line("    alerts: [{contract: %s}]", name(d.other))
		line("    expect: {match: false, because: alert.contract}")
	}
	line("\n  - name: fifteen minutes of silence reject and page")
	line("    alerts: [{}]")
	line("    at: 15m")
	line("    expect: {outcome: rejected, paged: %s}", name(d.owner))
	return b.String()
}

// wrapped parts words into lines of at most 80 characters.
func wrapped(words string) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(words) {
		if line != "" && len(line)+1+len(w) > 80 {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + w)
	}
	return append(lines, line)
}
