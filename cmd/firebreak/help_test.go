package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree walks the commands that are ours and not the library's.
func tree(c *cobra.Command, visit func(*cobra.Command)) {
	if c.Name() == "completion" {
		return
	}
	visit(c)
	for _, sub := range c.Commands() {
		tree(sub, visit)
	}
}

func TestTheHelpOfEveryVerbIsAsItWasReviewed(t *testing.T) {
	tree(newRoot(streams{}), func(c *cobra.Command) {
		words := strings.Fields(c.CommandPath())[1:]
		t.Run(c.CommandPath(), func(t *testing.T) {
			a := call(append(words, "--help")...)
			assert.Equal(t, exitOK, a.code)
			assert.Empty(t, a.err)
			golden(t, testdata(t, "help", strings.Join(append([]string{"firebreak"}, words...), "-")+".txt"), a.out)
			assert.NotContains(t, a.out, "\t", "tabs are as wide as a terminal likes")
			for _, line := range strings.Split(a.out, "\n") {
				assert.LessOrEqual(t, len(line), 120, line)
			}
		})
	})
}

func TestEveryVerbSaysWhatItIsAndShowsHowItIsUsed(t *testing.T) {
	tree(newRoot(streams{}), func(c *cobra.Command) {
		assert.NotEmpty(t, c.Short, c.CommandPath())
		assert.Less(t, len(c.Short), 72, c.CommandPath())
		assert.False(t, strings.HasSuffix(c.Short, "."), c.CommandPath())
		if c.Runnable() {
			assert.NotEmpty(t, c.Example, c.CommandPath())
		}
		if c.Runnable() && !c.HasSubCommands() {
			assert.NotEmpty(t, c.Long, c.CommandPath())
		}
	})
}

func TestEveryExampleIsACommandLineThatIsUnderstood(t *testing.T) {
	tree(newRoot(streams{}), func(c *cobra.Command) {
		own := c.Example == ""
		for _, line := range strings.Split(strings.ReplaceAll(c.Example, "\\\n", " "), "\n") {
			line, _, _ = strings.Cut(line, "#")
			line, _, _ = strings.Cut(line, ">")
			line = strings.TrimSuffix(strings.TrimSpace(line), "2") // of 2>>
			words := strings.Fields(strings.Split(line, " | ")[0])
			if len(words) == 0 || words[0] != "firebreak" {
				continue
			}
			found, rest, err := newRoot(streams{}).Find(words[1:])
			require.NoError(t, err, line)
			require.NoError(t, found.ParseFlags(rest), line)
			assert.NoError(t, found.ValidateArgs(found.Flags().Args()), line)
			assert.NoError(t, found.ValidateRequiredFlags(), line)
			own = own || strings.HasPrefix(found.CommandPath(), c.CommandPath())
		}
		assert.True(t, own, "%s shows only other verbs", c.CommandPath())
	})
}

func TestExitCodesAreAHelpTopic(t *testing.T) {
	for _, args := range [][]string{{"exit-codes"}, {"help", "exit-codes"}} {
		a := call(args...)
		assert.Equal(t, exitOK, a.code)
		for _, code := range []string{"0  ", "1  ", "2  ", "3  "} {
			assert.Contains(t, a.out, "\n  "+code, "code %s is explained", code)
		}
	}
	assert.Contains(t, call("--help").out, "exit-codes")
}

func TestTheVersionIsPrinted(t *testing.T) {
	a := call("--version")
	assert.Equal(t, answer{exitOK, "firebreak version " + version + "\n", ""}, a)
}

func TestAGroupByItselfShowsItsHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"alert"}, {"incident"}, {"journal"}} {
		a := call(args...)
		assert.Equal(t, exitOK, a.code)
		assert.Contains(t, a.out, "Available Commands:")
	}
}

func TestCompletionIsWrittenForEveryShell(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		a := call("completion", shell)
		assert.Equal(t, exitOK, a.code, shell)
		assert.Contains(t, a.out, "firebreak", shell)
		assert.Greater(t, len(a.out), 1000, shell)
		assert.Empty(t, a.err, shell)
	}
	assert.Equal(t, exitUsage, call("completion", "tcsh").code)
}

func TestCompletionKnowsTheValues(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"serve", "--log", ""}, []string{"auto", "text", "json"}},
		{[]string{"incident", "list", "--format", ""}, []string{"text", "json"}},
		{[]string{"inc"}, []string{"incident\tRead incidents from the journal"}},
		{[]string{"alert", "send", "--"}, []string{"--url"}},
	} {
		a := call(append([]string{"__complete"}, c.args...)...)
		assert.Equal(t, exitOK, a.code)
		lines := strings.Split(a.out, "\n")
		for _, want := range c.want {
			assert.True(t, slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) }), "%v: %s", c.args, a.out)
		}
	}
}

func TestAWrongCommandLineIsSaidSoAndExitsWithTwo(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown verb":          {[]string{"serv"}, "did you mean serve?"},
		"an unknown verb below":    {[]string{"incident", "lst"}, "did you mean list?"},
		"a verb of nothing":        {[]string{"journal", "burn"}, `unknown command "burn"`},
		"an unknown flag":          {[]string{"check", "--confg", "x"}, "unknown flag: --confg"},
		"a flag without a value":   {[]string{"check", "--config"}, "needs an argument"},
		"an argument too many":     {[]string{"check", "firebreak.yaml"}, "firebreak check --help"},
		"no incident":              {[]string{"incident", "show"}, "accepts 1 arg"},
		"a malformed incident":     {[]string{"incident", "show", "nonsense"}, "16 characters"},
		"a format of nothing":      {[]string{"incident", "list", "--format", "xml"}, "text or json"},
		"a format for verify":      {[]string{"journal", "verify", "--format", "xml"}, "text or json"},
		"a log format of nothing":  {[]string{"serve", "--log", "xml"}, "text, json or auto"},
		"an alert without a URL":   {[]string{"alert", "send", "--secret-file", "x"}, "--url"},
		"an alert without both":    {[]string{"alert", "send"}, "--url"},
		"an alert to a host alone": {[]string{"alert", "send", "--secret-file", "x", "--url", "localhost:8080"}, "no http or https URL"},
		"an alert to a file":       {[]string{"alert", "send", "--secret-file", "x", "--url", "file:///etc/passwd"}, "no http or https URL"},
	} {
		t.Run(name, func(t *testing.T) {
			a := call(c.args...)
			assert.Equal(t, exitUsage, a.code, a.err)
			assert.Contains(t, a.err, c.says)
			assert.Empty(t, a.out)
			assert.Equal(t, 1, strings.Count(a.err, "\n"), "one line: %q", a.err)
		})
	}
}
