package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheManifestIsPrintedWithTheAddressFilledIn(t *testing.T) {
	a := call("slack", "manifest", "--transport", "http", "--url", "https://fb.example.org/")
	assert.Equal(t, exitOK, a.code)
	assert.Contains(t, a.out, "request_url: https://fb.example.org/slack/interactions\n")
	assert.Contains(t, a.out, "chat:write # ", "the reasons are kept")
	assert.NotContains(t, a.out, "firebreak.example.com")

	a = call("slack", "manifest", "--transport", "socket", "--format", "json")
	assert.Equal(t, exitOK, a.code)
	var doc struct {
		Settings struct {
			Socket bool `json:"socket_mode_enabled"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(a.out), &doc))
	assert.True(t, doc.Settings.Socket)
}

func TestAManifestThatSlackCouldNotReachIsAWrongCommandLine(t *testing.T) {
	for says, args := range map[string][]string{
		`"transport" not set`:      {},
		"http, socket":             {"--transport", "carrier-pigeon"},
		"needs the address":        {"--transport", "http"},
		"no https address":         {"--transport", "http", "--url", "http://fb.example.org"},
		"leave the URL out":        {"--transport", "socket", "--url", "https://fb.example.org"},
		"choose yaml or json":      {"--transport", "socket", "--format", "xml"},
		"unknown flag: --transpor": {"--transpor", "socket"},
	} {
		a := call(append([]string{"slack", "manifest"}, args...)...)
		assert.Equal(t, exitUsage, a.code, says)
		assert.Contains(t, a.err, says)
		assert.Empty(t, a.out)
	}
}
