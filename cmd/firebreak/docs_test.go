package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

var fenced = regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```")

// TestWhatTheDocumentsShowIsUnderstood parses every command line and every
// document that people will copy.
func TestWhatTheDocumentsShowIsUnderstood(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	var policies, guardians, lines int
	for _, file := range append(files, "../../README.md") {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, block := range fenced.FindAllStringSubmatch(string(raw), -1) {
			switch text := block[2]; {
			case block[1] == "sh":
				lines += commands(t, file, text)
			case block[1] == "json" && strings.Contains(text, policy.Schema):
				policies++
				_, err := policy.Parse([]byte(text), "responder-1", signer.Containment)
				assert.NoError(t, err, file)
			case block[1] == "json" && strings.Contains(text, consent.Schema):
				guardians++
				_, err := consent.ParseGuardians([]byte(text), "responder-1")
				assert.NoError(t, err, file)
			}
		}
	}
	assert.Positive(t, policies)
	assert.Positive(t, guardians)
	assert.Greater(t, lines, 25)
}

// commands understands each line of a shell block that calls firebreak.
func commands(t *testing.T, file, block string) (n int) {
	for _, line := range strings.Split(strings.ReplaceAll(block, "\\\n", " "), "\n") {
		line, _, _ = strings.Cut(line, "#")
		line, _, _ = strings.Cut(line, ">")
		words := strings.Fields(strings.Split(line, " | ")[0])
		if len(words) == 0 || strings.TrimPrefix(words[0], "bin/") != "firebreak" {
			continue
		}
		n++
		found, rest, err := newRoot(streams{}).Find(words[1:])
		require.NoError(t, err, "%s: %s", file, line)
		require.NoError(t, found.ParseFlags(rest), "%s: %s", file, line)
		assert.NoError(t, found.ValidateArgs(found.Flags().Args()), "%s: %s", file, line)
		assert.NoError(t, found.ValidateRequiredFlags(), "%s: %s", file, line)
	}
	return n
}
